"""Quarters opened in order with their dates, given new dates, and reopened for a reason."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit.models import Event
from finance.periods import Quarter
from savings.calendar.actions import change_dates, close_period, open_period, reopen_period
from savings.quarters.models import Period
from savings.returns.models import Return
from sovereignty.models import Appointment, Council, Role, User
from sovereignty.refusals import BadContent, WrongState
from tests.at_once import at_once, held_up, kinds
from tests.partnership import NOW, Q1, Q2, Partnership, build
from tests.savings.conftest import Everything

pytestmark = pytest.mark.django_db

Q3, Q4 = Q2.following, Q2.following.following
BEFORE = Quarter.parse("2012-13-Q4")


def dates(period: Period) -> tuple[date | None, date | None, date | None]:
    stored = Period.objects.get(quarter=period.quarter)
    return stored.opens_on, stored.due_on, stored.closes_on


def published() -> None:
    """The record's own quarter, for which only the partnership reports."""
    period = Period.objects.create(quarter=BEFORE, status=Period.Status.CLOSED)
    Return.objects.create(
        period=period, status="certified", certified_at=NOW, published_in="report-2013"
    )


# --- Opened --------------------------------------------------------------------------


def test_a_quarter_opens_with_the_usual_dates(partnership: Partnership) -> None:
    period = open_period(quarter=Q3, by=partnership.people["programme.office"], at=NOW)

    usual = (date(2014, 1, 1), date(2014, 1, 31), date(2014, 2, 15))
    assert dates(period) == usual
    event = Event.objects.about("period", "2013-14-Q3").get()
    assert (event.by, event.action, event.chain) == ("programme.office", "opened", "partnership")
    assert event.after == {
        "status": "open",
        "opens_on": "2014-01-01",
        "due_on": "2014-01-31",
        "closes_on": "2014-02-15",
    }


def test_a_quarter_opens_with_the_dates_given(partnership: Partnership) -> None:
    period = open_period(
        quarter=Q3,
        due_on=date(2014, 2, 7),
        closes_on=date(2014, 2, 28),
        by=partnership.people["programme.office"],
        at=NOW,
    )
    assert dates(period) == (date(2014, 1, 1), date(2014, 2, 7), date(2014, 2, 28))


def test_dates_out_of_order_open_nothing(
    partnership: Partnership, everything: Callable[[], Everything]
) -> None:
    before = everything()
    with pytest.raises(BadContent) as refusal:
        open_period(
            quarter=Q3,
            opens_on=date(2013, 9, 1),
            due_on=date(2013, 8, 1),
            by=partnership.people["programme.office"],
            at=NOW,
        )
    assert [error.field for error in refusal.value.errors] == ["opens_on", "due_on"]
    assert everything() == before


@pytest.mark.parametrize(
    ("quarter", "words"),
    [
        (Q4, "Open 2013/14 Q3 first: quarters are opened in order."),
        (BEFORE, "Open 2013/14 Q3 first: quarters are opened in order."),
        (Q1, "2013/14 Q1 has already been opened."),
    ],
)
def test_quarters_are_opened_in_order(
    quarter: Quarter,
    words: str,
    partnership: Partnership,
    everything: Callable[[], Everything],
) -> None:
    before = everything()
    with pytest.raises(WrongState) as refusal:
        open_period(quarter=quarter, by=partnership.people["programme.office"], at=NOW)
    assert str(refusal.value) == words
    assert everything() == before


def test_any_quarter_after_the_record_may_be_the_first(partnership: Partnership) -> None:
    office = partnership.people["programme.office"]
    Return.objects.all().delete()
    Period.objects.all().delete()
    published()

    with pytest.raises(WrongState) as refusal:
        open_period(quarter=BEFORE.preceding, by=office, at=NOW)
    assert str(refusal.value) == (
        "2012/13 Q3 is not after the published record: open 2013/14 Q1 or later."
    )
    assert open_period(quarter=Q4, by=office, at=NOW).is_open
    with pytest.raises(WrongState, match="Open 2014/15 Q1 first"):
        open_period(quarter=Q4.following.following, by=office, at=NOW)


