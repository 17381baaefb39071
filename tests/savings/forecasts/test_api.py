"""Forecasts through the API: who may, what is refused, and what is listed for whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from savings.kit.provenance import Provenance
from savings.quarters.models import Period
from savings.returns.models import Forecast, Return
from tests.calling import Caller, mistakes, problem
from tests.partnership import Q1, Q2, Partnership, a_saving
from tests.savings.forecasts.conftest import OWED, Everything, a_forecast, at_risk, forecast

pytestmark = pytest.mark.django_db

WCC = "returns/WCC/2013-14-Q1/forecasts/"


@pytest.fixture
def finance(planned: Partnership) -> Caller:
    return Caller(planned.finance("WCC"))


def test_a_draft_without_forecasts_says_what_is_owed(finance: Caller) -> None:
    assert finance.get(WCC).json() == {
        "council": "WCC",
        "period": "2013-14-Q1",
        "status": "draft",
        "version": 0,
        "owed": OWED["WCC"],
        "forecasts": [],
        "remarks": [
            {
                "kind": "missing",
                "service": "childrens-services",
                "sentence": "Childrens services: no forecast for 2013/14.",
                "remedy": "Enter what it is expected to bring, and its status.",
                "illustrative": False,
            },
            {
                "kind": "missing",
                "service": "library-service",
                "sentence": "Library service: no forecast for 2013/14.",
                "remedy": "Enter what it is expected to bring, and its status.",
                "illustrative": False,
            },
        ],
    }


def test_forecasts_are_replaced_and_read_back(finance: Caller) -> None:
    body = {
        "version": 0,
        "forecasts": [
            {
                "service": "library-service",
                "this_year": "£90k",
                "full_year_effect": "-",
                "status": "not_achievable",
                "starts_on": "1 May 2013",
                "reason": "Why",
                "replacement": "What",
            }
        ],
    }
    answer = finance.put(WCC, body).json()
    assert (answer["version"], answer["status"]) == (1, "draft")
    assert answer["forecasts"] == [
        {
            "service": "library-service",
            "this_year": "90000.00",
            "full_year_effect": "0.00",
            "status": "not_achievable",
            "starts_on": "2013-05-01",
            "reason": "Why",
            "replacement": "What",
            "provenance": "reported",
        }
    ]
    assert [remark["kind"] for remark in answer["remarks"]] == [
        "in_doubt",
        "nothing_delivered",
        "missing",
    ]
    assert finance.get(WCC).json() == answer
    # They can be sent back as they were read, which changes nothing.
    assert finance.put(WCC, answer).json() == answer
    assert finance.put(WCC, {"version": 1, "forecasts": []}).json()["forecasts"] == []


def test_the_return_has_the_same_version(planned: Partnership, finance: Caller) -> None:
    finance.put(WCC, {"version": 0, "forecasts": [a_forecast()]})
    assert finance.get("returns/WCC/2013-14-Q1/").json()["version"] == 1
    problem(
        finance.put("returns/WCC/2013-14-Q1/", {"version": 0, "entries": []}),
        409,
        "stale-version",
    )


def test_only_the_finance_officer_may_save_and_others_may_not_even_read(
    planned: Partnership, everything: Callable[[], Everything]
) -> None:
    forecast(planned, "WCC", a_forecast())
    body, before = {"version": 1, "forecasts": []}, everything()
    problem(Caller().get(WCC), 401, "unknown-caller")
    for name in ("s151.wcc", "programme.office", "auditor"):
        caller = Caller(planned.people[name])
        assert caller.get(WCC).status_code == 200
        problem(caller.put(WCC, body), 403, "not-allowed")
    for name in ("councillor.wcc", "finance.lbhf", "s151.lbhf", "councillor.lbhf"):
        caller = Caller(planned.people[name])
        problem(caller.get(WCC), 404, "not-found")
        problem(caller.put(WCC, body), 404, "not-found")
    assert everything() == before
    planned.certified("WCC", a_saving())
    assert len(Caller(planned.people["councillor.wcc"]).get(WCC).json()["forecasts"]) == 1


@pytest.mark.parametrize("path", ["returns/XYZ/2013-14-Q1/forecasts/", "returns/WCC/x/forecasts/"])
def test_an_unknown_return_is_not_found(path: str, finance: Caller) -> None:
    problem(finance.get(path), 404, "not-found")
    problem(finance.put(path, {}), 404, "not-found")


def test_the_partnerships_own_return_has_none(planned: Partnership, finance: Caller) -> None:
    Return.objects.create(
        period=Period.objects.get(quarter=Q1),
        status="certified",
        certified_at="2013-06-17T00:00Z",
        published_in="report",
    )
    path = "returns/partnership/2013-14-Q1/forecasts/"
    answer = finance.get(path).json()
    assert (answer["owed"], answer["forecasts"], answer["remarks"]) == ([], [], [])
    problem(finance.put(path, {"version": 0, "forecasts": []}), 403, "not-allowed")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {},
            {
                "version": "Send the version that you read, as a whole number.",
                "forecasts": "Send the list of forecasts; an empty list removes them all.",
            },
        ),
        (
            {"version": "0", "forecasts": {}},
            {
                "version": "Send the version that you read, as a whole number.",
                "forecasts": "Send a list of forecasts.",
            },
        ),
        (
            {"version": 0, "forecasts": [[]]},
            {"forecasts": "Send each forecast as an object with columns."},
        ),
        (
            {"version": 0, "forecasts": [], "council": "LBHF"},
            {"council": "The address says WCC: leave this out."},
        ),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused(
    body: object, expected: dict[str, str], finance: Caller
) -> None:
    assert mistakes(finance.put(WCC, body)) == expected


def test_an_unknown_field_is_refused(finance: Caller) -> None:
    assert set(mistakes(finance.put(WCC, {"version": 0, "forecasts": [], "entries": []}))) == {
        "entries"
    }


def test_every_mistake_of_every_row_is_named_and_nothing_is_stored(
    planned: Partnership, finance: Caller, everything: Callable[[], Everything]
) -> None:
    before = everything()
    answer = finance.put(
        WCC,
        {
            "version": 0,
            "forecasts": [
                a_forecast(),
                at_risk("childrens-services", reason="", this_year=5),
                a_forecast("cex"),
            ],
        },
    )
    assert [
        (error["row"], error["column"], error["value"])
        for error in problem(answer, 422, "bad-content")["errors"]
    ] == [(2, "this_year", "5"), (2, "reason", ""), (3, "service", "cex")]
    assert everything() == before


def test_a_stale_version_and_a_locked_return_are_conflicts(
    planned: Partnership, finance: Caller, everything: Callable[[], Everything]
) -> None:
    forecast(planned, "WCC", a_forecast())
    body = {"version": 0, "forecasts": [a_forecast()]}
    problem(finance.put(WCC, body), 409, "stale-version")
    planned.submitted("WCC", a_saving())
    before = everything()
    said = problem(finance.put(WCC, {**body, "version": 3}), 409, "wrong-state")
    assert "This return has been submitted." in said["detail"]
    assert everything() == before


def test_an_illustrative_forecast_marks_the_return_too(
    planned: Partnership, finance: Caller
) -> None:
    forecast(planned, "WCC", at_risk(), provenance=Provenance.ILLUSTRATIVE)
    answer = finance.get(WCC).json()
    assert answer["forecasts"][0]["provenance"] == "illustrative"
    assert [(r["kind"], r["illustrative"]) for r in answer["remarks"]] == [
        ("in_doubt", True),
        ("missing", False),
    ]
    assert finance.get("returns/WCC/2013-14-Q1/").json()["illustrative"] is True
    # Sent back as it was read, it stays illustrative; changed by a person, it is theirs.
    read = finance.get(WCC).json()
    again = finance.put(WCC, {**read, "forecasts": [{**read["forecasts"][0], "this_year": "1"}]})
    assert again.json()["forecasts"][0]["provenance"] == "illustrative"
    own = finance.put(WCC, {"version": 2, "forecasts": [a_forecast(this_year="2")]})
    assert own.json()["forecasts"][0]["provenance"] == "reported"
    assert finance.get("returns/WCC/2013-14-Q1/").json()["illustrative"] is False


# --- The list -----------------------------------------------------------------------


@pytest.fixture
def listed(planned: Partnership) -> Partnership:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))
    forecast(planned, "WCC", a_forecast(), quarter=Q2)
    forecast(planned, "LBHF", at_risk())
    return planned


def lines(caller: Caller, **asked: str) -> list[str]:
    answer = caller.get("forecasts/", **asked).json()
    return [
        f"{row['council']} {row['period'][-2:]} {row['service']} {row['status']}"
        for row in answer["results"]
    ]


def test_the_list_has_the_latest_quarter_first_then_council_and_service(
    listed: Partnership,
) -> None:
    assert lines(Caller(listed.people["programme.office"])) == [
        "WCC Q2 library-service on_track",
        "LBHF Q1 library-service at_risk",
        "WCC Q1 childrens-services at_risk",
        "WCC Q1 library-service on_track",
    ]


def test_a_row_of_the_list_has_every_field(listed: Partnership) -> None:
    caller = Caller(listed.people["auditor"])
    assert caller.get("forecasts/", council="LBHF").json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "council": "LBHF",
                "period": "2013-14-Q1",
                "service": "library-service",
                "this_year": "90000.00",
                "full_year_effect": "120000.00",
                "status": "at_risk",
                "starts_on": None,
                "reason": "A late start.",
                "replacement": "Held posts.",
                "provenance": "reported",
            }
        ],
    }


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"year": "2013-14"}, 4),
        ({"year": "2012-13"}, 0),
        ({"status": "at_risk"}, 2),
        ({"status": "at_risk", "council": "WCC", "year": "2013-14"}, 1),
        ({"council": "RBKC"}, 0),
        ({"council": "BRENT"}, 0),
    ],
)
def test_the_list_is_narrowed_as_asked(
    asked: dict[str, str], count: int, listed: Partnership
) -> None:
    assert len(lines(Caller(listed.people["auditor"]), **asked)) == count


def test_people_of_a_council_see_only_their_own(listed: Partnership) -> None:
    assert lines(Caller(listed.finance("LBHF"))) == ["LBHF Q1 library-service at_risk"]
    assert lines(Caller(listed.finance("LBHF")), council="WCC") == []
    assert lines(Caller(listed.people["councillor.lbhf"])) == []
    problem(Caller().get("forecasts/"), 401, "unknown-caller")


def test_the_list_is_paged(listed: Partnership) -> None:
    caller = Caller(listed.people["auditor"])
    answer = caller.get("forecasts/", page_size=3, page=2).json()
    assert (answer["count"], len(answer["results"]), answer["next"]) == (4, 1, None)
    assert "page_size=3" in answer["previous"]


def test_a_wrong_parameter_is_named(listed: Partnership) -> None:
    caller = Caller(listed.people["auditor"])
    assert set(mistakes(caller.get("forecasts/", year="2013", status="amber", quarter="Q1"))) == {
        "quarter"
    }
    assert set(mistakes(caller.get("forecasts/", year="2013", status="amber"))) == {
        "year",
        "status",
    }
    assert set(mistakes(caller.get(WCC, year="2013-14"))) == {"year"}


def test_three_rows_of_the_list_take_as_many_queries_as_one(planned: Partnership) -> None:
    caller, counts = Caller(planned.people["auditor"]), []
    for slugs in (OWED["LBHF"][:1], OWED["LBHF"]):
        forecast(planned, "LBHF", *(at_risk(slug) for slug in slugs))
        with CaptureQueriesContext(connection) as captured:
            assert len(lines(caller)) == len(slugs)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert Forecast.objects.count() == 3
