"""What restatements move and how far each council has put them right, worked out on request.

Only the adjusting entries themselves are stored. They are recognised by their evidence.
Readers can't see another council's draft: its entries count once they are certified.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Q

from finance.periods import Quarter
from savings.drivers.models import Restatement, Tolerance
from savings.drivers.reports import restatements, tolerances_of
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.permissions.rules import may
from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from savings.trueup import wording
from savings.trueup.trueup import (
    Adjusting,
    Certified,
    Part,
    Restated,
    RestatedLine,
    RestatementStanding,
    TrueUp,
    named_in,
    still_due,
    true_ups,
)
from savings.whatif.reports import Known, entries_alike_in, known
from sovereignty.models import Council, User


@dataclass(frozen=True, slots=True)
class Made:
    """An adjusting entry that is in a return."""

    restatement: int
    entry: Adjusting
    parent: Return


@dataclass(frozen=True, slots=True)
class Side:
    """How far one council has put a restatement right, as far as the reader may know.

    `in_hand` are its returns with adjusting entries that are not certified; `certified` are
    those that are.
    """

    council: Council
    parts: tuple[Part, ...]
    due: tuple[Adjusting, ...]
    in_hand: tuple[Return, ...]
    certified: tuple[Return, ...]
    sees_drafts: bool

    @property
    def state(self) -> str:
        if self.in_hand:
            drafts = any(parent.status == Return.Status.DRAFT for parent in self.in_hand)
            return wording.IN_DRAFT if drafts else wording.SUBMITTED
        if self.due:
            return wording.TO_ADD if self.sees_drafts else wording.NOT_CERTIFIED
        return wording.CERTIFIED if self.certified else wording.NOTHING

    @property
    def state_in_words(self) -> str:
        return wording.STATES[self.state]


@dataclass(frozen=True, slots=True)
class PutRight:
    """A restatement with what it moves, and every council's side of it.

    Councils without a part in it have no side.
    """

    restatement: Restatement
    true_up: TrueUp
    sides: tuple[Side, ...]

    @property
    def counts(self) -> bool:
        return self.true_up.standing == RestatementStanding.COUNTS

    @property
    def standing_in_words(self) -> str:
        """Its standing; says so if every council has put it right."""
        states = {side.state for side in self.sides} - {wording.NOTHING}
        if self.counts and states == {wording.CERTIFIED}:
            return "Put right by every council"
        return wording.STANDINGS[self.true_up.standing]

    def side_of(self, council: Council) -> Side | None:
        return next((side for side in self.sides if side.council == council), None)


@dataclass(frozen=True, slots=True)
class Restatements:
    """The tolerance in force, those waiting for answers, and each restatement's true-up by id.

    If no tolerance is in force, nothing is worked out.
    """

    tolerance: Tolerance | None
    waiting: tuple[Tolerance, ...]
    councils: dict[str, Council]
    services: dict[str, str]
    found: dict[int, PutRight]

    def left_in_hand(self, found: PutRight, council: Council) -> list[tuple[int, Return]]:
        """A council's returns that still have entries of a restatement that doesn't count.

        It is another restatement of the same value; each return comes with its number.
        """
        return [
            (other.restatement.id, parent)
            for other in self.found.values()
            if other.restatement.restates_id == found.restatement.restates_id
            and other.restatement != found.restatement
            and not other.counts
            and (side := other.side_of(council))
            for parent in side.in_hand
        ]

    @property
    def allowed(self) -> Fraction:
        """The tolerance as an exact share; 0 if none is in force."""
        return self.tolerance.as_share if self.tolerance else Fraction(0)

    @property
    def names(self) -> dict[str, str]:
        return {code: council.name for code, council in self.councils.items()}


def restatements_for(user: User) -> Restatements:
    """Every restatement as the person may see it.

    Four queries, or sixteen if there are restatements and a tolerance to measure them by.
    The result depends on the order in which restatements were made, so all are worked out.
    """
    councils = {council.code: council for council in Council.objects.all()}
    tolerance, waiting = tolerances_of(councils)
    rows = list(restatements())
    if tolerance is None or not rows:
        return Restatements(tolerance, waiting, councils, {}, {})
    now = known()
    made = _made(user)
    begun = {each.restatement for each in made if each.parent.status == Return.Status.CERTIFIED}
    found = true_ups(
        _certified(now, rows), now.world, [_plain(row) for row in rows], tolerance.as_share, begun
    )
    return Restatements(
        tolerance,
        waiting,
        councils,
        {slug: node.name for slug, node in now.tree.nodes.items()},
        {
            row.id: PutRight(row, true_up, _sides(row, true_up, made, councils, user))
            for row, true_up in zip(rows, found, strict=True)
        },
    )


def draft_to_add_to(council: Council | None) -> Return | None:
    """The council's draft for the latest open quarter that has one: one query."""
    return (
        Return.objects.filter(
            council=council, status=Return.Status.DRAFT, period__status=Period.Status.OPEN
        )
        .exclude(council=None)
        .select_related("council", "period")
        .order_by("-period__quarter")
        .first()
    )


