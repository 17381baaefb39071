"""The statement that is certified, and what is new since the last certified quarter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from savings.calendar.actions import open_period
from savings.certification.statement import since_last_certified, statement_of
from savings.returns.models import Return
from savings.returns.reports import sums_of
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.conftest import Everything
from tests.savings.pages import read
from tests.savings.tables import table_headed

pytestmark = pytest.mark.django_db

RETURN = "/returns/WCC/2013-14-Q2/"
A_COST = {"service": "cex", "kind": "ongoing_cost", "scope": "own", "amount": "5"}


@pytest.fixture
def s151(partnership: Partnership, client: Client) -> Client:
    client.force_login(partnership.s151("WCC"))
    return client


@pytest.fixture
def parent(partnership: Partnership) -> Return:
    """The second quarter's return, submitted after a certified first."""
    partnership.certified(
        "WCC", a_saving(amount="10"), a_saving("youth-offending", "3"), a_saving(amount="1")
    )
    partnership.certified("LBHF", A_COST)
    return partnership.submitted("WCC", a_saving(amount="12.50"), A_COST, A_COST, quarter=Q2)


def found(parent: Return) -> Any:
    return since_last_certified(parent, sums_of([parent.id])[parent.id])


def test_the_statement_names_the_council_the_version_and_the_quarter(parent: Return) -> None:
    statement = statement_of(parent)
    assert statement.opening == (
        "As section 151 officer or deputy of Westminster Council I certify version 2 of its "
        "return for 2013/14 Q2. I have read its entries and totals, and to the best of my "
        "knowledge:"
    )
    assert statement.points[0] == (
        "they agree with the council's accounts for 1 July 2013 to 30 September 2013"
    )
    assert statement.as_text().splitlines() == [
        statement.opening,
        *(f"- {point}" for point in statement.points),
    ]


def test_the_page_compares_with_the_last_certified_quarter(parent: Return) -> None:
    since = found(parent)
    assert since.last.quarter == Q1
    assert [(kind.label, kind.before, kind.now, kind.change) for kind in since.kinds] == [
        ("Savings", 14_00, 12_50, -1_50),
        ("Ongoing costs", None, 10_00, 10_00),
        ("Transition costs", None, None, 0),
        ("Variances", None, None, 0),
    ]
    assert [(line.service, line.kind, line.amount, line.entries) for line in since.new] == [
        ("Cex", "Ongoing cost", 10_00, 2)
    ]
    assert [(line.service, line.kind, line.amount, line.entries) for line in since.gone] == [
        ("Youth offending", "Saving", 3_00, 1)
    ]


def test_the_last_certified_quarter_is_the_latest_before_this_one(partnership: Partnership) -> None:
    office = partnership.people["programme.office"]
    q3 = open_period(quarter=Q2.following, by=office, at=NOW).quarter
    third = partnership.submitted("WCC", a_saving(), quarter=q3)
    assert found(third).last is None
    partnership.certified("WCC", quarter=Q1)
    partnership.submitted("WCC", quarter=Q2)
    assert found(third).last.quarter == Q1
    assert found(partnership.parent("WCC", Q1)).last is None


def test_the_page_shows_the_statement_and_what_is_new(parent: Return, s151: Client) -> None:
    response = s151.get(f"{RETURN}certify/")

    page = read(response)
    assert "It has 3 entries, and none of them is illustrative. The totals are:" in page.words
    assert table_headed(response, "Kind") == [
        ["Savings", "£14.00", "£12.50", "−£1.50"],
        ["Ongoing costs", "–", "£10.00", "£10.00"],
        ["Transition costs", "–", "–", "£0.00"],
        ["Variances", "–", "–", "£0.00"],
    ]
    assert "New since then Reported now but not then: Cex, ongoing cost: £10.00 in 2 entries" in (
        page.words
    )
    assert (
        "No longer reported Reported then but not now: Youth offending, saving: £3.00" in page.words
    )
    assert "No questions were asked about its rows." in page.words
    statement = statement_of(parent)
    assert all(text in page.words for text in (statement.opening, *statement.points))
    assert page.inline == []


def test_a_first_return_and_one_with_nothing_new_say_so(
    partnership: Partnership, client: Client
) -> None:
    client.force_login(partnership.s151("WCC"))
    partnership.submitted("WCC", a_saving())
    first = read(client.get("/returns/WCC/2013-14-Q1/certify/")).words
    assert "This is the first return that this council certifies here" in first
    partnership.certified("RBKC", a_saving())
    partnership.submitted("RBKC", a_saving(), quarter=Q2)
    client.force_login(partnership.s151("RBKC"))
    same = read(client.get("/returns/RBKC/2013-14-Q2/certify/")).words
    assert "Every service and kind reported now was also reported then." in same
    assert "No longer reported" not in same


def test_the_box_has_to_be_ticked(
    parent: Return, s151: Client, everything: Callable[[], Everything]
) -> None:
    before = everything()
    form = read(s151.get(f"{RETURN}certify/")).form("certify/")
    assert form.sent == {"version": "2"}

    response = s151.post(form.action, form.sent)

    page = read(response)
    assert response.status_code == 422
    assert page.words.startswith("Error: ")
    message = "Tick the box to say that you have read the statement and the totals."
    assert page.words.count(message) == 2
    assert "#id_confirmed" in page.hrefs
    assert "id_confirmed" in page.ids
    assert everything() == before
    stale = s151.post(form.action, {"version": "1"})
    assert stale.status_code == 409
    assert everything() == before


def test_the_event_keeps_the_statement_that_was_read(parent: Return, s151: Client) -> None:
    read_there = statement_of(parent).as_text()
    form = read(s151.get(f"{RETURN}certify/")).form("certify/")
    s151.post(form.action, {**form.sent, "confirmed": "on"})
    event = Event.objects.about("return", "WCC/2013-14-Q2").last()
    assert event is not None
    assert event.after is not None
    assert event.after["statement"] == read_there
    assert event.after["sums"] == {"saving": "12.50", "ongoing_cost": "10.00"}


def test_queries_do_not_grow_with_the_entries(partnership: Partnership, s151: Client) -> None:
    partnership.certified("WCC", *(a_saving(amount=str(n)) for n in range(1, 30)))
    counts = []
    for rows in (1, 3, 40):
        parent = partnership.parent("WCC", Q2)
        Return.objects.filter(id=parent.id).update(
            status="draft", submitted_by=None, submitted_at=None
        )
        partnership.submitted("WCC", *(a_saving(amount=str(n)) for n in range(rows)), quarter=Q2)
        with CaptureQueriesContext(connection) as captured:
            assert s151.get(f"{RETURN}certify/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] == counts[2]
