"""A council's part of a promise: the plan split by the rules in force, to the penny."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance.periods import FinancialYear, Quarter
from savings.comparison.parts import split
from savings.formulas.arithmetic import Attribution, Rule
from savings.plans.measures import Promise, added_by_year
from savings.plans.models import Plan, PlanLine
from savings.plans.reports import LineToSplit
from savings.rollup.actions import roll_up_dirty
from services.tree import Node, ServiceTree, Spell
from tests.calling import Caller
from tests.partnership import NOW, Q2, Partnership, a_saving
from tests.savings.comparison.conftest import promise

Y2013, Y2014 = FinancialYear(2013), FinancialYear(2014)
CODES = ("LBHF", "RBKC", "WCC")
FIRST = Quarter.parse("2011-12-Q1")
TREE = ServiceTree.of(
    [
        Node("libraries", "Libraries", participation=tuple(Spell(code, FIRST) for code in CODES)),
        Node("cex", "Chief executives", participation=(Spell("LBHF", FIRST), Spell("RBKC", FIRST))),
    ]
)
THIRDS = dict.fromkeys(CODES, Fraction(1, 3))


def a_line(
    pence: int,
    service: str | None = "libraries",
    *,
    council: str | None = None,
    year: FinancialYear = Y2014,
    basis: str = "full_year",
    illustrative: bool = False,
) -> LineToSplit:
    return LineToSplit(service, council, year, basis, pence, illustrative)


def thirds(since: Quarter = FIRST, *, illustrative: bool = False) -> Attribution:
    rule = Rule(
        1,
        "libraries",
        "saving",
        "fixed",
        since,
        frozenset(CODES),
        shares=THIRDS,
        illustrative=illustrative,
    )
    return Attribution(TREE, [rule], [])


def test_a_saving_a_year_falls_by_the_rule_of_the_years_last_quarter() -> None:
    lines = [a_line(100), a_line(50, year=Y2013), a_line(9, "cex")]
    parts = split(lines, thirds(Quarter.parse("2014-15-Q4")))
    assert parts.of("LBHF") == {Y2014: Promise(annual=34)}
    assert parts.of("RBKC") == parts.of("WCC") == {Y2014: Promise(annual=33)}
    assert parts.of(None) == {Y2013: Promise(annual=50), Y2014: Promise(annual=9)}


def test_a_saving_in_one_year_falls_quarter_by_quarter() -> None:
    parts = split([a_line(102, basis="in_year")], thirds(Quarter.parse("2014-15-Q3")))
    # 26, 26, 25 and 25 pence: the first two before any rule.
    assert parts.of(None) == {Y2014: Promise(alone=52)}
    assert parts.of("LBHF") == {Y2014: Promise(alone=18)}
    assert parts.of("WCC") == {Y2014: Promise(alone=16)}


def test_a_line_that_names_a_council_is_its_own_whatever_the_rule() -> None:
    parts = split([a_line(100, council="WCC"), a_line(7, None)], thirds())
    assert parts.of("WCC") == {Y2014: Promise(annual=100)}
    assert parts.of(None) == {Y2014: Promise(annual=7)}
    assert parts.of("LBHF") == {}


def test_what_several_years_save_together_is_not_split() -> None:
    parts = split([a_line(100, basis="over_years")], thirds())
    assert parts.of(None) == {Y2014: Promise(over=100)}


def test_only_the_services_asked_for_are_split() -> None:
    parts = split([a_line(100), a_line(9, "cex"), a_line(7, None)], thirds(), {"cex"})
    assert parts.promises == {None: [{Y2014: Promise(annual=9)}]}


def test_a_part_that_rests_on_an_illustrative_rule_or_line_is_marked() -> None:
    assert split([a_line(100)], thirds()).illustrative == set()
    assert split([a_line(100)], thirds(illustrative=True)).illustrative == {*CODES}
    assert split([a_line(5, "cex", illustrative=True)], thirds()).illustrative == {None}


lines = st.builds(
    LineToSplit,
    service=st.sampled_from(["libraries", "cex", None]),
    council=st.sampled_from([None, None, "LBHF"]),
    year=st.sampled_from([Y2013, Y2014]),
    basis=st.sampled_from(["full_year", "in_year", "over_years"]),
    pence=st.integers(-99_999, 99_999),
    illustrative=st.booleans(),
)


@given(found=st.lists(lines))
def test_the_parts_add_up_to_the_plan_to_the_penny(found: list[LineToSplit]) -> None:
    parts = split(found, thirds(Quarter.parse("2013-14-Q3")))
    whole = added_by_year([{line.year: line.promise(line.pence)} for line in found])
    assert added_by_year([parts.of(council) for council in [*CODES, None]]) == whole


@pytest.mark.django_db
def test_each_councils_part_is_set_against_what_fell_on_it(partnership: Partnership) -> None:
    promise(
        Plan.objects.create(code="met", name="Met exactly"),
        partnership.services["libraries"],
        "900.00",
    )
    PlanLine.objects.update(year="2013-14")
    partnership.rule("libraries", {"LBHF": "1/2", "RBKC": "1/3", "WCC": "1/6"})
    partnership.certified("WCC", a_saving(amount="600.00"))
    partnership.certified("LBHF", a_saving(amount="300.00"), quarter=Q2)
    roll_up_dirty(at=NOW)
    asked = {"plan": "met", "measure": "in_year", "to": "2013-14-Q2"}

    answer = Caller(partnership.people["auditor"]).get("comparison/", **asked).json()

    assert answer["percentage"] == "100.0"
    told = ("council", "planned", "planned_illustrative", "delivered", "difference", "percentage")
    assert [tuple(row[name] for name in told) for row in answer["councils"]] == [
        ("LBHF", "450.00", False, "450.00", "0.00", "100.0"),
        ("RBKC", "300.00", False, "300.00", "0.00", "100.0"),
        ("WCC", "150.00", False, "150.00", "0.00", "100.0"),
    ]
    assert {row["why"] for row in answer["councils"]} == {None}


@pytest.mark.django_db
def test_one_councils_comparison_is_of_its_parts(partnership: Partnership) -> None:
    libraries = partnership.services["libraries"]
    promise(Plan.objects.create(code="met", name="Met exactly"), libraries, "900.00")
    PlanLine.objects.update(year="2013-14")
    partnership.rule("libraries", {"LBHF": "1/2", "RBKC": "1/3", "WCC": "1/6"})
    partnership.certified("WCC", a_saving(amount="900.00"))
    roll_up_dirty(at=NOW)
    asked = {"plan": "met", "measure": "in_year", "to": "2013-14-Q1", "council": "WCC"}
    caller = Caller(partnership.people["auditor"])

    answer = caller.get("comparison/", **asked).json()
    told = ("planned", "planned_illustrative", "delivered", "percentage", "why")
    assert [answer[name] for name in told] == ["150.00", False, "150.00", "100.0", None]
    assert [area["planned"] for area in answer["areas"] if area["area"] == "libraries"] == [
        "150.00"
    ]

    # What falls on no council may be the council's too, so its parts are no longer the whole.
    partnership.certified("RBKC", a_saving("childrens", "7.00"))
    roll_up_dirty(at=NOW)
    answer = caller.get("comparison/", **asked).json()
    apart = "Some of it falls on no council, so a council’s parts can’t be compared."
    assert [answer[name] for name in told] == ["150.00", False, "150.00", None, apart]
    assert [row["why"] for row in answer["councils"]] == [apart]


@pytest.mark.django_db
def test_a_council_has_no_part_of_what_no_rule_splits(partnership: Partnership) -> None:
    plan = Plan.objects.create(code="met", name="Not split")
    promise(plan, partnership.services["libraries"], "900.00")
    caller = Caller(partnership.people["auditor"])
    answer = caller.get("comparison/", plan="met", council="WCC", measure="annual_rate").json()
    assert answer["planned"] is None
    assert answer["why"] == "No rule that every council has agreed splits this promise."


@pytest.mark.django_db
def test_a_plan_of_one_service_is_not_set_against_the_savings_of_others(
    partnership: Partnership,
) -> None:
    plan = Plan.objects.create(code="one", name="One service", kind=Plan.Kind.PROFILE)
    promise(plan, partnership.services["youth-offending"], "900.00")
    PlanLine.objects.update(year="2013-14")
    partnership.certified("WCC", a_saving("youth-offending", "90.00", scope="own"))
    roll_up_dirty(at=NOW)
    caller = Caller(partnership.people["auditor"])
    asked = {"plan": "one", "measure": "in_year", "to": "2013-14-Q1"}
    assert caller.get("comparison/", **asked).json()["percentage"] == "10.0"

    partnership.certified("LBHF", a_saving("childrens", "7000.00", scope="own"))
    roll_up_dirty(at=NOW)

    answer = caller.get("comparison/", **asked).json()
    wider = "The plan is for some services only, and what was delivered is of others too."
    assert (answer["planned"], answer["delivered"]) == ("900.00", "7090.00")
    assert (answer["percentage"], answer["why"]) == (None, wider)
    (childrens,) = (area for area in answer["areas"] if area["area"] == "childrens")
    assert (childrens["difference"], childrens["why"]) == (None, wider)
