"""What was promised beside what was delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from finance.periods import FinancialYear
from savings.comparison.reports import (
    Comparison,
    CouncilLine,
    by_council,
    compare,
    is_open_again,
    usual_quarter,
    years_of,
)
from savings.comparison.serializers import ComparisonParameters, ComparisonSerializer
from savings.plans.models import Plan
from sovereignty.calls import Call
from sovereignty.refusals import BadContent, FieldError


class ComparisonView(Call):
    """A plan's amount for a year beside what was delivered, by area and by council.

    Delivered is certified savings from the start to the end of `to`, before transition
    costs, which stand beside it. With `as_at` it is what had been certified and added up
    by then; the plan is as it was published.
    """

    parameters_shape = ComparisonParameters

    @extend_schema(responses=ComparisonSerializer)
    def get(self, request: Request) -> Response:
        asked = self.parameters()
        plan = plan_called(asked["plan"])
        as_at = asked.get("as_at")
        to = asked.get("to") or usual_quarter(as_at)
        comparison = compare(plan, year_of(plan, asked.get("year")), to, as_at)
        councils = by_council(to, as_at=as_at)
        return Response(
            ComparisonSerializer(
                Compared(comparison, councils, as_at, is_open_again(to, as_at))
            ).data
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison by area and by council."""

    whole: Comparison
    councils: list[CouncilLine]
    as_at: datetime | None
    open_again: bool


def plan_called(code: str) -> Plan:
    plans = {plan.code: plan for plan in Plan.objects.all()}
    if code not in plans:
        known = ", ".join(plans) or "none yet"
        raise BadContent([FieldError("plan", f"There is no such plan. There are: {known}.", code)])
    return plans[code]


def year_of(plan: Plan, year: FinancialYear | None) -> FinancialYear:
    """The year asked for, or the plan's last; a year without figures is no nil promise."""
    years = years_of(plan)
    if year is None and years:
        return years[-1]
    if year is None or year not in years:
        known = ", ".join(other.code for other in years) or "no year yet"
        raise BadContent(
            [FieldError("year", f"This plan has figures for {known}.", year.code if year else "")]
        )
    return year
