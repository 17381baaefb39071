"""Reading forecasts: a council's for a quarter beside plan and delivery, and those of all councils.

A council's forecast is of what its own returns will report, so what was delivered is
counted the same way: certified savings of its own returns, for the initiative and below
it, however they are divided. What was planned is planned for all councils together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from finance.money import from_pence
from finance.periods import FinancialYear, Quarter
from savings.forecasts.initiatives import Initiative, PlannedLine, initiatives
from savings.forecasts.models import Forecast
from savings.forecasts.remarks import Remark, RemarkKind, remarks
from savings.forecasts.rows import IN_DOUBT, ForecastRow
from savings.forecasts.wording import MISSING
from savings.plans.models import PlanLine
from savings.provenance import Provenance
from savings.returns.models import Entry, Period, Return
from savings.rollup.models import Total
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council, User

_NIL = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Saved:
    """Savings of one council for an initiative and below, to the end of a quarter, in pounds.

    `delivered` is what is certified, `this_year` its part of the quarter's financial
    year; `entered` also has what is not certified yet.
    """

    delivered: Decimal = _NIL
    this_year: Decimal = _NIL
    entered: Decimal = _NIL

    def __add__(self, other: Saved) -> Saved:
        return Saved(
            self.delivered + other.delivered,
            self.this_year + other.this_year,
            self.entered + other.entered,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """An initiative with a council's forecast of this quarter and of the one before, if any."""

    council: Council
    initiative: Initiative
    forecast: Forecast | None
    last: Forecast | None
    saved: Saved
    remarks: tuple[Remark, ...]

    @property
    def status(self) -> str:
        return self.forecast.status if self.forecast else MISSING


@dataclass(frozen=True, slots=True)
class Standing:
    """The forecasts of one return: a line for each initiative that needs one, in tree order.

    `others` are forecasts of what needs one no longer, because a plan has changed since.
    """

    parent: Return
    lines: tuple[Line, ...]
    others: tuple[Forecast, ...]
    remarks: tuple[Remark, ...]

    @property
    def forecasts(self) -> list[Forecast]:
        return [line.forecast for line in self.lines if line.forecast] + list(self.others)

    @property
    def owed(self) -> list[str]:
        return [line.initiative.service for line in self.lines]

    @property
    def this_year(self) -> Decimal:
        return sum((forecast.this_year for forecast in self.forecasts), _NIL)

    @property
    def full_year_effect(self) -> Decimal:
        return sum((forecast.full_year_effect for forecast in self.forecasts), _NIL)

    @property
    def delivered(self) -> Decimal:
        return sum((line.saved.delivered for line in self.lines), _NIL)

    @property
    def illustrative(self) -> bool:
        return any(map(is_illustrative, self.forecasts))

    @property
    def counts(self) -> Counter[str]:
        """How many lines have each status; `MISSING` is one."""
        return Counter(line.status for line in self.lines)

    def remarks_of(self, kind: RemarkKind) -> list[Remark]:
        return [remark for remark in self.remarks if remark.kind == kind]


@dataclass(frozen=True, slots=True)
class Row:
    """An initiative with the lines of the councils asked for, and their sums.

    `delivered` is what those councils have certified and, where all are asked for, what
    was published for the partnership.
    """

    initiative: Initiative
    lines: tuple[Line, ...]
    delivered: Decimal
    delivered_this_year: Decimal

    @property
    def name(self) -> str:
        return self.initiative.name

    @property
    def planned(self) -> Decimal:
        return self.initiative.planned

    @property
    def forecasts(self) -> list[Forecast]:
        return [line.forecast for line in self.lines if line.forecast]

    @property
    def this_year(self) -> Decimal:
        return sum((forecast.this_year for forecast in self.forecasts), _NIL)

    @property
    def full_year_effect(self) -> Decimal:
        return sum((forecast.full_year_effect for forecast in self.forecasts), _NIL)

    @property
    def expected(self) -> Decimal:
        """The forecast that stands beside `planned`: a year's saving, or the year's own."""
        return self.this_year if self.initiative.full_year is None else self.full_year_effect

    @property
    def illustrative(self) -> bool:
        return any(map(is_illustrative, self.forecasts))


