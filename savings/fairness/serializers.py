"""Fairness as JSON, and the body that proposes its test."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from savings.agreements.reports import standings
from savings.agreements.serializers import ANSWERED, ProposalBody, UnanimousSerializer
from savings.fairness.fairness import Point, Track
from savings.fairness.models import MOST_QUARTERS, FairnessTest
from savings.fairness.reports import Fairness
from savings.kit.serializers import Money
from services.serializers import QuarterText
from sovereignty.shapes import Shape, Text, WholeNumber


class FairnessParameters(Shape):
    service = Text(
        required=False, max_length=80, help_text="A slug. Services below it are included."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        # “from” can't be the name of an attribute.
        between = {
            "from": QuarterText(required=False, help_text="The first quarter to count."),
            "to": QuarterText(
                required=False,
                help_text="The last quarter to count; by default the latest closed one.",
            ),
        }
        return {**super().get_fields(), **between}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("from"), attrs.get("to")
        if first and last and last < first:
            raise serializers.ValidationError({"to": f"Give {first} or a later quarter."})
        return attrs


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]+(/[0-9]+)?$", "example": "1/3"})
class ExactShare(serializers.Field):
    """An exact fraction as text; null if there is nothing to have a share of."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)

    def to_representation(self, value: Fraction) -> str:
        return str(value)


class AmountsSerializer(serializers.Serializer):
    savings = Money()
    ongoing_costs = Money()
    transition_costs = Money()
    variances = Money()
    net = Money(help_text="Savings less ongoing and transition costs and variances.")
    contribution = Money(help_text="Ongoing and transition costs.")


class PointSerializer(serializers.Serializer):
    """A quarter of a council. The context has the `fairness` that it is part of."""

    period = serializers.CharField(source="quarter.code")
    open = serializers.SerializerMethodField(
        help_text="Whether the quarter is still open, so that its figures are unfinished."
    )
    amounts = AmountsSerializer(help_text="Of the quarter.")
    to_date = AmountsSerializer(help_text="From the first quarter counted to the end of this one.")
    share_of_net = ExactShare(help_text="Of all councils' net to date; null unless above 0.")
    share_of_contribution = ExactShare(
        help_text="Of all councils' contribution to date; null unless above 0."
    )
    gains_little = serializers.SerializerMethodField(
        help_text="By the test in force; null if there is none, and in an open quarter."
    )
    illustrative = serializers.BooleanField(source="amounts.illustrative")

    def get_gains_little(self, point: Point) -> bool | None:
        fairness: Fairness = self.context["fairness"]
        return fairness.gains_little(point)

    def get_open(self, point: Point) -> bool:
        fairness: Fairness = self.context["fairness"]
        return fairness.is_open(point.quarter)


class DeepestSerializer(serializers.Serializer):
    period = serializers.CharField(source="quarter.code")
    net_to_date = Money(source="to_date.net")


class TrackSerializer(serializers.Serializer):
    council = serializers.CharField()
    takes_part = serializers.BooleanField(
        help_text="Whether it takes part in some of what is counted. One that does not is never "
        "named as gaining least, and never warned of."
    )
    break_even = serializers.SerializerMethodField(
        help_text="The first quarter from which the net to date is 0 or more, to the latest; null "
        "if it is below."
    )
    deepest = DeepestSerializer(
        allow_null=True, help_text="Where its net to date was lowest; null if never below 0."
    )
    quarters = PointSerializer(many=True, source="points")

    def get_break_even(self, track: Track) -> str | None:
        return track.break_even.code if track.break_even else None


class LeastSerializer(serializers.Serializer):
    service = serializers.CharField()
    gain_least = serializers.ListField(
        child=serializers.CharField(),
        source="councils",
        help_text="Who of those that take part has the lowest net; empty where all have the same.",
    )
    nets = serializers.DictField(child=Money(), help_text="Net to date by council.")
    illustrative = serializers.BooleanField()


class WarnedSerializer(serializers.Serializer):
    council = serializers.CharField()
    quarters = serializers.IntegerField(
        source="run", help_text="In a row, to the latest closed one."
    )


class FairnessTestSerializer(UnanimousSerializer):
    class Meta:
        model = FairnessTest
        fields = ["id", "decision", "below", "quarters", *ANSWERED]


class FairnessSerializer(serializers.Serializer):
    """The context has the `fairness` itself and the `councils`' codes."""

    to = QuarterText(
        allow_null=True, help_text="The last quarter counted. Null if none is closed yet."
    )
    unfinished = serializers.BooleanField(
        source="is_unfinished",
        help_text="Whether open quarters are counted, whose figures can still change.",
    )
    councils = TrackSerializer(source="tracks", many=True)
    services = LeastSerializer(
        many=True,
        help_text="The service asked about and those right below it, or the programmes, if they "
        "have figures.",
    )
    unattributed = AmountsSerializer(
        help_text="What falls on no council, and is in no council's figures."
    )
    test = FairnessTestSerializer(
        allow_null=True, help_text="The test in force: the latest that every council has agreed to."
    )
    warnings = WarnedSerializer(
        source="warned",
        many=True,
        help_text="Who persistently gains little, by that test and only from closed quarters.",
    )
    illustrative = serializers.BooleanField()


class FairnessTestBody(ProposalBody):
    below = Text(
        "Give a decimal or a fraction, such as 1/2.",
        max_length=40,
        help_text="Below this much of the share of contribution is little: 0.5, 1/2.",
    )
    quarters = WholeNumber(
        "Give a whole number of quarters, such as 4.", min_value=1, max_value=MOST_QUARTERS
    )


def as_json(fairness: Fairness) -> dict[str, Any]:
    """What the API answers."""
    test = fairness.test
    context = {
        "fairness": fairness,
        "councils": list(fairness.councils),
        "standings": standings([test.decision_id]) if test else {},
    }
    return FairnessSerializer(fairness, context=context).data
