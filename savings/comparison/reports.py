"""Reading the comparison: a plan's year beside what was delivered, by area and by council.

Delivered is certified savings from the start to the end of a quarter, before
transition costs, which stand beside it. Amounts are whole pence. Everything delivered
comes from the rollup's totals: the number of queries and of rows read does not grow with
the entries. Where each figure was published is read in `savings.comparison.sources`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Sum

from finance.periods import FinancialYear, Quarter
from savings.history.reports import latest_once_closed_at, quarters_open_at
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

    `planned` is None where the plan has no line of its own for it and an amount that it does
    not divide, part of which may be meant for it: that is no promise of 0.
    `published` is the part of `delivered` that a document published for the whole
    partnership; councils reported the rest. `illustrative` where any of it is shared
    out by an illustrative rule: the sum itself does not depend on how it is shared.
    """

    slug: str | None
    name: str
    planned: int | None
    delivered: int
    published: int
    transition_costs: int
    illustrative: bool

    @property
    def difference(self) -> int | None:
        """Delivered less planned: below 0 where delivery is behind the promise."""
        return None if self.planned is None else self.delivered - self.planned


@dataclass(frozen=True, slots=True)
class Comparison:
    """A plan's amount for `year` beside what was delivered to the end of `to`.

    `to` is None where no quarter was ever closed. `lines` are the areas (or, for
    one area, the services in it) and add up to the totals exactly.
    """

    plan: Plan
    year: FinancialYear
    to: Quarter | None
    lines: tuple[ComparisonLine, ...]

    @property
    def planned(self) -> int | None:
        """None where the plan has no line for any of them, but an amount that is not divided."""
        known = [line.planned for line in self.lines if line.planned is not None]
        return sum(known) if known or not self.lines else None

    @property
    def divided(self) -> bool:
        """Whether the plan says for every one of them what is promised."""
        return all(line.planned is not None for line in self.lines)

    @property
    def delivered(self) -> int:
        return sum(line.delivered for line in self.lines)

    @property
    def difference(self) -> int | None:
        return None if self.planned is None else self.delivered - self.planned

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
    """What is one council's of what was delivered; `code` None for what falls on none yet.

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
    """What a comparison can be made of: plans with their years, earliest first; periods."""

    plans: tuple[Plan, ...]
    years: dict[str, list[FinancialYear]]
    periods: tuple[Period, ...]

    def plan(self, code: str) -> Plan | None:
        return next((plan for plan in self.plans if plan.code == code), None)

    @property
    def usual(self) -> Quarter | None:
        """The latest quarter that was closed, even if it is open again."""
        closed = [p.quarter for p in self.periods if not p.is_open or p.is_open_again]
        return max(closed, default=None)

    def reopened(self, quarter: Quarter | None) -> Period | None:
        """The period of a quarter that was closed and is open again."""
        found = (p for p in self.periods if p.quarter == quarter and p.is_open_again)
        return next(found, None)


@dataclass
class _Sums:
    planned: int | None = None
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
        periods=tuple(Period.objects.select_related("reopened_by").order_by("quarter")),
    )


def usual_quarter(as_at: datetime | None = None) -> Quarter | None:
    """The quarter that delivery is counted to unless another is asked for.

    It is the latest that was closed. What is certified in it does not vanish if it is reopened.
    """
    if as_at is not None:
        return latest_once_closed_at(as_at)
    return Period.objects.latest_once_closed_quarter()


def is_open_again(quarter: Quarter | None, as_at: datetime | None = None) -> bool:
    """Whether a quarter was closed and is, or was at a moment, open again."""
    latest = usual_quarter(as_at)
    if quarter is None or latest is None or quarter > latest:
        return False
    if as_at is not None:
        return quarters_open_at(as_at).get(quarter, False)
    return Period.objects.filter(quarter=quarter, status=Period.Status.OPEN).exists()


def compare(
    plan: Plan, year: FinancialYear, to: Quarter | None, as_at: datetime | None = None
) -> Comparison:
    """The comparison by area: every programme, and what the plan leaves undivided.

    With `as_at` what was delivered is as it stood then.
    """
    tree = Service.objects.tree()
    areas = tree.children.get(None, ())
    groups = {slug: tree.below(slug) for slug in areas}
    return _compare(plan, year, _totals(to, as_at), to, tree, groups)


def compare_area(
    plan: Plan, year: FinancialYear, to: Quarter | None, area: str, as_at: datetime | None = None
) -> Comparison:
    """The comparison inside one area: what is recorded on the area itself, then each service.

    Raises KeyError where there is no such service.
    """
    tree = Service.objects.tree()
    groups = {area: frozenset({area})}
    groups.update({slug: tree.below(slug) for slug in tree.children.get(area, ())})
    return _compare(plan, year, _totals(to, as_at), to, tree, groups)


def by_council(
    to: Quarter | None, services: Iterable[str] | None = None, as_at: datetime | None = None
) -> list[CouncilLine]:
    """Delivered to the end of a quarter by council; last, what is not attributed to any.

    Every council has a line, also with nothing; `services` limits it to those slugs.
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
    by_service = PlanLine.objects.by_service(plan, year)
    for slug, planned in by_service.items():
        if slug is None and _covers_all(tree, groups):
            sums[None] = _Sums(planned)
        elif slug in group_of:
            of = sums[group_of[slug]]
            of.planned = (of.planned or 0) + planned
    # What is promised for all of them together, and so may be meant for any.
    above = {None, *(step for group in groups for step in tree.path(group)[1:])}
    none = None if any(by_service.get(slug) for slug in above) else 0
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
                planned=none if sum_.planned is None else sum_.planned,
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
    """Totals of what the comparison shows, to the end of a quarter, as they are or stood."""
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
