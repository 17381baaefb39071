"""Quarters and the board as JSON, and the bodies that open, date and reopen a quarter."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from savings.calendar.reports import BoardLine
from savings.kit.serializers import Money, YearText
from savings.quarters.models import Period
from savings.returns.models import Return
from savings.returns.serializers import StepSerializer
from services.serializers import QuarterText
from sovereignty.models import User
from sovereignty.shapes import Day, Shape, Text


class ReopenedSerializer(StepSerializer):
    reason = serializers.CharField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "An open quarter",
            {
                "code": "2013-14-Q1",
                "status": "open",
                "label": "2013/14 Q1",
                "first_day": "2013-04-01",
                "last_day": "2013-06-30",
                "opens_on": "2013-07-01",
                "due_on": "2013-07-31",
                "closes_on": "2013-08-15",
                "reopened": None,
            },
            response_only=True,
        )
    ]
)
class PeriodSerializer(serializers.ModelSerializer):
    code = serializers.CharField(help_text="A quarter, such as 2013-14-Q1.")
    label = serializers.CharField(source="quarter.label")  # type: ignore[assignment]
    first_day = serializers.DateField(source="quarter.first_day")
    last_day = serializers.DateField(source="quarter.last_day")
    reopened = serializers.SerializerMethodField()

    class Meta:
        model = Period
        fields = [
            "code",
            "status",
            "label",
            "first_day",
            "last_day",
            "opens_on",
            "due_on",
            "closes_on",
            "reopened",
        ]

    @extend_schema_field(ReopenedSerializer(allow_null=True))
    def get_reopened(self, period: Period) -> dict[str, Any] | None:
        """Who reopened it last, when and why; null if nobody has."""
        if period.reopened_by is None:
            return None
        said = {"by": period.reopened_by.username, "at": period.reopened_at}
        return {**StepSerializer(said).data, "reason": period.reopened_reason}


class DatesBody(Shape):
    opens_on = Day(required=False, help_text="The first day for returns.")
    due_on = Day(required=False, help_text="The last day to submit a return.")
    closes_on = Day(required=False, help_text="The day by which all must be certified.")


class Opening(DatesBody):
    period = QuarterText(help_text="The quarter to open, such as 2013-14-Q3.")


class ChangingDates(DatesBody):
    reason = Text("Say why the dates are changed.")


class Reopening(Shape):
    reason = Text("Say why the quarter is reopened.")


# --- The board ------------------------------------------------------------------------


class BoardParameters(Shape):
    year = YearText(
        required=False,
        help_text="A financial year, such as 2013-14; by default that of the earliest open "
        "quarter.",
    )


class KindSumSerializer(serializers.Serializer):
    kind = serializers.CharField()
    amount = Money()
    entries = serializers.IntegerField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A return that came three days late",
            {
                "council": "WDC",
                "period": "2013-14-Q1",
                "status": "submitted",
                "sent_back": False,
                "due_on": "2013-07-31",
                "submitted": {"by": "finance.wdc", "at": "2013-08-03T09:30:00+01:00"},
                "certified": None,
                "days_late": 3,
                "open_questions": 0,
                "totals": [{"kind": "saving", "amount": "75000.00", "entries": 1}],
                "illustrative": False,
            },
            response_only=True,
        )
    ]
)
class BoardSerializer(serializers.Serializer):
    """Where one council's return for one quarter stands."""

    council = serializers.CharField(source="council.code")
    period = serializers.CharField(source="period.code")
    status = serializers.ChoiceField(source="parent.status", choices=Return.Status.choices)
    sent_back = serializers.BooleanField(source="parent.was_sent_back")
    due_on = serializers.DateField(source="period.due_on", allow_null=True)
    submitted = serializers.SerializerMethodField()
    certified = serializers.SerializerMethodField()
    days_late = serializers.IntegerField(
        allow_null=True,
        help_text="From the due date to the day of submission or, while it is not submitted, "
        "to today; null if no due date is set.",
    )
    open_questions = serializers.IntegerField(
        source="questions", help_text="Questions on its lines that are not answered yet."
    )
    totals = serializers.SerializerMethodField()
    illustrative = serializers.SerializerMethodField()

    @extend_schema_field(StepSerializer(allow_null=True))
    def get_submitted(self, line: BoardLine) -> dict[str, Any] | None:
        return _step(line.parent.submitted_by, line.parent.submitted_at)

    @extend_schema_field(StepSerializer(allow_null=True))
    def get_certified(self, line: BoardLine) -> dict[str, Any] | None:
        return _step(line.parent.certified_by, line.parent.certified_at)

    @extend_schema_field(KindSumSerializer(many=True))
    def get_totals(self, line: BoardLine) -> list[Any]:
        """The total of its entries, for each kind that it has."""
        kinds = [kind for kind in line.sums.kinds if kind.entries]
        return list(KindSumSerializer(kinds, many=True).data)

    def get_illustrative(self, line: BoardLine) -> bool:
        """Whether any entry is illustrative."""
        return line.sums.illustrative > 0


def _step(by: User | None, at: Any) -> dict[str, Any] | None:
    return StepSerializer({"by": by.username if by else None, "at": at}).data if at else None
