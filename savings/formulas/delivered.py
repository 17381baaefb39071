"""How much each council's spending has fallen so far, which rule 6 splits by. Pure.

Source: the public contract, "Attribution", rule 6, and
`docs/adr/0021-transition-costs-by-net-reduction.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from finance.periods import Quarter

#: What a net reduction is made of; variances and transition costs are not part of it.
COUNTED = ("saving", "ongoing_cost")


@dataclass(frozen=True, slots=True)
class AttributedSum:
    """Certified pence of one kind that fell on a council, for one service without those below.

    `quarter` is that of the return, for a correction too. What a rule that reaches back has
    divided is not among them: a claim stays as it fell. `illustrative` if any of it rests on
    something made up.
    """

    service: str
    quarter: Quarter
    council: str
    kind: str
    pence: int
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Reduction:
    """A council's savings and ongoing costs to date, in pence."""

    council: str
    savings: int
    ongoing_costs: int
    illustrative: bool = False

    @property
    def net(self) -> int:
        """How much its spending has fallen; 0 or less if it has not."""
        return self.savings - self.ongoing_costs


class Delivered:
    """Certified savings and ongoing costs as they fell, to be added up from the start.

    >>> from finance.periods import Quarter
    >>> q = Quarter.parse("2013-14-Q1")
    >>> sums = [AttributedSum("hr", q, "WCC", "saving", 500),
    ...     AttributedSum("hr", q, "WCC", "ongoing_cost", 120)]
    >>> [r.net for r in Delivered(sums).reductions({"hr"}, q, ["LBHF", "WCC"])]
    [0, 380]
    """

    def __init__(self, sums: Iterable[AttributedSum] = ()) -> None:
        self._by_service: dict[str, list[AttributedSum]] = defaultdict(list)
        for each in sums:
            if each.kind in COUNTED:
                self._by_service[each.service].append(each)

    def reductions(
        self, services: Collection[str], quarter: Quarter, councils: Iterable[str]
    ) -> tuple[Reduction, ...]:
        """The reduction of each of the councils, over these services, to the end of the quarter."""
        pence: dict[tuple[str, str], int] = defaultdict(int)
        made_up: set[str] = set()
        for service in services:
            for each in self._by_service.get(service, ()):
                if each.quarter <= quarter:
                    pence[each.council, each.kind] += each.pence
                    if each.illustrative:
                        made_up.add(each.council)
        return tuple(
            Reduction(
                council,
                pence[council, "saving"],
                pence[council, "ongoing_cost"],
                council in made_up,
            )
            for council in councils
        )