def test_without_a_record_any_quarter_may_be_the_first(partnership: Partnership) -> None:
    Return.objects.all().delete()
    Period.objects.all().delete()
    period = open_period(
        quarter=Quarter.parse("1999-00-Q2"), by=partnership.people["programme.office"], at=NOW
    )
    assert period.returns.count() == 3


# --- Dated ---------------------------------------------------------------------------


def test_dates_are_changed_for_a_reason(partnership: Partnership) -> None:
    period = change_dates(
        quarter=Q1,
        due_on=date(2013, 8, 7),
        reason=" The ledger closed late. ",
        by=partnership.people["programme.office"],
        at=NOW,
    )
    assert dates(period) == (date(2013, 7, 1), date(2013, 8, 7), date(2013, 8, 15))
    event = Event.objects.about("period", "2013-14-Q1").last()
    assert event is not None
    assert (event.by, event.action, event.reason) == (
        "programme.office",
        "dates changed",
        "The ledger closed late.",
    )
    assert event.before == {
        "opens_on": "2013-07-01",
        "due_on": "2013-07-31",
        "closes_on": "2013-08-15",
    }
    assert event.after == {**event.before, "due_on": "2013-08-07"}
    assert dates(Period.objects.get(quarter=Q2)) == (
        date(2013, 10, 1),
        date(2013, 10, 31),
        date(2013, 11, 15),
    )


def test_a_quarter_without_dates_gets_the_usual_ones_beside_those_given(
    partnership: Partnership,
) -> None:
    Period.objects.filter(quarter=Q1).update(opens_on=None, due_on=None, closes_on=None)
    period = change_dates(
        quarter=Q1,
        due_on=date(2013, 8, 7),
        reason="It had none.",
        by=partnership.people["programme.office"],
        at=NOW,
    )
    assert dates(period) == (date(2013, 7, 1), date(2013, 8, 7), date(2013, 8, 22))
    event = Event.objects.about("period", "2013-14-Q1").last()
    assert event is not None
    assert event.before is None


def test_the_dates_that_it_already_has_change_nothing(
    partnership: Partnership, everything: Callable[[], Everything]
) -> None:
    before = everything()
    change_dates(
        quarter=Q1,
        due_on=date(2013, 7, 31),
        reason="To be sure.",
        by=partnership.people["programme.office"],
        at=NOW,
    )
    assert everything() == before


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"reason": " "}, ["reason"]),
        ({"due_on": date(2013, 8, 16)}, ["closes_on"]),
        ({"closes_on": date(2013, 7, 30)}, ["closes_on"]),
        ({"opens_on": date(2013, 8, 1)}, ["due_on"]),
        ({"opens_on": date(2013, 3, 31)}, ["opens_on"]),
    ],
)
def test_a_wrong_date_changes_nothing(
    given: dict[str, Any],
    fields: list[str],
    partnership: Partnership,
    everything: Callable[[], Everything],
) -> None:
    before = everything()
    with pytest.raises(BadContent) as refusal:
        change_dates(
            **{
                "quarter": Q1,
                "reason": "Why",
                "by": partnership.people["programme.office"],
                "at": NOW,
                **given,
            }
        )
    assert [error.field for error in refusal.value.errors] == fields
    assert everything() == before


def test_a_closed_quarter_keeps_its_dates(
    partnership: Partnership, everything: Callable[[], Everything]
) -> None:
    Period.objects.filter(quarter=Q1).update(status="closed")
    before = everything()
    with pytest.raises(WrongState, match="2013/14 Q1 is closed, so its dates can't be changed"):
        change_dates(
            quarter=Q1,
            due_on=date(2013, 8, 7),
            reason="Why",
            by=partnership.people["programme.office"],
            at=NOW,
        )
    assert everything() == before


def test_the_database_enforces_the_order_of_dates(partnership: Partnership) -> None:
    for given in ({"due_on": date(2013, 6, 1)}, {"closes_on": None}):
        with pytest.raises(IntegrityError, match="period_dates_in_order"), transaction.atomic():
            Period.objects.filter(quarter=Q1).update(**given)


# --- Reopened ------------------------------------------------------------------------


