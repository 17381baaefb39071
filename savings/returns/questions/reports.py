"""Questions with their lines, and a return's unanswered ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, QuerySet

from finance.money import format_pounds, read_json_money
from savings.returns.models import Entry, Question, QuestionQuerySet, Return
from services.models import Service

#: How many rows a sentence names; the others are counted.
NAMED = 5


def questions_of(parent: Return) -> QuestionQuerySet:
    """A return's questions in the order they were asked, with their people."""
    return with_people(Question.objects.filter(parent=parent)).order_by("asked_at", "id")


def with_people(questions: QuestionQuerySet) -> QuestionQuerySet:
    return questions.select_related(
        "parent__council", "parent__period", "entry", "asked_by", "answered_by"
    )


def with_questions(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """The entries with their questions, for `savings/questions/of_line.html`: one more query."""
    questions: QuerySet[Any] = Question.objects.select_related("asked_by", "answered_by").order_by(
        "asked_at", "id"
    )
    return entries.prefetch_related(Prefetch("questions", questions))


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """A question with its line in words, as it was when the question was asked."""

    question: Question
    words: str

    @property
    def questions(self) -> list[Question]:
        """For the template that shows a line's questions."""
        return [self.question]


def in_words(questions: Iterable[Question]) -> list[AskedAbout]:
    """The questions with their lines as they were: one query for the services' names."""
    found = list(questions)
    slugs = {str(question.line.get("service")) for question in found}
    names = dict(Service.objects.filter(slug__in=slugs).values_list("slug", "name"))
    return [AskedAbout(question, line_in_words(question.line, names)) for question in found]


def line_in_words(line: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """A line in words: its row, service, kind and amount. `names` are service names by slug."""
    slug, kind = str(line.get("service", "")), str(line.get("kind", ""))
    label = dict(Entry.Kind.choices).get(kind, kind)
    amount = format_pounds(read_json_money(str(line.get("amount", "0"))))
    return f"Row {line.get('row')}: {names.get(slug, slug)}, {label.lower()}, {amount}"


def orphans_of(parent: Return) -> list[AskedAbout]:
    """The questions about lines that have been removed."""
    return in_words(questions_of(parent).filter(entry__isnull=True))


def unanswered_counts(return_ids: Iterable[int]) -> dict[int, int]:
    """How many questions are unanswered, by return, for the returns that have any."""
    return dict(
        Question.objects.unanswered()
        .filter(parent__in=list(return_ids))
        .order_by()
        .values_list("parent")
        .annotate(count=Count("id"))
    )


def what_waits_for_an_answer(parent: Return) -> str:
    """A sentence that names the rows with unanswered questions; empty without any."""
    waiting = list(
        Question.objects.unanswered()
        .filter(parent=parent)
        .select_related("entry__service")
        .order_by("entry__position", "asked_at", "id")
    )
    if not waiting:
        return ""
    places = list(dict.fromkeys(_place(question) for question in waiting))
    named, more = places[:NAMED], len(places) - NAMED
    where = ", ".join(named) + (f" and {more} more" if more > 0 else "")
    return (
        f"A question on {where} is not answered yet."
        if len(waiting) == 1
        else f"{len(waiting)} questions are not answered yet: on {where}."
    )


def _place(question: Question) -> str:
    entry = question.entry
    if entry is None:
        return f"a row since removed ({question.line.get('service', '')})"
    return f"row {entry.position} ({entry.service.name})"
