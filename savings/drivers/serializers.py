"""Tolerances and restatements as JSON, and what makes them."""

from __future__ import annotations

from rest_framework import serializers

from savings.attribution.serializers import (
    ANSWERED,
    Amount,
    ProposalBody,
    UnanimousSerializer,
    plain,
)
from savings.drivers.models import Restatement, Tolerance
from savings.kit.serializers import ProvenanceField
from services.serializers import QuarterText
from sovereignty.shapes import Shape, Text


class ToleranceSerializer(UnanimousSerializer):
    class Meta:
        model = Tolerance
        fields = ["id", "decision", "share", *ANSWERED]


class ToleranceBody(ProposalBody):
    share = Text(
        "Give a decimal or a fraction, such as 0.01 or 1/100.",
        max_length=40,
        help_text="Of what was shared out: a restatement that moves more is put right.",
    )


class RestatementSerializer(serializers.ModelSerializer):
    driver = serializers.CharField(source="restates.driver.code")
    council = serializers.CharField(source="restates.council.code")
    effective_from = QuarterText(source="restates.effective_from")
    given = serializers.SerializerMethodField(help_text="What the value was given as: it stays.")
    value = serializers.SerializerMethodField("as_text", help_text="What it should have been.")
    provenance = ProvenanceField()
    stated_by = serializers.CharField(source="stated_by.username")

    class Meta:
        model = Restatement
        fields = [
            "id",
            "driver",
            "council",
            "effective_from",
            "given",
            "value",
            "source",
            "provenance",
            "stated_by",
            "stated_at",
        ]

    def get_given(self, row: Restatement) -> str:
        return plain(row.restates.value)

    def as_text(self, row: Restatement) -> str:
        return plain(row.value)


class RestatementBody(Shape):
    driver = Text("Name the driver by its code.", max_length=60)
    council = Text("Name the council by its code.", max_length=12)
    effective_from = QuarterText(help_text="The first quarter that the value holds for.")
    value = Amount(help_text="What it should have been.")
    source = Text("Say where that comes from.", max_length=300)  # type: ignore[assignment]
