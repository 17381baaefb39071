"""Reading the comparison: a plan's year beside what was delivered, by area and by council.

Delivered is certified savings from the start to the end of a quarter, before transition costs,
which are shown separately. Amounts are whole pence. Everything delivered comes from the rollup's
totals: the number of queries and of rows read does not grow with the entries. Where each figure was
published is read in `savings.comparison.sources`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet, Sum

from finance.money import to_pence
from finance.periods import FinancialYear, Quarter
from savings.comparison.lines import (
    BY_SERVICE,
    NO_FORECAST,
    NOT_BY_COUNCIL,
    NOT_DIVIDED,
    NOT_DIVIDED_BY_COUNCIL,
    UNDIVIDED,
    WIDER,
    Comparison,
    ComparisonLine,
    CouncilLine,
    MadeOf,
    QuarterLine,
)
from savings.comparison.parts import NOT_SPLIT, Parts, is_for_all, split
from savings.drivers.models import DriverValue
from savings.formulas.arithmetic import Attribution
from savings.formulas.models import AttributionRule
from savings.history.reports import latest_once_closed_at, quarters_open_at
from savings.plans.measures import (
    Measure,
    Measured,
    Pair,
    Promises,
    added_by_year,
    certified_a_year,
    certified_in_year,
    certified_to_date,
    promised,
    promised_a_year,
    promised_in_year,
    promised_to_date,
)
from savings.plans.models import Plan, PlanLine
from savings.plans.reports import (
    LineToSplit,
    councils_of,
    lines_to_split,
    promises_by_service,
)
from savings.quarters.models import Period, usual_of
from savings.returns.models import Entry, Return
from savings.rollup.models import Total
from savings.rollup.reports import AnyOf
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council

#: The kinds of entry that a comparison shows.
_SHOWN = (Entry.Kind.SAVING, Entry.Kind.ONGOING_COST, Entry.Kind.TRANSITION_COST)


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be compared: plans with their years, earliest first, and periods."""

    plans: tuple[Plan, ...]
    years: dict[str, list[FinancialYear]]
    periods: tuple[Period, ...]

    def plan(self, code: str) -> Plan | None:
        return next((plan for plan in self.plans if plan.code == code), None)

    @property
    def all_years(self) -> list[FinancialYear]:
        """Every year from the first of a plan or a quarter to the last, earliest first."""
        known = {year for found in self.years.values() for year in found}
        known |= {period.quarter.year for period in self.periods}
        starts = [year.start for year in known]
        return (
            [FinancialYear(start) for start in range(min(starts), max(starts) + 1)] if known else []
        )

    @property
    def usual(self) -> Quarter | None:
        """The quarter that is counted to unless another is asked for."""
        return usual_of(self.periods)

    def reopened(self, quarter: Quarter | None) -> Period | None:
        """The period of a quarter that was closed and is open again."""
        found = (p for p in self.periods if p.quarter == quarter and p.is_open_again)
        return next(found, None)


@dataclass
class _Sums:
    """What is added up of one area or service, in pence: savings as they are told apart."""

    told: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    delivered: int = 0
    published: int = 0
    transition_costs: int = 0
    ongoing_costs: int = 0
    illustrative: bool = False
    #: Whether something was published here that no document divides by council.
    undivided: bool = False

    def add(self, row: _Row) -> None:
        if row.kind == Entry.Kind.SAVING:
            self.delivered += row.pence
            self.published += row.pence if row.reported_by is None else 0
            self.told[row.recurrence or "not_known"] += row.pence
            self.told[row.nature] += row.pence
        elif row.kind == Entry.Kind.ONGOING_COST:
            self.ongoing_costs += row.pence
        else:
            self.transition_costs += row.pence
        self.illustrative |= row.illustrative

    @property
    def made_of(self) -> MadeOf:
        kinds = ("recurring", "one_off", "cashable", "non_cashable", "avoided", "not_known")
        return MadeOf(**{kind: self.told[kind] for kind in kinds}, ongoing_costs=self.ongoing_costs)


