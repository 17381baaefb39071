"""A test of fairness: proposed, agreed by every council or not in force, and never edited."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError

from audit.models import Event
from savings.agreements.actions import answer
from savings.fairness.actions import propose_test
from savings.fairness.models import FairnessTest
from savings.fairness.reports import tests_of as in_force_and_waiting
from savings.returns.models import DirtyReturn
from sovereignty.models import Council, Decision
from sovereignty.refusals import BadContent, NotAllowed, WrongState
from tests.partnership import COUNCILS, NOW, Partnership
from tests.savings.fairness.conftest import agreed_test

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("username", ["programme.office", "finance.lbhf", "s151.wcc"])
def test_officers_and_the_programme_office_may_propose_a_test(
    username: str, partnership: Partnership
) -> None:
    test = propose_test(below=" 0.5 ", quarters=4, by=partnership.people[username], at=NOW)

    test.refresh_from_db()
    assert (test.below, test.quarters, test.provenance) == ("0.5", 4, "reported")
    assert (test.decision.proposed_by.username, test.decision.proposed_at) == (username, NOW)
    event = Event.objects.get(subject="fairness test")
    assert (event.action, event.subject_id, event.by, event.after) == (
        "proposed",
        str(test.id),
        username,
        {"below": "0.5", "quarters": 4, "provenance": "reported"},
    )


@pytest.mark.parametrize("username", ["councillor.wcc", "auditor"])
def test_others_may_not_propose_a_test(username: str, partnership: Partnership) -> None:
    with pytest.raises(NotAllowed):
        propose_test(below="1/2", quarters=4, by=partnership.people[username], at=NOW)
    assert (FairnessTest.objects.count(), Decision.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("below", "quarters", "fields"),
    [
        ("", 4, ["below"]),
        ("0", 4, ["below"]),
        ("0/7", 4, ["below"]),
        ("1,5", 4, ["below"]),
        ("3/2", 4, ["below"]),
        ("0.1234567891", 4, ["below"]),
        ("half", 0, ["below", "quarters"]),
        ("1/2", 41, ["quarters"]),
        ("1/2", -1, ["quarters"]),
    ],
)
def test_a_wrong_test_is_refused(
    below: str, quarters: int, fields: list[str], partnership: Partnership
) -> None:
    with pytest.raises(BadContent) as refusal:
        propose_test(
            below=below, quarters=quarters, by=partnership.people["programme.office"], at=NOW
        )
    assert [error.field for error in refusal.value.errors] == fields
    assert FairnessTest.objects.count() == 0


def test_every_council_is_asked_and_no_figure_moves(books: Partnership) -> None:
    """This includes the council that takes part in only two of the services."""
    test = agreed_test(books, agreed_by=["LBHF", "RBKC"])
    assert not FairnessTest.objects.with_consents().get().is_agreed(list(COUNCILS))

    books.agree(test.decision_id, "WCC")

    assert FairnessTest.objects.with_consents().get().is_agreed(list(COUNCILS))
    assert DirtyReturn.objects.count() == 0
    agreed = Event.objects.filter(subject="fairness test", action="agreed")
    assert sorted(event.chain for event in agreed) == ["LBHF", "RBKC", "WCC"]
    assert {event.subject_id for event in agreed} == {str(test.id)}


def test_a_council_answers_once_and_not_after_a_withdrawal(books: Partnership) -> None:
    test = agreed_test(books, agreed_by=["WCC"])
    with pytest.raises(WrongState, match="answered this already"):
        books.agree(test.decision_id, "WCC")


def test_a_refusal_opens_a_dispute_and_the_test_waits_no_longer(books: Partnership) -> None:
    test = agreed_test(books, agreed_by=["WCC"])
    answer(
        decision_id=test.decision_id,
        agree=False,
        minute_reference="7",
        reason="Too lenient.",
        by=books.s151("LBHF"),
        at=NOW,
    )
    test.decision.refresh_from_db()
    assert test.decision.dispute.is_open
    assert in_force_and_waiting(COUNCILS) == (None, ())


def test_the_latest_that_all_have_agreed_is_in_force(books: Partnership) -> None:
    first = agreed_test(books, "1/2", 4)
    second = agreed_test(books, "1/3", 2, agreed_by=["LBHF", "WCC"])
    assert in_force_and_waiting(COUNCILS) == (first, (second,))

    books.agree(second.decision_id, "RBKC")
    third = agreed_test(books, "1/4", 2, agreed_by=[])

    assert in_force_and_waiting(COUNCILS) == (second, (third,))


def test_a_council_that_joins_has_to_agree_too(books: Partnership) -> None:
    agreed_test(books)
    Council.objects.create(code="BRENT", name="Brent", full_name="Brent Council")
    codes = [*COUNCILS, "BRENT"]
    assert in_force_and_waiting(codes)[0] is None


def test_without_any_council_no_test_is_in_force(db: None) -> None:
    assert in_force_and_waiting([]) == (None, ())


# --- What the database allows nobody to do -------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE savings_fairnesstest SET quarters = 1",
        "DELETE FROM savings_fairnesstest",
        "TRUNCATE savings_fairnesstest CASCADE",
    ],
)
def test_a_test_is_never_edited(statement: str, books: Partnership) -> None:
    agreed_test(books)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
            cursor.execute(statement)
    assert FairnessTest.objects.get().quarters == 2


@pytest.mark.parametrize(
    ("below", "quarters"),
    [
        *((below, 4) for below in ("9", "3/2", "1.000000001", "0", "0/7")),
        *((below, 4) for below in ("half", "1/0", "-1/2", "1/2\n", "")),
        ("1/2", 0),
        ("1/2", 41),
    ],
)
def test_the_database_too_refuses_a_wrong_test(
    below: str, quarters: int, partnership: Partnership
) -> None:
    decision = Decision.objects.create(
        title="A test", proposed_by=partnership.people["auditor"], proposed_at=NOW
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        FairnessTest.objects.create(
            below=below, quarters=quarters, provenance="reported", decision=decision
        )
