"""The rollup's standing as JSON."""

from __future__ import annotations

from rest_framework import serializers


class StandingSerializer(serializers.Serializer):
    state = serializers.ChoiceField(
        choices=["current", "pending", "running"],
        help_text="pending: something certified is not in the totals yet.",
    )
    version = serializers.IntegerField(help_text="Rises with every change of the totals.")
    digest = serializers.CharField(
        help_text="Of every part of every entry, with its rule and mark; empty before the first."
    )
    finished_at = serializers.DateTimeField(allow_null=True)
