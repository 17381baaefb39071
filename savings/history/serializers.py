"""Events and histories as JSON, and the parameters that choose them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.models import Event
from savings.history.exports import changes_as_json, event_as_json
from savings.history.replay import ADDED, CHANGED, REMOVED
from savings.history.reports import Deed
from savings.kit.serializers import MomentText
from sovereignty.shapes import Shape, Text

#: How many changed lines of one event a history lists; the page's download has all of them.
MOST_LINES = 100


class EventParameters(Shape):
    chain = Text(required=False, max_length=20, help_text="A council's code, or “partnership”.")
    subject = Text(
        required=False, max_length=60, help_text="Kind of record, such as return or period."
    )
    subject_id = Text(
        required=False, max_length=120, help_text="Which record, such as EDC/2013-14-Q1."
    )
    by = Text(required=False, max_length=150, help_text="A person's username.")

    def get_fields(self) -> dict[str, serializers.Field]:
        # “from” can't be the name of an attribute.
        between = {
            "from": MomentText(
                first=True,
                help_text="The first day, from its start in London, or a time with its zone.",
            ),
            "to": MomentText(
                help_text="The last day, to its end in London, or a time with its zone."
            ),
        }
        return {**super().get_fields(), **between}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("from"), attrs.get("to")
        if first and last and last < first:
            raise serializers.ValidationError({"to": "Give a later day than from."})
        return attrs


@extend_schema_field({"type": "object", "nullable": True, "additionalProperties": {}})
class Half(serializers.JSONField):
    """What an event keeps of before or after: an object, by the kind of event, or null."""


class EventSerializer(serializers.Serializer):
    """An event. `hash` is the SHA-256 of `previous_hash`, a line feed, and all the rest as
    JSON with sorted keys and no spaces. The first `previous_hash` of a chain is 64 zeros.
    """

    chain = serializers.CharField()
    at = serializers.CharField(help_text="As in the hash: in UTC, with its offset.")
    by = serializers.CharField(help_text="A username, or a command.")
    action = serializers.CharField()
    subject = serializers.CharField(help_text="Kind of record.")
    subject_id = serializers.CharField()
    before = Half(allow_null=True)
    after = Half(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    previous_hash = serializers.CharField()
    hash = serializers.CharField()

    def to_representation(self, instance: Event) -> dict[str, Any]:
        """Exactly what the hash covers, so that it can be checked."""
        return event_as_json(instance)


@extend_schema_field(
    {
        "nullable": True,
        "oneOf": [
            {"type": "string"},
            {"type": "integer"},
            {"type": "array", "items": {"type": "string"}},
        ],
    }
)
class ColumnValue(serializers.JSONField):
    """A column of a line as events have it: money as text, councils as a list, an id."""


class ColumnChangeSerializer(serializers.Serializer):
    before = ColumnValue(allow_null=True, help_text="Null if it was empty.")
    after = ColumnValue(allow_null=True, help_text="Null if it is empty now.")


class LineChangeSerializer(serializers.Serializer):
    change = serializers.ChoiceField(choices=[ADDED, CHANGED, REMOVED])
    row = serializers.IntegerField(
        help_text="Its place, counted from 1. A removed line has the place that it had."
    )
    line = serializers.IntegerField(help_text="The line's id, the same through every edit.")
    columns = serializers.DictField(
        child=ColumnChangeSerializer(), help_text="The columns that changed, by name."
    )


class ForecastChangeSerializer(serializers.Serializer):
    change = serializers.ChoiceField(choices=[ADDED, CHANGED, REMOVED])
    service = serializers.CharField()
    columns = serializers.DictField(child=ColumnChangeSerializer())


class DeedSerializer(serializers.Serializer):
    """An event of a return, and what it did to its lines."""

    at = serializers.DateTimeField()
    by = serializers.CharField(help_text="A username, or a command.")
    action = serializers.CharField(help_text="Such as saved, submitted, sent back, certified.")
    version = serializers.IntegerField(allow_null=True, help_text="The version that it made.")
    status = serializers.CharField(allow_null=True, help_text="The status it led to, if any.")
    reason = serializers.CharField(allow_blank=True)
    change_count = serializers.IntegerField(help_text="How many lines it changed.")
    moved = serializers.BooleanField(help_text="Whether lines that stayed changed their order.")
    changes = LineChangeSerializer(
        many=True, help_text=f"The first {MOST_LINES} of these lines, in the order of the rows."
    )
    forecasts = ForecastChangeSerializer(many=True, help_text="The forecasts that it changed.")
    hash = serializers.CharField(help_text="The event's hash, as in events/.")

    def to_representation(self, instance: Deed) -> dict[str, Any]:
        event = instance.event
        return {
            "at": self.fields["at"].to_representation(event.at),
            "by": event.by,
            "action": event.action,
            "version": instance.version,
            "status": instance.status,
            "reason": event.reason,
            **changes_as_json(instance, MOST_LINES),
            "hash": event.hash,
        }
