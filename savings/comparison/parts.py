"""A council's part of what a plan promises: the plan split by the rules in force.

A line that names a council is that council's. One for all councils together falls as an entry would
that saves it (`savings.formulas.planned`): by the rule in force in the last quarter of its year, or
in each quarter if it is for one year only. What no rule splits is apart, under None, as is a line
without a service and one for several years together. The parts add up to the plan to the penny.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from savings.formulas.arithmetic import Attribution
from savings.formulas.planned import as_entries, parts_of
from savings.plans.measures import Promises, added_by_year
from savings.plans.models import PlanLine
from savings.plans.reports import LineToSplit

NOT_SPLIT = "No rule that every council has agreed splits this promise."


@dataclass
class Parts:
    """What a plan promises by council, None for what is not split, and what is illustrative."""

    promises: dict[str | None, list[Promises]] = field(default_factory=lambda: defaultdict(list))
    illustrative: set[str | None] = field(default_factory=set)

    def of(self, council: str | None) -> Promises:
        return added_by_year(self.promises.get(council, []))


def is_for_all(lines: Iterable[LineToSplit]) -> bool:
    """Whether any line is for all councils together, so that a council has only a part of it."""
    return any(line.council is None for line in lines)


def split(
    lines: Iterable[LineToSplit],
    attribution: Attribution,
    services: Collection[str] | None = None,
) -> Parts:
    """Split the lines of a plan, only those of `services` if they are given."""
    parts = Parts()
    for line in lines:
        if services is not None and line.service not in services:
            continue
        found, made_up = _split(line, attribution)
        for council, pence in found.items():
            parts.promises[council].append({line.year: line.promise(pence)})
            if made_up:
                parts.illustrative.add(council)
    return parts


def _split(line: LineToSplit, attribution: Attribution) -> tuple[Mapping[str | None, int], bool]:
    if line.council is not None:
        return {line.council: line.pence}, line.illustrative
    if line.service is None or line.basis == PlanLine.Basis.OVER_YEARS:
        return {None: line.pence}, line.illustrative
    sums: dict[str | None, int] = defaultdict(int)
    made_up = line.illustrative
    in_one_year = line.basis == PlanLine.Basis.IN_YEAR
    for facts, pence in as_entries(line.service, line.year, line.pence, in_one_year=in_one_year):
        outcome = attribution.share_out(facts)
        made_up = made_up or outcome.illustrative
        for council, part in parts_of(pence, outcome.shares).items():
            sums[council] += part
    return sums, made_up
