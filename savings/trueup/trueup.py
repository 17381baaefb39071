"""What a restated driver value would have moved, and the entries that put it right. Pure.

The same certified entries are split twice by the same arithmetic: by the value as it is, and
by the restated value. The difference for a council is its **movement**. Only entries that
depend on the value count, and of these only those that fall on councils both times. Source:
`docs/adr/0023-true-up.md`.

**The measure** of a restatement is one share: how much the parts of the council that moves
most move, over every quarter, service and kind, divided by all that the value split, both
without signs. It is put right if the measure is more than the tolerance.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from finance.periods import PeriodError, Quarter
from savings.whatif.whatif import Alike, Splits, World

_EVIDENCE = re.compile(r"Restatement ([0-9]{1,18}), ([0-9]{4}-[0-9]{2}-Q[1-4])", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class RestatedLine:
    """What one entry puts right: one sort of certified figures of a quarter and service."""

    quarter: Quarter
    service: str
    kind: str
    recurrence: str = ""
    nature: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Certified:
    """Certified entries that fall the same way and belong to one line."""

    alike: Alike
    line: RestatedLine


@dataclass(frozen=True, slots=True)
class Restated:
    """A restatement: what the driver value with the id `value_id` should have been."""

    id: int
    value_id: int
    value: Fraction
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A council's whole pence of a line, as it was split and as it would have been.

    “As it was split” includes what earlier restatements have put right.
    """

    line: RestatedLine
    council: str
    shared: int
    restated: int
    illustrative: bool = False

    @property
    def movement(self) -> int:
        return self.restated - self.shared

    @property
    def difference(self) -> int:
        """The movement, under the name that a what-if uses."""
        return self.movement

    @property
    def kind(self) -> str:
        return self.line.kind


@dataclass(frozen=True, slots=True)
class Moved:
    """What a restatement moves: the parts, by line and council.

    `shared_out` is all that the value split, in pence without sign. `left_out` counts the
    entries that fall on no council, as they are or by the restated value: no council's own
    entry could put them right.
    """

    parts: tuple[Part, ...] = ()
    shared_out: int = 0
    left_out: int = 0

    @property
    def most(self) -> int:
        """How much the parts of the council that moves most move, without signs."""
        sums: dict[str, int] = defaultdict(int)
        for part in self.parts:
            sums[part.council] += abs(part.movement)
        return max(sums.values(), default=0)

    @property
    def measure(self) -> Fraction:
        """`most` as a share of what was split; 0 if nothing was."""
        return Fraction(self.most, self.shared_out) if self.shared_out else Fraction(0)

    def is_beyond(self, tolerance: Fraction) -> bool:
        return self.measure > tolerance


class RestatementStanding(StrEnum):
    """Whether a restatement is put right."""

    SUPERSEDED = "superseded"
    WITHIN = "within"
    COUNTS = "counts"


@dataclass(frozen=True, slots=True)
class TrueUp:
    """A restatement with what it moves; nothing if a later one has replaced it."""

    restated: Restated
    standing: RestatementStanding
    moved: Moved


def true_ups(
    certified: Sequence[Certified],
    today: World,
    restatements: Iterable[Restated],
    tolerance: Fraction,
    begun: Collection[int],
) -> tuple[TrueUp, ...]:
    """Each restatement, in the order they were made, with what it moves.

    Of several restatements of one value the latest counts, measured against what was put right
    before it. `begun` are those for which a council has certified adjusting entries. They are
    carried through, whatever is restated or agreed later. So the movements of those that count
    add up to the split by every value as it was last put right.
    """
    restatements = list(restatements)
    latest = {each.value_id: each.id for each in restatements}
    splits = Splits([each.alike for each in certified])
    found = []
    before = today
    for each in restatements:
        if latest[each.value_id] != each.id and each.id not in begun:
            found.append(TrueUp(each, RestatementStanding.SUPERSEDED, Moved()))
            continue
        after = before.with_restated(each.value_id, each.value, illustrative=each.illustrative)
        moved = _moved(certified, splits, before, after, each.value_id)
        counts = each.id in begun or moved.is_beyond(tolerance)
        found.append(
            TrueUp(
                each, RestatementStanding.COUNTS if counts else RestatementStanding.WITHIN, moved
            )
        )
        if counts:
            before = after
    return tuple(found)


