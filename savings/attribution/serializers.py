"""Attributed amounts as JSON, and the parameters that ask for them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from savings.kit.serializers import MomentText, Money
from savings.returns.models import Entry
from savings.rollup.reports import GROUPS, AttributedRow
from services.serializers import QuarterText
from sovereignty.shapes import Choice, Shape, Text


class GroupBy(Text):
    """Names between commas; becomes a list without repetitions."""

    default_error_messages = {"unknown": f"Use {', '.join(GROUPS)}, with commas between them."}

    def run_validation(self, data: Any = empty) -> Any:
        value = super().run_validation(data)
        if not isinstance(value, str):
            return value
        names = [name.strip() for name in value.split(",")]
        if any(name not in GROUPS for name in names):
            self.fail("unknown")
        return [name for name in GROUPS if name in names]


class AttributionParameters(Shape):
    kind = Choice(Entry.Kind.choices, default=Entry.Kind.SAVING.value)
    service = Text(
        required=False, max_length=80, help_text="A slug. Services below it are included."
    )
    group_by = GroupBy(
        default=lambda: list(GROUPS),
        help_text="Any of council, service and period, with commas between them; all of them if "
        "left out.",
    )
    as_at = MomentText()

    def get_fields(self) -> dict[str, serializers.Field]:
        # “from” can't be the name of an attribute.
        between = {
            "from": QuarterText(required=False, help_text="The first quarter to count."),
            "to": QuarterText(required=False, help_text="The last quarter to count."),
        }
        return {**between, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("from"), attrs.get("to")
        if first and last and last < first:
            raise serializers.ValidationError({"to": f"Give {first} or a later quarter."})
        return attrs


class AttributedRowSerializer(serializers.Serializer):
    council = serializers.CharField(required=False)
    service = serializers.CharField(required=False)
    period = serializers.CharField(required=False)
    amount = Money()
    illustrative = serializers.BooleanField()

    def to_representation(self, instance: AttributedRow) -> dict[str, object]:
        """Only what it was grouped by."""
        names = {
            "council": instance.council,
            "service": instance.service,
            "period": instance.quarter.code if instance.quarter else None,
        }
        return {
            **{name: value for name, value in names.items() if value is not None},
            "amount": self.fields["amount"].to_representation(instance.amount),
            "illustrative": instance.illustrative,
        }


class AttributedSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    total = Money(help_text="The sum of the rows and of what is unattributed.")
    unattributed = Money(help_text="What no rule in force attributes to a council.")
    illustrative = serializers.BooleanField(
        help_text="Whether any row rests on an illustrative rule."
    )
    as_at = serializers.DateTimeField(
        allow_null=True, help_text="The moment asked for; null for now."
    )
    rows = AttributedRowSerializer(many=True)
