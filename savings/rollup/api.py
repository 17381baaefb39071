"""The state of the rollup."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from savings.rollup.reports import standing
from savings.rollup.serializers import StandingSerializer
from sovereignty.calls import Call


class RollupStanding(Call):
    """Whether the totals include everything certified, and which version readers see."""

    @extend_schema(responses=StandingSerializer)
    def get(self, request: Request) -> Response:
        self.parameters()
        return Response(StandingSerializer(standing()).data)
