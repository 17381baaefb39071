"""A return's forecasts on a page: who fills them in, what is stored, and every mistake."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from savings.quarters.models import Period
from savings.returns.models import Return
from sovereignty.models import User
from tests.partnership import Q1, Partnership, a_saving
from tests.savings.forecasts.conftest import OWED, Everything, a_forecast, at_risk, forecast
from tests.savings.forecasts.pages import PAGE, RETURN, opened, stored, summary, typed
from tests.savings.pages import heading, not_found, read

pytestmark = pytest.mark.django_db

PEOPLE = (
    "finance.wcc",
    "s151.wcc",
    "councillor.wcc",
    "finance.lbhf",
    "councillor.lbhf",
    "programme.office",
    "auditor",
    "nobody",
)
PARTNERSHIPS = "/returns/partnership/2013-14-Q1/forecasts/"
OPENS = {
    "draft": (200, 200, 404, 404, 404, 200, 200, 404),
    "submitted": (200, 200, 404, 404, 404, 200, 200, 404),
    "certified": (200, 200, 200, 404, 404, 200, 200, 404),
}
SAVES = {
    "draft": (302, 403, 404, 404, 404, 403, 403, 404),
    "submitted": (409, 403, 404, 404, 404, 403, 403, 404),
    "certified": (409, 403, 403, 404, 404, 403, 403, 404),
}


@pytest.mark.parametrize("state", OPENS)
def test_the_page_opens_only_for_those_who_may(state: str, planned: Partnership) -> None:
    clients = people_of(planned, state)

    opened = {username: client.get(PAGE) for username, client in clients.items()}

    expected = dict(zip(PEOPLE, OPENS[state], strict=True))
    assert {username: page.status_code for username, page in opened.items()} == expected
    for username in (username for username in PEOPLE if expected[username] == 200):
        assert "Forecasts" in heading(opened[username])


@pytest.mark.parametrize(
    ("state", "username", "status"),
    [
        (state, username, status)
        for state, statuses in SAVES.items()
        for username, status in zip(PEOPLE, statuses, strict=True)
        if status != 302
    ],
)
def test_nobody_else_can_save(
    state: str,
    username: str,
    status: int,
    planned: Partnership,
    everything: Callable[[], Everything],
) -> None:
    clients, before = people_of(planned, state), everything()
    assert clients[username].post(PAGE, one_emptied(planned)).status_code == status
    assert everything() == before


def test_the_finance_officer_can_save(
    planned: Partnership, everything: Callable[[], Everything]
) -> None:
    clients, before = people_of(planned, "draft"), everything()
    assert clients["finance.wcc"].post(PAGE, one_emptied(planned)).status_code == 302
    assert everything() != before


def people_of(planned: Partnership, state: str) -> dict[str, Client]:
    """A browser of each of PEOPLE; Westminster's return has a forecast and is in this state."""
    planned.people["nobody"] = User.objects.create_user("nobody")
    forecast(planned, "WCC", a_forecast())
    getattr(planned, state)("WCC", a_saving())
    clients = {username: Client() for username in PEOPLE}
    for username, client in clients.items():
        client.force_login(planned.people[username])
    return clients


def one_emptied(planned: Partnership) -> dict[str, object]:
    """The form with one forecast filled in and the other without any."""
    return {
        "version": planned.parent("WCC").version,
        "initiatives": " ".join(OWED["WCC"]),
        **typed(),
        **dict.fromkeys(typed("childrens-services"), ""),
    }


def test_the_partnerships_own_return_has_no_forecasts(officer: Client) -> None:
    Return.objects.create(period=Period.objects.get(quarter=Q1))
    for answer in (officer.get(PARTNERSHIPS), officer.post(PARTNERSHIPS)):
        not_found(answer)


def test_forecasts_are_saved_as_typed_and_the_empty_ones_left_out(
    planned: Partnership, officer: Client
) -> None:
    response = officer.post(PAGE, {**opened(officer), **typed()}, follow=True)

    assert response.redirect_chain == [(RETURN, 302)]
    page = read(response)
    assert "The forecasts for 2013/14 Q1 are saved as version 1." in page.words
    assert stored() == [
        {
            "service": "library-service",
            "this_year": "90000.00",
            "full_year_effect": "120000.00",
            "status": "on_track",
            "starts_on": "2013-09-01",
        }
    ]
    assert "1 of 2 initiatives has a forecast: 1 on track." in page.words
    assert PAGE in page.hrefs


