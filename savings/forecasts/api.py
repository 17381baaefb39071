"""The API for forecasts: read and replace those of a return, and list all that one may see."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from savings.filling.serializers import meant_for
from savings.forecasts import actions, reports
from savings.forecasts.serializers import (
    ForecastParameters,
    ForecastsBody,
    ForecastsDocument,
    ListedForecast,
)
from savings.permissions.rules import require
from savings.returns.api import return_called
from savings.returns.models import Forecast, Return
from savings.returns.serializers import numbered
from sovereignty.calls import Call, Listing
from sovereignty.shapes import check

EXAMPLE = OpenApiExample(
    "One at risk and one on track",
    request_only=True,
    value={
        "version": 4,
        "forecasts": [
            {
                "service": "hr",
                "this_year": "45k",
                "full_year_effect": "£1.2m",
                "status": "at_risk",
                "starts_on": "2013-09-01",
                "reason": "The shared system is bought a quarter late.",
                "replacement": "Two posts stay vacant until it is there.",
            },
            {
                "service": "insurance",
                "this_year": "100,000",
                "full_year_effect": "100,000",
                "status": "on_track",
            },
        ],
    },
)


class ReturnForecasts(Call):
    """What a council expects of each initiative, as a part of its return for a quarter."""

    @extend_schema(responses=ForecastsDocument)
    def get(self, request: Request, council: str, period: str) -> Response:
        """The forecasts of a return, which of them are owed, and what is pointed out."""
        self.parameters()
        return self.document(return_called(self.caller, council, period))

    @extend_schema(request=ForecastsBody, responses=ForecastsDocument, examples=[EXAMPLE])
    def put(self, request: Request, council: str, period: str) -> Response:
        """Replace a draft's forecasts: all of them are stored or none is. Finance officer."""
        parent = return_called(self.caller, council, period)
        require(self.caller, "savings.fill_return", parent)
        body = check(ForecastsBody, request.data)
        meant_for(parent, request.data)
        with transaction.atomic():  # so that the answer has what this call stored
            actions.replace_forecasts(
                return_id=parent.id,
                version=body["version"],
                rows=numbered(body["forecasts"], "forecasts", "forecast"),
                by=self.caller,
                at=timezone.now(),
            )
            return self.document(return_called(self.caller, council, period))

    def document(self, parent: Return) -> Response:
        """The forecasts as they are now."""
        found = reports.forecasts_of(self.caller, parent, timezone.localdate())
        return Response(ForecastsDocument(found).data)


class ForecastList(Listing):
    """The forecasts of every return that the caller may see, the latest quarter first."""

    serializer_class = ListedForecast
    parameters_shape = ForecastParameters

    def rows(self, asked: dict[str, Any]) -> QuerySet[Forecast]:
        rows = (
            Forecast.objects.visible_to(self.caller)
            .select_related("service", "parent__council", "parent__period")
            .order_by(
                "-parent__period__quarter",
                "parent__council__code",
                "service__position",
                "service__slug",
            )
        )
        if "year" in asked:
            rows = rows.filter(parent__period__quarter__in=asked["year"].quarters)
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        if "council" in asked:
            rows = rows.filter(parent__council__code=asked["council"])
        return rows
