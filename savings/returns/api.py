"""The return that a call names, and how it answers.

A call is refused in this order: 404 if the caller may not see it, 403 if they may not
do it, 422 for a body of the wrong shape, 409 for a stale version or the wrong state,
422 for errors in the rows.
"""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from savings.quarters.api import quarter_called
from savings.returns.models import PARTNERSHIP, Entry, Forecast, Return
from savings.returns.serializers import ReturnDocument
from sovereignty.calls import Call, found
from sovereignty.models import User

NO_RETURN = "There is no such return, or you may not see it: returns/ lists those that you may."


def visible_returns(user: User) -> QuerySet[Return]:
    """The returns that a person may see, with everything needed to show one."""
    entries = Entry.objects.illustrative().filter(parent=OuterRef("pk"))
    forecasts = Forecast.objects.illustrative().filter(parent=OuterRef("pk"))
    return (
        Return.objects.visible_to(user)
        .select_related("council", "period", "submitted_by", "certified_by", "sent_back_by")
        .annotate(entry_count=Count("entries"), illustrative=Exists(entries) | Exists(forecasts))
    )


def return_called(user: User, council: str, period: str) -> Return:
    """The return that an address names. Raises NotFound if the caller may not see it."""
    quarter = quarter_called(period, NO_RETURN)
    if council == PARTNERSHIP:
        return found(
            visible_returns(user), NO_RETURN, council__isnull=True, period__quarter=quarter
        )
    if not (council.isascii() and council.isalnum()):
        raise NotFound(NO_RETURN)
    return found(visible_returns(user), NO_RETURN, council__code=council, period__quarter=quarter)


class ReturnCall(Call):
    def document(self, parent: Return) -> Response:
        """The return as it is now, with its entries."""
        entries = Entry.objects.select_related("service", "caused_by").order_by("position")
        now = visible_returns(self.caller).prefetch_related(Prefetch("entries", entries))
        return Response(ReturnDocument(now.get(id=parent.id)).data)
