"""Reading a council's figures: certified amounts attributed to it, and the entries behind.

Everything here is certified, in whole pence. What was published only for the partnership, and what
councils reported without a rule to split it, falls on no council: `undivided` says how much that
is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q, QuerySet, Sum

from finance.periods import Quarter
from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from savings.rollup.models import Fact, RollupState, Total
from savings.rollup.reports import AnyOf, one_version
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A service's amount of one kind for the council: the quarter, its year, and all to date."""

    area: str
    area_name: str
    service: str
    service_name: str
    kind: str
    quarter: int
    year_to_date: int
    to_date: int
    illustrative: bool


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One certified entry of the quarter and the part of it that falls on the council.

    `reported_by` is a council's code or “partnership”, `reporter` its name.
    """

    entry: int
    reported_by: str
    reporter: str
    service: str
    service_name: str
    kind: str
    scope: str
    amount: int
    attributed: int
    recurrence: str
    nature: str
    rule: int | None
    illustrative: bool
    evidence: str
    note: str

    @property
    def kind_name(self) -> str:
        return Entry.Kind(self.kind).label


@dataclass(frozen=True, slots=True)
class Undivided:
    """How much of one kind falls on no council: published for the partnership, or with no rule."""

    kind: str
    published: int
    reported: int


@dataclass(frozen=True, slots=True)
class BoroughFigures:
    """A council's certified figures for a quarter, every total a plain sum of its lines.

    `certified` says whether the council's own return for the quarter is in them;
    `version`, `digest` and `rolled_up_at` say which rollup they were read from.
    """

    council: Council
    quarter: Quarter
    lines: tuple[FigureLine, ...]
    entries: tuple[EntryLine, ...]
    undivided: tuple[Undivided, ...]
    certified: bool
    version: int
    digest: str
    rolled_up_at: datetime | None

    def total(self, kind: str) -> FigureLine:
        """All services of one kind added up."""
        return _sum_of((line for line in self.lines if line.kind == kind), kind)

    def areas(self, kind: str) -> list[FigureLine]:
        """One kind added up by area, in the order of the tree."""
        by_area: dict[str, list[FigureLine]] = defaultdict(list)
        for line in self.lines:
            if line.kind == kind:
                by_area[line.area].append(line)
        return [_sum_of(lines, kind, area=lines[0]) for lines in by_area.values()]

    @property
    def kinds(self) -> list[str]:
        """The kinds that have figures, in the order of the contract."""
        present = {line.kind for line in self.lines}
        return [kind for kind in Entry.Kind.values if kind in present]

    @property
    def illustrative(self) -> bool:
        return any(line.illustrative for line in self.lines)

    @property
    def not_attributed(self) -> int:
        """Savings that fall on no council."""
        return sum(u.published + u.reported for u in self.undivided if u.kind == Entry.Kind.SAVING)


@dataclass(frozen=True, slots=True)
class CouncilSummary:
    """A council's certified savings in a quarter, its year and to date, for a list of them."""

    council: Council
    quarter: int
    year_to_date: int
    to_date: int
    illustrative: bool
    certified: bool


@dataclass(slots=True)
class _Sums:
    """Pence of a quarter, of its year so far, and of all quarters to it."""

    quarter: int = 0
    year_to_date: int = 0
    to_date: int = 0
    illustrative: bool = False

    def add(self, in_quarter: Quarter, quarter: Quarter, pence: int, illustrative: bool) -> None:
        if in_quarter == quarter:
            self.quarter += pence
        if in_quarter.year == quarter.year:
            self.year_to_date += pence
        self.to_date += pence
        self.illustrative |= illustrative


def first_choice(councils: Iterable[Council]) -> Quarter | None:
    """The quarter to show unless another is asked for.

    The latest with certified figures for one of the councils, or the latest closed, or the first
    there is; None if no quarter has been opened yet.
    """
    latest = (
        Total.objects.current().filter(council__in=list(councils)).aggregate(latest=Max("quarter"))
    )
    if latest["latest"] is not None:
        return latest["latest"]
    period = Period.objects.latest_closed() or Period.objects.order_by("quarter").first()
    return period.quarter if period else None


def summaries(councils: Iterable[Council], quarter: Quarter) -> list[CouncilSummary]:
    """Each council's certified savings to the end of a quarter: two queries."""
    councils = list(councils)
    sums = {council.id: _Sums() for council in councils}
    for council_id, in_quarter, pence, illustrative in (
        Total.objects.current()
        .filter(council__in=councils, kind=Entry.Kind.SAVING, quarter__lte=quarter)
        .values_list("council", "quarter")
        .annotate(sum=Sum("pence"), marked=AnyOf("illustrative"))
    ):
        sums[council_id].add(in_quarter, quarter, pence, illustrative)
    certified = set(_certified(quarter).values_list("council", flat=True))
    return [
        CouncilSummary(
            council=council,
            quarter=sums[council.id].quarter,
            year_to_date=sums[council.id].year_to_date,
            to_date=sums[council.id].to_date,
            illustrative=sums[council.id].illustrative,
            certified=council.id in certified,
        )
        for council in councils
    ]


