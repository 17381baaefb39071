"""Fairness through the API, and the test: proposed, answered, and by whom."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from savings.fairness.models import FairnessTest
from tests.calling import Caller, mistakes, problem
from tests.partnership import Q1, Partnership
from tests.savings.fairness.conftest import agreed_test

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(books: Partnership) -> Caller:
    return Caller(books.people["councillor.rbkc"])


def money(
    savings: str = "0.00",
    ongoing: str = "0.00",
    transition: str = "0.00",
    *,
    net: str,
    put_in: str = "0.00",
) -> dict[str, str]:
    return {
        "savings": savings,
        "ongoing_costs": ongoing,
        "transition_costs": transition,
        "variances": "0.00",
        "net": net,
        "contribution": put_in,
    }


def test_a_council_is_shown_quarter_by_quarter(caller: Caller, books: Partnership) -> None:
    test = agreed_test(books)
    answer = caller.get("fairness/").json()

    assert (answer["to"], answer["unfinished"]) == ("2013-14-Q2", False)
    assert [each["council"] for each in answer["councils"]] == ["LBHF", "RBKC", "WCC"]
    assert answer["councils"][2] == {
        "council": "WCC",
        "takes_part": True,
        "break_even": "2013-14-Q2",
        "deepest": {"period": "2013-14-Q1", "net_to_date": "-5.00"},
        "quarters": [
            {
                "period": "2013-14-Q1",
                "open": False,
                "amounts": money("100.00", "45.00", "60.00", net="-5.00", put_in="105.00"),
                "to_date": money("100.00", "45.00", "60.00", net="-5.00", put_in="105.00"),
                "share_of_net": "-1/30",
                "share_of_contribution": "7/10",
                "gains_little": True,
                "illustrative": False,
            },
            {
                "period": "2013-14-Q2",
                "open": False,
                "amounts": money("11.00", net="11.00"),
                "to_date": money("111.00", "45.00", "60.00", net="6.00", put_in="105.00"),
                "share_of_net": "6/181",
                "share_of_contribution": "7/10",
                "gains_little": True,
                "illustrative": False,
            },
        ],
    }
    assert answer["services"] == [
        {
            "service": "childrens",
            "gain_least": [],
            "nets": {"WCC": "1.00"},
            "illustrative": False,
        },
        {
            "service": "libraries",
            "gain_least": ["WCC"],
            "nets": {"LBHF": "110.00", "RBKC": "65.00", "WCC": "5.00"},
            "illustrative": False,
        },
    ]
    assert answer["unattributed"] == money("7.00", net="7.00")
    assert answer["warnings"] == [{"council": "WCC", "quarters": 2}]
    assert answer["illustrative"] is False
    assert (answer["test"]["id"], answer["test"]["below"], answer["test"]["agreed"]) == (
        test.id,
        "1/2",
        True,
    )


def test_without_an_agreed_test_no_council_gains_little(caller: Caller, books: Partnership) -> None:
    agreed_test(books, agreed_by=["WCC"])
    answer = caller.get("fairness/").json()
    assert (answer["test"], answer["warnings"]) == (None, [])
    assert {point["gains_little"] for each in answer["councils"] for point in each["quarters"]} == {
        None
    }


def test_figures_are_narrowed_by_service_and_quarters(caller: Caller) -> None:
    answer = caller.get("fairness/", **{"service": "libraries", "from": "2013-14-Q2"}).json()
    assert [each["quarters"][0]["to_date"]["net"] for each in answer["councils"]] == ["10.00"] * 3
    assert [each["service"] for each in answer["services"]] == ["library-service"]


def test_an_open_quarter_is_shown_only_if_asked_for_and_as_unfinished(
    open_books: Partnership,
) -> None:
    agreed_test(open_books, "1/2", 1)
    caller = Caller(open_books.people["auditor"])

    answer = caller.get("fairness/").json()
    assert (answer["to"], answer["unfinished"]) == (None, False)
    assert (answer["councils"], answer["services"], answer["warnings"]) == ([], [], [])
    assert answer["unattributed"] == money(net="0.00")

    open_books.close(Q1)
    answer = caller.get("fairness/", to="2013-14-Q2").json()
    assert (answer["to"], answer["unfinished"]) == ("2013-14-Q2", True)
    assert [
        [(point["period"], point["open"], point["gains_little"]) for point in each["quarters"]]
        for each in answer["councils"]
    ] == [
        [("2013-14-Q1", False, False), ("2013-14-Q2", True, None)],
        [("2013-14-Q1", False, False), ("2013-14-Q2", True, None)],
        [("2013-14-Q1", False, True), ("2013-14-Q2", True, None)],
    ]
    assert answer["warnings"] == [{"council": "WCC", "quarters": 1}]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"service": "zoo"}, "service"),
        ({"from": "soon"}, "from"),
        ({"from": "2013-14-Q2", "to": "2013-14-Q1"}, "to"),
        ({"council": "WCC"}, "council"),
    ],
)
def test_a_wrong_parameter_is_named(caller: Caller, parameters: dict[str, str], field: str) -> None:
    assert list(mistakes(caller.get("fairness/", **parameters))) == [field]


def test_everybody_with_an_appointment_reads_the_same_figures(
    books: Partnership, django_user_model: type
) -> None:
    problem(Caller().get("fairness/"), 401, "unknown-caller")
    nobody = django_user_model.objects.create_user("nobody")  # type: ignore[attr-defined]
    problem(Caller(nobody).get("fairness/"), 403, "not-allowed")
    names = ("finance.lbhf", "s151.rbkc", "councillor.wcc", "programme.office", "auditor")
    assert len({Caller(books.people[name]).get("fairness/").content for name in names}) == 1


# --- The test ------------------------------------------------------------------------


def test_a_test_is_proposed_and_answered(books: Partnership) -> None:
    answer = Caller(books.people["finance.lbhf"]).post(
        "fairness-tests/", {"below": "0.5", "quarters": 4}
    )
    assert answer.status_code == 201
    said = answer.json()
    assert (said["below"], said["quarters"], said["provenance"]) == ("0.5", 4, "reported")
    assert (said["waiting_for"], said["agreed"]) == (["LBHF", "RBKC", "WCC"], False)

    for code in ("LBHF", "RBKC", "WCC"):
        consent = Caller(books.s151(code)).post(
            f"fairness-tests/{said['id']}/consent/", {"agree": True, "minute_reference": "9"}
        )
        assert consent.status_code == 200

    (listed,) = Caller(books.people["auditor"]).get("fairness-tests/").json()["results"]
    assert listed == consent.json()
    assert (listed["waiting_for"], listed["agreed"]) == ([], True)
    assert [c["council"] for c in listed["consents"]] == ["LBHF", "RBKC", "WCC"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"below", "quarters"}),
        ({"below": "2", "quarters": 4}, {"below"}),
        ({"below": "1/2", "quarters": 0}, {"quarters"}),
        ({"below": 0.5, "quarters": "4"}, {"below", "quarters"}),
        ({"below": "1/2", "quarters": 4, "council": "WCC"}, {"council"}),
    ],
)
def test_a_wrong_test_is_refused(
    body: dict[str, object], fields: set[str], books: Partnership
) -> None:
    answer = Caller(books.people["programme.office"]).post("fairness-tests/", body)
    assert set(mistakes(answer)) == fields
    assert FairnessTest.objects.count() == 0


def test_people_without_permission_can_neither_propose_nor_answer(books: Partnership) -> None:
    test = agreed_test(books, agreed_by=[])
    body = {"below": "1/2", "quarters": 4}
    answer = {"agree": True, "minute_reference": "9"}
    auditor = Caller(books.people["auditor"])
    problem(auditor.post("fairness-tests/", body), 403, "not-allowed")
    for name in ("auditor", "finance.lbhf", "programme.office", "councillor.wcc"):
        caller = Caller(books.people[name])
        problem(caller.post(f"fairness-tests/{test.id}/consent/", answer), 403, "not-allowed")
    problem(Caller(books.s151("WCC")).post("fairness-tests/999/consent/", answer), 404, "not-found")
    assert test.decision.consents.count() == 0


def test_three_tests_take_as_many_queries_as_one(books: Partnership) -> None:
    caller = Caller(books.people["auditor"])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            caller.get("fairness-tests/")
        return len(captured)

    agreed_test(books)
    before = queries()
    agreed_test(books, agreed_by=[])
    agreed_test(books, "1/3")
    assert queries() == before