@dataclass(frozen=True, slots=True)
class Overview:
    """Forecasts of a quarter, an initiative a row, of every council whose return one may see.

    `all_councils` is true where none was chosen and all may be seen: only then does a sum
    of forecasts stand beside a plan, which is for all councils together. `remarks` are
    those on the lines shown.
    """

    quarter: Quarter
    rows: tuple[Row, ...]
    standings: tuple[Standing, ...]
    all_councils: bool
    status: str = ""
    remarks: tuple[tuple[Council, Remark], ...] = field(default=())

    @property
    def beside_plan(self) -> bool:
        """Whether forecasts may be held beside a plan: only those of all councils."""
        return self.all_councils and not self.status

    @property
    def lines(self) -> list[Line]:
        return [line for row in self.rows for line in row.lines]

    @property
    def standing_counts(self) -> Counter[str]:
        """How many lines have each status, also those that were not asked for."""
        return sum((standing.counts for standing in self.standings), Counter())

    @property
    def in_doubt(self) -> list[Line]:
        return [line for line in self.lines if line.forecast and line.status in IN_DOUBT]

    @property
    def planned(self) -> Decimal:
        return sum((row.planned for row in self.rows), _NIL)

    @property
    def expected(self) -> Decimal:
        return sum((row.expected for row in self.rows), _NIL)

    @property
    def this_year(self) -> Decimal:
        return sum((row.this_year for row in self.rows), _NIL)

    @property
    def full_year_effect(self) -> Decimal:
        return sum((row.full_year_effect for row in self.rows), _NIL)

    @property
    def delivered(self) -> Decimal:
        return sum((row.delivered for row in self.rows), _NIL)

    @property
    def illustrative(self) -> bool:
        return any(row.illustrative for row in self.rows)

    @property
    def counts(self) -> Counter[str]:
        return Counter(line.status for line in self.lines)


def is_illustrative(forecast: Forecast) -> bool:
    return forecast.provenance == Provenance.ILLUSTRATIVE


def row_of(forecast: Forecast) -> ForecastRow:
    """A forecast as the row that would make it. Reads forecast.service."""
    return ForecastRow(
        service=forecast.service.slug,
        this_year=forecast.this_year,
        full_year_effect=forecast.full_year_effect,
        status=forecast.status,
        starts_on=forecast.starts_on,
        reason=forecast.reason,
        replacement=forecast.replacement,
    )


def initiatives_of(parent: Return) -> list[Initiative]:
    """What a council owes a forecast in this return; the partnership owes none: four queries."""
    if parent.council is None:
        return []
    tree = Service.objects.tree()
    return initiatives(planned_lines(), tree, parent.council.code, parent.quarter)


def planned_lines() -> list[PlannedLine]:
    """Every line of every plan, as the rule reads it: one query."""
    return [
        PlannedLine(
            plan=position,
            adopted=adopted,
            service=slug,
            year=FinancialYear.parse(year),
            full_year=basis == PlanLine.Basis.FULL_YEAR,
            amount=amount,
        )
        for position, adopted, slug, year, basis, amount in PlanLine.objects.order_by(
            "plan__position", "id"
        ).values_list("plan__position", "plan__adopted", "service__slug", "year", "basis", "middle")
    ]


def forecasts_of(user: User, parent: Return, today: date) -> Standing:
    """The forecasts of one return, which the person may see: seven queries, however many."""
    if parent.council is None:
        return Standing(parent, lines=(), others=(), remarks=())
    (standing,) = _standings(user, [parent], parent.quarter, Service.objects.tree(), today)
    return standing


def last_forecasts(parent: Return) -> dict[str, Forecast]:
    """The council's forecasts of the quarter before, by service: where a new form starts from."""
    found = Forecast.objects.select_related("service").filter(
        parent__council=parent.council_id, parent__period__quarter=parent.quarter.preceding
    )
    return {forecast.service.slug: forecast for forecast in found}


def visible_returns(user: User) -> QuerySet[Return]:
    """The councils' returns, and so their forecasts, that a person may see."""
    return (
        Return.objects.visible_to(user)
        .filter(council__isnull=False)
        .select_related("council", "period")
    )


def quarters_to_choose(user: User) -> list[Period]:
    """The periods with a return that the person may see, latest first."""
    returns = visible_returns(user)
    return list(Period.objects.filter(returns__in=returns).distinct().order_by("-quarter"))


def councils_to_choose(user: User) -> list[Council]:
    """The councils whose returns a person may ever see."""
    if user.sees_every_council:
        return list(Council.objects.all())
    return [user.council] if user.council else []


def first_choice(user: User, periods: Sequence[Period]) -> Quarter | None:
    """The latest quarter with a forecast; else the earliest open one; else the latest of all."""
    latest = (
        Forecast.objects.visible_to(user)
        .order_by("-parent__period__quarter")
        .values_list("parent__period__quarter", flat=True)
        .first()
    )
    if latest is not None:
        return latest
    quarters = [period.quarter for period in periods if period.is_open]
    if quarters:
        return min(quarters)
    return max((period.quarter for period in periods), default=None)


def overview(
    user: User, quarter: Quarter, today: date, *, council: str = "", status: str = ""
) -> Overview:
    """The forecasts of a quarter that the person may see, or those of one council or status."""
    tree = Service.objects.tree()
    asked = visible_returns(user).filter(period__quarter=quarter).order_by("council__code")
    if council:
        asked = asked.filter(council__code=council)
    standings = _standings(user, list(asked), quarter, tree, today)
    whole = user.sees_every_council and not council
    published = _saved(user, quarter)[None] if whole else {}
    by_slug: dict[str, list[Line]] = defaultdict(list)
    for standing in standings:
        for line in standing.lines:
            if status in ("", line.status):
                by_slug[line.initiative.service].append(line)
    return Overview(
        quarter=quarter,
        rows=tuple(
            _row(lines, _below(tree, node.slug, published))
            for node, _ in tree.walk()
            if (lines := by_slug.get(node.slug))
        ),
        standings=tuple(standings),
        all_councils=whole,
        status=status,
        remarks=_sorted_remarks(standings, status),
    )


