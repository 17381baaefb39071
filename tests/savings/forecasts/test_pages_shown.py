"""What a forecast is compared with, where it is shown, and what a new quarter starts from."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from savings.kit.provenance import Provenance
from savings.plans.models import Plan
from savings.rollup.actions import roll_up_dirty
from tests.partnership import NOW, Q2, Partnership, a_saving
from tests.savings.forecasts.conftest import OWED, a_forecast, at_risk, forecast
from tests.savings.forecasts.pages import NEXT_PAGE, PAGE, RETURN, opened, stored, typed
from tests.savings.pages import read

pytestmark = pytest.mark.django_db


def test_a_new_quarter_starts_from_the_last_and_is_stored_only_when_saved(
    planned: Partnership, officer: Client
) -> None:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))

    page = read(officer.get(NEXT_PAGE))

    assert stored(Q2) == []
    assert "These start with the forecasts for 2013/14 Q1." in page.words
    assert page.texts.count("As last quarter, not saved yet") == 2
    sent = page.form("forecasts/").sent
    assert {name: sent[name] for name in typed("childrens-services")} == typed(
        "childrens-services",
        this_year="90,000.00",
        full_year_effect="120,000.00",
        status="at_risk",
        starts_on="",
        reason="A late start.",
        replacement="Held posts.",
    )
    changed = officer.post(NEXT_PAGE, {**sent, "library-service-this_year": "80k"}, follow=True)
    assert [row["this_year"] for row in stored(Q2)] == ["90000.00", "80000.00"]
    # The certifier is told which of them nobody has looked at.
    assert (
        "Childrens services: the same forecast for two quarters, 2013/14 Q1 and 2013/14 Q2."
        in read(changed).words
    )
    again = read(officer.get(NEXT_PAGE))
    assert again.texts.count("As last quarter") == 1
    assert "These start with the forecasts" not in again.words


def test_forecasts_already_saved_do_not_start_from_the_last_quarter_again(
    planned: Partnership, officer: Client
) -> None:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))
    forecast(planned, "WCC", a_forecast(), quarter=Q2)
    sent = opened(officer, NEXT_PAGE)
    assert sent["library-service-this_year"] == "90,000.00"
    assert {sent[name] for name in typed("childrens-services")} == {""}


def test_a_forecast_is_shown_with_plan_delivery_and_remarks(
    planned: Partnership, officer: Client
) -> None:
    forecast(planned, "WCC", at_risk(starts_on="1/5/2013"))
    page = read(officer.get(PAGE))
    assert "Planned, all councils £9,500,000.00 a year by 2014/15" in page.words
    assert "Planned, all councils £100,000.00 this year only" in page.words
    assert "No forecast yet. Enter what it is expected to bring, and its status." in page.words
    assert "In doubt. Check that the reason is still true" in page.words
    assert "Start date passed, no saving entered. Enter what has been saved" in page.words


def test_what_fell_on_the_council_from_others_is_said(
    planned: Partnership, officer: Client
) -> None:
    forecast(planned, "WCC", a_forecast(starts_on="1/5/2013"))
    none = "this council has entered no saving for it"
    assert f"but {none}." in read(officer.get(RETURN)).words
    planned.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    planned.certified("LBHF", a_saving(amount="30.00"), a_saving("childrens", "9.00"))
    roll_up_dirty(at=NOW)

    words = read(officer.get(RETURN)).words

    assert f"but {none}; £10.00 fell on it from other councils’ entries." in words
    assert "no saving has been entered" not in words

    planned.draft("WCC", a_saving(amount="-5.00"))
    words = read(officer.get(RETURN)).words
    assert "but what this council has entered for it comes to −£5.00; £10.00 fell on it" in words


def test_what_is_certified_is_no_0_while_it_is_being_added(
    planned: Partnership, officer: Client
) -> None:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))
    planned.draft("WCC", a_saving(amount="12.00"))
    planned.certify_draft("WCC")

    for page in (PAGE, RETURN, "/forecasts/?period=2013-14-Q1"):
        words = read(officer.get(page)).words
        assert "being added" in words
    row = of_library(officer)
    assert (row["delivered_this_year"], row["delivered_to_date"]) == ("", "")

    roll_up_dirty(at=NOW)

    assert of_library(officer)["delivered_to_date"] == "12.00"
    assert "being added" not in read(officer.get(PAGE)).words


def of_library(client: Client) -> dict[str, str]:
    """The row of the library service in the file of forecasts."""
    file = client.get("/forecasts/forecasts.csv", {"period": "2013-14-Q1"}).content.decode(
        "utf-8-sig"
    )
    rows = csv.DictReader(io.StringIO(file, newline=""))
    return next(row for row in rows if row["service"] == "library-service")


def test_without_a_plan_there_is_nothing_to_forecast(planned: Partnership, officer: Client) -> None:
    Plan.objects.update(adopted=False)
    page = read(officer.get(PAGE))
    assert "No adopted plan asks for a forecast from Westminster for 2013/14." in page.words
    assert "Forecasts" not in read(officer.get(RETURN)).texts[-40:]
    assert PAGE not in read(officer.get(RETURN)).hrefs


def test_anything_typed_is_shown_as_text(planned: Partnership, officer: Client) -> None:
    nasty = '"><script>alert(1)</script>'
    sent = {**opened(officer), **dict.fromkeys(typed(), nasty)}
    response = officer.post(PAGE, sent)
    assert response.status_code == 422
    assert b"<script>alert" not in response.content
    kept = read(response).form("forecasts/").sent
    assert {kept[name] for name in typed() if not name.endswith("status")} == {nasty}


# --- Where the return is shown ---------------------------------------------------------


def test_the_certifier_is_told_what_is_missing_and_what_is_in_doubt(planned: Partnership) -> None:
    forecast(planned, "WCC", at_risk())
    planned.submitted("WCC", a_saving())
    client = Client()
    client.force_login(planned.s151("WCC"))
    for address in (RETURN, f"{RETURN}certify/", PAGE):
        page = read(client.get(address))
        assert "1 of 2 initiatives has a forecast: 1 at risk." in page.words
        assert (
            "In doubt (1) Library service: at risk, with £90,000.00 forecast for 2013/14."
            in page.words
        )
        assert "No forecast yet (1) Childrens services: no forecast for 2013/14." in page.words
        assert "Why A late start. What replaces the saving Held posts." in page.words
        assert "All forecasts, 1 £90,000.00 £120,000.00" in page.words
    # It delays nobody.
    certify = read(client.get(f"{RETURN}certify/")).form("certify/")
    assert client.post(certify.action, {**certify.sent, "confirmed": "on"}).status_code == 302
    assert planned.parent("WCC").status == "certified"


def test_an_illustrative_forecast_is_marked_and_not_certified(
    planned: Partnership, officer: Client
) -> None:
    forecast(
        planned,
        "WCC",
        a_forecast(),
        at_risk("childrens-services"),
        provenance=Provenance.ILLUSTRATIVE,
    )
    form = read(officer.get(PAGE))
    assert form.texts.count("Illustrative") == 2
    changed = {**form.form("forecasts/").sent, "library-service-this_year": "7"}
    refused = read(officer.post(PAGE, {**changed, "library-service-status": ""}))
    assert refused.texts.count("Illustrative") == 1
    officer.post(PAGE, changed)
    planned.submitted("WCC", a_saving())
    client = Client()
    client.force_login(planned.s151("WCC"))
    page = read(client.get(RETURN))
    assert "One forecast is made up for the demonstration." in page.words
    # Beside the forecast, beside the remark on it and beside the sum, and where the page explains
    # it.
    assert page.texts.count("Illustrative") == 4
    assert f"{RETURN}certify/" not in page.hrefs
    assert client.get(f"{RETURN}certify/")["Location"] == RETURN
    answer = client.post(f"{RETURN}certify/", {"version": planned.parent("WCC").version})
    assert answer.status_code == 409
    assert "This return has 1 illustrative forecast" in read(answer).words


def test_a_forecast_that_no_plan_asks_for_any_more_is_still_shown(
    planned: Partnership, officer: Client
) -> None:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))
    Plan.objects.get(code="proposals").lines.filter(service__slug="childrens-services").delete()
    page = read(officer.get(RETURN))
    assert "Childrens services no longer in an adopted plan At risk" in page.words
    assert "All forecasts, 2" in page.words


@pytest.mark.parametrize("address", [RETURN, PAGE, "/forecasts/"])
def test_pages_with_three_forecasts_take_as_many_queries_as_with_one(
    address: str, planned: Partnership
) -> None:
    address = address.replace("WCC", "LBHF")
    counts = []
    for rows in (OWED["LBHF"][:1], OWED["LBHF"]):
        forecast(planned, "LBHF", *(at_risk(slug) for slug in rows))
        client = Client()
        client.force_login(planned.finance("LBHF"))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
