"""What is shown beside a return being filled in: plan, last quarter, year to date, by service.

Everything is from the council's own returns, as reported, except the plan, which was published for
all councils together. Totals add up the tree and never mix kinds.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum

from finance.money import to_pence
from finance.periods import FinancialYear, Quarter
from savings.kit.provenance import Provenance
from savings.plans.models import PlanLine
from savings.returns.models import Entry, Return
from services.tree import ServiceTree


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount in pence, and whether anything illustrative is in it."""

    amount: int
    illustrative: bool = False

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.amount + other.amount, self.illustrative or other.illustrative)


#: Figures by kind of entry; a kind without figures is left out.
Figures = dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Promise:
    """What a plan says about a service for a financial year, for all councils together."""

    figure: Figure
    year: FinancialYear
    in_year: bool

    @property
    def label(self) -> str:
        """What the amount is, such as “a year by 2014/15”."""
        return f"in {self.year.label}" if self.in_year else f"a year by {self.year.label}"


@dataclass(slots=True)
class ServiceLine:
    """A service with those below it.

    `shown`: the council takes part in it in the quarter, or it has figures, or such a service is
    below. `earlier` is certified and of this year, before this quarter.
    """

    slug: str
    name: str
    depth: int
    takes_part: bool
    shown: bool = False
    promise: Promise | None = None
    last: Figures = field(default_factory=dict)
    earlier: Figures = field(default_factory=dict)
    now: Figures = field(default_factory=dict)

    @property
    def last_as_json(self) -> str:
        return _as_json(self.last)

    @property
    def earlier_as_json(self) -> str:
        return _as_json(self.earlier)

    @property
    def to_date(self) -> Figures:
        """Certified earlier in the year, and this draft."""
        return _sum([self.earlier, self.now])


@dataclass(frozen=True, slots=True)
class Beside:
    """All services in the order of the tree, and their total.

    `last` is the return of the quarter before, in any state, if there is one. `certified` are this
    year's earlier quarters whose figures count in the year to date, `missing` those that don't yet.
    """

    lines: tuple[ServiceLine, ...]
    total: ServiceLine
    last: Return | None
    certified: tuple[Quarter, ...]
    missing: tuple[Quarter, ...]


#: A row of the draft: service, kind, and its amount.
Row = tuple[str, str, Figure]


def beside(parent: Return, tree: ServiceTree, rows: Iterable[Row]) -> Beside:
    """The figures beside a council's return, `rows` being what it says now: three queries."""
    code, quarter = parent.council_code, parent.quarter
    returns = {
        other.quarter: other
        for other in Return.objects.filter(
            council=parent.council_id,
            period__quarter__in=[quarter.preceding, *_earlier(quarter)],
        ).select_related("period")
    }
    last, earlier = _reported(returns, quarter)
    lines = [
        ServiceLine(node.slug, node.name, depth, code in tree.participants(node.slug, quarter))
        for node, depth in tree.walk()
    ]
    by_slug = {line.slug: line for line in lines}
    now: dict[str, Figures] = defaultdict(dict)
    for slug, kind, figure in rows:
        _add(now[slug], kind, figure)
    for figures, name in ((last, "last"), (earlier, "earlier"), (now, "now")):
        for slug, found in figures.items():
            for above in tree.path(slug) if slug in tree.nodes else ():
                for kind, figure in found.items():
                    _add(getattr(by_slug[above], name), kind, figure)
    for line in lines:
        if line.takes_part or line.last or line.earlier or line.now:
            for above in tree.path(line.slug):
                by_slug[above].shown = True
    promised = list(_promised())
    for line in lines:
        below = tree.below(line.slug)
        line.promise = _promise([p for p in promised if p.service in below], quarter.year)
    certified = tuple(q for q in _earlier(quarter) if q in returns and _is_certified(returns[q]))
    return Beside(
        lines=tuple(lines),
        total=_total(lines),
        last=returns.get(quarter.preceding),
        certified=certified,
        missing=tuple(q for q in _earlier(quarter) if q not in certified),
    )


def _earlier(quarter: Quarter) -> Sequence[Quarter]:
    """The quarters of the same financial year before this one."""
    return quarter.year.quarters[: quarter.number - 1]


def _is_certified(parent: Return) -> bool:
    return parent.status == Return.Status.CERTIFIED


