"""A council's figures for a quarter, to take away."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from savings.boroughs.exports import as_csv, as_json, as_xlsx
from savings.boroughs.reports import figures_of, visible_councils
from savings.boroughs.serializers import ReportSerializer
from savings.returns.api import NO_PERIOD, quarter_called
from savings.returns.models import Period
from sovereignty.calls import Call, found

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = {"csv": (CSV, as_csv), "xlsx": (XLSX, as_xlsx)}
FORMATS = [*FILES, "json"]
NO_COUNCIL = "There is no such council, or its figures are not yours to see: see councils/."


class Report(Call):
    """A council's certified figures for a quarter: for its own people, the programme office
    and auditors. Every format has the same figures.
    """

    @extend_schema(
        parameters=[OpenApiParameter("extension", str, OpenApiParameter.PATH, enum=FORMATS)],
        responses={
            (200, "application/json"): ReportSerializer,
            (200, CSV): OpenApiTypes.STR,
            (200, XLSX): OpenApiTypes.BINARY,
        },
    )
    def get(
        self, request: Request, council: str, period: str, extension: str
    ) -> HttpResponse | Response:
        self.parameters()
        councils = {visible.code: visible for visible in visible_councils(self.caller)}
        if council not in councils:
            raise NotFound(NO_COUNCIL)
        quarter = quarter_called(period)
        found(Period.objects.all(), NO_PERIOD, quarter=quarter)
        if extension not in FORMATS:
            raise NotFound(f"This report is made as {', '.join(FORMATS)}: ask for one of these.")
        figures = figures_of(councils[council], quarter)
        if extension not in FILES:
            return Response(as_json(figures))
        content_type, make = FILES[extension]
        name = f"{council}-{quarter.code}.{extension}"
        return HttpResponse(
            make(figures),
            content_type=content_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
