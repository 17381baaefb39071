"""Periods and the board through the API: opened, dated, closed, reopened; who may, and refusals."""

from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finance.periods import Quarter
from savings.calendar.models import Reminder
from savings.filling.actions import replace_entries
from savings.quarters.models import Period
from savings.returns.models import Return
from savings.returns.questions.actions import ask
from tests.calling import Caller, mistakes, problem
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def partnership() -> Partnership:
    return build()


def published() -> None:
    period = Period.objects.create(quarter=Quarter.parse("2012-13-Q4"), status=Period.Status.CLOSED)
    Return.objects.create(
        period=period, status="certified", certified_at=NOW, published_in="report-2013"
    )


# --- Read ----------------------------------------------------------------------------


def test_periods_come_with_their_dates_and_state(partnership: Partnership):
    published()

    assert Caller(partnership.finance("WCC")).get("periods/").json()["results"] == [
        {
            "code": "2012-13-Q4",
            "status": "closed",
            "label": "2012/13 Q4",
            "first_day": "2013-01-01",
            "last_day": "2013-03-31",
            "opens_on": None,
            "due_on": None,
            "closes_on": None,
            "reopened": None,
        },
        {
            "code": "2013-14-Q1",
            "status": "open",
            "label": "2013/14 Q1",
            "first_day": "2013-04-01",
            "last_day": "2013-06-30",
            "opens_on": "2013-07-01",
            "due_on": "2013-07-31",
            "closes_on": "2013-08-15",
            "reopened": None,
        },
        {
            "code": "2013-14-Q2",
            "status": "open",
            "label": "2013/14 Q2",
            "first_day": "2013-07-01",
            "last_day": "2013-09-30",
            "opens_on": "2013-10-01",
            "due_on": "2013-10-31",
            "closes_on": "2013-11-15",
            "reopened": None,
        },
    ]


# --- Opened --------------------------------------------------------------------------


def test_the_next_quarter_is_opened(office: Caller):
    answer = office.post("periods/", {"period": "2013-14-Q3", "due_on": "2014-02-07"})

    assert answer.status_code == 201
    assert answer.json() == {
        "code": "2013-14-Q3",
        "status": "open",
        "label": "2013/14 Q3",
        "first_day": "2013-10-01",
        "last_day": "2013-12-31",
        "opens_on": "2014-01-01",
        "due_on": "2014-02-07",
        "closes_on": "2014-02-22",
        "reopened": None,
    }
    assert Return.objects.filter(period__quarter="2013-14-Q3").count() == 3


def test_a_quarter_can_not_be_opened_out_of_order(office: Caller):
    said = problem(office.post("periods/", {"period": "2013-14-Q4"}), 409, "wrong-state")
    assert said["detail"] == "Open 2013/14 Q3 first: quarters are opened in order."
    said = problem(office.post("periods/", {"period": "2013-14-Q1"}), 409, "wrong-state")
    assert said["detail"] == "2013/14 Q1 has already been opened."
    assert Period.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"period"}),
        ({"period": None}, {"period"}),
        ({"period": "2013"}, {"period"}),
        ({"period": "2013-14-Q3", "opens_on": "1 January 2014"}, {"opens_on"}),
        ({"period": "2013-14-Q3", "opens_on": "20140101"}, {"opens_on"}),
        ({"period": "2013-14-Q3", "opens_on": "2014-02-30"}, {"opens_on"}),
        ({"period": "2013-14-Q3", "opens_on": None, "due_on": 7}, {"opens_on", "due_on"}),
        ({"period": "2013-14-Q3", "closes_on": ""}, {"closes_on"}),
        ({"period": "2013-14-Q3", "due_on": "2013-12-01"}, {"due_on"}),
        ({"period": "2013-14-Q3", "opens_on": "9999-12-31"}, {"opens_on"}),
        ({"period": "2013-14-Q3", "opens_on": "0001-01-01"}, {"opens_on"}),
        ({"period": "2013-14-Q3", "reason": "Because"}, {"reason"}),
        ([], {"body"}),
    ],
)
def test_a_wrong_body_opens_nothing(office: Caller, body, fields):
    assert set(mistakes(office.post("periods/", body))) == fields
    assert Period.objects.count() == 2


