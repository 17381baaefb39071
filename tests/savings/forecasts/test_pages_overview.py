"""The forecasts of all councils on a page and in a file, and the markup of every page."""

from __future__ import annotations

import pytest
from django.test import Client

from savings.kit.provenance import Provenance
from savings.rollup.actions import roll_up_dirty
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.forecasts.conftest import a_forecast, at_risk, forecast
from tests.savings.forecasts.pages import NEXT_PAGE, PAGE, RETURN, opened, typed
from tests.savings.pages import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(planned: Partnership) -> Client:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))
    forecast(planned, "LBHF", at_risk(reason="Only here."), provenance=Provenance.ILLUSTRATIVE)
    client = Client()
    client.force_login(planned.people["programme.office"])
    return client


def test_the_programme_office_sees_status_plan_forecast_and_delivery(office: Client) -> None:
    page = read(office.get("/forecasts/"))
    assert (
        "Childrens services Childrens Hammersmith & Fulham No forecast yet Kensington & Chelsea "
        "No forecast yet Westminster At risk £9,500,000.00 a year by 2014/15 £120,000.00"
    ) in page.words
    assert (
        "£0.3m is forecast, compared with £9.8m planned, and nothing is certified as delivered by "
        "the "
        "end of June 2013; 2 of the 3 forecasts are in doubt; 5 are still to come."
    ) in page.words
    assert "Library service, Hammersmith & Fulham At risk Illustrative" in page.words
    assert "Why Only here." in page.words
    assert "Points to check: 7" in page.words
    assert "?period=2013-14-Q1&status=at_risk" in page.hrefs
    assert "/returns/LBHF/2013-14-Q1/forecasts/" in page.hrefs
    assert "/forecasts/forecasts.csv?period=2013-14-Q1" in page.hrefs


def test_the_list_is_narrowed_by_status_and_council(office: Client) -> None:
    page = read(office.get("/forecasts/?status=at_risk&council=WCC&period=2013-14-Q1"))
    assert "All 1 initiative" in page.words
    assert "Library service" not in page.words
    assert "Only here." not in page.words
    assert "Illustrative" not in page.texts
    none = read(office.get("/forecasts/?status=delivered"))
    assert "No initiative has this status in 2013/14 Q1." in none.words


@pytest.mark.parametrize("page", ["/forecasts/", "/forecasts/forecasts.csv"])
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("status=amber", "There is no status “amber”. Choose one from the list."),
        ("period=2019-20-Q1", "“2019-20-Q1” is not a quarter with returns that you can see."),
        ("council=BRENT", "“BRENT” is not a council whose forecasts you can see."),
        ("period=%00", "Null characters are not allowed."),
    ],
)
def test_a_wrong_choice_in_the_address_is_named(
    query: str, message: str, page: str, office: Client
) -> None:
    response = office.get(f"{page}?{query}")
    assert response.status_code == 422
    assert message in read(response).words


def test_a_councils_people_see_only_their_own(planned: Partnership, office: Client) -> None:
    client = Client()
    client.force_login(planned.s151("WCC"))
    page = read(client.get("/forecasts/"))
    assert "Westminster On track" in page.words
    assert "Only here." not in page.words
    assert "Hammersmith" not in page.words
    assert "it is in the table but not in the chart" in page.words
    assert [c["name"] for c in page.controls if c.get("name") == "council"] == []
    refused = client.get("/forecasts/?council=LBHF")
    assert refused.status_code == 422
    assert "“LBHF” is not a council whose forecasts you can see." in read(refused).words
    client.force_login(planned.people["councillor.wcc"])
    nothing = read(client.get("/forecasts/"))
    assert "Your council’s forecasts appear here once its return is certified." in nothing.words
    assert client.get("/forecasts/forecasts.csv").status_code == 404


