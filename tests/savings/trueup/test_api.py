"""Restatements and their true-up through the API."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from savings.drivers.models import Restatement
from tests.calling import Caller, mistakes, problem
from tests.partnership import Q2, Partnership

pytestmark = pytest.mark.django_db

WHAT = {"driver": "readers", "council": "WCC", "effective_from": "2013-14-Q1"}


def path(restatement: Restatement) -> str:
    return f"driver-restatements/{restatement.id}/true-up/"


def test_a_value_is_restated(books: Partnership) -> None:
    said = {**WHAT, "value": "6", "source": "Recount"}
    answer = Caller(books.finance("WCC")).post("driver-restatements/", said)
    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        **said,
        "id": made["id"],
        "given": "2",
        "provenance": "reported",
        "stated_by": "finance.wcc",
        "stated_at": made["stated_at"],
    }
    auditor = Caller(books.people["auditor"])
    assert auditor.get("driver-restatements/").json()["results"] == [made]
    assert auditor.get("driver-restatements/", driver="readers").json()["count"] == 1
    assert auditor.get("driver-restatements/", council="LBHF").json()["count"] == 0
    problem(auditor.post("driver-restatements/", said), 403, "not-allowed")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"value": "2"}, "value"),
        ({"value": "-1"}, "value"),
        ({"source": " "}, "source"),
        ({"driver": "zoo"}, "driver"),
        ({"council": "ZOO"}, "council"),
        ({"effective_from": "2013-14-Q2"}, "effective_from"),
        ({"unit": "x"}, "unit"),
    ],
)
def test_a_wrong_restatement_is_refused(
    books: Partnership, more: dict[str, str], field: str
) -> None:
    said = {**WHAT, "value": "6", "source": "Recount", **more}
    answer = Caller(books.finance("WCC")).post("driver-restatements/", said)
    assert list(mistakes(answer)) == [field]
    assert Restatement.objects.count() == 0


def test_a_value_may_be_restated_back_but_not_to_its_current_value(
    books: Partnership, restatement: Restatement
) -> None:
    caller = Caller(books.finance("WCC"))
    said = {**WHAT, "source": "Recount"}
    assert list(mistakes(caller.post("driver-restatements/", {**said, "value": "6"}))) == ["value"]
    assert caller.post("driver-restatements/", {**said, "value": "2"}).status_code == 201


def test_a_true_up_goes_from_what_moves_to_what_is_certified(
    books: Partnership, restatement: Restatement
) -> None:
    caller = Caller(books.finance("WCC"))
    nothing = caller.get(path(restatement)).json()
    assert (nothing["tolerance"], nothing["standing"], nothing["measure"]) == (None, None, None)
    assert (nothing["parts"], nothing["councils"]) == ([], [])

    books.tolerance("0.01")
    said = caller.get(path(restatement)).json()
    assert {name: said[name] for name in ("tolerance", "standing", "measure", "left_out")} == {
        "tolerance": "0.01",
        "standing": "counts",
        "measure": "1/4",
        "left_out": 0,
    }
    assert (said["most"], said["shared_out"]) == ("100.00", "400.00")
    assert [
        (part["council"], part["shared"], part["restated"], part["movement"])
        for part in said["parts"]
    ] == [
        ("LBHF", "100.00", "50.00", "-50.00"),
        ("RBKC", "100.00", "50.00", "-50.00"),
        ("WCC", "200.00", "300.00", "100.00"),
    ]
    assert said["councils"][2] == {
        "council": "WCC",
        "state": "to_add",
        "due": [
            {
                "period": "2013-14-Q1",
                "service": "library-service",
                "kind": "saving",
                "recurrence": "recurring",
                "nature": "cashable",
                "cause": "",
                "illustrative": False,
                "amount": "100.00",
                "evidence": f"Restatement {restatement.id}, 2013-14-Q1",
            }
        ],
        "in_hand": [],
        "certified": [],
    }

    added = caller.post(path(restatement), {"period": "2013-14-Q2", "version": 0})
    assert added.status_code == 200
    mine = added.json()["councils"][2]
    assert (mine["state"], mine["due"], mine["in_hand"]) == ("draft", [], ["2013-14-Q2"])
    other = Caller(books.finance("RBKC")).get(path(restatement)).json()["councils"][2]
    assert (other["state"], other["in_hand"]) == ("not_certified", [])
    problem(
        caller.post(path(restatement), {"period": "2013-14-Q2", "version": 1}), 409, "wrong-state"
    )
    books.certify_draft("WCC", Q2)
    mine = Caller(books.finance("RBKC")).get(path(restatement)).json()["councils"][2]
    assert (mine["state"], mine["certified"]) == ("certified", ["2013-14-Q2"])


def test_wrong_calls_are_refused(books: Partnership, restatement: Restatement) -> None:
    books.tolerance("0.01")
    caller = Caller(books.finance("WCC"))
    whole = {"period": "2013-14-Q2", "version": 0}
    assert set(mistakes(caller.post(path(restatement), {}))) == {"period", "version"}
    problem(caller.post(path(restatement), {**whole, "version": 3}), 409, "stale-version")
    problem(caller.post(path(restatement), {**whole, "period": "2019-20-Q1"}), 404, "not-found")
    problem(caller.get("driver-restatements/999/true-up/"), 404, "not-found")
    problem(caller.post("driver-restatements/999/true-up/", whole), 404, "not-found")
    for username in ("s151.wcc", "councillor.wcc", "programme.office", "auditor"):
        refused = Caller(books.people[username]).post(path(restatement), whole)
        problem(refused, 403, "not-allowed")
    assert books.parent("WCC", Q2).entries.count() == 0


def test_three_restatements_take_as_many_queries_as_one(
    books: Partnership, restatement: Restatement
) -> None:
    books.tolerance("0.01")
    caller = Caller(books.people["auditor"])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            caller.get(path(restatement))
            caller.get("driver-restatements/")
        return len(captured)

    before = queries()
    books.restated("readers", "LBHF", "3")
    books.restated("readers", "WCC", "4")
    books.adjusted(Restatement.objects.latest("id"), "WCC")
    assert queries() == before
