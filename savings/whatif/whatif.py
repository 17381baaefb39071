"""What another rule or driver's value would have done for every council. Pure.

The same entries are attributed twice by the same arithmetic: once in today's world, and
once in a world that differs in one rule or value. Each entry is split separately in whole
pence, so that the answer equals, to the penny, what the rollup works out once the rule is
agreed. Source: the public contract, "Attribution".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from finance.apportionment import Splitter
from finance.periods import FinancialYear, Quarter
from savings.budgets.claims import Budget
from savings.drivers.values import ValueOfDriver, held_by_council
from savings.formulas.arithmetic import (
    ONGOING_COST,
    SAVING,
    VARIANCE,
    Attribution,
    EntryFacts,
    Outcome,
    Rule,
)
from savings.formulas.delivered import AttributedSum, Delivered
from savings.formulas.planned import as_entries, parts_of
from services.tree import ServiceTree

#: What the rules of a kind split: a variance follows the rule for ongoing costs.
SPLIT_BY = {
    SAVING: frozenset({SAVING}),
    ONGOING_COST: frozenset({ONGOING_COST, VARIANCE}),
}
IN_YEAR = "in_year"
#: Before all quarters: from here on means from the start.
ALWAYS = Quarter.parse("1900-01-Q1")


@dataclass(frozen=True, slots=True)
class World:
    """Everything that attribution depends on, as it is now or with one thing changed."""

    tree: ServiceTree
    rules: tuple[Rule, ...]
    values: tuple[ValueOfDriver, ...]
    budgets: tuple[Budget, ...] = ()

    def attribution(self) -> Attribution:
        return Attribution(self.tree, self.rules, self.values, self.budgets)

    def values_by(self, driver: str, quarter: Quarter) -> dict[str, Fraction]:
        """A driver's value by council in a quarter: the latest at or before it."""
        mine = [value for value in self.values if value.driver == driver]
        return {code: held.value for code, held in held_by_council(mine, quarter).items()}

    def with_rule(self, rule: Rule, agreed_by: Collection[str], since: Quarter | None) -> World:
        """The world in which these councils have agreed to this rule, from `since` on.

        It works among the others like any agreed rule: a later one still replaces it, and
        an earlier one applies before it. Without `since` it applies in every quarter,
        instead of every other rule of its service and kind. It replaces a rule with the
        same id; id 0 means a new rule.
        """
        others = [other for other in self.rules if other.id != rule.id]
        if since is None:
            others = [
                other
                for other in others
                if (other.service, other.kind) != (rule.service, rule.kind)
            ]
        agreed = replace(
            rule,
            id=rule.id or 1 + max((other.id for other in others), default=0),
            effective_from=since or ALWAYS,
            agreed_by=frozenset(agreed_by),
            given_up=False,
        )
        return replace(self, rules=(*others, agreed))

    def without_reaching_back(self) -> World:
        """The world as it is for plans: rules that reach back split only what was reported."""
        return replace(self, rules=tuple(rule for rule in self.rules if not rule.reaches_back))

    def with_value(self, value: ValueOfDriver, since: Quarter | None) -> World:
        """The world in which a driver has this value for its council, from `since` on.

        A later value still replaces it. Without `since`, the driver has no other value for
        the council in any quarter.
        """
        others = list(self.values)
        if since is None:
            others = [
                other
                for other in others
                if (other.driver, other.council) != (value.driver, value.council)
            ]
        newest = 1 + max((other.id for other in others), default=0)
        given = replace(value, id=newest, effective_from=since or ALWAYS)
        return replace(self, values=(*others, given))

    def with_restated(self, value_id: int, value: Fraction, *, illustrative: bool = False) -> World:
        """The world in which a driver value is different, for as long as it applies."""
        return replace(
            self,
            values=tuple(
                replace(each, value=value, illustrative=each.illustrative or illustrative)
                if each.id == value_id
                else each
                for each in self.values
            ),
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """What a question is about: kinds of some services, or everything that a driver splits.

    Its figures are all included, whether they move or not. Other figures that move are too.
    """

    services: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    driver: str | None = None

    def holds(self, facts: EntryFacts, outcomes: Iterable[Outcome]) -> bool:
        if self.driver is not None:
            return any(value.driver == self.driver for o in outcomes for value in o.values)
        return facts.service in self.services and facts.kind in self.kinds


@dataclass(frozen=True, slots=True)
class Alike:
    """Certified entries that are alike in everything that decides how they fall.

    `facts.quarter` is the quarter whose rules count, and `quarter` that of their returns.
    `pence` has the amount of each entry.
    """

    facts: EntryFacts
    quarter: Quarter
    pence: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WhatIfLine:
    """Whole pence of one kind that fall on a council in a quarter, today and then.

    `council` is None for what no rule attributes. `illustrative` if either depends on
    something made up.
    """

    council: str | None
    quarter: Quarter
    kind: str
    today: int
    then: int
    illustrative: bool

    @property
    def difference(self) -> int:
        return self.then - self.today


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The lines, by quarter, kind and council. What falls on no council is last of its kind.

    `looked_at` counts the entries attributed twice, `moved` those that fall differently.
    """

    lines: tuple[WhatIfLine, ...]
    looked_at: int
    moved: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A line of a plan: what should be saved, in one year only or every year from then on."""

    plan: str
    service: str
    year: FinancialYear
    basis: str
    pence: int
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """Whole pence of a plan's savings in a year that fall on a council, today and then."""

    plan: str
    year: FinancialYear
    council: str | None
    today: int
    then: int
    illustrative: bool

    @property
    def kind(self) -> str:
        return SAVING

    @property
    def difference(self) -> int:
        return self.then - self.today


@dataclass
class _Sums:
    today: int = 0
    then: int = 0
    illustrative: bool = False


def compare(entries: Sequence[Alike], today: World, then: World, reach: Reach) -> WhatIf:
    """How the entries fall in both worlds, for what the question reaches or moves.

    >>> from services.tree import Node, Spell
    >>> q = Quarter.parse("2013-14-Q1")
    >>> both = frozenset({"LBHF", "WCC"})
    >>> world = World(ServiceTree.of([Node("hr", "HR", participation=(
    ...     Spell("LBHF", q), Spell("WCC", q)))]), (), ())
    >>> halves = Rule(0, "hr", "saving", "fixed", q, frozenset(),
    ...     shares={"LBHF": Fraction(1, 2), "WCC": Fraction(1, 2)})
    >>> saved = Alike(EntryFacts("hr", "saving", "shared", q, "WCC"), q, (101, 7))
    >>> found = compare([saved], world, world.with_rule(halves, both, q),
    ...     Reach(frozenset({"hr"}), frozenset({"saving"})))
    >>> [(line.council, line.today, line.then) for line in found.lines]
    [('LBHF', 0, 55), ('WCC', 0, 53), (None, 108, 0)]
    """
    split = Splits(entries)
    before, after = _outcomes(split, today), _outcomes(split, then)
    concerned = {
        (alike.facts.service, alike.facts.kind)
        for alike, old, new in zip(entries, before, after, strict=True)
        if old.shares != new.shares or reach.holds(alike.facts, (old, new))
    }
    sums: dict[tuple[Quarter, str, str | None], _Sums] = defaultdict(_Sums)
    looked_at = moved = 0
    for place, (alike, old, new) in enumerate(zip(entries, before, after, strict=True)):
        looked_at += len(alike.pence)
        moved += len(alike.pence) if old.shares != new.shares else 0
        if (alike.facts.service, alike.facts.kind) not in concerned:
            continue
        made_up = old.illustrative or new.illustrative
        for council, pence in split.of(place, old.shares).items():
            found = sums[alike.quarter, alike.facts.kind, council]
            found.today += pence
            found.illustrative |= made_up
        for council, pence in split.of(place, new.shares).items():
            found = sums[alike.quarter, alike.facts.kind, council]
            found.then += pence
            found.illustrative |= made_up
    lines = (
        WhatIfLine(council, quarter, kind, found.today, found.then, found.illustrative)
        for (quarter, kind, council), found in sums.items()
    )
    return WhatIf(
        tuple(sorted(lines, key=lambda e: (e.quarter, e.kind, e.council is None, e.council or ""))),
        looked_at,
        moved,
    )


def over_the_plan(
    lines: Iterable[Planned], today: World, then: World, reach: Reach
) -> tuple[PlannedLine, ...]:
    """The plan's lines that the question reaches, split in both worlds.

    A saving a year once everything is in place falls by the rule of the year's last quarter.
    A saving in one year only falls by quarters: a quarter of it in each, in whole pence, with
    odd pennies first.
    """
    before, after = (each.without_reaching_back().attribution() for each in (today, then))
    sums: dict[tuple[str, FinancialYear, str | None], _Sums] = defaultdict(_Sums)
    for line in lines:
        entries = as_entries(line.service, line.year, line.pence, in_one_year=line.basis == IN_YEAR)
        for facts, pence in entries:
            old, new = before.share_out(facts), after.share_out(facts)
            if old.shares == new.shares and not reach.holds(facts, (old, new)):
                continue
            made_up = line.illustrative or old.illustrative or new.illustrative
            for council, part in parts_of(pence, old.shares).items():
                found = sums[line.plan, line.year, council]
                found.today += part
                found.illustrative |= made_up
            for council, part in parts_of(pence, new.shares).items():
                found = sums[line.plan, line.year, council]
                found.then += part
                found.illustrative |= made_up
    return tuple(
        PlannedLine(plan, year, council, found.today, found.then, found.illustrative)
        for (plan, year, council), found in sorted(
            sums.items(), key=lambda item: (*item[0][:2], item[0][2] is None, item[0][2] or "")
        )
    )


class Splits:
    """The sums by council of entries that are alike, split once for each set of shares.

    Most fall the same in both worlds, and most of the time goes into splitting.
    """

    def __init__(self, entries: Sequence[Alike]) -> None:
        self.entries = entries
        self._splitters: dict[tuple[tuple[str, Fraction], ...], Splitter] = {}
        self._found: dict[tuple[int, tuple[tuple[str, Fraction], ...]], dict[str | None, int]] = {}

    def of(self, place: int, shares: Mapping[str, Fraction]) -> dict[str | None, int]:
        """The sum of each council's parts; all of it under None if no council has a share."""
        key = tuple(sorted(shares.items()))
        if (place, key) not in self._found:
            self._found[place, key] = self._split(self.entries[place].pence, key)
        return self._found[place, key]

    def _split(
        self, amounts: Sequence[int], shares: tuple[tuple[str, Fraction], ...]
    ) -> dict[str | None, int]:
        if len(shares) < 2:
            return {shares[0][0] if shares else None: sum(amounts)}
        if shares not in self._splitters:
            self._splitters[shares] = Splitter(dict(shares))
        splitter = self._splitters[shares]
        sums = [0] * len(splitter.codes)
        for amount in amounts:
            for place, part in enumerate(splitter.split(amount)):
                sums[place] += part
        return dict(zip(splitter.codes, sums, strict=True))


def _outcomes(split: Splits, world: World) -> list[Outcome]:
    """How each group falls: first those that depend on nothing else, then the others."""
    attribution = world.attribution()
    resting = any(alike.facts.rests_on_others for alike in split.entries)
    outcomes: list[Outcome | None] = []
    sums: dict[tuple[str, Quarter, str, str], _Sums] = defaultdict(_Sums)
    for place, alike in enumerate(split.entries):
        if alike.facts.rests_on_others:
            outcomes.append(None)
            continue
        outcome = attribution.share_out(alike.facts)
        outcomes.append(outcome)
        # A claim stays as it fell, whatever a rule that reaches back divides.
        if not resting or outcome.reached_back:
            continue
        for council, pence in split.of(place, outcome.shares).items():
            if council is not None:
                key = (alike.facts.service, alike.quarter, council, alike.facts.kind)
                sums[key].today += pence
                sums[key].illustrative |= outcome.illustrative
    informed = attribution.knowing(
        Delivered(AttributedSum(*key, each.today, each.illustrative) for key, each in sums.items())
    )
    return [
        outcome or informed.share_out(alike.facts)
        for alike, outcome in zip(split.entries, outcomes, strict=True)
    ]
