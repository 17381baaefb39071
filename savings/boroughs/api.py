"""A council's figures for a quarter, to take away."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from finance.periods import Quarter
from savings.agreements.reports import standings
from savings.boroughs.annex import annex_of, figures_with_annex
from savings.boroughs.exports import annex_as_csv, as_csv, as_json, as_xlsx
from savings.boroughs.reports import figures_of
from savings.boroughs.serializers import AnnexSerializer, ReportSerializer
from savings.permissions.reports import visible_councils
from savings.quarters.api import NO_PERIOD, quarter_called
from savings.quarters.models import Period
from services.models import Service
from sovereignty.calls import Call, found
from sovereignty.models import Council

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ["csv", "xlsx", "json"]
NO_COUNCIL = "There is no such council, or you can't see its figures: see councils/."


class _OfACouncil(Call):
    def asked(self, council: str, period: str) -> tuple[Council, Quarter]:
        """The council and the quarter of an address, as far as the caller may see them."""
        self.parameters()
        councils = {visible.code: visible for visible in visible_councils(self.caller)}
        if council not in councils:
            raise NotFound(NO_COUNCIL)
        quarter = quarter_called(period)
        found(Period.objects.all(), NO_PERIOD, quarter=quarter)
        return councils[council], quarter


class Report(_OfACouncil):
    """A council's certified figures for a quarter: for its own people, the programme office and
    auditors. Every format has the same figures. The workbook and the JSON also show how they were
    worked out.
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
        of, quarter = self.asked(council, period)
        if extension not in FORMATS:
            raise NotFound(f"This report comes as {', '.join(FORMATS)}: ask for one of these.")
        if extension == "csv":
            return _file(as_csv(figures_of(of, quarter)), CSV, f"{council}-{quarter.code}.csv")
        figures, annex = figures_with_annex(of, quarter, self.caller)
        if extension == "xlsx":
            return _file(as_xlsx(figures, annex), XLSX, f"{council}-{quarter.code}.xlsx")
        context = {
            "tree": Service.objects.tree(),
            "claimed": annex.claimed,
            "standings": standings(
                [
                    *(rule.decision_id for rule in annex.rules),
                    *(budget.decision_id for budget in annex.budgets),
                ]
            ),
        }
        return Response({**as_json(figures), "annex": AnnexSerializer(annex, context=context).data})


class ReportAnnex(_OfACouncil):
    """How a council's figures of the quarter were worked out: a row for each entry and council
    with a share of it, with the rule, who agreed to it, driver values and pennies.

    Fractions are exact, each in two columns of whole numbers.
    """

    @extend_schema(responses={(200, CSV): OpenApiTypes.STR})
    def get(self, request: Request, council: str, period: str) -> HttpResponse:
        of, quarter = self.asked(council, period)
        annex = annex_of(of, quarter, self.caller)
        return _file(annex_as_csv(annex), CSV, f"{council}-{quarter.code}-annex.csv")


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
