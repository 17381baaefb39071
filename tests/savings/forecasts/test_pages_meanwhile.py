"""Forecasts that somebody else changed, or that a form lost, while they were typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from savings.calendar.actions import reopen_period
from savings.certification.actions import submit
from savings.quarters.models import Period
from tests.partnership import NOW, Q1, Partnership, a_saving
from tests.savings.forecasts.conftest import OWED, Everything, a_forecast, at_risk, forecast
from tests.savings.forecasts.pages import PAGE, opened, stored, typed
from tests.savings.pages import read

pytestmark = pytest.mark.django_db


def test_forecasts_are_saved_though_entries_were_saved_meanwhile(
    planned: Partnership, officer: Client
) -> None:
    """Saving entries changes the version of the return, but no forecast."""
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))
    sent = {**opened(officer), **typed(this_year="111")}
    planned.draft("WCC", a_saving())
    planned.draft("WCC", a_saving(note="Another"))

    response = officer.post(PAGE, sent, follow=True)

    assert "The forecasts for 2013/14 Q1 are saved as version 4." in read(response).words
    assert [(row["service"], row["this_year"]) for row in stored()] == [
        ("childrens-services", "90000.00"),
        ("library-service", "111.00"),
    ]


def test_somebody_elses_forecasts_are_not_overwritten_unseen(
    planned: Partnership, officer: Client, everything: Callable[[], Everything]
) -> None:
    sent = {**opened(officer), **typed(this_year="111"), **typed("childrens-services")}
    forecast(planned, "WCC", a_forecast(this_year="222"))
    planned.draft("WCC", a_saving())
    before = everything()

    response = officer.post(PAGE, sent)

    page = read(response)
    assert response.status_code == 409
    assert everything() == before
    again = page.form("forecasts/").sent
    assert again == {**sent, "version": "2", "beside": "on"}
    assert "finance.wcc saved its forecasts (version 1) on 1 July 2013 at 10:30." in page.words
    assert "You started from version 0. The return is now version 2." in page.words
    assert "Forecast for 2013/14 (£): 222.00" in page.words
    assert "No forecast is stored for it now." in page.words
    assert {f"id_{slug}-stored" for slug in OWED["WCC"]} <= set(page.ids)
    assert PAGE in page.hrefs


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ([], [("childrens-services", "90000.00"), ("library-service", "111.00")]),
        (
            ["library-service"],
            [("childrens-services", "90000.00"), ("library-service", "222.00")],
        ),
        (["childrens-services"], [("library-service", "111.00")]),
        (["childrens-services", "library-service"], [("library-service", "222.00")]),
    ],
)
def test_the_choice_between_both_is_stored(
    chosen: list[str],
    expected: list[tuple[str, str]],
    planned: Partnership,
    officer: Client,
) -> None:
    sent = {**opened(officer), **typed(this_year="111"), **typed("childrens-services")}
    forecast(planned, "WCC", a_forecast(this_year="222"))
    again = read(officer.post(PAGE, sent)).form("forecasts/").sent
    again |= {f"{slug}-stored": "on" for slug in chosen}

    assert officer.post(PAGE, again).status_code == 302
    assert [(row["service"], row["this_year"]) for row in stored()] == expected


def test_forecasts_saved_again_while_choosing_are_compared_again(
    planned: Partnership, officer: Client
) -> None:
    sent = {**opened(officer), **typed(this_year="111")}
    forecast(planned, "WCC", a_forecast(this_year="222"))
    again = read(officer.post(PAGE, sent)).form("forecasts/").sent
    forecast(planned, "WCC", a_forecast(this_year="333"))

    response = officer.post(PAGE, {**again, "library-service-stored": "on"})

    page = read(response)
    assert response.status_code == 409
    assert page.form("forecasts/").sent == {**again, "version": "2"}  # nothing is chosen yet
    assert "Forecast for 2013/14 (£): 333.00" in page.words
    assert [row["this_year"] for row in stored()] == ["333.00"]


def test_a_mistake_while_choosing_keeps_the_choice(planned: Partnership, officer: Client) -> None:
    sent = {**opened(officer), **typed(this_year="111"), **typed("childrens-services")}
    forecast(planned, "WCC", a_forecast(this_year="222"))
    again = read(officer.post(PAGE, sent)).form("forecasts/").sent
    again |= {"library-service-stored": "on", "childrens-services-this_year": "1,50"}

    response = officer.post(PAGE, again)

    assert response.status_code == 422
    kept = read(response).form("forecasts/").sent
    assert kept == {**again, "library-service-stored": ["on"]}


def test_forecasts_changed_and_submitted_meanwhile_are_not_overwritten(
    planned: Partnership, officer: Client
) -> None:
    sent = {**opened(officer), **typed(this_year="111")}
    forecast(planned, "WCC", a_forecast(this_year="222"))
    planned.submitted("WCC", a_saving())

    response = officer.post(PAGE, sent)

    page = read(response)
    assert response.status_code == 409
    assert page.form("forecasts/").sent == sent
    assert "The return is now version 3 and submitted." in page.words
    assert "It cannot be saved as the return stands now." in page.words
    assert "Save forecasts" not in page.words


def test_a_return_submitted_meanwhile_is_not_changed(
    planned: Partnership, officer: Client, everything: Callable[[], Everything]
) -> None:
    parent = forecast(planned, "WCC", a_forecast())
    sent = opened(officer)
    Period.objects.filter(quarter=Q1).update(status="closed")
    before = everything()

    response = officer.post(PAGE, {**sent, "library-service-this_year": "7"})

    page = read(response)
    assert response.status_code == 409
    assert everything() == before
    assert page.form("forecasts/").sent["library-service-this_year"] == "7"
    assert "2013/14 Q1 is closed." in page.words
    office = planned.people["programme.office"]
    reopen_period(quarter=Q1, reason="A slip.", by=office, at=NOW)
    submit(return_id=parent.id, version=1, by=planned.finance("WCC"), at=NOW)
    shown = read(officer.get(PAGE))
    assert [form.action for form in shown.forms] == ["/sign-out/"]
    assert "On track" in shown.words


@pytest.mark.parametrize(
    "lost",
    [
        {"version": None},
        {"version": "x"},
        {"initiatives": None},
        {"initiatives": "library-service"},
        {"initiatives": "library-service childrens-services"},
        {"childrens-services-reason": None},
    ],
)
def test_a_form_that_arrives_incomplete_is_not_saved(
    lost: dict[str, str | None],
    planned: Partnership,
    officer: Client,
    everything: Callable[[], Everything],
) -> None:
    sent = {**opened(officer), **typed(), **lost}
    before = everything()
    response = officer.post(PAGE, {name: v for name, v in sent.items() if v is not None})
    page = read(response)
    assert response.status_code == 422
    assert everything() == before
    assert "The form did not arrive complete, so nothing was saved." in page.words
    assert page.form("forecasts/").sent["library-service-this_year"] == "£90k"
