"""Asking about a line and answering, and what an open question holds up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.models import Event
from savings.calendar.actions import close_period
from savings.certification.actions import certify, send_back, submit, withdraw
from savings.filling.actions import replace_entries
from savings.returns.models import Entry, Question, Return
from savings.returns.questions.actions import answer, ask
from savings.returns.questions.reports import (
    in_words,
    orphans_of,
    questions_of,
    unanswered_counts,
    what_waits_for_an_answer,
    with_questions,
)
from sovereignty.refusals import BadContent, StaleVersion, WrongState
from tests.at_once import at_once, kinds
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving, build
from tests.savings.conftest import Everything

pytestmark = pytest.mark.django_db

Status = Return.Status


@pytest.fixture
def parent(partnership: Partnership) -> Return:
    """Westminster's return, submitted with three lines."""
    return partnership.submitted(
        "WCC",
        a_saving(amount="1"),
        a_saving("youth-offending", "2", note="Two posts"),
        {"service": "cex", "kind": "ongoing_cost", "scope": "own", "amount": "3"},
    )


def lines(parent: Return) -> list[Entry]:
    return list(parent.entries.order_by("position"))


def asked_on(p: Partnership, parent: Return, row: int, text: str = "Which?") -> Question:
    entry = lines(parent)[row - 1]
    return ask(return_id=parent.id, entry_id=entry.id, text=text, by=p.s151("WCC"), at=NOW)


def answered(p: Partnership, question: Question, text: str = "That.") -> Question:
    return answer(question_id=question.id, text=text, by=p.finance("WCC"), at=NOW)


def sent_back(p: Partnership, parent: Return, *asked: tuple[int, str]) -> Return:
    return send_back(
        return_id=parent.id,
        version=parent.version,
        reason="See the questions.",
        asked=asked,
        by=p.s151("WCC"),
        at=NOW,
    )


# --- Asked and answered --------------------------------------------------------------


def test_a_question_keeps_the_line_as_it_was(partnership: Partnership, parent: Return) -> None:
    entry = lines(parent)[1]

    question = asked_on(partnership, parent, 2, "  Which posts? ")

    assert (question.parent_id, question.entry_id) == (parent.id, entry.id)
    assert (question.text, question.asked_by, question.asked_at) == (
        "Which posts?",
        partnership.s151("WCC"),
        NOW,
    )
    assert (question.is_answered, question.answer, question.answered_by) == (False, "", None)
    line = {
        "row": 2,
        "id": entry.id,
        "service": "youth-offending",
        "kind": "saving",
        "scope": "shared",
        "amount": "2.00",
        "recurrence": "recurring",
        "nature": "cashable",
        "note": "Two posts",
    }
    assert question.line == line
    event = Event.objects.about("return", "WCC/2013-14-Q1").last()
    assert event is not None
    assert (event.by, event.action, event.chain) == ("s151.wcc", "asked", "WCC")
    assert (event.before, event.after) == (
        None,
        {"question": question.id, "text": "Which posts?", "line": line},
    )
    assert partnership.parent("WCC").version == parent.version


def test_an_answer_is_given_once(
    partnership: Partnership, parent: Return, everything: Callable[[], Everything]
) -> None:
    question = asked_on(partnership, parent, 1)

    given = answered(partnership, question, " The Paddington ones. ")

    assert (given.answer, given.answered_by, given.answered_at) == (
        "The Paddington ones.",
        partnership.finance("WCC"),
        NOW,
    )
    event = Event.objects.about("return", "WCC/2013-14-Q1").last()
    assert event is not None
    assert (event.by, event.action) == ("finance.wcc", "answered")
    assert event.before is None
    assert event.after == {
        "question": question.id,
        "text": "Which?",
        "line": question.line,
        "answer": "The Paddington ones.",
    }
    before = everything()
    with pytest.raises(WrongState, match="This question has been answered already"):
        answered(partnership, question, "Another.")
    assert everything() == before


