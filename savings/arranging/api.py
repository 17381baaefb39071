"""Services through the API: added, renamed, moved, and given another state."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from savings.arranging import actions
from savings.arranging.actions import Done
from savings.arranging.reports import changes_of
from savings.arranging.serializers import (
    ArrangedSerializer,
    ChangeParameters,
    NewServiceBody,
    ServiceChangeBody,
    changes_in,
)
from savings.permissions.rules import require
from savings.quarters.api import quarter_unless_asked
from savings.returns import outbox
from savings.sharing.api import NO_SERVICE
from services.api import ServiceList
from services.models import Service
from services.serializers import service_rows
from sovereignty.calls import Call, found
from sovereignty.shapes import check, parameters_of


def _as_json(done: Done | None, slug: str, *, dry_run: bool = False) -> dict[str, Any]:
    """The service as it is, with its history and what a change does."""
    tree = done.tree if done else Service.objects.tree()
    rows = service_rows(tree, quarter_unless_asked())
    context = {
        "history": changes_of(slug),
        "concerned": done.effects.concerned if done else (),
        "notes": done.effects.notes if done else (),
        "dry_run": dry_run,
    }
    row = next(each for each in rows if each.slug == slug)
    return ArrangedSerializer(row, context=context).data


class Services(ServiceList):
    @extend_schema(
        parameters=[ChangeParameters],
        request=NewServiceBody,
        responses={200: ArrangedSerializer, 201: ArrangedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Add a service, for the programme office. It follows the service above it.

        With `dry_run=true` the answer, 200, says what it would do and nothing is added.
        """
        require(self.caller, "savings.arrange_services")
        dry_run = parameters_of(request, ChangeParameters).get("dry_run") == "true"
        body = check(NewServiceBody, request.data)
        do = partial(
            actions.add_service,
            slug=body["slug"],
            changes=changes_in(body),
            by=self.caller,
            at=timezone.now(),
        )
        done = actions.try_it(do) if dry_run else do()
        code = status.HTTP_200_OK if dry_run else status.HTTP_201_CREATED
        return Response(_as_json(done, done.service.slug, dry_run=dry_run), status=code)


class OneService(Call):
    """One service, with the history of its changes."""

    @extend_schema(responses=ArrangedSerializer)
    def get(self, request: Request, slug: str) -> Response:
        self.parameters()
        service = found(Service.objects.all(), NO_SERVICE, slug=slug)
        return Response(_as_json(None, service.slug))

    @extend_schema(
        parameters=[ChangeParameters], request=ServiceChangeBody, responses=ArrangedSerializer
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Rename a service, move it, or record its state, for the programme office.

        What is left out stays; a slug never changes. A service that is `retired` takes no new
        entries from `effective_from` on, nor do the services below it. A service can't be moved
        once a closed quarter has certified figures of it or below it (409). With `dry_run=true`
        the answer says what it would do and nothing is changed.
        """
        service = found(Service.objects.all(), NO_SERVICE, slug=slug)
        require(self.caller, "savings.arrange_services")
        dry_run = parameters_of(request, ChangeParameters).get("dry_run") == "true"
        changes = changes_in(check(ServiceChangeBody, request.data))
        do = partial(
            actions.change_service,
            service=service,
            changes=changes,
            by=self.caller,
            at=timezone.now(),
        )
        done = actions.try_it(do) if dry_run else do()
        if done.changed and not dry_run:
            outbox.wake()
        return Response(_as_json(done, slug, dry_run=dry_run))
