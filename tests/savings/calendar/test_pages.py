"""The calendar's pages: who sees and does what there, and what every page of a quarter says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from savings.calendar.actions import reopen_period
from savings.quarters.models import Period
from savings.returns.models import Return
from sovereignty.models import User
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.conftest import Everything
from tests.savings.pages import Reading, read, refused
from tests.savings.tables import table_headed

pytestmark = pytest.mark.django_db

Q3 = Q2.following
Turn = Callable[[str], Client]
PEOPLE = (
    "finance.wcc",
    "s151.wcc",
    "councillor.wcc",
    "finance.lbhf",
    "programme.office",
    "auditor",
    "nobody",
)


@pytest.fixture(autouse=True)
def in_july(time_machine: Any) -> None:
    time_machine.move_to(datetime(2013, 7, 28, 12, tzinfo=UTC), tick=False)


@pytest.fixture
def as_(partnership: Partnership) -> Turn:
    """A browser of one of the partnership's people."""
    partnership.people["nobody"] = User.objects.create_user("nobody")

    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(partnership.people[username])
        return client

    return sign_in


def press(client: Client, page: str, button: str, **typed: str) -> Any:
    """Open a page, fill in its form and send it; return the answer, with redirects followed."""
    form = read(client.get(page)).form(button)
    return client.post(form.action, {**form.sent, **typed}, follow=True)


# --- Read ----------------------------------------------------------------------------


def test_everybody_reads_the_dates_and_the_office_how_many_are_certified(
    partnership: Partnership, as_: Turn
) -> None:
    partnership.certified("WCC", a_saving())

    assert table_headed(as_("programme.office").get("/calendar/"), "Quarter") == [
        [
            "2013/14 Q2 July to September",
            "Open",
            "1 October 2013",
            "31 October 2013 Due in 95 days",
            "15 November 2013",
            "0 of 3",
            "Change",
        ],
        [
            "2013/14 Q1 April to June",
            "Open",
            "1 July 2013",
            "31 July 2013 Due in 3 days",
            "15 August 2013",
            "1 of 3",
            "Change",
        ],
    ]
    auditors = table_headed(as_("auditor").get("/calendar/"), "Quarter")
    assert [row[5:] for row in auditors] == [["0 of 3"], ["1 of 3"]]
    own = table_headed(as_("finance.wcc").get("/calendar/"), "Quarter")
    assert [row[5:] for row in own] == [["Westminster Draft"], ["Westminster Certified"]]
    councillors = table_headed(as_("councillor.wcc").get("/calendar/"), "Quarter")
    assert [row[5:] for row in councillors] == [["–"], ["Westminster Certified"]]
    others = as_("finance.lbhf").get("/calendar/")
    assert [row[5:] for row in table_headed(others, "Quarter")] == [
        ["Hammersmith & Fulham Draft"]
    ] * 2
    assert "Westminster" not in read(others).words


def test_only_the_office_sees_links_to_change_the_calendar(as_: Turn) -> None:
    office = read(as_("programme.office").get("/calendar/"))
    assert "/calendar/open/" in office.hrefs
    assert "/calendar/2013-14-Q1/dates/" in office.hrefs
    for who in ("finance.wcc", "s151.wcc", "councillor.wcc", "auditor"):
        page = read(as_(who).get("/calendar/"))
        assert not [href for href in page.hrefs if href.startswith("/calendar/2")]
        assert [form.action for form in page.forms] == ["/sign-out/"]


@pytest.mark.parametrize("page", ["open/", *(f"2013-14-Q1/{s}/" for s in ("close", "reopen"))])
def test_nobody_else_can_open_close_or_reopen_a_quarter(
    page: str, as_: Turn, everything: Callable[[], Everything]
) -> None:
    before = everything()
    for who in (who for who in PEOPLE if who != "programme.office"):
        refused(as_(who).post(f"/calendar/{page}", {"reason": "Why"}), "programme office")
    assert everything() == before


def test_the_address_of_a_button_leads_back_to_its_page(as_: Turn) -> None:
    office = as_("programme.office")
    for verb in ("close", "reopen"):
        assert office.get(f"/calendar/2013-14-Q1/{verb}/")["Location"] == "/calendar/"
    Period.objects.filter(quarter=Q1).update(status="closed")
    assert office.get("/calendar/2013-14-Q1/dates/")["Location"] == "/calendar/"


# --- Opened --------------------------------------------------------------------------


def test_the_next_quarter_is_opened_with_the_dates_of_the_page(as_: Turn) -> None:
    office = as_("programme.office")
    page = read(office.get("/calendar/open/"))
    assert "Open 2013/14 Q3" in page.words
    assert page.form("open/").sent == {
        "period": "2013-14-Q3",
        "opens_on-day": "1",
        "opens_on-month": "1",
        "opens_on-year": "2014",
        "due_on-day": "31",
        "due_on-month": "1",
        "due_on-year": "2014",
        "closes_on-day": "15",
        "closes_on-month": "2",
        "closes_on-year": "2014",
    }

    opened = press(
        office, "/calendar/open/", "open/", **{"due_on-day": "7", "due_on-month": " feb "}
    )

    assert "2013/14 Q3 is open, with an empty draft for every council." in read(opened).words
    assert Period.objects.get(quarter=Q3).due_on == date(2014, 2, 7)
    assert Return.objects.filter(period__quarter=Q3).count() == 3


