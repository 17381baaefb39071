"""Councils as JSON."""

from __future__ import annotations

from rest_framework import serializers

from sovereignty.models import Council


class CouncilSerializer(serializers.ModelSerializer):
    class Meta:
        model = Council
        fields = ["code", "name", "full_name"]
