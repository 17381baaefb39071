"""Drivers and their values, through the API."""

from __future__ import annotations

from decimal import Decimal

import pytest

from audit.models import Event
from savings.drivers.models import Driver, DriverValue
from savings.formulas.models import AttributionRule
from tests.calling import Caller, mistakes, problem
from tests.partnership import Partnership
from tests.savings.drivers.counting import A_VALUE, count

pytestmark = pytest.mark.django_db

A_RULE = {
    "service": "libraries",
    "kind": "saving",
    "method": "fixed",
    "effective_from": "2013-14-Q1",
    "shares": {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"},
    "basis": "By thirds.",
}


def test_two_drivers_can_not_have_one_code(office: Caller):
    body = {"code": "looked-after-children", "name": "Looked-after children", "unit": "children"}

    made = office.post("drivers/", body)

    assert (made.status_code, made.json()) == (201, body)
    assert office.get("drivers/").json()["results"] == [body]
    assert Event.objects.about("driver", "looked-after-children").get().action == "created"
    assert "another code" in problem(office.post("drivers/", body), 409, "wrong-state")["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "two words"),
        ("code", ""),
        ("code", "x" * 61),
        ("code", "é"),
        ("code", "\x00"),
        ("name", " "),
        ("name", "x" * 121),
        ("unit", None),
        ("unit", 5),
        ("weight", 1),
    ],
)
def test_a_wrong_driver_is_refused(office: Caller, field, value):
    body = {"code": "posts", "name": "Posts", "unit": "posts", field: value}

    assert set(mistakes(office.post("drivers/", body))) == {field}
    assert not Driver.objects.exists()


def test_officers_and_the_office_may_add_drivers_and_values_and_propose_rules(
    partnership: Partnership,
):
    count(partnership, "posts")
    theirs = {"finance.wcc", "s151.wcc", "programme.office"}
    others = {"auditor", "councillor.lbhf", "councillor.rbkc", "councillor.wcc"}
    for name in theirs:
        caller = Caller(partnership.people[name])
        code = name.replace(".", "-")
        body = {"code": code, "name": code, "unit": "people"}
        assert caller.post("drivers/", body).status_code == 201
        value = {**A_VALUE, "driver": code}
        assert caller.post("driver-values/", value).status_code == 201
        assert caller.post("attribution-rules/", A_RULE).status_code == 201
    for name in others:
        caller = Caller(partnership.people[name])
        body = {"code": "more", "name": "More", "unit": "people"}
        problem(caller.post("drivers/", body), 403, "not-allowed")
        problem(caller.post("driver-values/", A_VALUE), 403, "not-allowed")
        problem(caller.post("attribution-rules/", A_RULE), 403, "not-allowed")
    assert Driver.objects.count() == 1 + len(theirs)
    assert (DriverValue.objects.count(), AttributionRule.objects.count()) == (3, 3)


@pytest.mark.parametrize("username", ["finance.lbhf", "s151.lbhf"])
def test_a_council_can_give_only_its_own_values(partnership: Partnership, username: str):
    count(partnership, "posts")
    caller = Caller(partnership.people[username])

    problem(caller.post("driver-values/", A_VALUE), 403, "not-allowed")
    assert caller.post("driver-values/", {**A_VALUE, "council": "LBHF"}).status_code == 201
    assert DriverValue.objects.get().council.code == "LBHF"
    said = {**A_VALUE, "council": "LBHF", "value": "13"}
    assert caller.post("driver-restatements/", said).status_code == 201
    Caller(partnership.people["programme.office"]).post("driver-values/", A_VALUE)
    theirs = {**A_VALUE, "value": "13"}
    problem(caller.post("driver-restatements/", theirs), 403, "not-allowed")


def test_a_value_of_a_driver_applies_from_its_quarter_on(partnership: Partnership, office: Caller):
    count(partnership, "posts")

    made = office.post("driver-values/", A_VALUE)

    assert made.status_code == 201
    assert made.json() == {
        "id": DriverValue.objects.get().id,
        **A_VALUE,
        "value": "12.5",
        "provenance": "reported",
        "illustrative": False,
    }
    assert office.get("driver-values/", driver="posts", council="WCC").json()["count"] == 1
    assert office.get("driver-values/", driver="posts", council="LBHF").json()["count"] == 0
    assert office.get("driver-values/", driver="\t").status_code == 422
    problem(office.post("driver-values/", A_VALUE), 409, "wrong-state")


def test_the_event_of_a_value_names_its_driver_in_full(partnership: Partnership, office: Caller):
    code = "x" * 60
    assert office.post("drivers/", {"code": code, "name": "X", "unit": "x"}).status_code == 201

    assert office.post("driver-values/", {**A_VALUE, "driver": code}).status_code == 201

    about = f"{code}/WCC/{A_VALUE['effective_from']}"
    assert Event.objects.about("driver value", about).get().action == "set"


def test_a_value_may_be_a_number_and_is_kept_exactly(partnership: Partnership, office: Caller):
    count(partnership, "posts")

    made = office.send(
        "POST", "driver-values/", str({**A_VALUE, "value": 0}).replace("'", '"').replace("0}", "0}")
    )
    assert made.status_code == 201
    body = (
        '{"driver":"posts","council":"LBHF","effective_from":"2013-14-Q1","value":0.1,"source":"x"}'
    )

    assert office.send("POST", "driver-values/", body).json()["value"] == "0.1"
    assert DriverValue.objects.get(council__code="LBHF").value == Decimal("0.1")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("driver", "nothing"),
        ("driver", None),
        ("council", "wcc"),
        ("council", "\x00"),
        ("effective_from", "2013-14"),
        ("effective_from", 2013),
        ("value", "-1"),
        ("value", "1.00001"),
        ("value", "1e30"),
        ("value", "NaN"),
        ("value", "Infinity"),
        ("value", "1,000"),
        ("value", "٣"),
        ("value", True),
        ("value", [1]),
        ("value", 10**40),
        ("value", "9" * 2000),
        ("value", ""),
        ("source", ""),
        ("source", "x" * 301),
    ],
)
def test_a_wrong_value_is_refused(partnership, office: Caller, field, value):
    count(partnership, "posts")

    assert set(mistakes(office.post("driver-values/", {**A_VALUE, field: value}))) == {field}