def due_before(side: Side, quarter: Quarter) -> tuple[Adjusting, ...]:
    """What a return for this quarter can put right: figures of earlier quarters."""
    return tuple(each for each in side.due if each.line.quarter < quarter)


def _plain(row: Restatement) -> Restated:
    return Restated(
        row.id,
        row.restates_id,
        Fraction(row.value),
        illustrative=row.provenance == Provenance.ILLUSTRATIVE,
    )


def _certified(now: Known, rows: Sequence[Restatement]) -> list[Certified]:
    """Certified entries of the services that a restated driver splits: one query."""
    drivers = {row.restates.driver.code for row in rows}
    services: set[str] = set()
    for rule in now.rules.values():
        if drivers & _drivers_of(rule):
            services |= now.tree.below(rule.service.slug)
    return [
        Certified(
            alike,
            RestatedLine(
                alike.quarter,
                alike.facts.service,
                alike.facts.kind,
                recurrence,
                nature,
                alike.facts.cause,
            ),
        )
        for alike, (recurrence, nature) in entries_alike_in(("recurrence", "nature"), services)
    ]


def _drivers_of(rule: AttributionRule) -> set[str]:
    return {*rule.weights, *([rule.driver.code] if rule.driver else [])}


def _made(user: User) -> list[Made]:
    """The adjusting entries that the person may see, and all certified ones: one query."""
    certified = Q(parent__status=Return.Status.CERTIFIED)
    entries = (
        Entry.objects.filter(
            certified | Q(parent__in=Return.objects.visible_to(user)),
            scope=Entry.Scope.OWN,
            evidence__startswith="Restatement ",
        )
        .select_related("service", "parent__council", "parent__period")
        .order_by("parent__period__quarter", "position")
    )
    found = []
    for entry in entries:
        named = named_in(entry.evidence)
        if named is None or entry.parent.council is None:
            continue
        number, quarter = named
        line = RestatedLine(
            quarter, entry.service.slug, entry.kind, entry.recurrence, entry.nature, entry.cause
        )
        adjusting = Adjusting(line, entry.parent.council.code, entry.pence)
        found.append(Made(number, adjusting, entry.parent))
    return found


def _sides(
    row: Restatement,
    true_up: TrueUp,
    made: Sequence[Made],
    councils: dict[str, Council],
    user: User,
) -> tuple[Side, ...]:
    mine = [each for each in made if each.restatement == row.id]
    moved = true_up.moved
    due: dict[str, list[Adjusting]] = defaultdict(list)
    if true_up.standing == RestatementStanding.COUNTS:
        for adjusting in still_due(moved, [each.entry for each in mine]):
            due[adjusting.council].append(adjusting)
    parts: dict[str, list[Part]] = defaultdict(list)
    for part in moved.parts:
        parts[part.council].append(part)
    sides = []
    for code in sorted({*parts, *(each.entry.council for each in mine)}):
        parents = {each.parent.id: each.parent for each in mine if each.entry.council == code}
        certified = [p for p in parents.values() if p.status == Return.Status.CERTIFIED]
        sides.append(
            Side(
                councils[code],
                tuple(parts[code]),
                tuple(due[code]),
                tuple(p for p in parents.values() if p not in certified),
                tuple(certified),
                may(user, "savings.see_drafts", councils[code]),
            )
        )
    return tuple(sides)
