"""The bodies that add and change services, and what a change does as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from audit.models import Event
from savings.arranging.actions import (
    LONGEST_NAME,
    LONGEST_SLUG,
    LONGEST_SOURCE,
    NAME_MISSING,
    SLUG_MISSING,
    Changes,
    NewState,
    Place,
)
from savings.arranging.reports import Concerned
from services.serializers import QuarterText, ServiceSerializer
from services.states import CHOICES
from sovereignty.refusals import BadContent, FieldError
from sovereignty.shapes import Choice, Shape, Text


class ChangeParameters(Shape):
    dry_run = Choice(
        [("true", "Say what it does"), ("false", "Do it")],
        required=False,
        help_text="With `true`, only say what it would do, and change nothing.",
    )


class ServiceChangeBody(Shape):
    """What is to change. What is left out stays."""

    name = Text(NAME_MISSING, max_length=LONGEST_NAME, required=False)
    parent = Text(  # type: ignore[assignment]
        max_length=LONGEST_SLUG,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="The slug of the service above; null for a programme.",
    )
    description = Text(required=False, allow_blank=True)
    state = Choice(
        CHOICES, required=False, help_text="From `effective_from` on, until the next change."
    )
    effective_from = QuarterText(
        required=False,
        help_text="The first quarter with this state; by default the first that is not closed.",
    )
    settled_by = Text(
        max_length=LONGEST_SOURCE,
        required=False,
        allow_blank=True,
        help_text="Who settled the state; by default the programme office.",
    )
    source = Text(  # type: ignore[assignment]
        max_length=LONGEST_SOURCE,
        required=False,
        allow_blank=True,
        help_text="Where the change was settled.",
    )


class NewServiceBody(ServiceChangeBody):
    """A new service; without `parent` it is a programme."""

    slug = Text(SLUG_MISSING, max_length=LONGEST_SLUG)
    name = Text(NAME_MISSING, max_length=LONGEST_NAME)


def changes_in(body: dict[str, Any]) -> Changes:
    """What a body asks for. Raises BadContent for what only goes with a state, without one."""
    state = body.get("state")
    alone = [name for name in ("effective_from", "settled_by") if name in body and not state]
    if alone:
        remedy = "This goes with a state: give one, or leave this out."
        raise BadContent([FieldError(name, remedy) for name in alone])
    return Changes(
        name=body.get("name"),
        description=body.get("description"),
        place=Place(body["parent"] or "") if "parent" in body else None,
        state=NewState(state, body.get("effective_from"), body.get("settled_by", ""))
        if state
        else None,
        source=body.get("source", ""),
    )


class NamedSerializer(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


class DifferenceSerializer(serializers.Serializer):
    """One thing that differs, for these services, from a quarter on."""

    what = serializers.CharField(source="difference.what")
    services = NamedSerializer(many=True)
    effective_from = QuarterText(source="difference.since")
    before = serializers.CharField(
        source="difference.before", allow_blank=True, help_text="Empty for a new service."
    )
    after = serializers.CharField(source="difference.after")


class ChangeOfServiceSerializer(serializers.Serializer):
    """Of a service that was changed: when, by whom, and what was before and after."""

    at = serializers.DateTimeField()
    by = serializers.CharField()
    action = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class ArrangedSerializer(ServiceSerializer):
    """A service, with what was changed about it and what this change does."""

    history = serializers.SerializerMethodField(help_text="Its changes, the latest first.")
    effects = serializers.SerializerMethodField(
        help_text="What this change does, or would do; empty if nothing was asked for."
    )
    notes = serializers.SerializerMethodField(help_text="The same in sentences.")
    dry_run = serializers.SerializerMethodField(help_text="Whether nothing was changed.")

    def get_history(self, row: object) -> list[dict[str, Any]]:
        events: list[Event] = self.context["history"]
        return list(ChangeOfServiceSerializer(events, many=True).data)

    def get_effects(self, row: object) -> list[dict[str, Any]]:
        concerned: tuple[Concerned, ...] = self.context["concerned"]
        return list(DifferenceSerializer(concerned, many=True).data)

    def get_notes(self, row: object) -> list[str]:
        return list(self.context["notes"])

    def get_dry_run(self, row: object) -> bool:
        return bool(self.context["dry_run"])
