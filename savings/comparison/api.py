"""What was promised beside what was delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from finance.periods import FinancialYear
from savings.comparison.lines import Comparison, ComparisonLine, CouncilLine
from savings.comparison.reports import (
    by_council,
    compare,
    forecast_for_the_year,
    is_open_again,
    usual_quarter,
    years_of,
)
from savings.comparison.serializers import ComparisonParameters, ComparisonSerializer
from savings.plans.measures import Measure, Measured
from savings.plans.models import Plan
from sovereignty.calls import Call
from sovereignty.models import Council
from sovereignty.refusals import BadContent, FieldError


class ComparisonView(Call):
    """A plan's amount for a year beside what was delivered, by area and by council.

    Delivered is certified savings before transition costs, which are given separately. Which ones
    is the `measure`: `to_date` from the start to the end of `to`; `in_year` those of the quarters
    of `year` up to `to`; `annual_rate` four times the recurring ones of the quarter `to`. A figure
    that the measure can't give is null, never 0. `difference` and `percentage` are null where the
    two figures are of different measures. In both cases `why` says why.

    With `council` both sides are of that council. With `as_at` it is what had been certified and
    added up by then. The plan is as it was published.
    """

    parameters_shape = ComparisonParameters

    @extend_schema(responses=ComparisonSerializer)
    def get(self, request: Request) -> Response:
        asked = self.parameters()
        plan = plan_called(asked["plan"])
        as_at = asked.get("as_at")
        to = asked.get("to") or usual_quarter(as_at)
        measure = Measure(asked.get("measure") or Measure.TO_DATE)
        council = council_called(asked.get("council"))
        year = year_of(plan, asked.get("year"))
        comparison = compare(plan, year, to, as_at, measure, council)
        councils = by_council(comparison, as_at=as_at)
        compared = Compared(
            comparison=comparison,
            whole=comparison.whole,
            councils=councils,
            as_at=as_at,
            open_again=is_open_again(to, as_at),
            forecast=forecast_for_the_year(comparison),
        )
        return Response(ComparisonSerializer(compared).data)


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison by area and by council, and what councils forecast for the year."""

    comparison: Comparison
    whole: ComparisonLine
    councils: list[CouncilLine]
    as_at: datetime | None
    open_again: bool
    forecast: Measured | None

    def __getattr__(self, name: str) -> Any:
        """What a line of the whole has: its pair, what it is made of and so on."""
        return getattr(self.whole, name)

    @property
    def of_councils(self) -> list[str] | None:
        councils = self.comparison.councils
        return None if councils is None else sorted(councils)

    @property
    def forecast_rest(self) -> int | None:
        certified = self.whole.pair.delivered.pence
        if self.forecast is None or self.forecast.pence is None or certified is None:
            return None
        return self.forecast.pence - certified


def plan_called(code: str) -> Plan:
    plans = {plan.code: plan for plan in Plan.objects.all()}
    if code not in plans:
        known = ", ".join(plans) or "none yet"
        raise BadContent([FieldError("plan", f"There is no such plan. There are: {known}.", code)])
    return plans[code]


def year_of(plan: Plan, year: FinancialYear | None) -> FinancialYear:
    """The year asked for, or the plan's last."""
    years = years_of(plan)
    if year is None and years:
        return years[-1]
    if year is None:
        raise BadContent([FieldError("year", "This plan has no figures yet: give a year.", "")])
    return year


def council_called(code: str | None) -> str | None:
    if code is None:
        return None
    known = list(Council.objects.order_by("code").values_list("code", flat=True))
    if code not in known:
        message = f"There is no such council. There are: {', '.join(known)}."
        raise BadContent([FieldError("council", message, code)])
    return code
