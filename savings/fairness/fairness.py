"""Who gains, who pays, since when, and whether it is always the same council. Pure.

**Net** is what a council gains: savings less ongoing costs, transition costs and variances.
**Contribution** is what it puts in to get them: the ongoing and the transition costs that fall on
it. Both are plain sums of attributed pence, and shares of them are exact fractions. What falls on
no council is in neither. A quarter that is still open causes no warning. Source:
`docs/fairness.md`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from finance.periods import Quarter
from savings.quarters.dates import is_closed


def is_open(quarter: Quarter, closed: Quarter | None) -> bool:
    """Whether a quarter comes after the latest closed one."""
    return not is_closed(quarter, closed)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Pence of each kind that fell on a council: in a quarter, or from the start to its end."""

    savings: int = 0
    ongoing_costs: int = 0
    transition_costs: int = 0
    variances: int = 0
    illustrative: bool = False

    @property
    def against(self) -> int:
        """All that is set against the savings."""
        return self.ongoing_costs + self.transition_costs + self.variances

    @property
    def net(self) -> int:
        """What the council gains: below 0 it has paid more than it has saved."""
        return self.savings - self.against

    @property
    def contribution(self) -> int:
        """What the council puts in: the ongoing and the transition costs that fall on it.

        Variances are not part of it: they are how much dearer or cheaper it was than planned, not
        what the councils agreed to put in.
        """
        return self.ongoing_costs + self.transition_costs

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.savings + other.savings,
            self.ongoing_costs + other.ongoing_costs,
            self.transition_costs + other.transition_costs,
            self.variances + other.variances,
            self.illustrative or other.illustrative,
        )


@dataclass(frozen=True, slots=True)
class Point:
    """A council at the end of a quarter: that quarter's amounts, all to date, and its shares.

    A share is None if there is nothing to have a share of: no council has gained on balance, or
    none has contributed.
    """

    quarter: Quarter
    amounts: Amounts
    to_date: Amounts
    share_of_net: Fraction | None
    share_of_contribution: Fraction | None

    @property
    def ratio(self) -> Fraction | None:
        """Share of net over share of contribution: 1 is in proportion, below 1 gains less."""
        if self.share_of_net is None or not self.share_of_contribution:
            return None
        return self.share_of_net / self.share_of_contribution

    def gains_little(self, below: Fraction) -> bool:
        """Whether the share of net is below this much of the share of contribution.

        If either is a share of nothing, this can't be known, and the answer is no.
        """
        if self.share_of_net is None or self.share_of_contribution is None:
            return False
        return self.share_of_net < below * self.share_of_contribution


@dataclass(frozen=True, slots=True)
class Track:
    """One council, quarter by quarter.

    One that does not take part in any of it, on which something fell that it reported as its
    own, has its figures and is never named as the one that gains least.
    """

    council: str
    points: tuple[Point, ...]
    takes_part: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all has fallen on the council."""
        nothing = Amounts()
        return all(point.amounts == nothing for point in self.points)

    @property
    def latest(self) -> Point | None:
        return self.points[-1] if self.points else None

    @property
    def break_even(self) -> Quarter | None:
        """The first quarter from which the net to date is 0 or more, to the latest.

        None if the council has paid more than it has gained.
        """
        found = None
        for point in reversed(self.points):
            if point.to_date.net < 0:
                break
            found = point.quarter
        return found

    @property
    def deepest(self) -> Point | None:
        """The point at which its net to date was lowest; None if it was never below 0."""
        under = [point for point in self.points if point.to_date.net < 0]
        return min(under, key=lambda point: (point.to_date.net, point.quarter), default=None)

    def closed(self, closed: Quarter | None) -> Track:
        """The same without the quarters that are still open."""
        points = (point for point in self.points if not is_open(point.quarter, closed))
        return Track(self.council, tuple(points), self.takes_part)

    def little_for(self, below: Fraction) -> int:
        """For how many quarters in a row, to the latest, it has gained little."""
        run = 0
        for point in reversed(self.points):
            if not point.gains_little(below):
                break
            run += 1
        return run


@dataclass(frozen=True, slots=True)
class Criterion:
    """The agreed test: little is below this much of one's share; persistent is so many quarters."""

    below: Fraction
    quarters: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A council that persistently gains little, and for how many quarters in a row by now."""

    council: str
    run: int


Figures = Mapping[tuple[Quarter, str], Amounts]


def tracks(
    figures: Figures, councils: Sequence[str], taking_part: Collection[str] | None = None
) -> tuple[Track, ...]:
    """Each council over the quarters that have figures for any of them.

    `taking_part` are those that take part in some of what is counted; all unless said.

    >>> q = Quarter.parse("2013-14-Q1")
    >>> found = tracks({(q, "LBHF"): Amounts(300, 50), (q, "WCC"): Amounts(150, 50, 50)},
    ...     ["LBHF", "WCC"])
    >>> [(t.points[0].share_of_net, t.points[0].share_of_contribution) for t in found]
    [(Fraction(5, 6), Fraction(1, 3)), (Fraction(1, 6), Fraction(2, 3))]
    """
    to_date = dict.fromkeys(councils, Amounts())
    points: dict[str, list[Point]] = {council: [] for council in councils}
    for quarter in sorted({quarter for quarter, _ in figures}):
        for council in councils:
            to_date[council] += figures.get((quarter, council), Amounts())
        net = sum(amounts.net for amounts in to_date.values())
        contribution = sum(amounts.contribution for amounts in to_date.values())
        for council in councils:
            points[council].append(
                Point(
                    quarter,
                    figures.get((quarter, council), Amounts()),
                    to_date[council],
                    _share(to_date[council].net, net),
                    _share(to_date[council].contribution, contribution),
                )
            )
    named = councils if taking_part is None else taking_part
    return tuple(Track(council, tuple(points[council]), council in named) for council in councils)


def persistently(
    found: Sequence[Track], criterion: Criterion, closed: Quarter | None
) -> tuple[Warned, ...]:
    """The councils that have gained little for as many quarters in a row as the test says.

    Only to the end of `closed`, the latest closed quarter. In an open one some councils have
    figures and others have none yet, so the result could change the next day.
    """
    runs = (
        (track.council, track.closed(closed).little_for(criterion.below))
        for track in found
        if track.takes_part
    )
    return tuple(Warned(council, run) for council, run in runs if run >= criterion.quarters)


@dataclass(frozen=True, slots=True)
class Least:
    """Who gains least from a service, to date: several if they are equal, none if all are."""

    service: str
    councils: tuple[str, ...]
    nets: Mapping[str, int]
    illustrative: bool = False


def gaining_least(
    service: str, amounts: Mapping[str, Amounts], taking_part: Collection[str] | None = None
) -> Least:
    """Who has the least net of a service, among those that take part and have a figure in it.

    `taking_part` are those that take part; all unless said.
    """
    nets = {council: each.net for council, each in sorted(amounts.items())}
    among = {c: net for c, net in nets.items() if taking_part is None or c in taking_part}
    least = min(among.values(), default=0)
    last = tuple(council for council, net in among.items() if net == least)
    made_up = any(each.illustrative for each in amounts.values())
    return Least(service, () if len(last) == len(among) else last, nets, made_up)


def _share(part: int, whole: int) -> Fraction | None:
    """None if the whole is 0 or less: a loss has no gain to share."""
    return Fraction(part, whole) if whole > 0 else None