@one_version()
def figures_of(council: Council, quarter: Quarter, *, with_entries: bool = True) -> BoroughFigures:
    """A council's certified figures to the end of a quarter: eight queries, one version.

    `with_entries=False` does not read the entries behind them, for a page that shows a few at a
    time (`entry_facts`, `entry_lines`).
    """
    tree = Service.objects.tree()
    state = RollupState.objects.first()
    return BoroughFigures(
        council=council,
        quarter=quarter,
        lines=_lines(tree, council, quarter),
        entries=entry_lines(entry_facts(council, quarter)) if with_entries else (),
        undivided=_undivided(quarter),
        certified=_certified(quarter).filter(council=council).exists(),
        version=state.version if state else 0,
        digest=state.digest if state else "",
        rolled_up_at=state.finished_at if state else None,
    )


def entry_facts(council: Council, quarter: Quarter) -> QuerySet[Fact]:
    """The part of each certified entry of the quarter that falls on the council, by entry."""
    return (
        Fact.objects.filter(council=council, parent__period__quarter=quarter)
        .select_related("entry__service", "parent__council")
        .order_by("entry_id")
    )


def entry_lines(facts: Iterable[Fact]) -> tuple[EntryLine, ...]:
    """Facts, read by `entry_facts`, as lines to show."""
    return tuple(
        EntryLine(
            entry=fact.entry_id,
            reported_by=fact.parent.council_code,
            reporter=fact.parent.council.name if fact.parent.council else "The partnership",
            service=fact.entry.service.slug,
            service_name=fact.entry.service.name,
            kind=fact.entry.kind,
            scope=fact.entry.scope,
            amount=fact.entry.pence,
            attributed=fact.pence,
            recurrence=fact.entry.recurrence,
            nature=fact.entry.nature,
            rule=fact.rule_id,
            illustrative=fact.illustrative,
            evidence=fact.entry.evidence,
            note=fact.entry.note,
        )
        for fact in facts
    )


def _lines(tree: ServiceTree, council: Council, quarter: Quarter) -> tuple[FigureLine, ...]:
    sums: dict[tuple[str, str], _Sums] = defaultdict(_Sums)
    for slug, kind, in_quarter, pence, illustrative in (
        Total.objects.current()
        .filter(council=council, quarter__lte=quarter)
        .values_list("service__slug", "kind", "quarter")
        .annotate(sum=Sum("pence"), marked=AnyOf("illustrative"))
    ):
        sums[slug, kind].add(in_quarter, quarter, pence, illustrative)
    order = {node.slug: position for position, (node, _) in enumerate(tree.walk())}
    kinds = {kind: position for position, kind in enumerate(Entry.Kind.values)}
    lines = []
    for slug, kind in sorted(sums, key=lambda key: (order[key[0]], kinds[key[1]])):
        area, sum_ = tree.programme(slug), sums[slug, kind]
        lines.append(
            FigureLine(
                area=area,
                area_name=tree.nodes[area].name,
                service=slug,
                service_name=tree.nodes[slug].name,
                kind=kind,
                quarter=sum_.quarter,
                year_to_date=sum_.year_to_date,
                to_date=sum_.to_date,
                illustrative=sum_.illustrative,
            )
        )
    return tuple(lines)


def _sum_of(lines: Iterable[FigureLine], kind: str, area: FigureLine | None = None) -> FigureLine:
    lines = list(lines)
    return FigureLine(
        area=area.area if area else "",
        area_name=area.area_name if area else "All areas",
        service="",
        service_name="All services",
        kind=kind,
        quarter=sum(line.quarter for line in lines),
        year_to_date=sum(line.year_to_date for line in lines),
        to_date=sum(line.to_date for line in lines),
        illustrative=any(line.illustrative for line in lines),
    )


def _undivided(quarter: Quarter) -> tuple[Undivided, ...]:
    published = Q(parent__council__isnull=True)
    found = {
        row["kind"]: row
        for row in Total.objects.current()
        .filter(council__isnull=True, quarter__lte=quarter)
        .values("kind")
        .annotate(
            published=Sum("pence", filter=published), reported=Sum("pence", filter=~published)
        )
    }
    return tuple(
        Undivided(
            kind,
            published=found[kind]["published"] or 0,
            reported=found[kind]["reported"] or 0,
        )
        for kind in Entry.Kind.values
        if kind in found
    )


def _certified(quarter: Quarter) -> QuerySet[Return]:
    return Return.objects.filter(period__quarter=quarter, status=Return.Status.CERTIFIED)
