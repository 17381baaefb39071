"""Asking about a line of a return, and answering.

A question can be asked while a return is submitted, or after it was sent back. Until it is
answered, the return can't be submitted again or certified. Asking and answering change no
figure, and so not the return's version. Both lock the return, so that the line is kept as it
was, and nothing can be asked while the return is being certified.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from savings.permissions.rules import require
from savings.returns.actions import record
from savings.returns.models import MOST_QUESTIONS, Entry, Question, Return
from savings.returns.reports import row_of
from savings.returns.rows import describe
from sovereignty.models import User
from sovereignty.refusals import BadContent, FieldError, WrongState
from sovereignty.texts import mistake_in

#: An entry's id, and what is asked about it.
QuestionOnEntry = tuple[int, str]


@transaction.atomic
def ask(*, return_id: int, entry_id: int, text: str, by: User, at: datetime) -> Question:
    """Ask the council's finance officer about one line of its return.

    Raises NotAllowed, WrongState, or BadContent if the text is missing or the return has no
    such line.
    """
    (question,) = ask_all(return_id=return_id, asked=[(entry_id, text)], by=by, at=at)
    return question


@transaction.atomic
def answer(*, question_id: int, text: str, by: User, at: datetime) -> Question:
    """Answer a question, once. Raises NotAllowed, WrongState, or BadContent if text is missing."""
    question = Question.objects.get(id=question_id)
    parent = _locked(question.parent_id)
    require(by, "savings.answer_question", parent)
    question = Question.objects.select_for_update(of=("self",)).get(id=question_id)
    if question.is_answered:
        raise WrongState("This question has been answered already.")
    _check_unsettled(parent)
    wrong = mistake_in(text, "answer", "Write the answer.")
    if wrong:
        raise BadContent([wrong])
    question.answer, question.answered_by, question.answered_at = text.strip(), by, at
    question.save(update_fields=["answer", "answered_by", "answered_at"])
    record(
        parent,
        by,
        at,
        "answered",
        after={
            "question": question.id,
            "text": question.text,
            "line": question.line,
            "answer": question.answer,
        },
    )
    return question


def check_askable(parent: Return) -> None:
    """Raises WrongState unless questions can be asked about the return now."""
    _check_unsettled(parent)
    if parent.status == Return.Status.DRAFT and not parent.was_sent_back:
        raise WrongState(
            "This return is a draft that its finance officer is still filling in. Ask when it "
            "is submitted."
        )


@transaction.atomic
def ask_all(
    *,
    return_id: int,
    asked: Sequence[QuestionOnEntry],
    by: User,
    at: datetime,
    numbered: bool = False,
) -> list[Question]:
    """Ask all of these questions or none.

    With `numbered`, an error in a question has the question's row in `asked`, from 1 on.
    Raises the same as `ask`.
    """
    parent = _locked(return_id)
    require(by, "savings.ask_question", parent)
    check_askable(parent)
    if len(asked) > MOST_QUESTIONS:
        raise BadContent(
            [FieldError("questions", f"Ask at most {MOST_QUESTIONS} questions at a time.")]
        )
    entries = {
        entry.id: entry
        for entry in Entry.objects.filter(
            parent=parent, id__in=[entry_id for entry_id, _ in asked]
        ).select_related("service", "caused_by")
    }
    errors = []
    for number, (entry_id, text) in enumerate(asked, start=1):
        row = number if numbered else None
        if entry_id not in entries:
            errors.append(
                FieldError(
                    "entry",
                    "This return has no such entry: use the id of one of its entries.",
                    str(entry_id)[:40],
                    row,
                )
            )
        if wrong := mistake_in(text, "text", "Write what you want to know.", row=row):
            errors.append(wrong)
    if errors:
        raise BadContent(errors)
    return [_asked(parent, entries[entry_id], text.strip(), by, at) for entry_id, text in asked]


def _asked(parent: Return, entry: Entry, text: str, by: User, at: datetime) -> Question:
    question = Question.objects.create(
        parent=parent,
        entry=entry,
        line={"row": entry.position, "id": entry.id, **describe(row_of(entry))},
        text=text,
        asked_by=by,
        asked_at=at,
    )
    record(
        parent,
        by,
        at,
        "asked",
        after={"question": question.id, "text": text, "line": question.line},
    )
    return question


def _locked(return_id: int) -> Return:
    return (
        Return.objects.select_for_update(of=("self",))
        .select_related("council", "period")
        .get(id=return_id)
    )


def _check_unsettled(parent: Return) -> None:
    if parent.status == Return.Status.CERTIFIED:
        raise WrongState("This return is certified. Questions are no longer possible.")
    if not parent.period.is_open:
        raise WrongState(f"{parent.period} is closed.")
