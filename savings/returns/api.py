"""Returns: read, replaced, and moved on by one step at a time.

In this order a call is refused: 404 for what the caller may not see, 403 for what
they may not do, 422 for a body of the wrong shape, 409 for a stale version or the
wrong state, 422 for what the rows say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from finance.periods import PeriodError, Quarter
from savings.forecasts.models import Forecast
from savings.history import reports as history
from savings.permissions.rules import require
from savings.returns import actions
from savings.returns.models import PARTNERSHIP, Entry, Period, Return
from savings.returns.questions import actions as asking
from savings.returns.questions.serializers import asked_of
from savings.returns.serializers import (
    ReturnBody,
    ReturnDocument,
    ReturnParameters,
    ReturnSerializer,
    SendingBack,
    StandingParameters,
    VersionRead,
    Withdrawal,
    meant_for,
    numbered,
)
from savings.rollup import tasks
from sovereignty.calls import Call, Listing, found
from sovereignty.models import User
from sovereignty.shapes import Shape, check

NO_PERIOD = "There is no such period: see periods/ for those that have been opened."
NOT_YET = "This return was not there yet at that moment: give a later one."
NO_VERSION = "This return has had no such version: its history says which."
NO_RETURN = "There is no such return, or you may not see it: see returns/ for those you may."


def quarter_unless_asked() -> Quarter | None:
    """The latest open quarter; else the latest there is."""
    period = Period.objects.latest_open() or Period.objects.order_by("-quarter").first()
    return period.quarter if period else None


def quarter_called(code: str, sentence: str = NO_PERIOD) -> Quarter:
    """The quarter that an address names; raises NotFound for what is none."""
    try:
        return Quarter.parse(code)
    except PeriodError:
        raise NotFound(sentence) from None


def visible_returns(user: User) -> QuerySet[Return]:
    """The returns a person may see, with all that showing one needs."""
    entries = Entry.objects.illustrative().filter(parent=OuterRef("pk"))
    forecasts = Forecast.objects.illustrative().filter(parent=OuterRef("pk"))
    return (
        Return.objects.visible_to(user)
        .select_related("council", "period", "submitted_by", "certified_by", "sent_back_by")
        .annotate(entry_count=Count("entries"), illustrative=Exists(entries) | Exists(forecasts))
    )


def return_called(user: User, council: str, period: str) -> Return:
    """The return that an address names; raises NotFound where the caller may not see it."""
    quarter = quarter_called(period, NO_RETURN)
    if council == PARTNERSHIP:
        return found(
            visible_returns(user), NO_RETURN, council__isnull=True, period__quarter=quarter
        )
    if not (council.isascii() and council.isalnum()):
        raise NotFound(NO_RETURN)
    return found(visible_returns(user), NO_RETURN, council__code=council, period__quarter=quarter)


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


class _ReturnCall(Call):
    def document(self, parent: Return) -> Response:
        """The return as it stands now, with its entries."""
        entries = Entry.objects.select_related("service", "caused_by").order_by("position")
        now = visible_returns(self.caller).prefetch_related(Prefetch("entries", entries))
        return Response(ReturnDocument(now.get(id=parent.id)).data)

    def as_it_stood(
        self, parent: Return, as_at: datetime | None = None, version: int | None = None
    ) -> Response:
        stood = history.as_it_stood(parent, moment=as_at, version=version)
        if stood is None:
            raise NotFound(NOT_YET if as_at else NO_VERSION)
        return Response(ReturnDocument(stood).data)


class ReturnDetail(_ReturnCall):
    """One council's return for one quarter, with its entries."""

    parameters_shape = StandingParameters

    @extend_schema(responses=ReturnDocument)
    def get(self, request: Request, council: str, period: str) -> Response:
        """The return and its entries, each with the columns of a return file.

        With `as_at` or `version` as it stood then, worked out from its events. The
        partnership's own return stands from when its document was loaded.
        """
        asked = self.parameters()
        parent = return_called(self.caller, council, period)
        return self.as_it_stood(parent, **asked) if asked else self.document(parent)

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


class _ReturnStep(_ReturnCall):
    permission: str
    body: type[Shape] = VersionRead

    def post(self, request: Request, council: str, period: str) -> Response:
        parent = return_called(self.caller, council, period)
        require(self.caller, self.permission, parent)
        said = check(self.body, request.data)
        with transaction.atomic():  # so that the answer is of this step
            self.move(parent, said)
            return self.document(parent)

    def move(self, parent: Return, said: dict[str, Any]) -> None:
        raise NotImplementedError


class SubmitReturn(_ReturnStep):
    """Hand a draft to the council's section 151 officer. Finance officer."""

    permission = "savings.fill_return"

    @extend_schema(request=VersionRead, responses=ReturnDocument)
    def post(self, request: Request, council: str, period: str) -> Response:
        return super().post(request, council, period)

    def move(self, parent: Return, said: dict[str, Any]) -> None:
        actions.submit(return_id=parent.id, by=self.caller, at=timezone.now(), **said)


class WithdrawReturn(_ReturnStep):
    """Take a submitted return back before it is certified: a draft again. Finance officer."""

    permission = "savings.withdraw_return"
    body = Withdrawal

    @extend_schema(request=Withdrawal, responses=ReturnDocument)
    def post(self, request: Request, council: str, period: str) -> Response:
        return super().post(request, council, period)

    def move(self, parent: Return, said: dict[str, Any]) -> None:
        actions.withdraw(return_id=parent.id, by=self.caller, at=timezone.now(), **said)


class SendBackReturn(_ReturnStep):
    """Make a submitted return a draft again, saying why. Section 151 officer or deputy.

    `questions` are asked on its lines in the same step: all of it happens or nothing.
    """

    permission = "savings.send_back_return"
    body = SendingBack

    @extend_schema(request=SendingBack, responses=ReturnDocument)
    def post(self, request: Request, council: str, period: str) -> Response:
        return super().post(request, council, period)

    def move(self, parent: Return, said: dict[str, Any]) -> None:
        asked = asked_of(said.pop("questions", []))
        asking.send_back(
            return_id=parent.id, asked=asked, by=self.caller, at=timezone.now(), **said
        )


class CertifyReturn(_ReturnStep):
    """Certify a submitted return: its figures count and never change.

    Section 151 officer or deputy, never whoever submitted it or ever saved its figures. Who
    calls makes the statement that the page shows: that the entries agree with the accounts,
    that each saving has been made and is reported once, and that its costs are reported in
    full. The return's history keeps it with the totals.
    """

    permission = "savings.certify_return"

    @extend_schema(request=VersionRead, responses=ReturnDocument)
    def post(self, request: Request, council: str, period: str) -> Response:
        answer = super().post(request, council, period)
        tasks.wake()
        return answer

    def move(self, parent: Return, said: dict[str, Any]) -> None:
        actions.certify(return_id=parent.id, by=self.caller, at=timezone.now(), **said)
