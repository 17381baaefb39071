"""Reading a council's forecasts for a quarter, beside the plan and what was delivered.

A council's forecast is of what its own returns will report, so what was delivered is counted the
same way: certified savings of its own returns, for the initiative and below it, however they are
split. The plan is for all councils together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import F, Q, QuerySet, Sum

from audit.models import Event
from finance.money import to_pence
from finance.periods import FinancialYear, Quarter
from savings.forecasts.initiatives import Initiative, PlannedLine, initiatives, topmost
from savings.forecasts.reconciling import Certified
from savings.forecasts.remarks import Remark, remarks
from savings.forecasts.rows import ForecastRow
from savings.forecasts.wording import MISSING
from savings.kit.provenance import Provenance
from savings.plans.models import PlanLine
from savings.returns.models import Entry, Forecast, Return
from savings.returns.reports import events_since
from savings.rollup.models import Total
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council, User

#: What an event of forecasts that were saved is called.
SAVED = "forecasts saved"


@dataclass(frozen=True, slots=True)
class Saved:
    """Savings of one council for an initiative and below, to the end of a quarter, in pence.

    `delivered` is what is certified, `this_year` its part of the quarter's financial
    year; `entered` also has what is not certified yet. `pending` where something certified is
    still being added to the totals, so that neither of the first two is known.
    """

    delivered: int = 0
    this_year: int = 0
    entered: int = 0
    pending: bool = False

    def __add__(self, other: Saved) -> Saved:
        return Saved(
            self.delivered + other.delivered,
            self.this_year + other.this_year,
            self.entered + other.entered,
            self.pending or other.pending,
        )


@dataclass(frozen=True, slots=True)
class ForecastLine:
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
class ForecastsOfReturn:
    """The forecasts of one return: a line for each initiative that needs one, in tree order.

    `others` are forecasts of what no longer needs one, because a plan has changed since.
    """

    parent: Return
    lines: tuple[ForecastLine, ...]
    others: tuple[Forecast, ...]
    remarks: tuple[Remark, ...]

    @property
    def forecasts(self) -> list[Forecast]:
        return [line.forecast for line in self.lines if line.forecast] + list(self.others)

    @property
    def owed(self) -> list[str]:
        return [line.initiative.service for line in self.lines]

    @property
    def this_year(self) -> int:
        return sum(forecast.this_year_pence for forecast in self.forecasts)

    @property
    def full_year_effect(self) -> int:
        return sum(forecast.full_year_effect_pence for forecast in self.forecasts)

    @property
    def delivered(self) -> int:
        """What is certified for any of the initiatives, each pound once."""
        top = topmost(line.initiative for line in self.lines)
        return sum(line.saved.delivered for line in self.lines if line.initiative.service in top)

    @property
    def pending(self) -> bool:
        """Whether something certified is being added to any of them."""
        return any(line.saved.pending for line in self.lines)

    @property
    def illustrative(self) -> bool:
        return any(map(is_illustrative, self.forecasts))

    @property
    def counts(self) -> Counter[str]:
        """How many lines have each status; `MISSING` is one."""
        return Counter(line.status for line in self.lines)


def is_illustrative(forecast: Forecast) -> bool:
    return forecast.provenance == Provenance.ILLUSTRATIVE


def row_of(forecast: Forecast) -> ForecastRow:
    """A forecast as the row that would make it. Reads forecast.service."""
    return ForecastRow(
        service=forecast.service.slug,
        this_year=forecast.this_year_pence,
        full_year_effect=forecast.full_year_effect_pence,
        status=forecast.status,
        starts_on=forecast.starts_on,
        reason=forecast.reason,
        replacement=forecast.replacement,
    )


def initiatives_of(parent: Return) -> list[Initiative]:
    """What a council owes a forecast for in a return; the partnership owes none: four queries."""
    if parent.council is None:
        return []
    tree = Service.objects.tree()
    return initiatives(planned_lines(), tree, parent.council.code, parent.quarter)


def planned_lines() -> list[PlannedLine]:
    """The lines that count of every plan, of one year each, as the rule reads them: one query."""
    return [
        PlannedLine(
            plan=position,
            adopted=adopted,
            service=slug,
            year=FinancialYear.parse(year),
            full_year=basis == PlanLine.Basis.FULL_YEAR,
            pence=to_pence(middle),
        )
        for position, adopted, slug, year, basis, middle in PlanLine.objects.counted()
        .of_one_year()
        .order_by("plan__position", "id")
        .values_list("plan__position", "plan__adopted", "service__slug", "year", "basis", "middle")
    ]


def forecasts_of(user: User, parent: Return, today: date) -> ForecastsOfReturn:
    """The forecasts of one return, which the person may see: eight queries, however many."""
    if parent.council is None:
        return ForecastsOfReturn(parent, lines=(), others=(), remarks=())
    (found,) = forecasts_of_returns(user, [parent], parent.quarter, Service.objects.tree(), today)
    return found


def last_forecasts(parent: Return) -> dict[str, Forecast]:
    """The council's forecasts of the quarter before, by service, which a new form starts from."""
    found = Forecast.objects.select_related("service").filter(
        parent__council=parent.council_id, parent__period__quarter=parent.quarter.preceding
    )
    return {forecast.service.slug: forecast for forecast in found}


