"""Reading a council's figures: certified amounts attributed to it, and the entries behind.

Everything here is certified, in whole pence. What was published only for the partnership, and what
councils reported without a rule to split it, falls on no council: `undivided` says how much that
is. A figure that a certified return is still to be added to is never shown as 0: it is None
(`_shown`), and `waiting` says which returns those are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q, QuerySet, Sum

from finance.periods import Quarter
from savings.boroughs import wording
from savings.dividing.reports import Divided, divided
from savings.formulas.arithmetic import Attribution
from savings.formulas.reports import current_attribution
from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from savings.rollup.models import Fact, RollupState, Total
from savings.rollup.reports import AnyOf, BeingAdded, being_added, one_version
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A service's amount of one kind for the council: the quarter, its year, and all to date.

    None where it is being added.
    """

    area: str
    area_name: str
    service: str
    service_name: str
    kind: str
    quarter: int | None
    year_to_date: int | None
    to_date: int | None
    illustrative: bool

    @property
    def is_whole(self) -> bool:
        """Whether all three are known."""
        return None not in (self.quarter, self.year_to_date, self.to_date)


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One certified entry of the quarter and the part of it that falls on the council.

    `reported_by` is a council's code or “partnership”, `reporter` its name. `approval` is the
    code of the transition budget that it claims on, and `falls` says in words how it falls.
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
    approval: str
    falls: str

    @property
    def kind_name(self) -> str:
        return Entry.Kind(self.kind).label


@dataclass(frozen=True, slots=True)
class Undivided:
    """How much of one kind falls on no council: published for the partnership, or with no rule."""

    kind: str
    published: int | None
    reported: int | None


@dataclass(frozen=True, slots=True)
class BoroughFigures:
    """A council's certified figures for a quarter, every total a plain sum of its lines.

    `certified` says whether the council's own return for the quarter is certified; it is in
    them unless it is among `waiting`, the returns that may fall on the council and are being
    added. `divided` is what rules that reach back have put on it, of returns up to the quarter.
    `version`, `digest` and `rolled_up_at` say which rollup they were read from.
    """

    council: Council
    quarter: Quarter
    lines: tuple[FigureLine, ...]
    entries: tuple[EntryLine, ...]
    undivided: tuple[Undivided, ...]
    divided: tuple[Divided, ...]
    certified: bool
    waiting: tuple[BeingAdded, ...]
    version: int
    digest: str
    rolled_up_at: datetime | None

    def total(self, kind: str) -> FigureLine:
        """All services of one kind added up."""
        lines = [line for line in self.lines if line.kind == kind]
        return _sum_of(lines, kind, waits=bool(self.waiting))

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
    def own_waits(self) -> bool:
        """Whether a return of the council itself is being added: then no sum to date is known."""
        return any(one.council == self.council.code for one in self.waiting)

    @property
    def pending_since(self) -> datetime | None:
        """When the first of what is being added was certified."""
        return min((one.certified_at for one in self.waiting), default=None)

    @property
    def not_attributed(self) -> int:
        """Savings that fall on no council."""
        return sum(
            (undivided.published or 0) + (undivided.reported or 0)
            for undivided in self.undivided
            if undivided.kind == Entry.Kind.SAVING
        )


