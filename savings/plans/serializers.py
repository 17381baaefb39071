"""Plans and their lines as JSON."""

from __future__ import annotations

from rest_framework import serializers

from savings.kit.provenance import Provenance
from savings.kit.serializers import Money, ProvenanceField
from savings.plans.models import Plan, PlanLine
from services.models import Service


class PlannedYear(serializers.Serializer):
    year = serializers.CharField(help_text="A financial year, such as 2014-15.")
    planned = Money(help_text="The sum of the plan's lines for the year.")
    illustrative = serializers.BooleanField()


class PlanSerializer(serializers.ModelSerializer):
    years = PlannedYear(many=True, help_text="The years that the plan has figures for.")

    class Meta:
        model = Plan
        fields = ["code", "name", "description", "adopted", "years"]


class PlanLineSerializer(serializers.ModelSerializer):
    service = serializers.SlugRelatedField[Service](
        slug_field="slug", read_only=True, allow_null=True, help_text="Null if it names none."
    )
    low = Money(source="low_pence")
    middle = Money(source="middle_pence")
    high = Money(source="high_pence")
    provenance = ProvenanceField()
    illustrative = serializers.SerializerMethodField()

    class Meta:
        model = PlanLine
        fields = [
            "label",
            "service",
            "category",
            "year",
            "low",
            "middle",
            "high",
            "basis",
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