def visible_returns(user: User) -> QuerySet[Return]:
    """The councils' returns, and so their forecasts, that a person may see."""
    return (
        Return.objects.visible_to(user)
        .filter(council__isnull=False)
        .select_related("council", "period__reopened_by")
    )


def forecasts_of_returns(
    user: User, returns: Sequence[Return], quarter: Quarter, tree: ServiceTree, today: date
) -> list[ForecastsOfReturn]:
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
    saved = savings_of(user, quarter, councils)
    fell = fallen_from_others(quarter, councils)
    return [
        _forecasts_of_return(
            parent,
            parent.council,
            initiatives(lines, tree, parent.council.code, quarter),
            forecasts[parent.council_id, quarter],
            forecasts[parent.council_id, quarter.preceding],
            saved[parent.council_id],
            fell[parent.council_id],
            tree,
            today,
        )
        for parent in returns
        if parent.council
    ]


def _forecasts_of_return(
    parent: Return,
    council: Council,
    owed: Sequence[Initiative],
    now: Mapping[str, Forecast],
    last: Mapping[str, Forecast],
    by_service: Mapping[str, Saved],
    fell: Mapping[str, int],
    tree: ServiceTree,
    today: date,
) -> ForecastsOfReturn:
    saved = {one.service: below(tree, one.service, by_service) for one in owed}
    made_up = {slug for slug, forecast in now.items() if is_illustrative(forecast)}
    found = [
        replace(remark, illustrative=remark.service in made_up)
        for remark in remarks(
            quarter=parent.quarter,
            today=today,
            initiatives=owed,
            now={slug: row_of(forecast) for slug, forecast in now.items()},
            last={slug: row_of(forecast) for slug, forecast in last.items()},
            saved={slug: amounts.entered for slug, amounts in saved.items()},
            fell={slug: sum(fell.get(step, 0) for step in tree.below(slug)) for slug in saved},
        )
    ]
    return ForecastsOfReturn(
        parent=parent,
        lines=tuple(
            ForecastLine(
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


def savings_of(
    user: User, quarter: Quarter, councils: Sequence[int | None] | None = None
) -> dict[int | None, dict[str, Saved]]:
    """Savings to the end of a quarter by council (None: the partnership) and service: 2 queries.

    What is rolled up is read from the totals; the rest, mainly drafts, from the entries.
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
        Total.objects.current()
        .filter(parent__in=visible, kind=Entry.Kind.SAVING)
        .order_by()
        .values_list("parent__council", "service__slug")
        .annotate(sum=Sum("pence"), this_year=Sum("pence", filter=Q(quarter__gte=first)))
    ):
        saved[council][slug] += Saved(pence, this_year or 0, pence)
    for council, slug, status, amount in (
        Entry.objects.filter(parent__in=visible.filter(rolled__isnull=True), kind=Entry.Kind.SAVING)
        .order_by()
        .values_list("parent__council", "service__slug", "parent__status")
        .annotate(sum=Sum("amount"))
    ):
        certified = status == Return.Status.CERTIFIED
        saved[council][slug] += Saved(entered=to_pence(amount), pending=certified)
    return saved


def fallen_from_others(
    quarter: Quarter, councils: Sequence[int | None]
) -> dict[int | None, dict[str, int]]:
    """Certified savings to the end of a quarter that fell on councils from others' returns.

    By council and service, in pence: one query.
    """
    found: dict[int | None, dict[str, int]] = defaultdict(dict)
    for council, slug, pence in (
        Total.objects.current()
        .filter(
            kind=Entry.Kind.SAVING,
            council__in=councils,
            parent__council__isnull=False,
            quarter__lte=quarter,
        )
        .exclude(parent__council=F("council"))
        .order_by()
        .values_list("council", "service__slug")
        .annotate(sum=Sum("pence"))
    ):
        found[council][slug] = pence
    return found


def certified_to(quarter: Quarter) -> tuple[Certified, ...]:
    """Everything certified as saved to the end of a quarter: one query."""
    rows = (
        Total.objects.current()
        .filter(kind=Entry.Kind.SAVING, quarter__lte=quarter)
        .order_by()
        .values_list("parent__council__code", "council__code", "service__slug")
        .annotate(sum=Sum("pence"))
    )
    return tuple(Certified(*row) for row in rows)


def below(tree: ServiceTree, slug: str, saved: Mapping[str, Saved]) -> Saved:
    return sum((saved[step] for step in tree.below(slug) if step in saved), Saved())


def saves_since(parent: Return, version: int) -> list[Event]:
    """The saves of a return's forecasts after a version of it, the latest first: one query."""
    return [event for event in events_since(parent, version) if event.action == SAVED]