def _reported(
    returns: Mapping[Quarter, Return], quarter: Quarter
) -> tuple[dict[str, Figures], dict[str, Figures]]:
    """By service: what the quarter before reported, and what is certified earlier in the year."""
    last: dict[str, Figures] = defaultdict(dict)
    earlier: dict[str, Figures] = defaultdict(dict)
    by_id = {parent.id: parent for parent in returns.values()}
    for parent_id, slug, kind, amount, made_up in (
        Entry.objects.filter(parent__in=by_id)
        .order_by()
        .values("parent", "service__slug", "kind")
        .annotate(
            sum=Sum("amount"),
            made_up=Count("id", filter=Q(provenance=Provenance.ILLUSTRATIVE)),
        )
        .values_list("parent", "service__slug", "kind", "sum", "made_up")
    ):
        parent, figure = by_id[parent_id], Figure(to_pence(amount), bool(made_up))
        if parent.quarter == quarter.preceding:
            _add(last[slug], kind, figure)
        if parent.quarter.year == quarter.year and _is_certified(parent):
            _add(earlier[slug], kind, figure)
    return last, earlier


@dataclass(frozen=True, slots=True)
class _Promised:
    """A line of an adopted plan; `order` puts the plan adopted last above the others."""

    order: tuple[int, str]
    service: str
    year: FinancialYear
    in_year: bool
    figure: Figure


def _promised() -> Iterator[_Promised]:
    counted = PlanLine.objects.counted().of_one_year()
    for position, plan, slug, year, basis, middle, provenance in counted.filter(
        plan__adopted=True, service__isnull=False
    ).values_list(
        "plan__position", "plan__code", "service__slug", "year", "basis", "middle", "provenance"
    ):
        yield _Promised(
            (position, plan),
            slug,
            FinancialYear.parse(year),
            basis == PlanLine.Basis.IN_YEAR,
            Figure(to_pence(middle), provenance == Provenance.ILLUSTRATIVE),
        )


def _promise(lines: Sequence[_Promised], year: FinancialYear) -> Promise | None:
    """What the plan adopted last says about a service and those below it.

    Its amount for only this year, if it has one. Otherwise a full year's saving, by the next year
    that it names, or by the last one if all are past.
    """
    newest = max((line.order for line in lines), default=None)
    lines = [line for line in lines if line.order == newest]
    of_year = [line for line in lines if line.in_year and line.year == year]
    if of_year:
        return Promise(_figure(of_year), year, in_year=True)
    targets = [line for line in lines if not line.in_year]
    if not targets:
        return None
    years = {line.year for line in targets}
    aim = min((y for y in years if y >= year), default=max(years))
    return Promise(_figure([t for t in targets if t.year == aim]), aim, in_year=False)


def _figure(lines: Iterable[_Promised]) -> Figure:
    return sum((line.figure for line in lines), Figure(0))


def _total(lines: Sequence[ServiceLine]) -> ServiceLine:
    """All services; with a promise only if those shown have one of the same kind and year."""
    roots = [line for line in lines if line.depth == 0]
    promises = [line.promise for line in roots if line.shown and line.promise]
    alike = {(promise.year, promise.in_year) for promise in promises}
    promise = None
    if len(alike) == 1:
        figure = sum((promise.figure for promise in promises), Figure(0))
        promise = Promise(figure, promises[0].year, promises[0].in_year)
    return ServiceLine(
        slug="",
        name="All services",
        depth=0,
        takes_part=True,
        shown=True,
        promise=promise,
        last=_sum(line.last for line in roots),
        earlier=_sum(line.earlier for line in roots),
        now=_sum(line.now for line in roots),
    )


def _as_json(figures: Figures) -> str:
    """For the browser, which adds up in whole pence: as text, since its numbers are floats."""
    return json.dumps(
        {
            kind: {"pence": str(figure.amount), "illustrative": figure.illustrative}
            for kind, figure in figures.items()
        }
    )


def _sum(many: Iterable[Figures]) -> Figures:
    total: Figures = {}
    for figures in many:
        for kind, figure in figures.items():
            _add(total, kind, figure)
    return total


def _add(figures: Figures, kind: str, figure: Figure) -> None:
    figures[kind] = figures[kind] + figure if kind in figures else figure
