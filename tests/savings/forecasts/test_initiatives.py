"""Which services a council owes a forecast, and what was planned for each."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finance.money import to_pence
from finance.periods import FinancialYear, Quarter
from savings.forecasts.initiatives import Initiative, PlannedLine, initiatives, topmost
from services.tree import Node, ServiceTree, Spell

Q1 = Quarter.parse("2013-14-Q1")
YEARS = {code: FinancialYear.parse(code) for code in ("2012-13", "2013-14", "2014-15", "2015-16")}


def spell(code: str, first: str, last: str | None = None) -> Spell:
    return Spell(code, Quarter.parse(first), Quarter.parse(last) if last else None)


TREE = ServiceTree.of(
    [
        Node("corporate", "Corporate", None, (spell("WCC", "2012-13-Q1"),)),
        Node("ict", "ICT", "corporate"),
        Node("datacentres", "Datacentres", "ict"),
        Node("hr", "HR", "corporate", (spell("WCC", "2012-13-Q1", "2013-14-Q1"),)),
        Node("cex", "CEX", None, (spell("LBHF", "2011-12-Q3"),)),
    ]
)


def line(
    slug: str | None = "ict",
    year: str = "2014-15",
    amount: str = "1.00",
    *,
    full_year: bool = True,
    adopted: bool = True,
    plan: int = 1,
) -> PlannedLine:
    return PlannedLine(plan, adopted, slug, YEARS[year], full_year, to_pence(Decimal(amount)))


def owed(*lines: PlannedLine, council: str = "WCC", quarter: Quarter = Q1) -> list[str]:
    return [found.service for found in initiatives(lines, TREE, council, quarter)]


def the(*lines: PlannedLine) -> Initiative:
    (found,) = initiatives(lines, TREE, "WCC", Q1)
    return found


@pytest.mark.parametrize(
    ("year", "full_year", "asked"),
    [
        # A goal is in play until the end of the year in which it is to be reached.
        ("2012-13", True, []),
        ("2013-14", True, ["ict"]),
        ("2014-15", True, ["ict"]),
        # A saving for a single year is asked about in that year.
        ("2012-13", False, []),
        ("2013-14", False, ["ict"]),
        ("2014-15", False, []),
    ],
)
def test_a_line_asks_for_a_forecast_while_it_is_in_play(
    year: str, full_year: bool, asked: list[str]
) -> None:
    assert owed(line(year=year, full_year=full_year)) == asked


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_line_for_a_single_year_asks_in_every_quarter_of_that_year(number: int) -> None:
    quarter = Quarter(YEARS["2013-14"], number)
    assert owed(line(year="2013-14", full_year=False), quarter=quarter) == ["ict"]
    assert owed(line(year="2013-14", full_year=False), quarter=Q1.preceding) == []
    after = Quarter.parse("2014-15-Q1")
    assert owed(line(year="2013-14", full_year=False), quarter=after) == []


def test_a_plan_that_was_only_considered_asks_for_nothing() -> None:
    assert owed(line(adopted=False), line("hr")) == ["hr"]


def test_a_line_without_a_service_asks_for_nothing() -> None:
    assert owed(line(None)) == []


def test_only_a_council_that_takes_part_in_the_quarter_owes_a_forecast() -> None:
    assert owed(line("cex"), line("ict"), council="LBHF") == ["cex"]
    assert owed(line("hr"), quarter=Q1) == ["hr"]
    assert owed(line("hr"), quarter=Q1.following) == []
    assert owed(line("ict"), line("cex"), line("hr"), council="RBKC") == []


def test_initiatives_come_once_each_in_the_order_of_the_tree() -> None:
    lines = (line("hr"), line("datacentres"), line("ict"), line("ict", "2015-16"))
    assert owed(*lines) == ["ict", "datacentres", "hr"]


def test_the_plan_is_the_last_goal_and_the_amount_for_the_year() -> None:
    found = the(
        line(year="2012-13", amount="1.00", full_year=False),
        line(year="2013-14", amount="10.00", full_year=False),
        line(year="2013-14", amount="20.00"),
        line(year="2014-15", amount="100.00"),
        line(year="2014-15", amount="0.50"),
    )
    assert (found.in_year, found.full_year, found.by, found.planned) == (
        10_00,
        100_50,
        YEARS["2014-15"],
        100_50,
    )
    assert (found.name, found.above, found.within) == ("ICT", ("Corporate",), ("corporate",))


def test_without_a_goal_the_plan_is_the_amount_for_the_year() -> None:
    found = the(line(year="2013-14", amount="10.00", full_year=False))
    assert (found.in_year, found.full_year, found.by, found.planned) == (
        10_00,
        None,
        None,
        10_00,
    )


def test_the_later_of_two_adopted_plans_counts() -> None:
    found = the(line(amount="9.00", plan=1), line(year="2013-14", amount="4.00", plan=2))
    assert (found.full_year, found.by) == (4_00, YEARS["2013-14"])
    # A later plan that was only considered, or is no longer in play, does not count.
    found = the(
        line(amount="9.00", plan=1),
        line(amount="4.00", plan=2, adopted=False),
        line(year="2012-13", amount="5.00", plan=3),
    )
    assert found.full_year == 9_00


def test_topmost_initiatives_are_below_no_other() -> None:
    found = initiatives([line("ict"), line("datacentres"), line("hr")], TREE, "WCC", Q1)
    assert topmost(found) == {"ict", "hr"}
    assert topmost([one for one in found if one.service != "ict"]) == {"datacentres", "hr"}
