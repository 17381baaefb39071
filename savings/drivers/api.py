"""The API for drivers: name them, give and restate values, propose and answer a tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from savings.agreements.api import ConsentCall
from savings.agreements.reports import standings
from savings.agreements.serializers import Answer
from savings.drivers import actions
from savings.drivers.actions import create_driver, set_driver_value
from savings.drivers.models import Driver, DriverValue, Restatement, Tolerance
from savings.drivers.reports import restatements
from savings.drivers.serializers import (
    DriverBody,
    DriverSerializer,
    DriverValueBody,
    DriverValueParameters,
    DriverValueSerializer,
    RestatementBody,
    RestatementSerializer,
    ToleranceBody,
    ToleranceSerializer,
)
from savings.kit.provenance import Provenance
from savings.kit.serializers import one_of
from savings.permissions.rules import require
from savings.returns import outbox
from sovereignty.calls import Listing, found
from sovereignty.models import Council
from sovereignty.refusals import BadContent, FieldError
from sovereignty.shapes import check

NO_VALUE = (
    "The driver has no value for this council that begins in this quarter: see driver-values/."
)
NO_TOLERANCE = "There is no such tolerance: see driver-tolerances/ for their ids."


def _context(shown: Sequence[Tolerance]) -> dict[str, Any]:
    return {
        "councils": list(Council.objects.order_by("code").values_list("code", flat=True)),
        "standings": standings(tolerance.decision_id for tolerance in shown),
    }


def tolerance_as_json(tolerance_id: int) -> dict[str, Any]:
    """One tolerance as it is now."""
    tolerance = Tolerance.objects.with_consents().get(id=tolerance_id)
    return ToleranceSerializer(tolerance, context=_context([tolerance])).data


class ToleranceList(Listing):
    """How much a restated driver may move before it is put right, with every council's answer."""

    serializer_class = ToleranceSerializer

    def rows(self, asked: dict[str, Any]) -> QuerySet[Tolerance]:
        return Tolerance.objects.with_consents().order_by("id")

    def shown(self, page: Sequence[Tolerance]) -> Sequence[Tolerance]:
        self.told = _context(page)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), **self.told}

    @extend_schema(request=ToleranceBody, responses={201: ToleranceSerializer})
    def post(self, request: Request) -> Response:
        """Propose a tolerance: it applies once every council has agreed, until another does.

        Programme office, finance officers and section 151 officers.
        """
        require(self.caller, "savings.propose_tolerance")
        body = check(ToleranceBody, request.data)
        tolerance = actions.propose_tolerance(by=self.caller, at=timezone.now(), **body)
        return Response(tolerance_as_json(tolerance.id), status=status.HTTP_201_CREATED)


class ToleranceConsent(ConsentCall):
    """Agree to or refuse a tolerance for the caller's own council, once and for good.

    Section 151 officer or deputy. A refusal needs its reason.
    """

    @extend_schema(request=Answer, responses=ToleranceSerializer)
    def post(self, request: Request, tolerance_id: int) -> Response:
        tolerance = found(Tolerance.objects.all(), NO_TOLERANCE, id=tolerance_id)
        self.record_answer(tolerance.decision_id, request)
        return Response(tolerance_as_json(tolerance.id))


class RestatementList(Listing):
    """What drivers' values should have been, the earliest first.

    What a value has split stays as it is. If the difference is more than the tolerance, adjusting
    entries put it right.
    """

    serializer_class = RestatementSerializer
    parameters_shape = DriverValueParameters

    def rows(self, asked: dict[str, Any]) -> QuerySet[Restatement]:
        rows = restatements()
        if "driver" in asked:
            rows = rows.filter(restates__driver__code=asked["driver"])
        if "council" in asked:
            rows = rows.filter(restates__council__code=asked["council"])
        return rows

    @extend_schema(request=RestatementBody, responses={201: RestatementSerializer})
    def post(self, request: Request) -> Response:
        """Say what a value should have been. Of several restatements of it the latest counts.

        Programme office, and for its own council a finance officer or section 151 officer.
        """
        require(self.caller, "savings.keep_drivers")
        body = check(RestatementBody, request.data)
        drivers = {driver.code: driver for driver in Driver.objects.all()}
        councils = {council.code: council for council in Council.objects.all()}
        value = DriverValue.objects.filter(
            driver=one_of("driver", body["driver"], drivers, "driver"),
            council=one_of("council", body["council"], councils, "council"),
            effective_from=body["effective_from"],
        ).first()
        if value is None:
            raise BadContent([FieldError("effective_from", NO_VALUE, body["effective_from"].code)])
        made = actions.restate(
            value_id=value.id,
            value=body["value"],
            source=body["source"],
            by=self.caller,
            at=timezone.now(),
        )
        return Response(
            RestatementSerializer(restatements().get(id=made.id)).data,
            status=status.HTTP_201_CREATED,
        )


class DriverList(Listing):
    """What is counted for each council, so that rules can split savings and costs."""

    serializer_class = DriverSerializer

    def rows(self, asked: dict[str, Any]) -> QuerySet[Driver]:
        return Driver.objects.order_by("code")

    @extend_schema(request=DriverBody, responses={201: DriverSerializer})
    def post(self, request: Request) -> Response:
        """Name a driver. Programme office, finance officers and section 151 officers."""
        require(self.caller, "savings.keep_drivers")
        body = check(DriverBody, request.data)
        driver = create_driver(by=self.caller, at=timezone.now(), **body)
        return Response(DriverSerializer(driver).data, status=status.HTTP_201_CREATED)


class DriverValueList(Listing):
    """The drivers' values for each council, each from a quarter on and with its source."""

    serializer_class = DriverValueSerializer
    parameters_shape = DriverValueParameters

    def rows(self, asked: dict[str, Any]) -> QuerySet[DriverValue]:
        rows = DriverValue.objects.select_related("driver", "council")
        if "driver" in asked:
            rows = rows.filter(driver__code=asked["driver"])
        if "council" in asked:
            rows = rows.filter(council__code=asked["council"])
        return rows.order_by("driver__code", "council__code", "effective_from")

    @extend_schema(request=DriverValueBody, responses={201: DriverValueSerializer})
    def post(self, request: Request) -> Response:
        """Give a driver its value for a council from a quarter on. What rests on it is reworked.

        Programme office, and for its own council a finance officer or section 151 officer.
        """
        require(self.caller, "savings.keep_drivers")
        body = check(DriverValueBody, request.data)
        drivers = {driver.code: driver for driver in Driver.objects.all()}
        councils = {council.code: council for council in Council.objects.all()}
        value = set_driver_value(
            **{
                **body,
                "driver": one_of("driver", body["driver"], drivers, "driver"),
                "council": one_of("council", body["council"], councils, "council"),
            },
            provenance=Provenance.REPORTED,
            by=self.caller,
            at=timezone.now(),
        )
        outbox.wake()
        return Response(DriverValueSerializer(value).data, status=status.HTTP_201_CREATED)
