"""A return's forecasts as pages: filled in, refused with everything kept, read and certified."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from savings.calendar.actions import reopen_period
from savings.forecasts.models import Forecast
from savings.forecasts.reports import row_of
from savings.forecasts.rows import describe
from savings.plans.models import Plan
from savings.provenance import Provenance
from savings.returns.actions import submit
from savings.returns.models import Period, Return
from sovereignty.models import User
from tests.partnership import NOW, Q1, Q2, Partnership, Quarter, a_saving
from tests.savings.forecasts.conftest import OWED, Everything, a_forecast, at_risk, forecast
from tests.savings.returns.pages import Reading, read

pytestmark = pytest.mark.django_db

RETURN = "/returns/WCC/2013-14-Q1/"
PAGE = f"{RETURN}forecasts/"
NEXT_PAGE = "/returns/WCC/2013-14-Q2/forecasts/"

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


@pytest.fixture
def officer(planned: Partnership) -> Client:
    client = Client()
    client.force_login(planned.finance("WCC"))
    return client


def opened(client: Client, page: str = PAGE) -> dict[str, Any]:
    """What a browser would send if the form were saved as it is opened."""
    return read(client.get(page)).form("forecasts/").sent


def typed(slug: str = "library-service", **more: str) -> dict[str, str]:
    values = {
        "this_year": "£90k",
        "full_year_effect": "120,000",
        "status": "on_track",
        "starts_on": "1/9/2013",
        "reason": "",
        "replacement": "",
        **more,
    }
    return {f"{slug}-{name}": value for name, value in values.items()}


def stored(quarter: Quarter = Q1) -> list[dict[str, object]]:
    found = Forecast.objects.filter(parent__council__code="WCC", parent__period__quarter=quarter)
    return [describe(row_of(one)) for one in found.select_related("service")]


def summary(page: Reading) -> list[str]:
    return [href for href in page.hrefs if href.startswith("#id_")]


@pytest.mark.parametrize("state", OPENS)
@pytest.mark.parametrize("does", ["opens", "saves"])
def test_who_opens_and_who_saves(
    state: str, does: str, planned: Partnership, everything: Callable[[], Everything]
) -> None:
    planned.people["nobody"] = User.objects.create_user("nobody")
    forecast(planned, "WCC", a_forecast())
    getattr(planned, state)("WCC", a_saving())
    sent = {
        "version": planned.parent("WCC").version,
        "initiatives": " ".join(OWED["WCC"]),
        **typed(),
        **dict.fromkeys(typed("childrens-services"), ""),
    }
    before, statuses = everything(), []
    for username in PEOPLE:
        client = Client()
        client.force_login(planned.people[username])
        answer = client.get(PAGE) if does == "opens" else client.post(PAGE, sent)
        statuses.append(answer.status_code)
        if answer.status_code == 302:
            assert everything() != before
            before = everything()
        assert everything() == before
    assert tuple(statuses) == (OPENS if does == "opens" else SAVES)[state]


def test_a_stranger_is_asked_to_sign_in(planned: Partnership) -> None:
    for page in (PAGE, "/forecasts/", "/forecasts/forecasts.csv"):
        assert Client().get(page)["Location"] == f"/sign-in/?next={page}"


@pytest.mark.parametrize(
    "address",
    [
        "/returns/XXX/2013-14-Q1/forecasts/",
        "/returns/WCC/2019-20-Q1/forecasts/",
        "/returns/WCC/nonsense/forecasts/",
        "/returns/partnership/2013-14-Q1/forecasts/",
    ],
)
def test_what_there_is_not_is_not_found(address: str, officer: Client) -> None:
    Return.objects.create(period=Period.objects.get(quarter=Q1))
    assert officer.get(address).status_code == 404
    assert officer.post(address).status_code == 404


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
def test_why_stands_open_where_it_is_wanted_or_wrong(
    sent: dict[str, str], is_open: bool, planned: Partnership, officer: Client
) -> None:
    html = officer.post(PAGE, {**opened(officer), **sent, "library-service-this_year": "x"})
    row = html.content.decode().split('id="initiative-library-service"')[1]
    assert (" open>" in row) is is_open


def test_entries_saved_meanwhile_keep_no_forecast_back(
    planned: Partnership, officer: Client
) -> None:
    """They move the return's version, and no forecast."""
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
    assert "You began from version 0; the return is now version 2." in page.words
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
def test_what_is_chosen_of_both_is_stored(
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


def test_forecasts_saved_once_more_while_choosing(planned: Partnership, officer: Client) -> None:
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


def test_a_mistake_beside_what_is_stored_keeps_the_choice(
    planned: Partnership, officer: Client
) -> None:
    sent = {**opened(officer), **typed(this_year="111"), **typed("childrens-services")}
    forecast(planned, "WCC", a_forecast(this_year="222"))
    again = read(officer.post(PAGE, sent)).form("forecasts/").sent
    again |= {"library-service-stored": "on", "childrens-services-this_year": "1,50"}

    response = officer.post(PAGE, again)

    assert response.status_code == 422
    kept = read(response).form("forecasts/").sent
    assert kept == {**again, "library-service-stored": ["on"]}


def test_forecasts_changed_and_submitted_meanwhile(planned: Partnership, officer: Client) -> None:
    sent = {**opened(officer), **typed(this_year="111")}
    forecast(planned, "WCC", a_forecast(this_year="222"))
    planned.submitted("WCC", a_saving())

    response = officer.post(PAGE, sent)

    page = read(response)
    assert response.status_code == 409
    assert page.form("forecasts/").sent == sent
    assert "the return is now version 3 and submitted." in page.words
    assert "It can’t be saved as the return stands now." in page.words
    assert "Save forecasts" not in page.words


def test_what_was_submitted_meanwhile_is_not_changed(
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
def test_a_page_that_lost_something_on_its_way_is_not_saved(
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
    assert "The page did not arrive whole, so nothing was saved." in page.words
    assert page.form("forecasts/").sent["library-service-this_year"] == "£90k"


def test_a_new_quarter_starts_from_the_last_and_stores_it_only_when_saved(
    planned: Partnership, officer: Client
) -> None:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))

    page = read(officer.get(NEXT_PAGE))

    assert stored(Q2) == []
    assert "These begin as they were forecast in 2013/14 Q1." in page.words
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
    # Whoever certifies is told which of them nobody has looked at.
    assert (
        "Childrens services: the same forecast for two quarters, 2013/14 Q1 and 2013/14 Q2."
        in read(changed).words
    )
    again = read(officer.get(NEXT_PAGE))
    assert again.texts.count("As last quarter") == 1
    assert "These begin as" not in again.words


def test_what_is_begun_does_not_start_from_the_last_quarter_again(
    planned: Partnership, officer: Client
) -> None:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))
    forecast(planned, "WCC", a_forecast(), quarter=Q2)
    sent = opened(officer, NEXT_PAGE)
    assert sent["library-service-this_year"] == "90,000.00"
    assert {sent[name] for name in typed("childrens-services")} == {""}