def test_opening_and_saving_changes_nothing(
    planned: Partnership, officer: Client, everything: Callable[[], Everything]
) -> None:
    forecast(
        planned,
        "WCC",
        a_forecast(this_year="-1,234.50", starts_on="29/2/2012"),
        at_risk("childrens-services", reason="<b>“Two”\nlines</b> & more"),
    )
    before = everything()
    assert officer.post(PAGE, opened(officer)).status_code == 302
    assert everything() == before


def test_a_forecast_is_removed_by_emptying_it(planned: Partnership, officer: Client) -> None:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))
    nothing = dict.fromkeys(typed("childrens-services"), "")
    officer.post(PAGE, {**opened(officer), **nothing})
    assert [row["service"] for row in stored()] == ["library-service"]


MISTAKES = [
    (
        {"this_year": "1,50"},
        "this_year",
        "Library service, forecast for 2013/14: Put commas only between groups of three digits",
    ),
    (
        {"full_year_effect": ""},
        "full_year_effect",
        "Library service, full-year effect: Enter an amount, or - for nil.",
    ),
    ({"status": ""}, "status", "Library service: Choose the status."),
    (
        {"starts_on": "September"},
        "starts_on",
        "Library service, start date: Enter a date as 1/9/2013 or 1 September 2013.",
    ),
    (
        {"status": "at_risk", "replacement": "Held posts."},
        "reason",
        "Library service: Say why the saving is at risk.",
    ),
    (
        {"status": "not_achievable", "reason": "Two\r\nlines"},
        "replacement",
        "Library service: Say what replaces the saving that is not achievable.",
    ),
    (
        {"reason": "Late."},
        "reason",
        "Library service, why is it in doubt: Only a saving that is at risk or not achievable",
    ),
]


@pytest.mark.parametrize(("wrong", "column", "message"), MISTAKES)
def test_a_mistake_is_named_and_nothing_is_lost_or_saved(
    wrong: dict[str, str],
    column: str,
    message: str,
    planned: Partnership,
    officer: Client,
    everything: Callable[[], Everything],
) -> None:
    forecast(planned, "WCC", a_forecast("childrens-services"))
    sent = {
        **opened(officer),
        **typed("childrens-services", this_year="7"),
        **typed(**wrong),
    }
    before = everything()

    response = officer.post(PAGE, sent)

    page = read(response)
    assert response.status_code == 422
    assert everything() == before
    assert page.form("forecasts/").sent == sent
    assert summary(page) == [f"#id_library-service-{column}"]
    assert f"id_library-service-{column}" in page.ids
    assert page.words.startswith("Error: Forecasts, Westminster, 2013/14 Q1")
    assert message in page.words
    control = next(c for c in page.controls if c.get("name") == f"library-service-{column}")
    assert control["aria-invalid"] == "true"


def test_every_mistake_comes_back_at_once(planned: Partnership, officer: Client) -> None:
    page = read(
        officer.post(
            PAGE,
            {
                **opened(officer),
                **typed("childrens-services", this_year="x", status=""),
                **typed(status="at_risk", full_year_effect="1.005"),
            },
        )
    )
    assert summary(page) == [
        "#id_childrens-services-this_year",
        "#id_childrens-services-status",
        "#id_library-service-full_year_effect",
        "#id_library-service-reason",
        "#id_library-service-replacement",
    ]
    assert stored() == []


@pytest.mark.parametrize(
    ("sent", "is_open"),
    [
        (typed(), False),
        (typed(status="at_risk"), True),
        (typed(reason="Late."), True),
        (typed(status="at_risk", reason="Late.", replacement="Held."), True),
    ],
)
def test_the_reason_is_open_where_it_is_needed_or_wrong(
    sent: dict[str, str], is_open: bool, planned: Partnership, officer: Client
) -> None:
    html = officer.post(PAGE, {**opened(officer), **sent, "library-service-this_year": "x"})
    row = html.content.decode().split('id="initiative-library-service"')[1]
    assert (" open>" in row) is is_open