@dataclass(frozen=True, slots=True)
class CouncilSummary:
    """A council's certified savings in a quarter, its year and to date, for a list of them.

    None where it is being added: `waiting` says what is.
    """

    council: Council
    quarter: int | None
    year_to_date: int | None
    to_date: int | None
    illustrative: bool
    certified: bool
    waiting: tuple[BeingAdded, ...]


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

    The latest that was closed, as everywhere. Before any was, the latest with certified figures for
    one of the councils, or the first there is; None if no quarter has been opened yet.
    """
    usual = Period.objects.usual_quarter()
    if usual is not None:
        return usual
    certified = (
        Total.objects.current().filter(council__in=list(councils)).aggregate(latest=Max("quarter"))
    )
    if certified["latest"] is not None:
        return certified["latest"]
    period = Period.objects.order_by("quarter").first()
    return period.quarter if period else None


@one_version()
def summaries(councils: Iterable[Council], quarter: Quarter) -> list[CouncilSummary]:
    """Each council's certified savings to the end of a quarter: three queries, one version.

    More while something is being added, but as many for many returns as for one.
    """
    councils = list(councils)
    added = being_added(quarter)
    tree = Service.objects.tree() if added else ServiceTree.of([])
    sums = {council.id: _Sums() for council in councils}
    for council_id, in_quarter, pence, illustrative in (
        Total.objects.current()
        .filter(council__in=councils, kind=Entry.Kind.SAVING, quarter__lte=quarter)
        .values_list("council", "quarter")
        .annotate(sum=Sum("pence"), marked=AnyOf("illustrative"))
    ):
        sums[council_id].add(in_quarter, quarter, pence, illustrative)
    certified = set(_certified(quarter).values_list("council", flat=True))
    found = []
    for council in councils:
        waiting = _bearing_on(council, added, tree)
        in_quarter, year_to_date, to_date = _shown(sums[council.id], council, quarter, waiting)
        found.append(
            CouncilSummary(
                council=council,
                quarter=in_quarter,
                year_to_date=year_to_date,
                to_date=to_date,
                illustrative=sums[council.id].illustrative,
                certified=council.id in certified,
                waiting=waiting,
            )
        )
    return found


@one_version()
def figures_of(council: Council, quarter: Quarter, *, with_entries: bool = True) -> BoroughFigures:
    """A council's certified figures to the end of a quarter: nine queries, one version.

    `with_entries=False` does not read the entries behind them, for a page that shows a few at a
    time (`entry_facts`, `entry_lines`).
    """
    tree = Service.objects.tree()
    state = RollupState.objects.first()
    added = being_added(quarter)
    waiting = _bearing_on(council, added, tree)
    return BoroughFigures(
        council=council,
        quarter=quarter,
        lines=_lines(tree, council, quarter, waiting),
        entries=entry_lines(entry_facts(council, quarter)) if with_entries else (),
        undivided=_undivided(quarter, added),
        divided=tuple(divided(council, quarter)),
        certified=_certified(quarter).filter(council=council).exists(),
        waiting=waiting,
        version=state.version if state else 0,
        digest=state.digest if state else "",
        rolled_up_at=state.finished_at if state else None,
    )


def entry_facts(council: Council, quarter: Quarter) -> QuerySet[Fact]:
    """The part of each certified entry of the quarter that falls on the council, by entry."""
    return (
        Fact.objects.filter(council=council, parent__period__quarter=quarter)
        .select_related(
            "council",
            "entry__service",
            "entry__corrects__parent__period",
            "parent__council",
            "parent__period",
        )
        .order_by("entry_id")
    )


def entry_lines(facts: Iterable[Fact]) -> tuple[EntryLine, ...]:
    """Facts, read by `entry_facts`, as lines to show.

    What claims on budgets fall by is asked only where there are claims.
    """
    facts = list(facts)
    attribution = current_attribution() if any(fact.entry.approval for fact in facts) else None
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
            approval=fact.entry.approval,
            falls=_falls(fact, attribution),
        )
        for fact in facts
    )


def _falls(fact: Fact, attribution: Attribution | None) -> str:
    """How an entry falls on the council of one of its facts, in words."""
    entry = fact.entry
    shared = entry.scope == Entry.Scope.SHARED
    under_budget = False
    if attribution is not None and shared and entry.approval:
        asked = entry.corrects.parent if entry.corrects else fact.parent
        budget = attribution.budget_in_force(entry.approval, entry.service.slug, asked.quarter)
        under_budget = budget is not None
    return wording.falls(
        fact.council.name if fact.council else "",
        by_rule=fact.rule_id is not None,
        budget=entry.approval if under_budget else "",
        own_change=shared and entry.cause == Entry.Cause.SPECIFICATION_CHANGE,
    )


def _bearing_on(
    council: Council, added: Iterable[BeingAdded], tree: ServiceTree
) -> tuple[BeingAdded, ...]:
    return tuple(one for one in added if one.may_fall_on(council.code, tree))


def waiting_for(council: Council, quarter: Quarter) -> tuple[BeingAdded, ...]:
    """The certified returns to a quarter that may fall on a council and are being added."""
    waiting = being_added(quarter)
    return _bearing_on(council, waiting, Service.objects.tree()) if waiting else ()


def _shown(
    sums: _Sums, council: Council, quarter: Quarter, waiting: Sequence[BeingAdded]
) -> tuple[int | None, int | None, int | None]:
    """The quarter, its year so far, and all to it, as they may be shown while returns wait.

    None where the council's own return is to be added to a sum, and where another council's
    is and the sum is still 0.
    """
    spans = (
        (sums.quarter, [one for one in waiting if one.quarter == quarter]),
        (sums.year_to_date, [one for one in waiting if one.quarter.year == quarter.year]),
        (sums.to_date, waiting),
    )
    in_quarter, year_to_date, to_date = (
        None if among and (not pence or any(w.council == council.code for w in among)) else pence
        for pence, among in spans
    )
    return in_quarter, year_to_date, to_date


def _lines(
    tree: ServiceTree, council: Council, quarter: Quarter, waiting: Sequence[BeingAdded]
) -> tuple[FigureLine, ...]:
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
        in_quarter, year_to_date, to_date = _shown(sum_, council, quarter, waiting)
        lines.append(
            FigureLine(
                area=area,
                area_name=tree.nodes[area].name,
                service=slug,
                service_name=tree.nodes[slug].name,
                kind=kind,
                quarter=in_quarter,
                year_to_date=year_to_date,
                to_date=to_date,
                illustrative=sum_.illustrative,
            )
        )
    return tuple(lines)


def _sum_of(
    lines: Sequence[FigureLine], kind: str, area: FigureLine | None = None, *, waits: bool = False
) -> FigureLine:
    """Lines added up; `waits` where something is being added that may be of this kind."""
    return FigureLine(
        area=area.area if area else "",
        area_name=area.area_name if area else "All areas",
        service="",
        service_name="All services",
        kind=kind,
        quarter=_plain_sum([line.quarter for line in lines], waits),
        year_to_date=_plain_sum([line.year_to_date for line in lines], waits),
        to_date=_plain_sum([line.to_date for line in lines], waits),
        illustrative=any(line.illustrative for line in lines),
    )


def _plain_sum(amounts: Sequence[int | None], waits: bool) -> int | None:
    """What is known, added up; None instead of a 0 that something is being added to."""
    sum_ = sum(amount for amount in amounts if amount is not None)
    return None if not sum_ and (None in amounts or (waits and not amounts)) else sum_


def _undivided(quarter: Quarter, added: Sequence[BeingAdded]) -> tuple[Undivided, ...]:
    published = Q(parent__council__isnull=True)
    no_published = None if any(one.council is None for one in added) else 0
    no_reported = None if any(one.shared for one in added) else 0
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
            published=found[kind]["published"] or no_published,
            reported=found[kind]["reported"] or no_reported,
        )
        for kind in Entry.Kind.values
        if kind in found
    )


def _certified(quarter: Quarter) -> QuerySet[Return]:
    return Return.objects.filter(period__quarter=quarter, status=Return.Status.CERTIFIED)
