"""The comparison as JSON."""

from __future__ import annotations

from rest_framework import serializers

from savings.comparison.lines import ComparisonLine, CouncilLine
from savings.kit.serializers import MomentText, Money, YearText
from savings.plans.measures import CHOICES, Measure
from services.serializers import QuarterText
from sovereignty.shapes import Choice, Shape, Text

MEASURES = [(measure.value, measure.label) for measure in Measure]


class ComparisonParameters(Shape):
    plan = Text("Name a plan by its code, such as proposals-2011.", max_length=60)
    measure = Choice(
        [(measure.value, measure.label) for measure in CHOICES],
        required=False,
        help_text="to_date unless said: since the start; in_year; annual_rate.",
    )
    year = YearText(required=False, help_text="The plan's last year unless said.")
    council = Text(
        "Name a council by its code, such as EDC.",
        required=False,
        max_length=12,
        help_text="One council's part of both sides; all councils together unless said.",
    )
    to = QuarterText(
        required=False,
        help_text="The last quarter to count. By default the latest that was closed (at `as_at`).",
    )
    as_at = MomentText()


DELIVERED = "Certified savings, by the measure. Null where it can't give them."
PUBLISHED = "The part of the certified savings that a document published for the whole partnership."
COSTS = "What it cost to get there; not taken from delivered."
MARKED = "Whether an illustrative rule splits any of it."


class MadeOfSerializer(serializers.Serializer):
    recurring = Money()
    one_off = Money()
    cashable = Money()
    non_cashable = Money()
    avoided = Money()
    not_known = Money(help_text="Added up before totals told savings apart.")
    gross = Money(help_text="Recurring, one-off and not known; also the sum of the natures.")
    ongoing_costs = Money()
    net = Money(help_text="Gross less ongoing costs.")


class FiguresSerializer(serializers.Serializer):
    """A promise, a delivery, and what may be said of the two."""

    planned = Money(
        source="pair.planned.pence",
        allow_null=True,
        help_text="The plan's figure for the year; null where it has none.",
    )
    planned_measure = serializers.ChoiceField(MEASURES, source="pair.planned.measure")
    planned_illustrative = serializers.BooleanField(
        source="promised_illustrative",
        help_text="Whether an illustrative rule or line is behind a council's part of the promise.",
    )
    planned_to_date = Money(
        source="to_date.pence",
        allow_null=True,
        help_text="The plan's years so far, added up; null unless each has a figure.",
    )
    delivered = Money(source="pair.delivered.pence", allow_null=True, help_text=DELIVERED)
    delivered_measure = serializers.ChoiceField(MEASURES, source="pair.delivered.measure")
    difference = Money(
        source="set_against.difference",
        allow_null=True,
        help_text="Delivered less planned (or planned to date); null where they can't be compared.",
    )
    percentage = serializers.CharField(
        source="set_against.percentage",
        allow_null=True,
        help_text="Delivered as a percentage of planned, such as 29.3; null likewise.",
    )
    why = serializers.SerializerMethodField(
        help_text="Why a figure is null or the two can't be compared; null where they can."
    )
    made_of = MadeOfSerializer(help_text="What was certified in the quarters that count.")
    published = Money(help_text=PUBLISHED)
    transition_costs = Money(help_text=COSTS)
    illustrative = serializers.BooleanField(help_text=MARKED)

    def get_why(self, line: ComparisonLine) -> str | None:
        return line.set_against.why_apart or None


class AreaSerializer(FiguresSerializer):
    area = serializers.CharField(
        source="slug", allow_null=True, help_text="Null for what the plan does not divide by area."
    )
    name = serializers.CharField()


class CouncilPartSerializer(serializers.Serializer):
    council = serializers.CharField(
        source="code", allow_null=True, help_text="Null for what is attributed to no council."
    )
    name = serializers.CharField()
    planned = Money(
        source="promised.pence",
        allow_null=True,
        help_text="The council's part of the plan's figure: lines that name it, and lines for all "
        "split by the rules in force today. Null where there is no such part.",
    )
    planned_measure = serializers.ChoiceField(MEASURES, source="promised.measure")
    planned_illustrative = serializers.BooleanField(
        source="promised_illustrative",
        help_text="Whether an illustrative rule or line is behind any of it.",
    )
    delivered = Money(source="achieved.pence", allow_null=True, help_text=DELIVERED)
    delivered_measure = serializers.ChoiceField(MEASURES, source="achieved.measure")
    difference = Money(
        source="pair.difference",
        allow_null=True,
        help_text="Delivered less planned; null where they can't be compared.",
    )
    percentage = serializers.CharField(
        source="pair.percentage",
        allow_null=True,
        help_text="Delivered as a percentage of planned, such as 29.3; null likewise.",
    )
    why = serializers.SerializerMethodField(
        help_text="Why a figure is null or the two can't be compared; null where they can."
    )
    published = Money(help_text=PUBLISHED)
    transition_costs = Money(help_text=COSTS)
    illustrative = serializers.BooleanField(help_text=MARKED)

    def get_why(self, line: CouncilLine) -> str | None:
        return line.pair.why_apart or None


class ComparisonSerializer(FiguresSerializer):
    plan = serializers.CharField(source="comparison.plan.code")
    measure = serializers.ChoiceField(MEASURES, source="comparison.measure")
    year = YearText(source="comparison.year")
    to = QuarterText(
        source="comparison.to",
        allow_null=True,
        help_text="Null if no quarter has been closed yet.",
    )
    open_again = serializers.BooleanField(
        help_text="Whether `to` was closed and is open again: what is certified in it stands."
    )
    as_at = serializers.DateTimeField(
        allow_null=True,
        help_text="The moment that what was delivered is shown as at; null for now.",
    )
    of_councils = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="The councils that both sides are of; null for all of them.",
    )
    forecast = Money(
        source="forecast.pence",
        allow_null=True,
        help_text="In the measure in_year: what councils forecast to save in the whole year, in "
        "their certified returns for `to`. Null otherwise.",
    )
    forecast_rest = Money(
        allow_null=True,
        help_text="The forecast less what is certified already; null where either is.",
    )
    areas = AreaSerializer(
        source="comparison.lines",
        many=True,
        help_text="They add up to the totals exactly; a null adds nothing.",
    )
    councils = CouncilPartSerializer(
        many=True, help_text="What is promised and delivered by council: each adds up to the whole."
    )
