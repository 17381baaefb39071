"""Returns as JSON, and what every body that changes a return's status has in common.

Only `savings.filling.rows` decides what an entry may say; `EntryColumns` describes it
for the schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.money import json_money
from savings.kit.serializers import Money, ProvenanceField
from savings.returns.models import Entry, Return
from savings.returns.rows import RawRows
from sovereignty.models import User
from sovereignty.refusals import BadContent, FieldError
from sovereignty.shapes import Shape, WholeNumber


class VersionRead(Shape):
    version = WholeNumber(
        "Send the version that you read, as a whole number.",
        help_text="The return's version that you read; an older one is refused.",
    )


class StepSerializer(serializers.Serializer):
    by = serializers.CharField(allow_null=True, help_text="The person's username.")
    at = serializers.DateTimeField()


class SentBackSerializer(StepSerializer):
    reason = serializers.CharField()


class ReturnSerializer(serializers.Serializer):
    """A return without its entries; `illustrative` and `entry_count` are annotated."""

    council = serializers.CharField(
        source="council_code", help_text="A council's code; “partnership” for its published return."
    )
    period = serializers.CharField(source="period.code")
    status = serializers.ChoiceField(choices=Return.Status.choices)
    version = serializers.IntegerField()
    submitted = serializers.SerializerMethodField()
    certified = serializers.SerializerMethodField()
    sent_back = serializers.SerializerMethodField()
    published_in = serializers.CharField(
        help_text="For the partnership's own return, the document that published it."
    )
    entry_count = serializers.IntegerField()
    illustrative = serializers.BooleanField(
        help_text="Whether any entry or forecast is illustrative. Such a return can't be certified."
    )

    @extend_schema_field(StepSerializer(allow_null=True))
    def get_submitted(self, parent: Return) -> dict[str, object] | None:
        return _step(parent.submitted_by, parent.submitted_at)

    @extend_schema_field(StepSerializer(allow_null=True))
    def get_certified(self, parent: Return) -> dict[str, object] | None:
        return _step(parent.certified_by, parent.certified_at)

    @extend_schema_field(SentBackSerializer(allow_null=True))
    def get_sent_back(self, parent: Return) -> dict[str, object] | None:
        step = _step(parent.sent_back_by, parent.sent_back_at)
        return step and {**step, "reason": parent.sent_back_reason}


def _step(by: User | None, at: Any) -> dict[str, object] | None:
    return StepSerializer({"by": by.username if by else None, "at": at}).data if at else None


class EntrySerializer(serializers.Serializer):
    """An entry with the columns of a return file; an empty column is empty text."""

    id = serializers.IntegerField()
    service = serializers.CharField()
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    scope = serializers.ChoiceField(choices=Entry.Scope.choices)
    amount = Money()
    recurrence = serializers.ChoiceField(choices=Entry.Recurrence.choices, allow_blank=True)
    nature = serializers.ChoiceField(choices=Entry.Nature.choices, allow_blank=True)
    cause = serializers.ChoiceField(choices=Entry.Cause.choices, allow_blank=True)
    caused_by = serializers.CharField(allow_blank=True)
    tupe = serializers.ListField(child=serializers.CharField())
    approval = serializers.CharField(allow_blank=True)
    corrects = serializers.IntegerField(allow_null=True)
    evidence = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    provenance = ProvenanceField()

    def to_representation(self, instance: Entry) -> dict[str, object]:
        """Written out for speed: a return may have tens of thousands of rows."""
        return {
            "id": instance.id,
            "service": instance.service.slug,
            "kind": instance.kind,
            "scope": instance.scope,
            "amount": json_money(instance.pence),
            "recurrence": instance.recurrence,
            "nature": instance.nature,
            "cause": instance.cause,
            "caused_by": instance.caused_by.code if instance.caused_by else "",
            "tupe": instance.tupe,
            "approval": instance.approval,
            "corrects": instance.corrects_id,
            "evidence": instance.evidence,
            "note": instance.note,
            "provenance": instance.provenance,
        }


class ReturnDocument(ReturnSerializer):
    """A return with its entries, read with their service and `caused_by`."""

    as_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="The moment asked for; null for the return as it is now, and for a version.",
    )
    entries = EntrySerializer(many=True)


def numbered(rows: list[Any], field: str = "entries", one: str = "entry") -> RawRows:
    """The rows with their numbers, counted from 1. Raises BadContent if one is not an object."""
    wrong = [
        FieldError(field, f"Send each {one} as an object with columns.", row=number)
        for number, row in enumerate(rows, start=1)
        if not isinstance(row, Mapping)
    ]
    if wrong:
        raise BadContent(wrong)
    return list(enumerate(rows, start=1))