def test_a_line_can_have_several_questions(partnership: Partnership, parent: Return) -> None:
    first, second = (asked_on(partnership, parent, 1, text) for text in ("One?", "Two?"))
    answered(partnership, second)
    assert [(q.text, q.is_answered) for q in questions_of(parent)] == [
        ("One?", False),
        ("Two?", True),
    ]
    assert unanswered_counts([parent.id]) == {parent.id: 1}
    answered(partnership, first)
    assert unanswered_counts([parent.id]) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Write what you want to know."),
        (" \n", "Write what you want to know."),
        ("x" * 2001, "Shorten this to 2,000 characters."),
        ("a\x00b", "Remove the null character."),
    ],
)
def test_a_wrong_text_is_refused(
    text: str,
    message: str,
    partnership: Partnership,
    parent: Return,
    everything: Callable[[], Everything],
) -> None:
    question = asked_on(partnership, parent, 1)
    before = everything()
    with pytest.raises(BadContent) as refusal:
        asked_on(partnership, parent, 2, text)
    assert [(e.field, e.message) for e in refusal.value.errors] == [("text", message)]
    with pytest.raises(BadContent) as refusal:
        answered(partnership, question, text)
    assert [e.field for e in refusal.value.errors] == ["answer"]
    assert everything() == before


def test_a_line_of_another_return_is_not_found(
    partnership: Partnership, parent: Return, everything: Callable[[], Everything]
) -> None:
    other = partnership.submitted("LBHF", a_saving()).entries.get()
    before = everything()
    for entry_id in (other.id, 0, 2**62):
        with pytest.raises(BadContent) as refusal:
            ask(
                return_id=parent.id,
                entry_id=entry_id,
                text="Which?",
                by=partnership.people["programme.office"],
                at=NOW,
            )
        assert [e.field for e in refusal.value.errors] == ["entry"]
    assert everything() == before


# --- When ----------------------------------------------------------------------------


def test_a_draft_that_was_never_sent_back_can_not_be_asked_about(
    partnership: Partnership, everything: Callable[[], Everything]
) -> None:
    draft = partnership.draft("WCC", a_saving())
    before = everything()
    with pytest.raises(WrongState, match="a draft that its finance officer is still filling in"):
        asked_on(partnership, draft, 1)
    assert everything() == before


def test_a_draft_that_was_sent_back_may_be_asked_about(
    partnership: Partnership, parent: Return
) -> None:
    sent_back(partnership, parent)
    assert asked_on(partnership, parent, 1).entry == lines(parent)[0]


def test_a_certified_return_can_not_be_asked_about_or_answered(
    partnership: Partnership, parent: Return, everything: Callable[[], Everything]
) -> None:
    question = answered(partnership, asked_on(partnership, parent, 1))
    certify(return_id=parent.id, version=2, by=partnership.s151("WCC"), at=NOW)
    before = everything()
    with pytest.raises(WrongState, match="This return is certified"):
        asked_on(partnership, parent, 1)
    for change in ({"answer": "Another."}, {"text": "Another?"}):
        with pytest.raises(DatabaseError, match="adjusting entry"), transaction.atomic():
            Question.objects.filter(id=question.id).update(**change)
    with pytest.raises(DatabaseError, match="adjusting entry"), transaction.atomic():
        Question.objects.all().delete()
    assert everything() == before
    for code in ("LBHF", "RBKC"):
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    with pytest.raises(WrongState, match="certified"):
        asked_on(partnership, parent, 1)


# --- What it holds up ------------------------------------------------------------------


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(WrongState) as refusal:
        act()
    return str(refusal.value)


def test_an_open_question_holds_up_the_certificate(
    partnership: Partnership, parent: Return, everything: Callable[[], Everything]
) -> None:
    question = asked_on(partnership, parent, 2)
    before = everything()

    def sign() -> Return:
        return certify(return_id=parent.id, version=2, by=partnership.s151("WCC"), at=NOW)

    assert refused(sign) == (
        "A question on row 2 (Youth offending) is not answered yet. The finance officer answers "
        "each on the return's page."
    )
    assert everything() == before
    answered(partnership, question)
    assert sign().status == Status.CERTIFIED


