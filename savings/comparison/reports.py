"""Reading the comparison: a plan's year beside what was delivered, by area and by council.

Delivered is certified savings from the start to the end of a quarter, before transition costs,
which are shown separately. Amounts are whole pence. Everything delivered comes from the rollup's
totals: the number of queries and of rows read does not grow with the entries. Where each figure was
published is read in `savings.comparison.sources`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Sum

from finance.periods import FinancialYear, Quarter
from savings.history.reports import latest_closed_at, quarters_open_at
from savings.plans.models import Plan, PlanLine
from savings.quarters.models import Period
from savings.returns.models import Entry
from savings.rollup.models import Total
from savings.rollup.reports import AnyOf
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """One area or service. `slug` is None for what a plan doesn't divide by area.

    `published` is the part of `delivered` that a document published for the whole partnership;
    councils reported the rest. `illustrative` if an illustrative rule splits any of it: the sum
    itself does not depend on how it is split.
    """

    slug: str | None
    name: str
    planned: int
    delivered: int
    published: int
    transition_costs: int
    illustrative: bool

    @property
    def difference(self) -> int:
        """Delivered less planned: below 0 if delivery is behind the promise."""
        return self.delivered - self.planned


@dataclass(frozen=True, slots=True)
class Comparison:
    """A plan's amount for `year` beside what was delivered to the end of `to`.

    `to` is None if no quarter has been closed yet. `lines` are the areas (or, for one area, the
    services in it) and add up to the totals exactly.
    """

    plan: Plan
    year: FinancialYear
    to: Quarter | None
    lines: tuple[ComparisonLine, ...]

    @property
    def planned(self) -> int:
        return sum(line.planned for line in self.lines)

    @property
    def delivered(self) -> int:
        return sum(line.delivered for line in self.lines)

    @property
    def difference(self) -> int:
        return self.delivered - self.planned

    @property
    def published(self) -> int:
        return sum(line.published for line in self.lines)

    @property
    def transition_costs(self) -> int:
        return sum(line.transition_costs for line in self.lines)

    @property
    def illustrative(self) -> bool:
        return any(line.illustrative for line in self.lines)


@dataclass(frozen=True, slots=True)
class CouncilLine:
    """The part of what was delivered that falls on one council; `code` is None for no council.

    `published` is the part of `delivered` that a document published for the whole
    partnership.
    """

    code: str | None
    name: str
    delivered: int
    published: int
    transition_costs: int
    illustrative: bool


@dataclass(frozen=True, slots=True)
class QuarterLine:
    """Savings certified in one quarter, and whether its period is still open."""

    quarter: Quarter
    is_open: bool
    delivered: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be compared: plans with their years, earliest first, and periods."""

    plans: tuple[Plan, ...]
    years: dict[str, list[FinancialYear]]
    periods: tuple[Period, ...]

    def plan(self, code: str) -> Plan | None:
        return next((plan for plan in self.plans if plan.code == code), None)

    @property
    def latest_closed(self) -> Quarter | None:
        closed = [period.quarter for period in self.periods if not period.is_open]
        return max(closed, default=None)


@dataclass
class _Sums:
    planned: int = 0
    delivered: int = 0
    published: int = 0
    transition_costs: int = 0
    illustrative: bool = False


def years_of(plan: Plan) -> list[FinancialYear]:
    """The years that a plan has figures for, earliest first."""
    codes = plan.lines.order_by("year").values_list("year", flat=True).distinct()
    return [FinancialYear.parse(code) for code in codes]


def choices() -> Choices:
    """Every plan that has figures, with its years, and every period: three queries."""
    years: dict[str, set[FinancialYear]] = defaultdict(set)
    for code, year in PlanLine.objects.order_by().values_list("plan__code", "year").distinct():
        years[code].add(FinancialYear.parse(year))
    return Choices(
        plans=tuple(plan for plan in Plan.objects.all() if plan.code in years),
        years={code: sorted(found) for code, found in years.items()},
        periods=tuple(Period.objects.order_by("quarter")),
    )


def latest_closed_quarter(as_at: datetime | None = None) -> Quarter | None:
    """The quarter that delivery is counted to unless another is asked for."""
    if as_at is not None:
        return latest_closed_at(as_at)
    return Period.objects.latest_closed_quarter()


def compare(
    plan: Plan, year: FinancialYear, to: Quarter | None, as_at: datetime | None = None
) -> Comparison:
    """The comparison by area: every programme, and what the plan leaves undivided.

    With `as_at` it is what had been delivered then.
    """
    tree = Service.objects.tree()
    areas = tree.children.get(None, ())
    groups = {slug: tree.below(slug) for slug in areas}
    return _compare(plan, year, _totals(to, as_at), to, tree, groups)


