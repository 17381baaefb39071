"""What was promised: the plans, and the lines of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from savings.plans.models import Plan
from savings.plans.reports import years_by_plan
from savings.plans.serializers import PlanDetailSerializer, PlanSerializer
from sovereignty.calls import Call, Listing, found


class PlanList(Listing):
    """The plans, with what each promises for each of its years."""

    serializer_class = PlanSerializer

    def rows(self, asked: dict[str, Any]) -> QuerySet[Plan]:
        return Plan.objects.order_by("position", "code")

    def shown(self, page: Sequence[Any]) -> list[dict[str, object]]:
        years = years_by_plan(page)
        return [described(plan, years=years[plan.id]) for plan in page]


class PlanDetail(Call):
    """One plan with its lines, each with the document and place that it stands in.

    All lines are shown. A line that is inside another (`inside`) is a part of it, and the
    sums of `years` count it once, in the other.
    """

    @extend_schema(responses=PlanDetailSerializer)
    def get(self, request: Request, code: str) -> Response:
        self.parameters()
        plan = found(
            Plan.objects.all(), "There is no such plan: plans/ lists their codes.", code=code
        )
        lines = plan.lines.select_related("service", "council", "inside").order_by("year", "id")
        whole = described(plan, years=years_by_plan([plan])[plan.id], lines=lines)
        return Response(PlanDetailSerializer(whole).data)


def described(plan: Plan, **more: object) -> dict[str, object]:
    return {
        "code": plan.code,
        "name": plan.name,
        "description": plan.description,
        "kind": plan.kind,
        "source": plan.source,
        "adopted": plan.adopted,
        **more,
    }
