"""The tolerance for restated drivers: proposed and answered."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from savings.attribution.actions import answer
from savings.attribution.serializers import Answer
from savings.drivers import actions
from savings.drivers.models import Tolerance
from savings.drivers.serializers import ToleranceBody, ToleranceSerializer
from savings.rules import require
from sovereignty.calls import Call, Listing, found
from sovereignty.models import Council
from sovereignty.shapes import check

NO_TOLERANCE = "There is no such tolerance: see driver-tolerances/ for their ids."


def _context() -> dict[str, Any]:
    return {"councils": list(Council.objects.order_by("code").values_list("code", flat=True))}


def tolerance_as_json(tolerance_id: int) -> dict[str, Any]:
    """One tolerance as it stands now."""
    tolerance = Tolerance.objects.with_consents().get(id=tolerance_id)
    return ToleranceSerializer(tolerance, context=_context()).data


class ToleranceList(Listing):
    """How much a restated driver may move before it is put right, with every council's answer."""

    serializer_class = ToleranceSerializer

    def rows(self, asked: dict[str, Any]) -> QuerySet[Tolerance]:
        return Tolerance.objects.with_consents().order_by("id")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), **_context()}

    @extend_schema(request=ToleranceBody, responses={201: ToleranceSerializer})
    def post(self, request: Request) -> Response:
        """Propose a tolerance: it holds once every council has agreed, until another does.

        Programme office, finance officers and section 151 officers.
        """
        require(self.caller, "savings.propose_rule")
        body = check(ToleranceBody, request.data)
        tolerance = actions.propose_tolerance(by=self.caller, at=timezone.now(), **body)
        return Response(tolerance_as_json(tolerance.id), status=status.HTTP_201_CREATED)


class ToleranceConsent(Call):
    """Agree to or refuse a tolerance for the caller's own council, once and for good.

    Section 151 officer or deputy. A refusal needs its reason.
    """

    @extend_schema(request=Answer, responses=ToleranceSerializer)
    def post(self, request: Request, tolerance_id: int) -> Response:
        tolerance = found(Tolerance.objects.all(), NO_TOLERANCE, id=tolerance_id)
        require(self.caller, "savings.answer_decision")
        body = check(Answer, request.data)
        answer(decision_id=tolerance.decision_id, by=self.caller, at=timezone.now(), **body)
        return Response(tolerance_as_json(tolerance.id))
