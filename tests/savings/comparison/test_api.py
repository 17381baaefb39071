"""What was promised beside what was delivered, through the API."""

from decimal import Decimal

import pytest

from savings.calendar.actions import close_period, reopen_period
from savings.plans.models import Plan, PlanLine
from savings.rollup.tasks import roll_up
from sovereignty.models import Council
from tests.calling import Caller, mistakes
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving, build

pytestmark = pytest.mark.django_db


APART = (
    "The promise is a saving a year and delivery is a total since the start, "
    "so they can’t be compared."
)


def made_of(gross: str, **some: str) -> dict[str, str]:
    kinds = ("recurring", "one_off", "cashable", "non_cashable", "avoided", "not_known")
    none = dict.fromkeys(kinds, "0.00")
    return {**none, **some, "gross": gross, "ongoing_costs": "0.00", "net": gross}


def figures(line: dict[str, object]) -> tuple[object, ...]:
    return tuple(line[name] for name in ("planned", "delivered", "difference", "percentage", "why"))


def promise(plan: Plan, year: str, amount: str, service=None, council: str = "") -> None:
    PlanLine.objects.create(
        council=Council.objects.get(code=council) if council else None,
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


def test_the_last_year_of_a_plan_is_compared_to_the_latest_closed_quarter(caller: Caller):
    answer = caller.get("comparison/", plan="proposals").json()

    areas, councils = answer.pop("areas"), answer.pop("councils")
    assert answer == {
        "plan": "proposals",
        "year": "2014-15",
        "to": "2013-14-Q1",
        "open_again": False,
        "as_at": None,
        "measure": "to_date",
        "of_councils": None,
        "planned": "1005.50",
        "planned_measure": "annual_rate",
        "planned_illustrative": False,
        "planned_to_date": None,
        "delivered": "300.00",
        "delivered_measure": "to_date",
        "difference": None,
        "percentage": None,
        "why": APART,
        "forecast": None,
        "forecast_rest": None,
        "made_of": made_of("300.00", recurring="300.00", cashable="300.00"),
        "published": "0.00",
        "transition_costs": "30.00",
        "illustrative": False,
    }
    assert [(row["area"], row["planned"], row["delivered"]) for row in areas] == [
        ("childrens", None, "0.00"),
        ("libraries", "1000.00", "100.00"),
        ("cex", None, "200.00"),
        (None, "5.50", None),
    ]
    assert areas[1]["transition_costs"] == "30.00"
    assert (areas[1]["difference"], areas[1]["why"]) == (None, APART)
    assert areas[0]["why"] == "The plan does not divide its figure by area."
    assert [(row["council"], row["delivered"]) for row in councils] == [
        ("LBHF", "33.34"),
        ("RBKC", "33.33"),
        ("WCC", "33.33"),
        (None, "200.00"),
    ]


def test_in_the_year_what_was_certified_in_its_quarters_is_set_against_its_target(caller: Caller):
    asked = {"plan": "proposals", "measure": "in_year", "year": "2013-14"}
    answer = caller.get("comparison/", **asked, to="2013-14-Q2").json()

    assert figures(answer) == ("400.00", "340.00", "-60.00", "85.0", None)
    assert (answer["planned_measure"], answer["delivered_measure"]) == ("in_year", "in_year")
    assert figures(answer["areas"][1]) == ("400.00", "140.00", "-260.00", "35.0", None)
    assert answer["forecast"] is None

    before = caller.get("comparison/", **asked | {"year": "2014-15"}, to="2013-14-Q2").json()
    begins = "2014/15 begins after 2013/14 Q2, so nothing has been certified in it yet."
    assert figures(before) == ("1005.50", None, None, None, begins)


def test_a_years_rate_is_four_times_the_recurring_savings_of_the_quarter(caller: Caller):
    asked = {"plan": "proposals", "measure": "annual_rate", "year": "2013-14"}
    answer = caller.get("comparison/", **asked).json()

    assert figures(answer) == ("400.00", "1200.00", "800.00", "300.0", None)
    assert [row["delivered"] for row in answer["councils"]] == [
        "133.36",
        "133.32",
        "133.32",
        "800.00",
    ]
    later = caller.get("comparison/", **asked, to="2013-14-Q2").json()
    assert later["delivered"] == "160.00"


def test_since_the_start_the_years_so_far_are_set_against_everything(partnership: Partnership):
    plan = Plan.objects.create(code="phased", name="Every year")
    promise(plan, "2012-13", "100.00")
    promise(plan, "2013-14", "300.00")
    caller = Caller(partnership.people["auditor"])

    open_year = caller.get("comparison/", plan="phased").json()
    assert open_year["planned_to_date"] is None
    done = caller.get("comparison/", plan="phased", to="2013-14-Q4").json()
    assert done["planned_to_date"] == "400.00"
    assert figures(done) == ("300.00", "340.00", "-60.00", "85.0", None)


def test_a_council_has_its_own_promise_or_none(partnership: Partnership):
    plan = Plan.objects.create(code="own", name="Westminster's")
    promise(plan, "2013-14", "50.00", partnership.services["libraries"], "WCC")
    caller = Caller(partnership.people["auditor"])

    whole = caller.get("comparison/", plan="own", measure="in_year").json()
    assert (whole["of_councils"], whole["delivered"]) == (["WCC"], "33.33")
    assert figures(whole["areas"][1]) == ("50.00", "33.33", "-16.67", "66.7", None)
    assert [row["council"] for row in whole["councils"]] == ["WCC"]
    other = caller.get("comparison/", plan="own", measure="in_year", council="LBHF").json()
    no_figure = "The plan has no figure here for 2013/14."
    assert figures(other) == (None, "33.34", None, None, no_figure)


def test_a_plan_without_a_figure_for_the_year_promises_no_0(caller: Caller):
    answer = caller.get("comparison/", plan="proposals", year="2015-16").json()

    assert answer["why"] == "The plan has no figure here for 2015/16."
    assert (answer["planned"], answer["delivered"]) == (None, "300.00")


def test_another_year_and_quarter_can_be_chosen(caller: Caller):
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
            {"plan": "proposals", "measure": "best"},
            "measure",
            "Use one of: to_date, in_year, annual_rate.",
        ),
        (
            {"plan": "proposals", "council": "XYZ"},
            "council",
            "There is no such council. There are: LBHF, RBKC, WCC.",
        ),
        (
            {"plan": "proposals", "year": "2014"},
            "year",
            "“2014” is not a financial year: write it as 2012-13.",
        ),
        ({"plan": "empty"}, "year", "This plan has no figures yet: give a year."),
        (
            {"plan": "proposals", "to": "2013-14"},
            "to",
            "“2013-14” is not a quarter: write it as 2012-13-Q4.",
        ),
    ],
)
def test_a_wrong_choice_is_named_with_the_choices_there_are(caller: Caller, asked, field, remedy):
    assert mistakes(caller.get("comparison/", **asked)) == {field: remedy}


def test_before_any_quarter_is_closed_nothing_is_delivered():
    partnership = build()
    promise(Plan.objects.create(code="proposals", name="The proposals"), "2014-15", "5.00")

    answer = Caller(partnership.people["auditor"]).get("comparison/", plan="proposals").json()

    assert (answer["to"], answer["planned"], answer["delivered"]) == (None, "5.00", None)
    assert answer["why"] == "No quarter has been closed yet."


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


def test_parts_are_not_set_against_each_other_where_some_falls_on_no_council(caller: Caller):
    answer = caller.get("comparison/", plan="proposals").json()
    undivided = "Some of it falls on no council, so a council’s parts can’t be compared."
    assert {row["why"] for row in answer["councils"]} == {undivided}
    assert {row["percentage"] for row in answer["councils"]} == {None}
    planned = [Decimal(row["planned"]) for row in answer["councils"] if row["planned"]]
    assert sum(planned) == Decimal(answer["planned"])
