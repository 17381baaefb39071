"""Reading attribution: the entries behind a figure, and an entry with what corrects it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import Cast

from finance.periods import Quarter
from savings.formulas.reports import with_facts
from savings.returns.models import Entry, EntryQuerySet, Return
from savings.rollup.models import Fact
from savings.rollup.reports import AnyOf, one_version
from sovereignty.models import Council, User


def with_people(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """The same with who submitted and certified the return, for a page about one entry."""
    return with_facts(entries).select_related(
        "parent__submitted_by", "parent__certified_by", "corrects__parent__council"
    )


@dataclass(frozen=True, slots=True)
class FigureAsked:
    """A figure by what it adds up: certified amounts of a kind, narrowed where asked.

    `services` are slugs, with those below already among them. With a `council` it is only that
    council's part; `unattributed` asks for what falls on no council.
    """

    kind: str
    services: Collection[str] | None = None
    council: Council | None = None
    unattributed: bool = False
    first: Quarter | None = None
    last: Quarter | None = None


@dataclass(frozen=True, slots=True)
class EntriesBehind:
    """The entries that a figure adds up, as far as a person may open them.

    `entries` carry `part_pence`, their part of the figure, and `rests_on_illustrative`. `amount`
    and `hidden_amount` add up to the figure, in pence. `illustrative` if an illustrative rule
    splits any of them.
    """

    entries: QuerySet[Entry]
    count: int
    amount: int
    hidden_count: int
    hidden_amount: int
    illustrative: bool

    @property
    def total(self) -> int:
        return self.amount + self.hidden_amount


@one_version()
def entries_behind(asked: FigureAsked, user: User) -> EntriesBehind:
    """What a figure of the rollup is made of: two sums, and the entries to be read from.

    The sums are of one version; the entries are read when they are asked for.
    """
    found = _parts(asked)
    visible = found.visible_to(user)
    sums, all_sums = _sums(visible), _sums(found)
    return EntriesBehind(
        entries=with_facts(visible).order_by(
            "-parent__period__quarter", "parent__council__code", "position"
        ),
        count=sums.count,
        amount=sums.pence,
        hidden_count=all_sums.count - sums.count,
        hidden_amount=all_sums.pence - sums.pence,
        illustrative=sums.illustrative,
    )


def _parts(asked: FigureAsked) -> EntryQuerySet:
    """Rolled-up entries with their part: what is certified but not added up yet is left out."""
    entries = Entry.objects.filter(kind=asked.kind)
    if asked.services is not None:
        entries = entries.filter(service__slug__in=asked.services)
    if asked.first is not None:
        entries = entries.filter(parent__period__quarter__gte=asked.first)
    if asked.last is not None:
        entries = entries.filter(parent__period__quarter__lte=asked.last)
    if asked.council is None and not asked.unattributed:
        facts = Fact.objects.filter(entry=OuterRef("pk"))
        return entries.filter(Exists(facts)).annotate(
            part_pence=Cast(F("amount") * 100, BigIntegerField()),
            rests_on_illustrative=Exists(facts.filter(illustrative=True)),
        )
    whose = (
        Q(facts__council__isnull=True) if asked.unattributed else Q(facts__council=asked.council)
    )
    return (
        entries.annotate(part=FilteredRelation("facts", condition=whose))
        .filter(part__isnull=False)
        .annotate(part_pence=F("part__pence"), rests_on_illustrative=F("part__illustrative"))
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    count: int
    pence: int
    illustrative: bool


def _sums(entries: QuerySet[Entry]) -> _Sums:
    sums = entries.aggregate(
        count=Count("pk"), pence_sum=Sum("part_pence"), marked=AnyOf("rests_on_illustrative")
    )
    return _Sums(sums["count"], sums["pence_sum"] or 0, bool(sums["marked"]))


@dataclass(frozen=True, slots=True)
class Corrected:
    """An entry with its corrections, earliest first, as far as a person may open them.

    Corrections of corrections count too. `amount` is the entry's pence with its certified
    corrections of the same kind. Others are shown and not added.
    """

    entry: Entry
    corrections: tuple[Entry, ...]

    @property
    def amount(self) -> int:
        return sum((c.pence for c in self.corrections if self.counts(c)), self.entry.pence)

    def counts(self, correction: Entry) -> bool:
        """Whether a correction is in the amount."""
        return (
            correction.kind == self.entry.kind
            and correction.parent.status == Return.Status.CERTIFIED
        )

    @property
    def lines(self) -> list[tuple[Entry, bool]]:
        """Each correction, and whether it is in the amount."""
        return [(correction, self.counts(correction)) for correction in self.corrections]


def corrected(entry: Entry, user: User) -> Corrected:
    """An entry with its corrections: a query for each time that a correction was corrected."""
    visible = with_facts(Entry.objects.visible_to(user))
    found: dict[int, Entry] = {}
    ids = [entry.id]
    while ids:
        # Each corrects one of an earlier quarter, so this ends.
        next_ones = [c for c in visible.filter(corrects__in=ids) if c.id not in found]
        found.update({correction.id: correction for correction in next_ones})
        ids = [correction.id for correction in next_ones]
    in_order = sorted(found.values(), key=lambda c: (c.parent.period.quarter, c.id))
    return Corrected(entry, tuple(in_order))