def test_a_forecast_shows_what_it_stands_beside_and_what_is_pointed_out(
    planned: Partnership, officer: Client
) -> None:
    forecast(planned, "WCC", at_risk(starts_on="1/5/2013"))
    page = read(officer.get(PAGE))
    assert "Planned, all councils £9,500,000.00 a year by 2014/15" in page.words
    assert "Planned, all councils £100,000.00 this year alone" in page.words
    assert "No forecast yet. Enter what it is expected to bring, and its status." in page.words
    assert "In doubt. Check that the reason still holds" in page.words
    assert "Start date passed, nothing delivered. Enter what has been saved" in page.words


def test_without_a_plan_there_is_nothing_to_forecast(planned: Partnership, officer: Client) -> None:
    Plan.objects.update(adopted=False)
    page = read(officer.get(PAGE))
    assert "No adopted plan asks for a forecast from Westminster for 2013/14." in page.words
    assert "Forecasts" not in read(officer.get(RETURN)).texts[-40:]
    assert PAGE not in read(officer.get(RETURN)).hrefs


def test_what_is_typed_is_shown_as_text(planned: Partnership, officer: Client) -> None:
    nasty = '"><script>alert(1)</script>'
    sent = {**opened(officer), **dict.fromkeys(typed(), nasty)}
    response = officer.post(PAGE, sent)
    assert response.status_code == 422
    assert b"<script>alert" not in response.content
    kept = read(response).form("forecasts/").sent
    assert {kept[name] for name in typed() if not name.endswith("status")} == {nasty}