def test_an_open_question_holds_up_the_next_submission(
    partnership: Partnership, parent: Return, everything: Callable[[], Everything]
) -> None:
    one, _, three = lines(parent)
    sent_back(partnership, parent, (three.id, "Why?"), (one.id, "Which?"), (one.id, "When?"))
    before = everything()

    def hand_in() -> Return:
        return submit(return_id=parent.id, version=3, by=partnership.finance("WCC"), at=NOW)

    assert refused(hand_in) == (
        "3 questions are not answered yet: on row 1 (Library service), row 3 (Cex). Answer each "
        "on the return's page, then submit."
    )
    assert everything() == before
    for question in Question.objects.all():
        answered(partnership, question)
    assert hand_in().status == Status.SUBMITTED


def test_withdrawing_a_return_does_not_avoid_a_question(
    partnership: Partnership, parent: Return
) -> None:
    question = asked_on(partnership, parent, 1)
    finance = partnership.finance("WCC")
    withdraw(return_id=parent.id, version=2, by=finance, at=NOW)
    refused(lambda: submit(return_id=parent.id, version=3, by=finance, at=NOW))
    answered(partnership, question)
    assert submit(return_id=parent.id, version=3, by=finance, at=NOW).status == Status.SUBMITTED


def test_up_to_five_rows_are_named(partnership: Partnership) -> None:
    parent = partnership.submitted("WCC", *(a_saving(amount=str(n)) for n in range(1, 8)))
    for row in range(1, 8):
        asked_on(partnership, parent, row)
    assert what_waits_for_an_answer(parent) == (
        "7 questions are not answered yet: on row 1 (Library service), row 2 (Library service), "
        "row 3 (Library service), row 4 (Library service), row 5 (Library service) and 2 more."
    )


def test_the_database_refuses_to_move_on_a_return_with_an_open_question(
    partnership: Partnership, parent: Return
) -> None:
    asked_on(partnership, parent, 1)
    signed = {"status": "certified", "certified_by": partnership.s151("WCC"), "certified_at": NOW}
    with pytest.raises(DatabaseError, match="not answered"), transaction.atomic():
        Return.objects.filter(id=parent.id).update(**signed)
    Return.objects.filter(id=parent.id).update(version=9)  # a change that is not a step is allowed
    withdraw(return_id=parent.id, version=9, by=partnership.finance("WCC"), at=NOW)
    handed_in = {
        "status": "submitted",
        "submitted_by": partnership.finance("WCC"),
        "submitted_at": NOW,
    }
    with pytest.raises(DatabaseError, match="not answered"), transaction.atomic():
        Return.objects.filter(id=parent.id).update(**handed_in)
    Question.objects.update(answer="That.", answered_by=partnership.finance("WCC"), answered_at=NOW)
    Return.objects.filter(id=parent.id).update(**handed_in)


def test_an_answer_is_complete_or_absent(partnership: Partnership, parent: Return) -> None:
    asked_on(partnership, parent, 1)
    for part in ({"answer": "That."}, {"answered_at": NOW}):
        with pytest.raises(IntegrityError, match="question_answered_whole"), transaction.atomic():
            Question.objects.update(**part)


# --- Sent back together ----------------------------------------------------------------


def test_a_return_is_sent_back_and_asked_about_at_once(
    partnership: Partnership, parent: Return
) -> None:
    one, two, _ = lines(parent)
    back = sent_back(partnership, parent, (two.id, "Which?"), (one.id, "When?"))
    assert (back.status, back.was_sent_back, back.version) == (Status.DRAFT, True, 3)
    assert [(q.entry, q.text) for q in questions_of(parent)] == [(two, "Which?"), (one, "When?")]
    assert [event.action for event in Event.objects.about("return", "WCC/2013-14-Q1")][-3:] == [
        "sent back",
        "asked",
        "asked",
    ]


def test_a_wrong_question_sends_nothing_back(
    partnership: Partnership, parent: Return, everything: Callable[[], Everything]
) -> None:
    one = lines(parent)[0]
    before = everything()
    with pytest.raises(BadContent) as refusal:
        sent_back(partnership, parent, (one.id, "Which?"), (one.id, " "), (0, "Who?"))
    assert [(e.row, e.field) for e in refusal.value.errors] == [(2, "text"), (3, "entry")]
    assert everything() == before
    with pytest.raises(StaleVersion):
        send_back(
            return_id=parent.id,
            version=1,
            reason="Why",
            asked=[(one.id, "Which?")],
            by=partnership.s151("WCC"),
            at=NOW,
        )
    assert everything() == before


