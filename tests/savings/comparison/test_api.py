"""What was promised beside what was delivered, through the API."""

from decimal import Decimal

import pytest

from savings.calendar.actions import close_period, reopen_period
from savings.plans.models import Plan, PlanLine
from savings.rollup.tasks import roll_up
from tests.calling import Caller, mistakes
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving, build

pytestmark = pytest.mark.django_db


def promise(plan: Plan, year: str, amount: str, service=None) -> None:
    PlanLine.objects.create(
        plan=plan,
        label=service.name if service else "All",
        service=service,
        year=year,
        low=Decimal(amount),
        middle=Decimal(amount),
        high=Decimal(amount),
        basis=PlanLine.Basis.FULL_YEAR,
        provenance="published",
        document="report",
        place="page 1",
    )


@pytest.fixture
@kept
def partnership() -> Partnership:
    """Q1 closed with 300 pounds of libraries delivered, Q2 open with 40 more certified."""
    partnership = build()
    plan = Plan.objects.create(code="proposals", name="The proposals")
    promise(plan, "2013-14", "400.00", partnership.services["library-service"])
    promise(plan, "2014-15", "1000.00", partnership.services["libraries"])
    promise(plan, "2014-15", "5.50")
    Plan.objects.create(code="empty", name="A plan without lines")
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    cost = {
        "service": "libraries",
        "kind": "transition_cost",
        "scope": "own",
        "amount": "30.00",
    }
    partnership.certified("WCC", a_saving(amount="100.00"), a_saving("cex", "200.00"), cost)
    for code in ("LBHF", "RBKC"):
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    partnership.certified("LBHF", a_saving(amount="40.00", scope="own"), quarter=Q2)
    roll_up()
    return partnership


@pytest.fixture
def caller(partnership: Partnership) -> Caller:
    return Caller(partnership.people["councillor.rbkc"])


def test_the_comparison_of_a_plans_last_year_to_the_latest_closed_quarter(caller: Caller):
    answer = caller.get("comparison/", plan="proposals").json()

    areas, councils = answer.pop("areas"), answer.pop("councils")
    assert answer == {
        "plan": "proposals",
        "year": "2014-15",
        "to": "2013-14-Q1",
        "open_again": False,
        "as_at": None,
        "planned": "1005.50",
        "delivered": "300.00",
        "difference": "-705.50",
        "published": "0.00",
        "transition_costs": "30.00",
        "illustrative": False,
    }
    assert [(row["area"], row["planned"], row["delivered"]) for row in areas] == [
        ("childrens", None, "0.00"),
        ("libraries", "1000.00", "100.00"),
        ("cex", None, "200.00"),
        (None, "5.50", "0.00"),
    ]
    assert [(row["why"], row["difference"]) for row in areas] == [
        ("not divided by area", None),
        ("", "-900.00"),
        ("not divided by area", None),
        ("", "-5.50"),
    ]
    assert areas[1]["transition_costs"] == "30.00"
    assert areas[1]["difference"] == "-900.00"
    assert [(row["council"], row["delivered"]) for row in councils] == [
        ("LBHF", "33.34"),
        ("RBKC", "33.33"),
        ("WCC", "33.33"),
        (None, "200.00"),
    ]


def test_another_year_and_quarter(caller: Caller):
    answer = caller.get("comparison/", plan="proposals", year="2013-14", to="2013-14-Q2").json()

    assert (answer["planned"], answer["delivered"]) == ("400.00", "340.00")
    before = caller.get("comparison/", plan="proposals", to="2012-13-Q4").json()
    assert before["delivered"] == "0.00"


@pytest.mark.parametrize(
    ("asked", "field", "remedy"),
    [
        ({}, "plan", "Name a plan by its code, such as proposals-2011."),
        ({"plan": ""}, "plan", "Name a plan by its code, such as proposals-2011."),
        ({"plan": "other"}, "plan", "There is no such plan. There are: empty, proposals."),
        ({"plan": "\x00"}, "plan", "Null characters are not allowed."),
        (
            {"plan": "proposals", "year": "2015-16"},
            "year",
            "This plan has figures for 2013-14, 2014-15.",
        ),
        (
            {"plan": "proposals", "year": "2014"},
            "year",
            "“2014” is not a financial year: write it as 2012-13.",
        ),
        ({"plan": "empty"}, "year", "This plan has figures for no year yet."),
        (
            {"plan": "proposals", "to": "2013-14"},
            "to",
            "“2013-14” is not a quarter: write it as 2012-13-Q4.",
        ),
    ],
)
def test_what_can_not_be_compared_is_named_with_what_can(caller: Caller, asked, field, remedy):
    assert mistakes(caller.get("comparison/", **asked)) == {field: remedy}


def test_before_any_quarter_is_closed_nothing_is_delivered():
    partnership = build()
    promise(Plan.objects.create(code="proposals", name="The proposals"), "2014-15", "5.00")

    answer = Caller(partnership.people["auditor"]).get("comparison/", plan="proposals").json()

    assert (answer["to"], answer["planned"], answer["delivered"]) == (None, "5.00", "0.00")


def test_what_is_certified_in_a_reopened_quarter_does_not_vanish(
    partnership: Partnership, caller: Caller
):
    before = caller.get("comparison/", plan="proposals").json()
    assert (before["to"], before["open_again"]) == ("2013-14-Q1", False)
    reopen_period(
        quarter=Q1, reason="A line is missing.", by=partnership.people["programme.office"], at=NOW
    )

    after = caller.get("comparison/", plan="proposals").json()

    assert after == {**before, "open_again": True}
    assert after["delivered"] == "300.00"
    assert (
        caller.get("comparison/", plan="proposals", to="2013-14-Q2").json()["open_again"] is False
    )