# --- Dated ---------------------------------------------------------------------------


def test_dates_are_changed_for_a_reason(office: Caller):
    answer = office.post(
        "periods/2013-14-Q1/dates/", {"due_on": "2013-08-07", "reason": "The ledger was late."}
    )

    assert answer.status_code == 200
    assert [answer.json()[name] for name in ("opens_on", "due_on", "closes_on")] == [
        "2013-07-01",
        "2013-08-07",
        "2013-08-15",
    ]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"due_on": "2013-08-07"}, {"reason"}),
        ({"reason": " "}, {"reason"}),
        ({"reason": "Why", "due_on": "2013-08-16"}, {"closes_on"}),
        ({"reason": "Why", "period": "2013-14-Q2"}, {"period"}),
    ],
)
def test_a_wrong_body_changes_no_date(office: Caller, body, fields):
    assert set(mistakes(office.post("periods/2013-14-Q1/dates/", body))) == fields
    assert Period.objects.get(quarter=Q1).due_on == date(2013, 7, 31)


def test_a_closed_quarter_keeps_its_dates(office: Caller):
    Period.objects.filter(quarter=Q1).update(status="closed")
    body = {"due_on": "2013-08-07", "reason": "Why"}
    problem(office.post("periods/2013-14-Q1/dates/", body), 409, "wrong-state")


# --- Closed and reopened ---------------------------------------------------------------


def test_a_period_is_closed_once_all_is_certified_and_reopened_for_a_reason(
    partnership: Partnership, office: Caller
):
    for code in ("LBHF", "RBKC"):
        partnership.certified(code)
    early = problem(office.post("periods/2013-14-Q1/close/"), 409, "wrong-state")
    assert "Westminster" in early["detail"]
    partnership.certified("WCC")

    closed = office.post("periods/2013-14-Q1/close/")
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    problem(office.post("periods/2013-14-Q1/close/"), 409, "wrong-state")
    assert set(mistakes(office.post("periods/2013-14-Q1/reopen/"))) == {"reason"}

    reopened = office.post("periods/2013-14-Q1/reopen/", {"reason": "A late invoice."})

    assert (reopened.status_code, reopened.json()["status"]) == (200, "open")
    assert reopened.json()["reopened"]["by"] == "programme.office"
    assert reopened.json()["reopened"]["reason"] == "A late invoice."
    assert Caller(partnership.finance("WCC")).get("periods/").json()["results"][0] == (
        reopened.json()
    )
    # Everybody concerned was told, in process here and so at once.
    assert Reminder.objects.filter(kind="reopened").count() == len(mail.outbox) == 3
    problem(office.post("periods/2013-14-Q1/reopen/", {"reason": "Again."}), 409, "wrong-state")


def test_quarters_are_closed_in_order(partnership: Partnership, office: Caller):
    said = problem(office.post("periods/2013-14-Q2/close/"), 409, "wrong-state")

    assert "2013/14 Q1" in said["detail"]


def test_only_the_programme_office_runs_the_calendar(partnership: Partnership):
    others = [name for name in partnership.people if name != "programme.office"]
    before = list(Period.objects.values())
    for name in others:
        caller = Caller(partnership.people[name])
        problem(caller.post("periods/", {"period": "2013-14-Q3"}), 403, "not-allowed")
        for step in ("dates", "close", "reopen"):
            said = caller.post(f"periods/2013-14-Q1/{step}/", {"reason": "Why?"})
            problem(said, 403, "not-allowed")
    assert list(Period.objects.values()) == before


@pytest.mark.parametrize("code", ["2014-15-Q1", "2013-14", "nonsense", "%00"])
def test_an_unknown_period_is_not_found(office: Caller, code):
    for step in ("dates", "close", "reopen"):
        problem(office.post(f"periods/{code}/{step}/", {"reason": "Why?"}), 404, "not-found")


