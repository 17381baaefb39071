"""The pages that lead through dividing what lies undivided in closed quarters."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from savings.formulas.models import AttributionRule
from savings.rollup.actions import roll_up_dirty
from tests.calling import Caller
from tests.partnership import NOW, Q2, Partnership, a_cost, a_saving, build
from tests.savings.pages import read
from tests.savings.tables import table_headed, tables_of

pytestmark = pytest.mark.django_db

HERE = "/dividing/"
LIBRARIES = "/dividing/2013-14-Q1/library-service/saving/"
SAID = {
    "method": "fixed",
    "share_LBHF": "1/3",
    "share_RBKC": "1/3",
    "share_WCC": "1/3",
    "basis": "In equal parts.",
}


@pytest.fixture
def partnership(db: None) -> Partnership:
    """Q1 is closed. Children's have a rule, libraries and the chief executive none."""
    made = build()
    made.rule("childrens", {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"})
    made.certified(
        "LBHF",
        a_saving(amount="100.01"),
        a_saving(amount="20.00"),
        a_saving("youth-offending", "8.00"),
        a_saving("chief-executive-leadership", "6.00"),
        a_cost(amount="5.00"),
        a_saving(amount="7.00", scope="own"),
    )
    made.close()
    # Not in a closed quarter.
    made.certified("RBKC", a_saving(amount="900.00"), quarter=Q2)
    roll_up_dirty(at=NOW)
    return made


def signed_in(made: Partnership, username: str) -> Client:
    client = Client()
    client.force_login(made.people[username], "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def office(partnership: Partnership) -> Client:
    return signed_in(partnership, "programme.office")


def test_it_lists_what_no_rule_divides_in_closed_quarters(office: Client) -> None:
    page = office.get(HERE)
    assert [row[:4] for row in table_headed(page, "Service")] == [
        ["Library service", "2013/14 Q1", "Savings", "£120.01"],
        ["Library service", "2013/14 Q1", "Ongoing costs and variances", "£5.00"],
        ["Chief executive leadership", "2013/14 Q1", "Savings", "£6.00"],
        ["Total", "", "£131.01", ""],
    ]


@pytest.mark.parametrize("username", ["councillor.wcc", "auditor"])
def test_others_read_it_and_propose_nothing(partnership: Partnership, username: str) -> None:
    reader = signed_in(partnership, username)
    assert LIBRARIES not in read(reader.get(HERE)).hrefs
    assert reader.get(LIBRARIES).status_code == 403
    assert reader.post(LIBRARIES, {**SAID, "do": "propose"}).status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "/dividing/2013-14-Q2/library-service/saving/",
        "/dividing/2013-14-Q1/youth-offending/saving/",
    ],
)
def test_where_nothing_lies_undivided_there_is_no_form(office: Client, address: str) -> None:
    page = office.get(address)
    assert (page.status_code, "Nothing to divide" in page.content.decode()) == (200, True)
    assert office.post(address, {**SAID, "do": "propose"}).status_code == 409
    assert AttributionRule.objects.filter(reaches_back_until__isnull=False).count() == 0


@pytest.mark.parametrize(
    "address",
    [
        "/dividing/2013-14-Q1/nowhere/saving/",
        "/dividing/2013-14-Q1/library-service/variance/",
        "/dividing/2013/library-service/saving/",
        "/dividing/2030-31-Q1/library-service/saving/",
    ],
)
def test_an_unknown_place_is_404(office: Client, address: str) -> None:
    assert office.get(address).status_code == 404


def test_it_shows_what_a_rule_would_do_and_stores_nothing(office: Client) -> None:
    before = AttributionRule.objects.count(), Event.objects.count()
    page = office.post(LIBRARIES, {**SAID, "do": "preview"})
    assert page.status_code == 200
    assert table_headed(page, "Falls on") == [
        ["Hammersmith & Fulham", "£0.00", "£40.01"],
        ["Kensington & Chelsea", "£0.00", "£40.01"],
        ["Westminster", "£0.00", "£39.99"],
        ["No council", "£120.01", "£0.00"],
        ["Total", "£120.01", "£120.01"],
    ]
    assert 'value="1/3"' in page.content.decode()
    assert (AttributionRule.objects.count(), Event.objects.count()) == before


@pytest.mark.parametrize("do", ["preview", "propose"])
def test_mistakes_are_shown_by_their_controls_and_what_was_typed_stays(
    office: Client, do: str
) -> None:
    page = office.post(LIBRARIES, {**SAID, "share_WCC": "1/2", "do": do})
    assert page.status_code == 422
    text = page.content.decode()
    assert ("add up to" in text, 'value="1/2"' in text) == (True, True)
    assert AttributionRule.objects.filter(reaches_back_until__isnull=False).count() == 0
    empty = office.post(LIBRARIES, {"do": do})
    assert empty.status_code == 422
    assert "Choose how it splits." in empty.content.decode()
    assert "Say why these shares." in empty.content.decode()


def test_it_is_proposed_agreed_and_listed_as_divided(
    partnership: Partnership, office: Client
) -> None:
    sent = office.post(LIBRARIES, {**SAID, "do": "propose"})
    rule = AttributionRule.objects.latest("id")
    assert sent["Location"] == f"/agreements/{rule.decision_id}/"
    assert (rule.effective_from.code, str(rule.reaches_back_until)) == ("2013-14-Q1", "2013-14-Q1")
    states = [row[5] for row in table_headed(office.get(HERE), "Service")[:-1]]
    assert states[0].endswith(
        ": waiting for Hammersmith & Fulham, Kensington & Chelsea, Westminster."
    )

    for code in partnership.councils:
        partnership.agree(rule.decision_id, code)
    roll_up_dirty(at=NOW + timedelta(days=1))

    page = office.get(HERE)
    assert [row[0] for row in table_headed(page, "Service")] == [
        "Library service",
        "Chief executive leadership",
        "Total",
    ]
    ((_, *divided),) = table_headed(page, "Rule")
    assert divided == [
        "1 July 2013, 10:30",
        "£120.01",
        "Hammersmith & Fulham: £40.01Kensington & Chelsea: £40.01Westminster: £39.99",
    ]
    borough = office.get("/boroughs/RBKC/?period=2013-14-Q1")
    assert [row[1:] for row in table_headed(borough, "Rule")] == [["1 July 2013, 10:30", "£40.01"]]
    report = Caller(partnership.people["councillor.rbkc"]).get("reports/RBKC/2013-14-Q1.json")
    assert [
        (each["rule"], each["from"], each["to"], each["divided_at"], each["amount"])
        for each in report.json()["divided_later"]
    ] == [(rule.id, "2013-14-Q1", "2013-14-Q1", "2013-07-01T09:30:00Z", "40.01")]
    agreement = office.get(f"/agreements/{rule.decision_id}/").content.decode()
    assert "it divides what no rule in force had divided in 2013/14 Q1." in agreement


def test_a_site_without_a_closed_quarter_has_nothing_to_divide(db: None) -> None:
    page = signed_in(build(), "programme.office").get(HERE)
    assert tables_of(page) == []
    assert "Nothing of closed quarters lies undivided." in page.content.decode()


def test_the_number_of_queries_does_not_grow_with_what_lies_undivided(
    partnership: Partnership, office: Client
) -> None:
    office.get(HERE)

    def queries() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            office.get(HERE)
        return len(captured)

    office.post(LIBRARIES, {**SAID, "do": "propose"})
    before = queries()
    office.post("/dividing/2013-14-Q1/library-service/ongoing_cost/", {**SAID, "do": "propose"})
    partnership.close(Q2)
    roll_up_dirty(at=NOW)
    assert queries() == before
