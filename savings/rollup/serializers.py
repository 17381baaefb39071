"""The state of the rollup as JSON."""

from __future__ import annotations

from rest_framework import serializers


class StandingSerializer(serializers.Serializer):
    state = serializers.ChoiceField(
        choices=["current", "pending", "running"],
        help_text="pending: something certified is not in the totals yet.",
    )
    version = serializers.IntegerField(help_text="Goes up when the totals change.")
    digest = serializers.CharField(
        help_text="A hash of every part of every entry, with its rule and mark; empty at first."
    )
    finished_at = serializers.DateTimeField(allow_null=True)