class _Row(NamedTuple):
    """Totals that are alike in all this, added up."""

    group: str | None
    kind: str
    reported_by: int | None
    recurrence: str
    nature: str
    pence: int
    illustrative: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a comparison is of."""

    plan: Plan
    year: FinancialYear
    to: Quarter | None
    as_at: datetime | None
    measure: Measure
    councils: frozenset[str] | None

    @property
    def totals(self) -> QuerySet[Total]:
        return _totals(self.to, self.as_at, self.measure, self.year, self.councils)

    def undivided(self) -> set[str]:
        """The services of what was published for all councils together: one query."""
        published = _totals(self.to, self.as_at, self.measure, self.year, None).filter(
            kind=Entry.Kind.SAVING, council__isnull=True, parent__council__isnull=True
        )
        return set(published.order_by().values_list("service__slug", flat=True).distinct())

    def falls_on_no_council(self) -> bool:
        """Whether any saving that counts falls on no council: one query."""
        every = _totals(self.to, self.as_at, self.measure, self.year, None)
        return every.filter(kind=Entry.Kind.SAVING, council__isnull=True).exists()

    def delivered(self, sums: _Sums) -> Measured:
        if sums.undivided:
            return Measured(None, self.measure, NOT_DIVIDED_BY_COUNCIL)
        if self.measure == Measure.IN_YEAR:
            return certified_in_year(sums.delivered, self.year, self.to)
        if self.measure == Measure.ANNUAL_RATE:
            return certified_a_year(sums.told["recurring"], self.to, published=bool(sums.published))
        return certified_to_date(sums.delivered, self.to)

    def planned(self, promises: Promises) -> Measured:
        if self.measure == Measure.IN_YEAR:
            return promised_in_year(promises, self.year)
        if self.measure == Measure.ANNUAL_RATE:
            return promised_a_year(promises, self.year)
        return promised(promises, self.year)

    def planned_to_date(self, promises: Promises) -> Measured | None:
        return promised_to_date(promises, self.to) if self.measure == Measure.TO_DATE else None


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
    return Period.objects.usual_quarter()


def is_open_again(quarter: Quarter | None, as_at: datetime | None = None) -> bool:
    """Whether a quarter was closed and is, or was at a moment, open again."""
    latest = usual_quarter(as_at)
    if quarter is None or latest is None or quarter > latest:
        return False
    if as_at is not None:
        return quarters_open_at(as_at).get(quarter, False)
    return Period.objects.filter(quarter=quarter, status=Period.Status.OPEN).exists()


def compare(
    plan: Plan,
    year: FinancialYear,
    to: Quarter | None,
    as_at: datetime | None = None,
    measure: Measure = Measure.TO_DATE,
    council: str | None = None,
) -> Comparison:
    """The comparison by area: every programme, and what the plan leaves undivided.

    With `as_at` it is what had been delivered then, and with `council` the part of that council: of
    the plan what its lines say for it. Without, a plan whose lines all name councils is compared
    with what falls on those.
    """
    tree = Service.objects.tree()
    groups = {slug: tree.below(slug) for slug in tree.children.get(None, ())}
    return _compare(_asked(plan, year, to, as_at, measure, council), tree, groups, every=True)


def compare_area(
    plan: Plan,
    year: FinancialYear,
    to: Quarter | None,
    area: str,
    as_at: datetime | None = None,
    measure: Measure = Measure.TO_DATE,
) -> Comparison:
    """The comparison inside one area: what is recorded on the area itself, then each service.

    Raises KeyError if there is no such service.
    """
    tree = Service.objects.tree()
    groups = {area: frozenset({area})}
    groups.update({slug: tree.below(slug) for slug in tree.children.get(area, ())})
    return _compare(_asked(plan, year, to, as_at, measure, None), tree, groups, every=False)


def by_council(
    compared: Comparison, services: Collection[str] | None = None, as_at: datetime | None = None
) -> list[CouncilLine]:
    """What was delivered by council, by the measure of a comparison.

    Every council that it is of has a line, even with nothing; last, if it is of all of them, what
    is not attributed to any. `services` limits it to those slugs.
    """
    asked = _Asked(
        compared.plan, compared.year, compared.to, as_at, compared.measure, compared.councils
    )
    totals = asked.totals
    if services is not None:
        totals = totals.filter(service__slug__in=list(services))
    sums: dict[str | None, _Sums] = defaultdict(_Sums)
    if compared.whole.pair.delivered.why == NOT_DIVIDED_BY_COUNCIL:
        sums = defaultdict(lambda: _Sums(undivided=True))
    for row in _rows(totals, "council__code"):
        sums[row.group].add(row)
    lines = lines_to_split(compared.plan)
    parts = split(lines, _rules(), services)
    named: list[tuple[str | None, str]] = [
        (code, name)
        for code, name in Council.objects.values_list("code", "name")
        if compared.councils is None or code in compared.councils
    ]
    apart = asked.planned(parts.of(None)).pence is not None
    undivided = is_for_all(lines) and (apart or asked.falls_on_no_council())
    if compared.councils is None and (None in sums or apart):
        named.append((None, "Not attributed to a council"))
    return [
        CouncilLine(
            code=code,
            name=name,
            promised=_part(asked.planned(parts.of(code)), apart=apart and code is not None),
            promised_illustrative=code in parts.illustrative,
            undivided=undivided,
            achieved=asked.delivered(sums[code]),
            published=sums[code].published,
            transition_costs=sums[code].transition_costs,
            illustrative=sums[code].illustrative,
        )
        for code, name in named
    ]


def _rules() -> Attribution:
    """The rules that split savings today."""
    return Attribution(
        Service.objects.tree(),
        AttributionRule.objects.as_rules(),
        DriverValue.objects.as_values(),
    )


def _part(part: Measured, *, apart: bool) -> Measured:
    """A council's part of the promise, or why it has none although there is something to split."""
    return replace(part, why=NOT_SPLIT) if part.pence is None and apart else part


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


