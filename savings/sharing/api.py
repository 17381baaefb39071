"""Who shares a service, and how that changes: a council joins, leaves or becomes host."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from finance.periods import Quarter
from savings.kit.provenance import Provenance
from savings.kit.serializers import one_of
from savings.permissions.rules import require
from savings.returns import outbox
from savings.sharing import actions
from savings.sharing.reports import sharing_of
from savings.sharing.serializers import (
    ChangeBody,
    HostBody,
    JoiningBody,
    LeavingBody,
    SharingSerializer,
)
from services.models import Service
from services.serializers import ServiceParameters
from sovereignty.calls import Call, found
from sovereignty.models import Council
from sovereignty.shapes import check

NO_SERVICE = "There is no such service: services/ lists their slugs."


def sharing_as_json(service: Service, quarter: Quarter | None = None) -> dict[str, Any]:
    """How the service is shared now, and its state as at a quarter."""
    return SharingSerializer(sharing_of(service, quarter)).data


class SharingOfService(Call):
    """Who takes part in a service and who hosts it, and the rules and budgets that depend on it.

    A service that has none of its own inherits both from the service above. Nobody shares a
    service whose state in `period` (by default the first open quarter) is not `shared`.
    """

    parameters_shape = ServiceParameters

    @extend_schema(parameters=[ServiceParameters], responses=SharingSerializer)
    def get(self, request: Request, slug: str) -> Response:
        quarter = self.parameters().get("period")
        service = found(Service.objects.all(), NO_SERVICE, slug=slug)
        return Response(sharing_as_json(service, quarter))


class _Change(Call):
    def given(self, request: Request, slug: str, shape: type[ChangeBody]) -> dict[str, Any]:
        """The action's arguments. Raises NotAllowed before it reads the body."""
        service = found(Service.objects.all(), NO_SERVICE, slug=slug)
        require(self.caller, "savings.change_sharing")
        body = check(shape, request.data)
        councils = {council.code: council for council in Council.objects.all()}
        council = one_of("council", body["council"], councils, "council")
        more = {"service": service, "council": council, "by": self.caller, "at": timezone.now()}
        return body | more


class JoinService(_Change):
    """Record that a council takes part in a service from a quarter on, until further notice.

    For the programme office. From that quarter on, no rule or budget of the service is in force
    without the council's agreement. A service that inherits its participants gets its own, which
    start the same, and no longer follows the service above.
    """

    @extend_schema(request=JoiningBody, responses={201: SharingSerializer})
    def post(self, request: Request, slug: str) -> Response:
        given = self.given(request, slug, JoiningBody)
        actions.join(**given)
        outbox.wake()
        return Response(sharing_as_json(given["service"]), status=status.HTTP_201_CREATED)


class LeaveService(_Change):
    """Record that a council takes part in a service up to and including a quarter, not longer.

    For the programme office. The shares of the councils that stay are scaled up to 1. At least
    two councils must stay, and a host must be replaced first.
    """

    @extend_schema(request=LeavingBody, responses=SharingSerializer)
    def post(self, request: Request, slug: str) -> Response:
        given = self.given(request, slug, LeavingBody)
        actions.leave(**given)
        outbox.wake()
        return Response(sharing_as_json(given["service"]))


class HostService(_Change):
    """Record that a council hosts a service from a quarter on, until the next change of host.

    For the programme office. A service that inherits its host gets its own hosts, which start
    the same, and no longer follows the service above.
    """

    @extend_schema(request=HostBody, responses={201: SharingSerializer})
    def post(self, request: Request, slug: str) -> Response:
        given = self.given(request, slug, HostBody)
        actions.set_host(**given, provenance=Provenance.REPORTED)
        outbox.wake()
        return Response(sharing_as_json(given["service"]), status=status.HTTP_201_CREATED)
