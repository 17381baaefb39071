"""The API for returns: list, read and replace them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from savings.filling import actions
from savings.filling.serializers import ReturnBody, ReturnParameters, StandingParameters, meant_for
from savings.history.stood import return_as_it_stood
from savings.permissions.rules import require
from savings.returns.api import ReturnCall, return_called, visible_returns
from savings.returns.models import PARTNERSHIP, Return
from savings.returns.serializers import ReturnDocument, ReturnSerializer, numbered
from sovereignty.calls import Listing
from sovereignty.shapes import check

NOT_YET = "This return did not exist yet at that moment: give a later one."
NO_VERSION = "This return has had no such version: its history lists them."


class ReturnList(Listing):
    """The returns that the caller may see, the latest quarter first, without their entries."""

    serializer_class = ReturnSerializer
    parameters_shape = ReturnParameters

    def rows(self, asked: dict[str, Any]) -> QuerySet[Return]:
        rows = visible_returns(self.caller).order_by("-period__quarter", "council__code")
        if "council" in asked and asked["council"] == PARTNERSHIP:
            rows = rows.filter(council__isnull=True)
        elif "council" in asked:
            rows = rows.filter(council__code=asked["council"])
        if "period" in asked:
            rows = rows.filter(period__quarter=asked["period"])
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        return rows


class ReturnDetail(ReturnCall):
    """One council's return for one quarter, with its entries."""

    parameters_shape = StandingParameters

    @extend_schema(responses=ReturnDocument)
    def get(self, request: Request, council: str, period: str) -> Response:
        """The return and its entries, each with the columns of a return file.

        With `as_at` or `version`, as it was then, worked out from its events. The partnership's own
        return exists from when its document was loaded.
        """
        asked = self.parameters()
        parent = return_called(self.caller, council, period)
        return self.as_it_stood(parent, **asked) if asked else self.document(parent)

    def as_it_stood(
        self, parent: Return, as_at: datetime | None = None, version: int | None = None
    ) -> Response:
        stood = return_as_it_stood(parent, moment=as_at, version=version)
        if stood is None:
            raise NotFound(NOT_YET if as_at else NO_VERSION)
        return Response(ReturnDocument(stood).data)

    @extend_schema(request=ReturnBody, responses=ReturnDocument)
    def put(self, request: Request, council: str, period: str) -> Response:
        """Replace a draft's entries: all of them are stored or none is. Finance officer."""
        parent = return_called(self.caller, council, period)
        require(self.caller, "savings.fill_return", parent)
        body = check(ReturnBody, request.data)
        meant_for(parent, request.data)
        with transaction.atomic():  # so that the answer has what this call stored
            actions.replace_entries(
                return_id=parent.id,
                version=body["version"],
                rows=numbered(body["entries"]),
                by=self.caller,
                at=timezone.now(),
            )
            return self.document(parent)