def _row(lines: Sequence[Line], published: Saved) -> Row:
    saved = sum((line.saved for line in lines), published)
    return Row(
        initiative=lines[0].initiative,
        lines=tuple(lines),
        delivered=saved.delivered,
        delivered_this_year=saved.this_year,
    )


def _sorted_remarks(
    standings: Iterable[Standing], status: str
) -> tuple[tuple[Council, Remark], ...]:
    """Remarks on the lines of a status, by kind, then in the order of the councils."""
    return tuple(
        (line.council, remark)
        for kind in RemarkKind
        for standing in standings
        for line in standing.lines
        if status in ("", line.status)
        for remark in line.remarks
        if remark.kind == kind
    )


def _standings(
    user: User, returns: Sequence[Return], quarter: Quarter, tree: ServiceTree, today: date
) -> list[Standing]:
    lines = planned_lines()
    forecasts: dict[tuple[int | None, Quarter], dict[str, Forecast]] = defaultdict(dict)
    councils = [parent.council_id for parent in returns]
    for forecast in (
        Forecast.objects.visible_to(user)
        .filter(
            parent__council__in=councils,
            parent__period__quarter__in=[quarter, quarter.preceding],
        )
        .select_related("service", "parent__period")
        .order_by("service__position", "service__slug")
    ):
        of = forecasts[forecast.parent.council_id, forecast.parent.quarter]
        of[forecast.service.slug] = forecast
    saved = _saved(user, quarter, councils)
    return [
        _standing(
            parent,
            parent.council,
            initiatives(lines, tree, parent.council.code, quarter),
            forecasts[parent.council_id, quarter],
            forecasts[parent.council_id, quarter.preceding],
            saved[parent.council_id],
            tree,
            today,
        )
        for parent in returns
        if parent.council
    ]


def _standing(
    parent: Return,
    council: Council,
    owed: Sequence[Initiative],
    now: Mapping[str, Forecast],
    last: Mapping[str, Forecast],
    by_service: Mapping[str, Saved],
    tree: ServiceTree,
    today: date,
) -> Standing:
    saved = {one.service: _below(tree, one.service, by_service) for one in owed}
    found = remarks(
        quarter=parent.quarter,
        today=today,
        initiatives=owed,
        now={slug: row_of(forecast) for slug, forecast in now.items()},
        last={slug: row_of(forecast) for slug, forecast in last.items()},
        saved={slug: amounts.entered for slug, amounts in saved.items()},
    )
    return Standing(
        parent=parent,
        lines=tuple(
            Line(
                council=council,
                initiative=initiative,
                forecast=now.get(initiative.service),
                last=last.get(initiative.service),
                saved=saved[initiative.service],
                remarks=tuple(remark for remark in found if remark.service == initiative.service),
            )
            for initiative in owed
        ),
        others=tuple(forecast for slug, forecast in now.items() if slug not in saved),
        remarks=tuple(found),
    )


def _saved(
    user: User, quarter: Quarter, councils: Sequence[int | None] | None = None
) -> dict[int | None, dict[str, Saved]]:
    """Savings to the end of a quarter by council (None: the partnership) and service: 2 queries.

    What is rolled up is read from the totals; the rest, drafts above all, from the entries.
    """
    saved: dict[int | None, dict[str, Saved]] = defaultdict(lambda: defaultdict(Saved))
    visible = Return.objects.visible_to(user).filter(period__quarter__lte=quarter)
    visible = (
        visible.filter(council__isnull=True)
        if councils is None
        else visible.filter(council__in=councils)
    )
    first = quarter.year.quarters[0]
    for council, slug, pence, this_year in (
        Total.objects.filter(parent__in=visible, kind=Entry.Kind.SAVING)
        .order_by()
        .values_list("parent__council", "service__slug")
        .annotate(sum=Sum("pence"), this_year=Sum("pence", filter=Q(quarter__gte=first)))
    ):
        amount = from_pence(pence)
        saved[council][slug] += Saved(amount, from_pence(this_year or 0), amount)
    for council, slug, amount in (
        Entry.objects.filter(parent__in=visible.filter(rolled__isnull=True), kind=Entry.Kind.SAVING)
        .order_by()
        .values_list("parent__council", "service__slug")
        .annotate(sum=Sum("amount"))
    ):
        saved[council][slug] += Saved(entered=amount)
    return saved


def _below(tree: ServiceTree, slug: str, saved: Mapping[str, Saved]) -> Saved:
    return sum((saved[step] for step in tree.below(slug) if step in saved), Saved())
