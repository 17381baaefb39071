"""Which services a council owes a forecast, and what was planned for each. Pure.

The rule is here and nowhere else: the form, the API, the remarks and the programme
office's page all ask `initiatives`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from finance.periods import FinancialYear, Quarter
from services.tree import ServiceTree


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """A line of a plan: pence for a service in a year, `full_year` or only in that year.

    `plan` is the plan's place among all plans: the later of two has the higher.
    """

    plan: int
    adopted: bool
    service: str | None
    year: FinancialYear
    full_year: bool
    pence: int

    def is_in_play(self, year: FinancialYear) -> bool:
        """Whether it asks for something in `year`: only that year, or a goal not yet past."""
        if not self.adopted or self.service is None:
            return False
        return year <= self.year if self.full_year else year == self.year


@dataclass(frozen=True, slots=True)
class Initiative:
    """A service that needs a forecast, and what its plan says for all councils together, in pence.

    `in_year` is what the plan has only for the year; `full_year` the saving a year to be reached by
    `by`. Either is None if the plan has no such line. `within` are the slugs of the services above,
    the nearest first, and `above` their names, the programme first.
    """

    service: str
    name: str
    within: tuple[str, ...]
    above: tuple[str, ...]
    in_year: int | None
    full_year: int | None
    by: FinancialYear | None

    @property
    def planned(self) -> int:
        """What a forecast is compared with: the full-year saving, or the year's own."""
        amount = self.in_year if self.full_year is None else self.full_year
        return 0 if amount is None else amount


def initiatives(
    lines: Iterable[PlannedLine], tree: ServiceTree, council: str, quarter: Quarter
) -> list[Initiative]:
    """The services that a council owes a forecast for in its return for `quarter`, in tree order.

    Every service with a line of an adopted plan in play in the quarter's financial year (an in-year
    line of that year, or a full-year line of that or a later year) in which the council takes part
    in that quarter. A line without a service needs none.

    If several adopted plans ask, the latest says what is planned, and its last full-year line is
    the goal.

    >>> from services.tree import Node, Spell
    >>> q = Quarter.parse("2013-14-Q1")
    >>> tree = ServiceTree.of([Node("hr", "HR", None, (Spell("WCC", q),))])
    >>> line = PlannedLine(0, True, "hr", FinancialYear(2014), True, 2_700_000_00)
    >>> [found.planned for found in initiatives([line], tree, "WCC", q)]
    [270000000]
    >>> initiatives([line], tree, "LBHF", q)
    []
    """
    in_play: dict[str, list[PlannedLine]] = defaultdict(list)
    for line in lines:
        if line.is_in_play(quarter.year) and line.service is not None:
            in_play[line.service].append(line)
    return [
        _initiative(tree, node.slug, in_play[node.slug])
        for node, _ in tree.walk()
        if node.slug in in_play and council in tree.participants(node.slug, quarter)
    ]


def _initiative(tree: ServiceTree, slug: str, lines: list[PlannedLine]) -> Initiative:
    latest = max(line.plan for line in lines)
    lines = [line for line in lines if line.plan == latest]
    by = max((line.year for line in lines if line.full_year), default=None)
    return Initiative(
        service=slug,
        name=tree.nodes[slug].name,
        within=tree.path(slug)[1:],
        above=tuple(tree.nodes[step].name for step in reversed(tree.path(slug)[1:])),
        in_year=_sum(line for line in lines if not line.full_year),
        full_year=_sum(line for line in lines if line.full_year and line.year == by),
        by=by,
    )


def topmost(found: Iterable[Initiative]) -> set[str]:
    """The services of these initiatives that are not below another of them.

    What is delivered for one includes the services below it, so only these add up.
    """
    found = list(found)
    services = {initiative.service for initiative in found}
    return {one.service for one in found if not services.intersection(one.within)}


def _sum(lines: Iterable[PlannedLine]) -> int | None:
    amounts = [line.pence for line in lines]
    return sum(amounts) if amounts else None
