"""The API for the calendar: read, open, date, close and reopen quarters; and the board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from finance.periods import Quarter
from savings.calendar import actions, tasks
from savings.calendar.reports import board_lines, board_returns, current_board_year
from savings.calendar.serializers import (
    BoardParameters,
    BoardSerializer,
    ChangingDates,
    Opening,
    PeriodSerializer,
    Reopening,
)
from savings.permissions.rules import require
from savings.quarters.api import NO_PERIOD, quarter_called
from savings.quarters.models import Period
from sovereignty.calls import Call, Listing, found
from sovereignty.shapes import Shape, check


class PeriodList(Listing):
    """The quarters that councils report on, the earliest first, with their dates."""

    serializer_class = PeriodSerializer

    def rows(self, asked: dict[str, Any]) -> QuerySet[Period]:
        return Period.objects.select_related("reopened_by").order_by("quarter")

    @extend_schema(
        request=Opening,
        responses={201: PeriodSerializer},
        examples=[
            OpenApiExample("With the usual dates", {"period": "2013-14-Q3"}, request_only=True),
            OpenApiExample(
                "With other dates",
                {"period": "2013-14-Q3", "due_on": "2014-02-07", "closes_on": "2014-02-21"},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Open the next quarter, with an empty draft for every council. Programme office.

        Dates left out are the usual ones: it opens on the day after the quarter ends, is due
        30 days later, and closes 15 days after that.
        """
        require(self.caller, "savings.run_calendar")
        said = check(Opening, request.data)
        period = actions.open_period(
            quarter=said.pop("period"), by=self.caller, at=timezone.now(), **said
        )
        return Response(PeriodSerializer(period).data, status=201)


class _PeriodStep(Call):
    body: type[Shape] = Shape

    def post(self, request: Request, period: str) -> Response:
        quarter = quarter_called(period)
        found(Period.objects.all(), NO_PERIOD, quarter=quarter)
        require(self.caller, "savings.run_calendar")
        moved = self.move(quarter, check(self.body, request.data))
        return Response(PeriodSerializer(moved).data)

    def move(self, quarter: Quarter, said: dict[str, Any]) -> Period:
        raise NotImplementedError


class PeriodDates(_PeriodStep):
    """Change the dates of an open quarter, for a reason. What is left out stays as it is.

    Programme office.
    """

    body = ChangingDates

    @extend_schema(
        request=ChangingDates,
        responses=PeriodSerializer,
        examples=[
            OpenApiExample(
                "A later due date",
                {"due_on": "2013-08-07", "reason": "The ledger closed a week late."},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, period: str) -> Response:
        return super().post(request, period)

    def move(self, quarter: Quarter, said: dict[str, Any]) -> Period:
        return actions.change_dates(quarter=quarter, by=self.caller, at=timezone.now(), **said)


class ClosePeriod(_PeriodStep):
    """Close a quarter, once every council's return of it is certified. Programme office."""

    @extend_schema(request=None, responses=PeriodSerializer)
    def post(self, request: Request, period: str) -> Response:
        return super().post(request, period)

    def move(self, quarter: Quarter, said: dict[str, Any]) -> Period:
        return actions.close_period(quarter=quarter, by=self.caller, at=timezone.now())


class ReopenPeriod(_PeriodStep):
    """Reopen the quarter closed last, for a reason. Programme office.

    The quarter's returns show the reason, and it is sent by email to every finance and section 151
    officer concerned.
    """

    body = Reopening

    @extend_schema(request=Reopening, responses=PeriodSerializer)
    def post(self, request: Request, period: str) -> Response:
        return super().post(request, period)

    def move(self, quarter: Quarter, said: dict[str, Any]) -> Period:
        moved = actions.reopen_period(quarter=quarter, by=self.caller, at=timezone.now(), **said)
        tasks.send_news()
        return moved


class BoardList(Listing):
    """Who has submitted what in a financial year, by quarter and council.

    The programme office and auditors see every council, everybody else their own.
    """

    serializer_class = BoardSerializer
    parameters_shape = BoardParameters

    def rows(self, asked: dict[str, Any]) -> Sequence[Any] | QuerySet[Any]:
        year = asked.get("year") or current_board_year()
        return board_returns(self.caller, year) if year else []

    def shown(self, page: Sequence[Any]) -> Sequence[Any]:
        return board_lines(page, timezone.localdate())
