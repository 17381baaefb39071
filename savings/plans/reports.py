"""Reading plans: what each promises for each of its years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from finance.money import to_pence
from savings.kit.provenance import Provenance
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