# --- Through edits ---------------------------------------------------------------------


def saved(p: Partnership, *rows: dict[str, Any]) -> Return:
    parent = p.parent("WCC")
    return replace_entries(
        return_id=parent.id,
        version=parent.version,
        rows=list(enumerate(rows, start=1)),
        by=p.finance("WCC"),
        at=NOW,
    )


def test_a_question_stays_with_its_line_through_edits(
    partnership: Partnership, parent: Return
) -> None:
    one, two, _ = lines(parent)
    sent_back(partnership, parent, (two.id, "Which?"))

    saved(
        partnership,
        a_saving("libraries", "9", id=two.id),
        a_saving(amount="1", id=one.id),
    )

    question = Question.objects.get()
    assert question.entry is not None
    assert question.entry_id == two.id
    assert (question.entry.position, question.entry.service.slug) == (1, "libraries")
    assert question.line["amount"] == "2.00"
    assert what_waits_for_an_answer(parent) == (
        "A question on row 1 (Libraries) is not answered yet."
    )
    assert list(orphans_of(parent)) == []


def test_a_removed_lines_question_stays_and_shows_the_line(
    partnership: Partnership, parent: Return
) -> None:
    one, two, three = lines(parent)
    sent_back(partnership, parent, (two.id, "Which?"), (three.id, "Why?"))

    saved(partnership, a_saving(amount="1", id=one.id))

    assert [(asked.words, asked.question.text) for asked in orphans_of(parent)] == [
        ("Row 2: Youth offending, saving, £2.00", "Which?"),
        ("Row 3: Cex, ongoing cost, £3.00", "Why?"),
    ]
    assert what_waits_for_an_answer(parent) == (
        "2 questions are not answered yet: on a row since removed (youth-offending), a row since "
        "removed (cex)."
    )
    for question in Question.objects.all():
        answered(partnership, question)
    assert submit(return_id=parent.id, version=4, by=partnership.finance("WCC"), at=NOW).status == (
        Status.SUBMITTED
    )


def test_a_line_whose_service_no_longer_exists_is_put_in_words(
    partnership: Partnership, parent: Return
) -> None:
    question = asked_on(partnership, parent, 1)
    question.line = {**question.line, "service": "gone"}
    (asked,) = in_words([question])
    assert asked.words == "Row 1: gone, saving, £1.00"
    assert asked.questions == [question]


def test_questions_are_read_with_their_lines_in_two_queries(
    partnership: Partnership, parent: Return, django_assert_num_queries: Any
) -> None:
    for row in (1, 1, 2):
        asked_on(partnership, parent, row)
    with django_assert_num_queries(2):
        found = [
            [(q.text, q.asked_by.username, q.answered_by) for q in entry.questions.all()]
            for entry in with_questions(parent.entries.order_by("position"))
        ]
    assert [len(questions) for questions in found] == [2, 1, 0]


def test_people_see_the_questions_of_the_returns_they_see(
    partnership: Partnership, parent: Return
) -> None:
    asked_on(partnership, parent, 1)
    seen = {
        name
        for name, person in partnership.people.items()
        if Question.objects.visible_to(person).exists()
    }
    assert seen == {"finance.wcc", "s151.wcc", "programme.office", "auditor"}


# --- At the same moment ----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_question_and_a_certificate_do_not_both_happen() -> None:
    partnership = build()
    for quarter in (Q1, Q2):
        parent = partnership.submitted("WCC", a_saving(), quarter=quarter)
        entry = parent.entries.get()
        results = at_once(
            partial(
                ask,
                return_id=parent.id,
                entry_id=entry.id,
                text="Which?",
                by=partnership.people["programme.office"],
                at=NOW,
            ),
            partial(certify, return_id=parent.id, version=2, by=partnership.s151("WCC"), at=NOW),
        )
        assert kinds(results) in (["Question", "WrongState"], ["Return", "WrongState"])
        certified = partnership.parent("WCC", quarter).status == Status.CERTIFIED
        assert Question.objects.filter(parent=parent).exists() is not certified