@pytest.mark.parametrize(
    ("typed", "message", "href"),
    [
        ({"due_on-day": "32"}, "Enter the due date as a real date, such as 31 7 2013.", "due_on_0"),
        ({"due_on-month": "Febtember"}, "Enter the due date as a real date", "due_on_0"),
        ({"closes_on-year": "１９９９"}, "Enter the closing date as a real date", "closes_on_0"),
        ({"opens_on-year": ""}, "The opening date needs a year.", "opens_on_0"),
        (
            {"due_on-day": "", "due_on-month": "", "due_on-year": ""},
            "Enter the due date.",
            "due_on_0",
        ),
        ({"due_on-year": "2013"}, "Give a due date on or after the opening date.", "due_on_0"),
    ],
)
def test_a_wrong_date_is_named_and_nothing_typed_is_lost(
    typed: dict[str, str],
    message: str,
    href: str,
    as_: Turn,
    everything: Callable[[], Everything],
) -> None:
    before = everything()
    response = press(as_("programme.office"), "/calendar/open/", "open/", **typed)

    page = read(response)
    assert response.status_code == 422
    assert everything() == before
    assert page.words.startswith("Error: ")
    assert page.words.count(message) == 2
    assert f"#id_{href}" in page.hrefs
    assert f"id_{href}" in page.ids
    sent = page.form("open/").sent
    assert {name: sent[name] for name in typed} == typed


def test_a_quarter_that_somebody_else_has_opened_is_refused(as_: Turn) -> None:
    office = as_("programme.office")
    form = read(office.get("/calendar/open/")).form("open/")
    office.post(form.action, form.sent)

    again = office.post(form.action, form.sent)

    assert again.status_code == 409
    assert "2013/14 Q3 has already been opened." in read(again).words


def test_the_first_quarter_may_be_chosen(as_: Turn) -> None:
    office = as_("programme.office")
    Return.objects.all().delete()
    Period.objects.all().delete()

    page = read(office.get("/calendar/open/"))
    assert "Open the first quarter" in page.words
    assert page.form("open/").sent["period"] == "2013-14-Q1"
    wrong = press(office, "/calendar/open/", "open/", period="2013")
    assert wrong.status_code == 422
    assert "“2013” is not a quarter: write it as 2012-13-Q4." in read(wrong).words
    empty = press(office, "/calendar/open/", "open/", period="")
    assert empty.status_code == 422
    assert "Enter a quarter, such as 2013-14-Q3." in read(empty).words
    opened = press(office, "/calendar/open/", "open/", period=" 2012-13-Q4 ")
    assert "2012/13 Q4 is open" in read(opened).words
    assert "No quarter has been opened yet." not in read(opened).words


# --- Dated ---------------------------------------------------------------------------


def test_dates_are_changed_for_a_reason(as_: Turn) -> None:
    office = as_("programme.office")
    changed = press(
        office,
        "/calendar/2013-14-Q1/dates/",
        "dates/",
        **{"due_on-day": "9", "due_on-month": "August", "reason": "The ledger was late."},
    )
    assert "The dates of 2013/14 Q1 are saved." in read(changed).words
    assert Period.objects.get(quarter=Q1).due_on == date(2013, 8, 9)


def test_every_mistake_is_named_at_once(as_: Turn, everything: Callable[[], Everything]) -> None:
    before = everything()
    page = "/calendar/2013-14-Q1/dates/"
    wrong = press(as_("programme.office"), page, "dates/", **{"due_on-day": "x", "reason": " "})
    assert wrong.status_code == 422
    assert {"#id_due_on_0", "#id_reason"} <= set(read(wrong).hrefs)
    unsaid = press(as_("programme.office"), page, "dates/", reason="")
    assert read(unsaid).words.count("Say why the dates are changed.") == 2
    backwards = press(
        as_("programme.office"), page, "dates/", **{"closes_on-month": "7", "reason": "Kept"}
    )
    assert backwards.status_code == 422
    assert "#id_closes_on_0" in read(backwards).hrefs
    assert read(backwards).form("dates/").sent["reason"] == "Kept"
    assert everything() == before


def test_dates_of_a_quarter_closed_meanwhile_do_not_change(as_: Turn) -> None:
    office = as_("programme.office")
    form = read(office.get("/calendar/2013-14-Q1/dates/")).form("dates/")
    Period.objects.filter(quarter=Q1).update(status="closed")
    answer = office.post(form.action, {**form.sent, "reason": "Typed at length"})
    assert answer.status_code == 409
    assert read(answer).form("dates/").sent["reason"] == "Typed at length"


# --- Closed and reopened ---------------------------------------------------------------