def test_the_file_has_the_same_forecasts_as_the_page(planned: Partnership, office: Client) -> None:
    response = office.get("/forecasts/forecasts.csv?status=at_risk")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        'attachment; filename="tri-borough-forecasts-2013-14-Q1.csv"'
    )
    lines = response.content.decode("utf-8-sig").splitlines()
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["WCC", "2013-14-Q1", "childrens-services"],
        ["LBHF", "2013-14-Q1", "library-service"],
    ]


def test_a_long_list_is_paged(
    planned: Partnership, office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("savings.forecasts.views.INITIATIVES_A_PAGE", 2)
    first, second = (read(office.get(f"/forecasts/?page={n}")) for n in (1, 2))
    assert "?page=2" in first.hrefs
    assert "Library service Libraries" in first.words
    assert "Chief executive leadership Cex" not in first.words
    assert "Chief executive leadership Cex" in second.words
    assert "All 3 initiatives" in first.words


def test_every_page_has_accessible_markup(
    planned: Partnership, office: Client, officer: Client
) -> None:
    """Every control has a label, no id occurs twice, and nothing is inline."""
    wrong = {**opened(officer), **typed(status="at_risk", this_year="x", starts_on="y")}
    planned.submitted("RBKC", a_saving())
    certifier = Client()
    certifier.force_login(planned.s151("RBKC"))
    responses = {
        "form": officer.get(PAGE),
        "form in error": officer.post(PAGE, wrong),
        "new quarter": officer.get(NEXT_PAGE),
        "read": office.get(PAGE),
        "return": office.get(RETURN),
        "certify": certifier.get("/returns/RBKC/2013-14-Q1/certify/"),
        "all": office.get("/forecasts/"),
        "all refused": office.get("/forecasts/?status=x"),
    }
    forecast(planned, "WCC", a_forecast())
    responses["form out of date"] = officer.post(PAGE, wrong)
    assert responses["form out of date"].status_code == 409
    for name, response in responses.items():
        page = read(response)
        unlabelled = [c for c in page.controls if c.get("id") not in page.labelled]
        assert unlabelled == [], name
        assert len(page.ids) == len(set(page.ids)), name
        # The picture is drawn from data, not from a script.
        assert page.inline == (["script"] if name == "all" else []), name


@pytest.fixture
def watching(planned: Partnership) -> Client:
    client = Client()
    client.force_login(planned.people["programme.office"])
    return client


def test_a_saving_where_the_council_takes_no_part_is_on_the_way_to_other_pages(
    planned: Partnership, watching: Client
) -> None:
    planned.certified("LBHF", a_saving("library-service", "100.00", scope="own"))
    planned.certified(
        "WCC",
        a_saving("chief-executive-leadership", "12345.67", scope="own"),
        a_saving(amount="0.30"),
    )
    roll_up_dirty(at=NOW)

    everybody = read(watching.get("/forecasts/?period=2013-14-Q1"))
    assert (
        "Delivered in the initiatives on this page £100.30 Reported by a council in a service that "
        "it takes no part in £12,345.67 Everything certified, as on Promised and delivered "
        "£12,445.97"
    ) in everybody.words
    assert "/comparison/?to=2013-14-Q1" in everybody.hrefs

    westminster = read(watching.get("/forecasts/?period=2013-14-Q1&council=WCC"))
    assert (
        "Delivered in the initiatives on this page £0.30 Reported by it in a service that it takes "
        "no part in £12,345.67 Less what falls on no council yet −£0.30 Falls on Westminster, as "
        "in its report £12,345.67"
    ) in westminster.words
    assert "/boroughs/WCC/?period=2013-14-Q1" in westminster.hrefs

    # The lines of one status add up to no figure of another page.
    assert "From here to" not in read(watching.get("/forecasts/?status=missing")).words


def test_the_latest_closed_quarter_is_shown_unless_another_is_chosen(
    planned: Partnership, watching: Client
) -> None:
    planned.close()
    forecast(planned, "WCC", a_forecast(), quarter=Q2)
    assert watching.get("/forecasts/").context["found"].quarter == Q1