def test_closing_accepts_only_an_empty_body(office: Caller):
    assert set(mistakes(office.post("periods/2013-14-Q1/close/", {"force": True}))) == {"force"}


# --- The board -----------------------------------------------------------------------


def test_the_board_shows_the_returns_of_a_year(
    partnership: Partnership, office: Caller, time_machine
):
    time_machine.move_to(datetime(2013, 8, 3, 12, tzinfo=UTC), tick=False)
    published()
    parent = partnership.submitted("LBHF", a_saving(amount="7"), a_saving(amount="0.50"))
    ask(
        return_id=parent.id,
        entry_id=parent.entries.earliest("position").id,
        text="Which?",
        by=partnership.s151("LBHF"),
        at=NOW,
    )
    partnership.certified("RBKC")

    rows = office.get("board/", year="2013-14").json()

    assert rows["count"] == 6
    assert rows["results"][0] == {
        "council": "LBHF",
        "period": "2013-14-Q1",
        "status": "submitted",
        "sent_back": False,
        "due_on": "2013-07-31",
        "submitted": {"by": "finance.lbhf", "at": "2013-07-01T10:30:00+01:00"},
        "certified": None,
        "days_late": 0,
        "open_questions": 1,
        "totals": [{"kind": "saving", "amount": "7.50", "entries": 2}],
        "illustrative": False,
    }
    assert rows["results"][1]["certified"] == {
        "by": "s151.rbkc",
        "at": "2013-07-01T10:30:00+01:00",
    }
    assert [
        (row["council"], row["period"], row["status"], row["days_late"]) for row in rows["results"]
    ] == [
        ("LBHF", "2013-14-Q1", "submitted", 0),
        ("RBKC", "2013-14-Q1", "certified", 0),
        ("WCC", "2013-14-Q1", "draft", 3),
        ("LBHF", "2013-14-Q2", "draft", 0),
        ("RBKC", "2013-14-Q2", "draft", 0),
        ("WCC", "2013-14-Q2", "draft", 0),
    ]
    assert office.get("board/").json() == rows
    assert office.get("board/", year="2012-13").json()["results"] == []


def test_people_of_a_council_see_only_their_own_on_the_board(partnership: Partnership):
    partnership.certified("WCC", a_saving())

    def seen(name: str) -> list[str]:
        rows = Caller(partnership.people[name]).get("board/").json()["results"]
        return [f"{row['council']} {row['period']}" for row in rows]

    own = ["WCC 2013-14-Q1", "WCC 2013-14-Q2"]
    assert seen("finance.wcc") == seen("s151.wcc") == own
    assert seen("councillor.wcc") == own[:1]
    assert seen("councillor.lbhf") == []
    assert len(seen("programme.office")) == len(seen("auditor")) == 6


def test_a_wrong_year_is_named(office: Caller):
    assert set(mistakes(office.get("board/", year="2013"))) == {"year"}
    assert set(mistakes(office.get("board/", quarter="2013-14-Q1"))) == {"quarter"}


def test_illustrative_figures_are_marked_on_the_board(partnership: Partnership, office: Caller):
    parent = partnership.parent("WCC")
    replace_entries(
        return_id=parent.id,
        version=0,
        rows=[(1, {**a_saving(), "provenance": "illustrative"})],
        by=partnership.finance("WCC"),
        at=NOW,
    )
    rows = office.get("board/").json()["results"]
    assert [row["council"] for row in rows if row["illustrative"]] == ["WCC"]


def test_queries_do_not_grow_with_the_rows(partnership: Partnership, office: Caller):
    counts = []
    for size in (1, 3, 6):
        with CaptureQueriesContext(connection) as captured:
            assert len(office.get("board/", page_size=size).json()["results"]) == size
        counts.append(len(captured))
    assert counts[0] == counts[1] == counts[2]
    partnership.certified("WCC", a_saving(), quarter=Q2)
    with CaptureQueriesContext(connection) as captured:
        office.get("board/", page_size=6)
    assert len(captured) == counts[0]
