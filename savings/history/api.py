"""Everything that happened: to one return, and in whole chains of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import Event
from savings.history.reports import (
    Deed,
    EventsAsked,
    deeds_of_page,
    events_of,
    visible_events,
)
from savings.history.serializers import DeedSerializer, EventParameters, EventSerializer
from savings.returns.api import return_called
from savings.returns.models import Return
from sovereignty.calls import Listing


class EventList(Listing):
    """Everything that was done, oldest first, with the hashes that tie each to the one before.

    The programme office and auditors see every chain. A council's officers see all of their
    own council's chain, so that they can check it. Its councillors see only what concerns
    certified returns, rules and driver values.
    """

    serializer_class = EventSerializer
    parameters_shape = EventParameters

    def rows(self, asked: dict[str, Any]) -> QuerySet[Event]:
        first, last = asked.pop("from", None), asked.pop("to", None)
        narrowed = EventsAsked(first=first, last=last, **asked).of(visible_events(self.caller))
        return narrowed.order_by("id")


class ReturnHistory(Listing):
    """Every change to one return, oldest first: who, when, before and after, and why.

    For everybody who can see the return.
    """

    serializer_class = DeedSerializer
    parent: Return

    @extend_schema(operation_id="returns_history_list")
    def get(self, request: Request, council: str, period: str) -> Response:  # type: ignore[override]
        self.parent = return_called(self.caller, council, period)
        return super().get(request)

    def rows(self, asked: dict[str, Any]) -> QuerySet[Event]:
        return events_of(self.parent)

    def shown(self, page: Sequence[Event]) -> Sequence[Deed]:
        return deeds_of_page(self.parent, page)