def forecast_for_the_year(compared: Comparison) -> Measured | None:
    """What councils forecast to save in the whole year, in the returns of `to`; None if not asked.

    Only certified returns count. Where a council's is not, or no quarter of the year is closed,
    there is no figure. One query.
    """
    to, year = compared.to, compared.year
    if compared.measure != Measure.IN_YEAR:
        return None
    if compared.councils is not None:
        return Measured(None, Measure.IN_YEAR, NOT_BY_COUNCIL)
    if to is None or to.year != year:
        return Measured(None, Measure.IN_YEAR, NO_FORECAST.format(year=year.label))
    returns = Return.objects.filter(period__quarter=to, council__isnull=False)
    found = returns.aggregate(
        forecast=Sum("forecasts__this_year"),
        waiting=Count("id", filter=~Q(status=Return.Status.CERTIFIED)),
    )
    if found["waiting"] or found["forecast"] is None:
        return Measured(None, Measure.IN_YEAR, NO_FORECAST.format(year=year.label))
    return Measured(to_pence(found["forecast"]), Measure.IN_YEAR)


def _asked(
    plan: Plan,
    year: FinancialYear,
    to: Quarter | None,
    as_at: datetime | None,
    measure: Measure,
    council: str | None,
) -> _Asked:
    councils = frozenset({council}) if council else councils_of(plan)
    return _Asked(plan, year, to, as_at, measure, councils)


def _compare(
    asked: _Asked, tree: ServiceTree, groups: dict[str, frozenset[str]], *, every: bool
) -> Comparison:
    """`every` says that the groups are all areas, with what the plan doesn't divide beside them."""
    group_of: dict[str | None, str] = {
        slug: group for group, slugs in groups.items() for slug in slugs
    }
    sums, everything, wider = _added(asked, group_of, _scope(asked.plan, tree))
    sums = {group: sums[group] for group in groups}
    promises, parts = _promises(asked)
    planned: dict[str | None, list[Promises]] = defaultdict(list)
    for slug, of_service in promises.items():
        if slug is None and every:
            planned[None].append(of_service)
        elif slug in group_of:
            planned[group_of[slug]].append(of_service)
    undivided = added_by_year(planned.get(None, []))
    lines = [
        _line(asked, slug, tree.nodes[slug].name, added_by_year(planned.get(slug, [])), sum_)
        for slug, sum_ in sums.items()
    ]
    if asked.planned(undivided).pence is not None:
        lines = [*map(_not_divided, lines), _undivided(asked, undivided)]
    whole = added_by_year([each for found in planned.values() for each in found])
    everybody = _line(asked, None, "All areas", whole, everything)
    if parts is not None:
        unsplit = asked.planned(parts.of(None)).pence is not None
        apart = unsplit or asked.falls_on_no_council()
        made_up = bool(parts.illustrative & (asked.councils or frozenset()))
        everybody, *lines = (
            _of_councils(line, unsplit=unsplit, apart=apart, illustrative=made_up)
            for line in (everybody, *lines)
        )
    if wider:
        everybody = replace(everybody, apart=everybody.apart or WIDER)
        lines = [
            replace(line, apart=line.apart or WIDER) if line.slug in wider else line
            for line in lines
        ]
    return Comparison(
        plan=asked.plan,
        year=asked.year,
        to=asked.to,
        measure=asked.measure,
        councils=asked.councils,
        whole=everybody,
        lines=tuple(lines),
    )


