"""Reading plans: what each promises for each of its years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from finance.money import to_pence
from finance.periods import FinancialYear
from savings.kit.provenance import Provenance
from savings.plans.measures import Promise, added_by_year
from savings.plans.models import Plan, PlanLine


@dataclass(frozen=True, slots=True)
class PlannedYear:
    """The sum of a plan's lines for a financial year, in pence, and what getting there costs."""

    year: str
    planned: int
    cost: int
    illustrative: bool

    @property
    def net(self) -> int:
        return self.planned - self.cost


def years_by_plan(plans: Iterable[Plan]) -> dict[int, list[PlannedYear]]:
    """The years of these plans, by the plan's id, earliest first: one query.

    A line inside another is counted once, in the other.
    """
    years: dict[int, list[PlannedYear]] = defaultdict(list)
    for plan, year, planned, cost, made_up in (
        PlanLine.objects.counted()
        .filter(plan__in=[plan.id for plan in plans])
        .order_by("plan", "year")
        .values_list("plan", "year")
        .annotate(
            planned=Sum("middle"),
            cost=Sum("cost"),
            made_up=Count("id", filter=Q(provenance=Provenance.ILLUSTRATIVE)),
        )
    ):
        years[plan].append(PlannedYear(year, to_pence(planned), to_pence(cost), bool(made_up)))
    return years


#: What a line is of a promise, by its basis.
_SORTS: dict[str, str] = {
    PlanLine.Basis.FULL_YEAR: "annual",
    PlanLine.Basis.IN_YEAR: "alone",
    PlanLine.Basis.OVER_YEARS: "over",
}


def promises_by_service(
    plan: Plan, councils: Collection[str] | None = None
) -> dict[str | None, dict[FinancialYear, Promise]]:
    """What a plan promises by service and year, in pence: one query.

    None is for the lines that name no service. A line inside another counts once. With `councils`
    only their lines count: what a plan has for all councils together is not any one council's.
    """
    lines = PlanLine.objects.counted().filter(plan=plan)
    if councils is not None:
        lines = lines.filter(council__code__in=councils)
    found: dict[str | None, dict[FinancialYear, Promise]] = defaultdict(dict)
    for slug, year, basis, pounds in (
        lines.order_by().values_list("service__slug", "year", "basis").annotate(sum=Sum("middle"))
    ):
        pence = to_pence(pounds)
        of_line = Promise(**{_SORTS[basis]: pence})
        when = FinancialYear.parse(year)
        found[slug].update(added_by_year([{when: of_line}, found[slug]]))
    return found


@dataclass(frozen=True, slots=True)
class LineToSplit:
    """A line of a plan that counts, in pence; `council` is empty if it is for all together."""

    service: str | None
    council: str | None
    year: FinancialYear
    basis: str
    pence: int
    illustrative: bool

    @property
    def promise(self) -> Callable[[int], Promise]:
        """What some pence of it are of a promise."""
        return lambda pence: Promise(**{_SORTS[self.basis]: pence})


def lines_to_split(plan: Plan) -> list[LineToSplit]:
    """The lines of a plan that count, each once: one query."""
    return [
        LineToSplit(
            service=slug,
            council=council,
            year=FinancialYear.parse(year),
            basis=basis,
            pence=to_pence(middle),
            illustrative=provenance == Provenance.ILLUSTRATIVE,
        )
        for slug, council, year, basis, middle, provenance in PlanLine.objects.counted()
        .filter(plan=plan)
        .order_by("year", "id")
        .values_list("service__slug", "council__code", "year", "basis", "middle", "provenance")
    ]


def councils_of(plan: Plan) -> frozenset[str] | None:
    """The councils that a plan is of: those its lines name, or None where a line is for all."""
    named = set(plan.lines.order_by().values_list("council__code", flat=True).distinct())
    return None if None in named or not named else frozenset(named)