def test_a_reopened_quarter_keeps_who_reopened_it_and_why(partnership: Partnership) -> None:
    office = partnership.people["programme.office"]
    for code in partnership.councils:
        partnership.certified(code)
    close_period(quarter=Q1, by=office, at=NOW)
    fresh = Period.objects.get(quarter=Q1)
    assert (fresh.reopened_by, fresh.reopened_at, fresh.reopened_reason) == (None, None, "")

    reopen_period(quarter=Q1, reason=" A late invoice. ", by=office, at=NOW)

    stored = Period.objects.get(quarter=Q1)
    assert (stored.reopened_by, stored.reopened_at) == (office, NOW)
    assert stored.reopened_reason == "A late invoice."
    other = Period.objects.get(quarter=Q2)
    assert (other.reopened_by, other.reopened_reason) == (None, "")
    close_period(quarter=Q1, by=office, at=NOW)
    assert Period.objects.get(quarter=Q1).reopened_reason == "A late invoice."


def reopened_by_hand(**said: object) -> None:
    with transaction.atomic():
        Period.objects.filter(quarter=Q1).update(status="open", **said)


def test_the_database_needs_who_when_and_why_to_reopen_a_quarter(
    partnership: Partnership,
) -> None:
    office = partnership.people["programme.office"]
    for quarter in (Q1, Q2):
        for code in partnership.councils:
            partnership.certified(code, quarter=quarter)
    close_period(quarter=Q1, by=office, at=NOW)
    said = {"reopened_by": office, "reopened_at": NOW, "reopened_reason": "A late invoice."}
    with pytest.raises(IntegrityError, match="by somebody, at a time, for a reason"):
        reopened_by_hand()
    reopened_by_hand(**said)
    close_period(quarter=Q1, by=office, at=NOW)
    # What was said the last time is not used again.
    for same in ({}, said):
        with pytest.raises(IntegrityError, match="by somebody, at a time, for a reason"):
            reopened_by_hand(**same)
    close_period(quarter=Q2, by=office, at=NOW)
    with pytest.raises(IntegrityError, match="only the latest closed quarter"):
        reopened_by_hand(**{**said, "reopened_reason": "Another."})
    assert [period.is_open for period in Period.objects.order_by("quarter")] == [False, False]


# --- At the same moment --------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_quarter_is_opened_only_once() -> None:
    office = build().people["programme.office"]
    results = at_once(*[lambda: open_period(quarter=Q3, by=office, at=NOW)] * 4)
    assert kinds(results) == ["Period", "WrongState", "WrongState", "WrongState"]
    assert Period.objects.get(quarter=Q3).returns.count() == 3
    assert Event.objects.about("period", "2013-14-Q3").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_quarter_is_not_reopened_while_a_later_one_closes() -> None:
    partnership = build()
    office = partnership.people["programme.office"]
    for quarter in (Q1, Q2):
        for code in partnership.councils:
            partnership.certified(code, quarter=quarter)
    close_period(quarter=Q1, by=office, at=NOW)

    results = at_once(
        lambda: reopen_period(quarter=Q1, reason="Why", by=office, at=NOW),
        lambda: close_period(quarter=Q2, by=office, at=NOW),
    )

    assert kinds(results) == ["Period", "WrongState"]
    one, two = Period.objects.order_by("quarter")
    assert (one.is_open, two.is_open) in ((True, True), (False, False))


@pytest.mark.django_db(transaction=True)
def test_two_first_quarters_are_not_opened_at_once() -> None:
    """While one office is about to open the first quarter, another waits and is then refused."""
    office = User.objects.create_user("programme.office")
    Appointment.objects.create(user=office, role=Role.PROGRAMME_OFFICE)
    Council.objects.create(code="WCC", name="Westminster", full_name="Westminster")
    late: list[object] = []

    def open_another() -> None:
        late.append(kinds(at_once(lambda: open_period(quarter=Q3, by=office, at=NOW))))

    second = threading.Thread(target=open_another)
    with held_up(lambda: open_period(quarter=Q1, by=office, at=NOW), at=Event):
        second.start()
        time.sleep(1)  # long enough for the second to look at a calendar without a quarter
    second.join(timeout=60)
    assert late == [["WrongState"]]
    assert [period.quarter for period in Period.objects.all()] == [Q1]