def what_moves(certified: Sequence[Certified], before: World, after: World, value_id: int) -> Moved:
    """What falls differently after than before, of the entries that depend on the value.

    >>> from savings.formulas.arithmetic import EntryFacts, Rule, ValueOfDriver
    >>> from services.tree import Node, ServiceTree, Spell
    >>> q = Quarter.parse("2013-14-Q1")
    >>> tree = ServiceTree.of([Node("hr", "HR", participation=(
    ...     Spell("LBHF", q), Spell("WCC", q)))])
    >>> by_posts = Rule(1, "hr", "saving", "driver", q, frozenset({"LBHF", "WCC"}), driver="posts")
    >>> world = World(tree, (by_posts,), (ValueOfDriver(1, "posts", "LBHF", q, Fraction(1)),
    ...     ValueOfDriver(2, "posts", "WCC", q, Fraction(1))))
    >>> saved = Certified(Alike(EntryFacts("hr", "saving", "shared", q, "WCC"), q, (100,)),
    ...     RestatedLine(q, "hr", "saving", "recurring", "cashable"))
    >>> moved = what_moves([saved], world, world.with_restated(2, Fraction(3)), 2)
    >>> [(part.council, part.shared, part.restated) for part in moved.parts], moved.measure
    ([('LBHF', 50, 25), ('WCC', 50, 75)], Fraction(1, 4))
    """
    return _moved(certified, Splits([each.alike for each in certified]), before, after, value_id)


def _moved(
    certified: Sequence[Certified], splits: Splits, before: World, after: World, value_id: int
) -> Moved:
    as_it_is, as_restated = before.attribution(), after.attribution()
    sums: dict[tuple[RestatedLine, str], list[int]] = defaultdict(lambda: [0, 0])
    made_up: set[RestatedLine] = set()
    shared_out = left_out = 0
    for place, each in enumerate(certified):
        facts, pence = each.alike.facts, each.alike.pence
        # A claim on a budget depends on what had fallen by then, and that does not change.
        if facts.rests_on_others:
            continue
        old = as_it_is.share_out(facts)
        if all(value.id != value_id for value in old.values):
            continue
        new = as_restated.share_out(facts)
        if not (old.shares and new.shares):
            left_out += len(pence)
            continue
        shared_out += sum(abs(amount) for amount in pence)
        if old.illustrative or new.illustrative:
            made_up.add(each.line)
        for side, shares in enumerate((old.shares, new.shares)):
            for council, part in splits.of(place, shares).items():
                if council is not None:
                    sums[each.line, council][side] += part
    parts = (
        Part(line, council, shared, restated, line in made_up)
        for (line, council), (shared, restated) in sorted(sums.items())
    )
    return Moved(tuple(parts), shared_out, left_out)


# --- Adjusting entries -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Adjusting:
    """A council's adjusting entry, in pence, or one that is still to be made."""

    line: RestatedLine
    council: str
    pence: int
    illustrative: bool = False


def still_due(moved: Moved, made: Iterable[Adjusting]) -> tuple[Adjusting, ...]:
    """What every council still has to put right: its movements less the entries it has made."""
    sums: dict[tuple[RestatedLine, str], int] = defaultdict(int)
    for part in moved.parts:
        sums[part.line, part.council] += part.movement
    for each in made:
        sums[each.line, each.council] -= each.pence
    made_up = {part.line for part in moved.parts if part.illustrative}
    return tuple(
        Adjusting(line, council, pence, line in made_up)
        for (line, council), pence in sorted(sums.items())
        if pence
    )


def evidence_of(restatement_id: int, quarter: Quarter) -> str:
    """The evidence of an adjusting entry, which identifies it.

    >>> evidence_of(12, Quarter.parse("2013-14-Q1"))
    'Restatement 12, 2013-14-Q1'
    """
    return f"Restatement {restatement_id}, {quarter.code}"


def named_in(evidence: str) -> tuple[int, Quarter] | None:
    """The restatement and the quarter that evidence names; None if it names none.

    >>> named_in("Restatement 12, 2013-14-Q1")[0], named_in("Invoice 12")
    (12, None)
    """
    found = _EVIDENCE.fullmatch(evidence.strip())
    if found is None:
        return None
    try:
        return int(found[1]), Quarter.parse(found[2])
    except PeriodError:
        return None
