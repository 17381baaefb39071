"""Returns as a person reads them: by quarter, entries under their kind, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from django.db.models import Count

from savings.permissions.rules import may
from savings.quarters.dates import due_in_words
from savings.quarters.models import Period
from savings.record.models import SourceDocument
from savings.returns.models import Return
from savings.returns.questions.reports import unanswered_counts, with_questions
from savings.returns.reports import KindLines, Sums, sums_of, under_kinds
from services.tree import ServiceTree
from sovereignty.models import User


def entries_by_kind(parent: Return, sums: Sums, tree: ServiceTree) -> list[KindLines]:
    """A return's entries under their kinds, leaving out kinds that have none.

    Each comes with the questions that were asked on it.
    """
    entries = with_questions(
        parent.entries.select_related(
            "service", "caused_by", "corrects__parent__period", "corrects__parent__council"
        )
    )
    return under_kinds(entries, sums.kinds, tree, parent.published_in)


def document_of(parent: Return) -> SourceDocument | None:
    """The document that published the partnership's own return, if the record has it."""
    if not parent.published_in:
        return None
    return SourceDocument.objects.filter(code=parent.published_in).first()


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """A return with its sums."""

    parent: Return
    sums: Sums


@dataclass(frozen=True, slots=True)
class QuarterLines:
    """The returns of one quarter, the partnership's own last, and how soon they are due."""

    period: Period
    lines: tuple[ReturnLine, ...]
    due: str


def returns_by_quarter(user: User, periods: Sequence[Period], today: date) -> list[QuarterLines]:
    """The returns that a person may see in these quarters, the latest quarter first."""
    returns = list(
        Return.objects.visible_to(user)
        .filter(period__in=periods)
        .select_related("council", "period", "submitted_by", "certified_by", "sent_back_by")
        .order_by("-period__quarter", "council__code")
    )
    sums = sums_of(parent.id for parent in returns)
    return [
        QuarterLines(
            period,
            tuple(ReturnLine(parent, sums[parent.id]) for parent in group),
            due_in_words(period.due_on, today) if period.is_open else "",
        )
        for period, group in groupby(returns, key=lambda parent: parent.period)
    ]


class StepKind(StrEnum):
    PUT_RIGHT = "put right"
    ANSWER = "answer"
    FILL_IN = "fill in"
    GO_ON = "go on"
    CERTIFY = "certify"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a person has to do.

    `questions` are the return's unanswered ones; `due` says how soon it must be done: to certify,
    by the quarter's closing date; otherwise by its due date.
    """

    kind: StepKind
    parent: Return
    questions: int
    due: str


def next_steps(user: User, today: date) -> list[Step]:
    """What this person has to do: certify, put right what came back, answer, fill in a draft.

    Quarters are filled in order, so only the earliest unfinished draft is named. Everything
    submitted, sent back or asked about is.
    """
    waiting = list(
        Return.objects.visible_to(user)
        .filter(council__isnull=False, period__status=Period.Status.OPEN)
        .exclude(status=Return.Status.CERTIFIED)
        .select_related("council", "period", "sent_back_by")
        .annotate(entry_count=Count("entries"))
        .order_by("period__quarter", "council__code")
    )
    questions = unanswered_counts(parent.id for parent in waiting)

    def step(kind: StepKind, parent: Return) -> Step:
        day = parent.period.closes_on if kind == StepKind.CERTIFY else parent.period.due_on
        return Step(kind, parent, questions.get(parent.id, 0), due_in_words(day, today))

    steps = [
        step(StepKind.CERTIFY, parent)
        for parent in waiting
        if parent.status == Return.Status.SUBMITTED and may(user, "savings.certify_return", parent)
    ]
    own = [parent for parent in waiting if may(user, "savings.fill_return", parent)]
    steps += [step(StepKind.PUT_RIGHT, parent) for parent in own if parent.was_sent_back]
    steps += [
        step(StepKind.ANSWER, parent)
        for parent in waiting
        if parent.id in questions
        and not parent.was_sent_back
        and may(user, "savings.answer_question", parent)
    ]
    fresh = [
        parent
        for parent in own
        if parent.status == Return.Status.DRAFT
        and not parent.was_sent_back
        and parent.id not in questions
    ]
    if fresh:
        begun = fresh[0].entry_count > 0
        steps.append(step(StepKind.GO_ON if begun else StepKind.FILL_IN, fresh[0]))
    return steps
