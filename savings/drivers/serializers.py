"""Tolerances and restatements as JSON, and what makes them."""

from __future__ import annotations

from savings.attribution.serializers import ANSWERED, UnanimousSerializer
from savings.drivers.models import Tolerance
from sovereignty.shapes import Shape, Text


class ToleranceSerializer(UnanimousSerializer):
    class Meta:
        model = Tolerance
        fields = ["id", "decision", "share", *ANSWERED]


class ToleranceBody(Shape):
    share = Text(
        "Give a decimal or a fraction, such as 0.01 or 1/100.",
        max_length=40,
        help_text="Of what was shared out: a restatement that moves more is put right.",
    )
