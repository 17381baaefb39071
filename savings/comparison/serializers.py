"""The comparison as JSON."""

from __future__ import annotations

from rest_framework import serializers

from savings.comparison.reports import ComparisonLine
from savings.comparison.wording import NOT_DIVIDED
from savings.kit.serializers import MomentText, Money, YearText
from services.serializers import QuarterText
from sovereignty.shapes import Shape, Text


class ComparisonParameters(Shape):
    plan = Text("Name a plan by its code, such as proposals-2011.", max_length=60)
    year = YearText(
        required=False, help_text="A year that the plan has figures for; its last unless said."
    )
    to = QuarterText(
        required=False,
        help_text="The last quarter to count; the latest that was closed (at `as_at`) unless said.",
    )
    as_at = MomentText()


DELIVERED = "Certified savings from the start to the end of `to`."
PUBLISHED = "The part of delivered that a document published for the whole partnership."
COSTS = "What it cost to get there; not taken from delivered."
MARKED = "Whether any of it is shared out by an illustrative rule."


class AreaSerializer(serializers.Serializer):
    area = serializers.CharField(
        source="slug", allow_null=True, help_text="Null for what the plan does not divide by area."
    )
    name = serializers.CharField()
    planned = Money(
        allow_null=True,
        help_text="Null where the plan has no line for it but an amount that it does not divide.",
    )
    why = serializers.SerializerMethodField(
        help_text="Why `planned` is null. Empty where it is not."
    )
    delivered = Money(help_text=DELIVERED)
    difference = Money(
        allow_null=True, help_text="Delivered less planned; null where `planned` is."
    )
    published = Money(help_text=PUBLISHED)
    transition_costs = Money(help_text=COSTS)
    illustrative = serializers.BooleanField(help_text=MARKED)

    def get_why(self, line: ComparisonLine) -> str:
        return NOT_DIVIDED if line.planned is None else ""


class CouncilPartSerializer(serializers.Serializer):
    council = serializers.CharField(
        source="code", allow_null=True, help_text="Null for what is attributed to no council."
    )
    name = serializers.CharField()
    delivered = Money(help_text=DELIVERED)
    published = Money(help_text=PUBLISHED)
    transition_costs = Money(help_text=COSTS)
    illustrative = serializers.BooleanField(help_text=MARKED)


class ComparisonSerializer(serializers.Serializer):
    plan = serializers.CharField(source="whole.plan.code")
    year = YearText(source="whole.year")
    to = QuarterText(
        source="whole.to", allow_null=True, help_text="Null where no quarter has been closed yet."
    )
    open_again = serializers.BooleanField(
        help_text="Whether `to` was closed and is open again: what is certified in it stands."
    )
    as_at = serializers.DateTimeField(
        allow_null=True,
        help_text="The moment that what was delivered is shown as at; null for now.",
    )
    planned = Money(source="whole.planned", help_text="What the plan promises for the year.")
    delivered = Money(source="whole.delivered", help_text=DELIVERED)
    difference = Money(source="whole.difference", help_text="Delivered less planned.")
    published = Money(source="whole.published", help_text=PUBLISHED)
    transition_costs = Money(source="whole.transition_costs", help_text=COSTS)
    illustrative = serializers.BooleanField(source="whole.illustrative", help_text=MARKED)
    areas = AreaSerializer(
        source="whole.lines", many=True, help_text="They add up to the totals exactly."
    )
    councils = CouncilPartSerializer(
        many=True, help_text="What was delivered by council: it adds up to the same."
    )