def compare_area(
    plan: Plan, year: FinancialYear, to: Quarter | None, area: str, as_at: datetime | None = None
) -> Comparison:
    """The comparison inside one area: what is recorded on the area itself, then each service.

    Raises KeyError if there is no such service.
    """
    tree = Service.objects.tree()
    groups = {area: frozenset({area})}
    groups.update({slug: tree.below(slug) for slug in tree.children.get(area, ())})
    return _compare(plan, year, _totals(to, as_at), to, tree, groups)


def by_council(
    to: Quarter | None, services: Iterable[str] | None = None, as_at: datetime | None = None
) -> list[CouncilLine]:
    """Delivered to the end of a quarter by council; last, what is not attributed to any.

    Every council has a line, even with nothing; `services` limits it to those slugs.
    """
    sums: dict[str | None, _Sums] = defaultdict(_Sums)
    rows = _totals(to, as_at).values_list("council__code", "kind", "parent__council")
    if services is not None:
        rows = rows.filter(service__slug__in=list(services))
    for code, kind, reported_by, pence, illustrative in rows.annotate(
        sum=Sum("pence"), marked=AnyOf("illustrative")
    ):
        _add(sums[code], kind, pence, reported_by is None, illustrative)
    lines = [
        _council_line(code, name, sums[code])
        for code, name in Council.objects.values_list("code", "name")
    ]
    if None in sums:
        lines.append(_council_line(None, "Not attributed to a council", sums[None]))
    return lines


def delivered_after(to: Quarter | None, as_at: datetime | None = None) -> list[QuarterLine]:
    """Savings certified in each quarter after `to` that has any, earliest first.

    One query; two more with `as_at`, to know which quarters were open then.
    """
    later = Total.objects.as_at(as_at).filter(kind=Entry.Kind.SAVING)
    if to is not None:
        later = later.filter(quarter__gt=to)
    open_then = quarters_open_at(as_at) if as_at is not None else {}
    return [
        QuarterLine(quarter, open_then.get(quarter, status == Period.Status.OPEN), pence)
        for quarter, status, pence in later.order_by("quarter")
        .values_list("quarter", "parent__period__status")
        .annotate(sum=Sum("pence"))
    ]


def _compare(
    plan: Plan,
    year: FinancialYear,
    totals: QuerySet[Total],
    to: Quarter | None,
    tree: ServiceTree,
    groups: dict[str, frozenset[str]],
) -> Comparison:
    group_of = {slug: group for group, slugs in groups.items() for slug in slugs}
    sums: dict[str | None, _Sums] = {group: _Sums() for group in groups}
    for slug, planned in PlanLine.objects.by_service(plan, year).items():
        if slug is None and _covers_all(tree, groups):
            sums.setdefault(None, _Sums()).planned += planned
        elif slug in group_of:
            sums[group_of[slug]].planned += planned
    for slug, kind, reported_by, pence, illustrative in totals.values_list(
        "service__slug", "kind", "parent__council"
    ).annotate(sum=Sum("pence"), marked=AnyOf("illustrative")):
        if slug in group_of:
            _add(sums[group_of[slug]], kind, pence, reported_by is None, illustrative)
    return Comparison(
        plan=plan,
        year=year,
        to=to,
        lines=tuple(
            ComparisonLine(
                slug=slug,
                name=tree.nodes[slug].name if slug else "Not divided by area",
                planned=sum_.planned,
                delivered=sum_.delivered,
                published=sum_.published,
                transition_costs=sum_.transition_costs,
                illustrative=sum_.illustrative,
            )
            for slug, sum_ in sums.items()
        ),
    )


def _covers_all(tree: ServiceTree, groups: dict[str, frozenset[str]]) -> bool:
    return set(groups) == set(tree.children.get(None, ()))


def _totals(to: Quarter | None, as_at: datetime | None) -> QuerySet[Total]:
    """Totals of what the comparison shows, to the end of a quarter, now or at `as_at`."""
    shown = Total.objects.as_at(as_at).filter(
        kind__in=[Entry.Kind.SAVING, Entry.Kind.TRANSITION_COST]
    )
    return shown.filter(quarter__lte=to) if to else shown.none()


def _add(sums: _Sums, kind: str, pence: int, published: bool, illustrative: bool) -> None:
    if kind == Entry.Kind.SAVING:
        sums.delivered += pence
        if published:
            sums.published += pence
    else:
        sums.transition_costs += pence
    sums.illustrative |= illustrative


def _council_line(code: str | None, name: str, sums: _Sums) -> CouncilLine:
    return CouncilLine(
        code=code,
        name=name,
        delivered=sums.delivered,
        published=sums.published,
        transition_costs=sums.transition_costs,
        illustrative=sums.illustrative,
    )