def test_a_quarter_is_closed_only_when_all_is_certified(
    partnership: Partnership, as_: Turn, everything: Callable[[], Everything]
) -> None:
    partnership.certified("WCC", a_saving())
    office, before = as_("programme.office"), everything()

    page = read(office.get("/calendar/"))
    assert "It is waiting for: Hammersmith & Fulham Draft Kensington & Chelsea Draft" in page.words
    assert not [form for form in page.forms if "close" in form.action]
    refused = office.post("/calendar/2013-14-Q1/close/")
    assert refused.status_code == 409
    assert "2013/14 Q1 can't be closed until these returns are certified" in read(refused).words
    assert everything() == before


def test_a_quarter_is_closed_and_reopened_by_the_buttons_of_its_page(
    partnership: Partnership, as_: Turn
) -> None:
    for code in partnership.councils:
        partnership.certified(code)
    office = as_("programme.office")
    assert "2013/14 Q1 is closed." in read(press(office, "/calendar/", "close/")).words
    assert not Period.objects.get(quarter=Q1).is_open

    reopened = press(office, "/calendar/", "reopen/", reason="A late invoice.")

    assert "2013/14 Q1 is open again. Its returns show the reason." in read(reopened).words
    assert Period.objects.get(quarter=Q1).reopened_reason == "A late invoice."
    assert len(mail.outbox) == 3


def test_reopening_needs_a_reason_and_a_closed_quarter(
    as_: Turn, everything: Callable[[], Everything]
) -> None:
    office = as_("programme.office")
    open_already = office.post("/calendar/2013-14-Q1/reopen/", {"reason": "Kept"})
    assert open_already.status_code == 409
    assert "2013/14 Q1 is open already." in read(open_already).words

    Period.objects.filter(quarter=Q1).update(status="closed")
    before = everything()
    unsaid = press(office, "/calendar/", "reopen/", reason="")
    page = read(unsaid)
    assert unsaid.status_code == 422
    assert everything() == before
    assert "#id_reason" in page.hrefs
    assert "id_reason" in page.ids


def test_everyone_concerned_sees_why_a_quarter_is_reopened(
    partnership: Partnership, as_: Turn
) -> None:
    office = partnership.people["programme.office"]
    partnership.certified("LBHF")
    Period.objects.filter(quarter=Q1).update(status="closed")
    reopen_period(quarter=Q1, reason="A <late> invoice.", by=office, at=NOW)
    parent = partnership.submitted("WCC", a_saving())
    entry = parent.entries.get()
    told = (
        "2013/14 Q1 is open again. programme.office reopened it on 1 July 2013 . What is "
        "certified in it stays as it is. To put a certified figure right, add an entry in a later "
        "quarter. A <late> invoice."
    )

    here = "/returns/WCC/2013-14-Q1/"
    for who, page in (
        ("finance.wcc", "/returns/"),
        ("finance.wcc", here),
        ("finance.wcc", f"{here}withdraw/"),
        ("s151.wcc", here),
        ("s151.wcc", f"{here}send-back/"),
        ("s151.wcc", f"{here}certify/"),
        ("s151.wcc", f"/questions/WCC/2013-14-Q1/{entry.id}/"),
        ("programme.office", "/returns/"),
        ("councillor.lbhf", "/returns/"),
        ("councillor.lbhf", "/returns/LBHF/2013-14-Q1/"),
    ):
        assert told in read(as_(who).get(page)).words, (who, page)
    partnership.draft("RBKC", a_saving())
    assert told in read(as_("finance.rbkc").get("/returns/RBKC/2013-14-Q1/edit/")).words

    # A councillor who sees no return of it is told nothing, nor is anyone on other quarters' pages.
    assert told not in read(as_("councillor.wcc").get("/returns/")).words
    assert told not in read(as_("finance.wcc").get("/returns/WCC/2013-14-Q2/")).words
    Period.objects.filter(quarter=Q1).update(status="closed")
    assert told not in read(as_("finance.wcc").get(here)).words
    assert "A <late> invoice." in read(as_("finance.wcc").get("/calendar/")).words


# --- However long --------------------------------------------------------------------


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["programme.office", "finance.wcc"])
@pytest.mark.parametrize("page", ["/calendar/", "/board/", "/board/2013-14.csv"])
def test_queries_do_not_grow_with_the_quarters(
    who: str, page: str, partnership: Partnership, as_: Turn
) -> None:
    counts = [queries(as_(who), page)]
    for quarter in (Q3, Q3.following):
        period = Period.objects.create(
            quarter=quarter, reopened_by=partnership.s151("WCC"), reopened_at=NOW,
            reopened_reason="Why",
        )  # fmt: skip
        for council in partnership.councils.values():
            Return.objects.create(period=period, council=council)
        counts.append(queries(as_(who), page))
    assert counts[0] == counts[1] == counts[2]


def test_every_control_is_labelled_and_nothing_is_inline(as_: Turn) -> None:
    office = as_("programme.office")
    Period.objects.filter(quarter=Q1).update(status="closed")
    for address in ("/calendar/", "/calendar/open/", "/calendar/2013-14-Q2/dates/", "/board/"):
        page: Reading = read(office.get(address))
        named = {control.get("id") for control in page.controls if control.get("id")}
        assert named <= page.labelled, address
        assert page.inline == []
        assert len(page.ids) == len(set(page.ids))