def _added(
    asked: _Asked, group_of: Mapping[str | None, str], scope: set[str] | None
) -> tuple[dict[str, _Sums], _Sums, set[str]]:
    """The sums of each group and of all, and the groups with savings beyond the plan's scope."""
    sums: dict[str, _Sums] = defaultdict(_Sums)
    everything = _Sums()
    wider = set()
    for row in _rows(asked.totals, "service__slug"):
        if row.group in group_of:
            group = group_of[row.group]
            sums[group].add(row)
            everything.add(row)
            if scope is not None and row.kind == Entry.Kind.SAVING and row.group not in scope:
                wider.add(group)
    if asked.councils is not None:
        for service in asked.undivided() & group_of.keys():
            sums[group_of[service]].undivided = everything.undivided = True
    return sums, everything, wider


def _scope(plan: Plan, tree: ServiceTree) -> set[str] | None:
    """The services that a plan is of; None if it is of all, as proposals and targets are."""
    if plan.kind not in (Plan.Kind.OPTION, Plan.Kind.PROFILE):
        return None
    named = set(plan.lines.order_by().values_list("service__slug", flat=True).distinct())
    return None if None in named else {step for slug in named for step in tree.below(slug)}


def _promises(asked: _Asked) -> tuple[dict[str | None, Promises], Parts | None]:
    """What is promised by service; with how the plan is split, if it is for more councils."""
    if asked.councils is None:
        return {**promises_by_service(asked.plan)}, None
    lines = lines_to_split(asked.plan)
    if not is_for_all(lines):
        return {**promises_by_service(asked.plan, asked.councils)}, None
    rules = _rules()
    by_service: dict[str | None, list[LineToSplit]] = defaultdict(list)
    for line in lines:
        by_service[line.service].append(line)
    promises = {
        slug: added_by_year([split(found, rules).of(code) for code in sorted(asked.councils)])
        for slug, found in by_service.items()
    }
    return promises, split(lines, rules)


def _of_councils(
    line: ComparisonLine, *, unsplit: bool, apart: bool, illustrative: bool
) -> ComparisonLine:
    """A line of some councils' parts: marked, and apart if something falls on no council."""
    if line.pair.planned.pence is None and unsplit:
        planned = replace(line.pair.planned, why=NOT_SPLIT)
        line = replace(line, pair=replace(line.pair, planned=planned))
    promised = line.pair.planned.pence is not None
    return replace(
        line,
        promised_illustrative=illustrative and promised,
        apart=UNDIVIDED if apart else "",
    )


def _line(
    asked: _Asked, slug: str | None, name: str, promises: Promises, sums: _Sums
) -> ComparisonLine:
    return ComparisonLine(
        slug=slug,
        name=name,
        pair=Pair(asked.planned(promises), asked.delivered(sums)),
        to_date=asked.planned_to_date(promises),
        made_of=sums.made_of,
        published=sums.published,
        transition_costs=sums.transition_costs,
        illustrative=sums.illustrative,
    )


def _not_divided(line: ComparisonLine) -> ComparisonLine:
    """A line that has no promise of its own where the plan has one for all areas together."""
    if line.pair.planned.pence is not None:
        return line
    planned = replace(line.pair.planned, why=NOT_DIVIDED)
    return replace(line, pair=replace(line.pair, planned=planned))


def _undivided(asked: _Asked, promises: Promises) -> ComparisonLine:
    line = _line(asked, None, "Not divided by area", promises, _Sums())
    delivered = Measured(None, line.pair.delivered.measure, BY_SERVICE)
    return replace(line, pair=replace(line.pair, delivered=delivered))


def _rows(totals: QuerySet[Total], group: str) -> Iterator[_Row]:
    return map(
        _Row._make,
        totals.order_by()
        .values_list(group, "kind", "parent__council", "recurrence", "nature")
        .annotate(sum=Sum("pence"), marked=AnyOf("illustrative")),
    )


def _totals(
    to: Quarter | None,
    as_at: datetime | None,
    measure: Measure,
    year: FinancialYear,
    councils: frozenset[str] | None,
) -> QuerySet[Total]:
    """Totals of what a measure counts, now or at `as_at`."""
    totals = Total.objects.as_at(as_at)
    if to is None:
        return totals.none()
    shown = totals.filter(kind__in=_SHOWN, quarter__lte=to)
    if measure == Measure.IN_YEAR:
        shown = shown.filter(quarter__gte=year.quarters[0], quarter__lte=year.quarters[-1])
    elif measure == Measure.ANNUAL_RATE:
        shown = shown.filter(quarter=to)
    return shown if councils is None else shown.filter(council__code__in=councils)
