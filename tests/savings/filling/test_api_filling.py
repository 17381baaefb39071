"""A return filled in through the API, and every mistake in it."""

from __future__ import annotations

import pytest

from tests.calling import Caller, mistakes, problem
from tests.partnership import Partnership, a_saving
from tests.savings.filling.addresses import WCC

pytestmark = pytest.mark.django_db


def test_a_draft_is_replaced_as_a_whole(partnership: Partnership, finance: Caller):
    first = finance.put(WCC, {"version": 0, "entries": [a_saving(), a_saving(amount="2.00")]})
    assert first.status_code == 200
    assert first.json()["version"] == 1

    second = finance.put(WCC, {"version": 1, "entries": [a_saving(amount="3.00")]})

    assert second.json()["version"] == 2
    assert [entry["amount"] for entry in second.json()["entries"]] == ["3.00"]
    assert second.json() == finance.get(WCC).json()


def test_an_empty_list_empties_a_draft(partnership: Partnership, finance: Caller):
    partnership.draft("WCC", a_saving())

    assert finance.put(WCC, {"version": 1, "entries": []}).json()["entries"] == []


def test_a_return_can_be_sent_back_as_it_was_read(partnership: Partnership, finance: Caller):
    rows = [
        a_saving(evidence="Ledger 7", note="=1+1"),
        {
            "service": "libraries",
            "kind": "ongoing_cost",
            "scope": "shared",
            "amount": "(1,234)",
            "tupe": "WCC, LBHF",
        },
        {
            "service": "libraries",
            "kind": "variance",
            "scope": "shared",
            "amount": "-",
            "cause": "specification_change",
            "caused_by": "RBKC",
        },
    ]
    read = finance.put(WCC, {"version": 0, "entries": rows}).json()

    again = finance.put(WCC, read)

    assert again.status_code == 200, again.content
    without_ids = [
        [{**entry, "id": None} for entry in answer["entries"]] for answer in (read, again.json())
    ]
    assert without_ids[0] == without_ids[1]
    assert without_ids[0][1]["tupe"] == ["LBHF", "WCC"]
    assert without_ids[0][1]["amount"] == "-1234.00"


def test_every_mistake_of_every_row_comes_back_at_once_and_nothing_is_stored(
    partnership: Partnership, finance: Caller
):
    partnership.draft("WCC", a_saving(amount="7.00"))
    rows = [
        a_saving(amount="1,50"),
        a_saving(),
        {"service": "nowhere", "kind": "cost", "scope": "", "amount": 1.5, "colour": "red"},
    ]

    said = problem(finance.put(WCC, {"version": 1, "entries": rows}), 422, "bad-content")

    assert [(error["row"], error["column"], error["value"]) for error in said["errors"]] == [
        (1, "amount", "1,50"),
        (3, "colour", "red"),
        (3, "service", "nowhere"),
        (3, "kind", "cost"),
        (3, "scope", ""),
        (3, "amount", "1.5"),
    ]
    assert all(error["field"] == error["column"] for error in said["errors"])
    assert said["detail"] == "Nothing was saved. There are 6 mistakes to put right."
    assert [entry["amount"] for entry in finance.get(WCC).json()["entries"]] == ["7.00"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"version", "entries"}),
        ({"version": 0}, {"entries"}),
        ({"entries": []}, {"version"}),
        ({"version": "0", "entries": []}, {"version"}),
        ({"version": 0.0, "entries": []}, {"version"}),
        ({"version": True, "entries": []}, {"version"}),
        ({"version": None, "entries": []}, {"version"}),
        ({"version": -1, "entries": []}, {"version"}),
        ({"version": 2**31, "entries": []}, {"version"}),
        ({"version": 10**400, "entries": []}, {"version"}),
        ({"version": [0], "entries": {}}, {"version", "entries"}),
        ({"version": 0, "entries": None}, {"entries"}),
        ({"version": 0, "entries": "none"}, {"entries"}),
        ({"version": 0, "entries": [], "comment": "x"}, {"comment"}),
        ({"version": 0, "entries": [], "council": "RBKC"}, {"council"}),
        ({"version": 0, "entries": [], "period": ["2013-14-Q1"]}, {"period"}),
        ([], {"body"}),
        ('"text"', {"body"}),
        ("null", {"body"}),
    ],
)
def test_a_body_of_another_shape_is_refused_by_field(finance: Caller, body, fields):
    assert set(mistakes(finance.put(WCC, body))) == fields


def test_an_entry_that_is_not_an_object_is_named_by_its_row(finance: Caller):
    body = {"version": 0, "entries": [a_saving(), 1, "x", None, []]}

    said = problem(finance.put(WCC, body), 422, "bad-content")

    assert [error["row"] for error in said["errors"]] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("service", "\x00"),
        ("service", {"slug": "libraries"}),
        ("amount", "1" * 5000),
        ("amount", "9" * 30),
        ("amount", 10**300),
        ("amount", None),
        ("amount", ["1"]),
        ("note", "x" * 2001),
        ("note", "a\x00b"),
        ("evidence", 7),
        ("corrects", 10**100),
        ("corrects", True),
        ("corrects", "1"),
        ("corrects", [[[["deep"]]]]),
        ("tupe", {"a": 1}),
        ("tupe", ["\x00"]),
        ("kind", []),
        ("scope", False),
        ("\x00", "x"),
        ("Amount", "1.00"),
    ],
)
def test_any_value_in_a_column_is_at_worst_a_mistake(finance: Caller, column, value):
    body = {"version": 0, "entries": [{**a_saving(), column: value}]}

    said = problem(finance.put(WCC, body), 422, "bad-content")

    assert {error["row"] for error in said["errors"]} == {1}


def test_a_stale_version_is_refused_before_the_rows_are_read(
    partnership: Partnership, finance: Caller
):
    partnership.draft("WCC", a_saving())

    answer = finance.put(WCC, {"version": 0, "entries": [{"amount": "nonsense"}]})

    said = problem(answer, 409, "stale-version")
    assert "version 1" in said["detail"]


def test_only_the_councils_finance_officer_can_fill_in_a_return(partnership: Partnership):
    for name in ("s151.wcc", "programme.office", "auditor"):
        caller = Caller(partnership.people[name])
        said = problem(caller.put(WCC, {"nonsense": True}), 403, "not-allowed")
        assert "finance officer" in said["detail"]
        problem(caller.post(f"{WCC}submit/", {"version": 0}), 403, "not-allowed")


def test_a_submitted_return_can_not_be_filled_in(partnership: Partnership, finance: Caller):
    parent = partnership.submitted("WCC", a_saving())

    answer = finance.put(WCC, {"version": parent.version, "entries": []})

    assert "submitted" in problem(answer, 409, "wrong-state")["detail"]
