"""Plans and their lines as JSON."""

from __future__ import annotations

from rest_framework import serializers

from savings.kit.provenance import Provenance
from savings.kit.serializers import Money, ProvenanceField
from savings.plans.models import Plan, PlanLine
from services.models import Service
from sovereignty.models import Council


class PlannedYear(serializers.Serializer):
    year = serializers.CharField(help_text="A financial year, such as 2014-15.")
    planned = Money(
        help_text="The sum of the plan's lines for the year. One inside another counts once."
    )
    cost = Money(help_text="What getting there costs in the year, by the plan's lines.")
    net = Money(help_text="`planned` less `cost`: below 0 where a year costs more than it saves.")
    illustrative = serializers.BooleanField()


class PlanSerializer(serializers.ModelSerializer):
    years = PlannedYear(many=True, help_text="The years that the plan has figures for.")

    class Meta:
        model = Plan
        fields = ["code", "name", "description", "kind", "source", "adopted", "years"]


class PlanLineSerializer(serializers.ModelSerializer):
    service = serializers.SlugRelatedField[Service](
        slug_field="slug", read_only=True, allow_null=True, help_text="Null if it names none."
    )
    council = serializers.SlugRelatedField[Council](
        slug_field="code",
        read_only=True,
        allow_null=True,
        help_text="Null where it is for all the councils that share the service, together.",
    )
    amount = Money(source="middle_pence", help_text="What totals add up: the same as `middle`.")
    low = Money(source="low_pence")
    middle = Money(source="middle_pence")
    high = Money(source="high_pence")
    cost = Money(
        source="cost_pence",
        help_text="What getting there costs in the year: investment, or cost that goes on.",
    )
    net = Money(source="net_pence", help_text="`amount` less `cost`.")
    derivation = serializers.CharField(
        read_only=True, help_text="In words, the sum that a derived phasing comes from."
    )
    inside = serializers.SlugRelatedField[PlanLine](
        slug_field="label",
        read_only=True,
        allow_null=True,
        help_text="The label of the line, of the same plan and year, that this one is a part of; "
        "null where it is none. Totals count it once, in the other.",
    )
    provenance = ProvenanceField()
    illustrative = serializers.SerializerMethodField()

    class Meta:
        model = PlanLine
        fields = [
            "label",
            "service",
            "council",
            "category",
            "year",
            "amount",
            "low",
            "middle",
            "high",
            "cost",
            "net",
            "basis",
            "phasing",
            "derivation",
            "inside",
            "provenance",
            "illustrative",
            "document",
            "place",
            "note",
        ]

    def get_illustrative(self, line: PlanLine) -> bool:
        return line.provenance == Provenance.ILLUSTRATIVE


class PlanDetailSerializer(PlanSerializer):
    lines = PlanLineSerializer(many=True)

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "lines"]