# --- Where the return is shown ---------------------------------------------------------


def test_whoever_certifies_is_told_what_is_missing_and_in_doubt(planned: Partnership) -> None:
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
    # Nobody is held up by it.
    certify = read(client.get(f"{RETURN}certify/")).form("certify/")
    assert client.post(certify.action, {**certify.sent, "confirmed": "on"}).status_code == 302
    assert planned.parent("WCC").status == "certified"


def test_what_is_illustrative_is_marked_and_not_certified(
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
    # Beside the forecast, beside the remark on it and beside the sum, and where the page says
    # what it means.
    assert page.texts.count("Illustrative") == 4
    assert f"{RETURN}certify/" not in page.hrefs
    assert client.get(f"{RETURN}certify/")["Location"] == RETURN
    answer = client.post(f"{RETURN}certify/", {"version": planned.parent("WCC").version})
    assert answer.status_code == 409
    assert "This return holds 1 illustrative forecast" in read(answer).words


def test_a_forecast_of_what_no_plan_asks_for_any_more_is_still_shown(
    planned: Partnership, officer: Client
) -> None:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))
    Plan.objects.get(code="proposals").lines.filter(service__slug="childrens-services").delete()
    page = read(officer.get(RETURN))
    assert "Childrens services no longer in an adopted plan At risk" in page.words
    assert "All forecasts, 2" in page.words


@pytest.mark.parametrize("address", [RETURN, PAGE, "/forecasts/"])
def test_pages_take_as_many_queries_for_one_forecast_as_for_three(
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


# --- Those of all councils ---------------------------------------------------------------


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
        "£0.3m is forecast beside £9.8m planned, and nothing is certified as delivered by the "
        "end of June 2013; 2 of the 3 forecasts are in doubt; 5 are still to come."
    ) in page.words
    assert "Library service, Hammersmith & Fulham At risk Illustrative" in page.words
    assert "Why Only here." in page.words
    assert "Pointed out: 7 remarks" in page.words
    assert "?period=2013-14-Q1&status=at_risk" in page.hrefs
    assert "/returns/LBHF/2013-14-Q1/forecasts/" in page.hrefs
    assert "/forecasts/forecasts.csv?period=2013-14-Q1" in page.hrefs


def test_by_status_and_council(office: Client) -> None:
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
        ("status=amber", "There is no status “amber”. Choose one."),
        ("period=2019-20-Q1", "“2019-20-Q1” is not a quarter with returns that you may see."),
        ("council=BRENT", "“BRENT” is no council whose forecasts you may see."),
        ("period=%00", "Null characters are not allowed."),
    ],
)
def test_an_address_that_asks_for_what_there_is_not(
    query: str, message: str, page: str, office: Client
) -> None:
    response = office.get(f"{page}?{query}")
    assert response.status_code == 422
    assert message in read(response).words


def test_a_councils_people_see_their_own(planned: Partnership, office: Client) -> None:
    client = Client()
    client.force_login(planned.s151("WCC"))
    page = read(client.get("/forecasts/"))
    assert "Westminster On track" in page.words
    assert "Only here." not in page.words
    assert "Hammersmith" not in page.words
    assert "it stands in the table but not in the picture" in page.words
    assert [c["name"] for c in page.controls if c.get("name") == "council"] == []
    refused = client.get("/forecasts/?council=LBHF")
    assert refused.status_code == 422
    assert "“LBHF” is no council whose forecasts you may see." in read(refused).words
    client.force_login(planned.people["councillor.wcc"])
    nothing = read(client.get("/forecasts/"))
    assert "Your council’s appear here once its return is certified." in nothing.words
    assert client.get("/forecasts/forecasts.csv").status_code == 404


def test_without_an_appointment_there_is_nothing_to_see(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody"))
    for page in ("/forecasts/", "/forecasts/forecasts.csv"):
        assert client.get(page).status_code == 403


def test_the_file_has_what_the_page_was_asked_for(planned: Partnership, office: Client) -> None:
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


def test_the_markup_of_every_page(planned: Partnership, office: Client, officer: Client) -> None:
    """Every control has its label, no id stands twice, and nothing is inline."""
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
        # What the picture is drawn from is data, and no script.
        assert page.inline == (["script"] if name == "all" else []), name
