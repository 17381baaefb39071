"""Returns as JSON, and the bodies that move a return on.

What an entry may say is decided by `savings.returns.rows` alone; `EntryColumns` only
describes it for the schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.fields import empty

from finance.money import json_money
from savings.kit.serializers import MomentText, Money, ProvenanceField
from savings.returns.actions import RawRows
from savings.returns.models import Entry, Return
from savings.returns.questions.serializers import QuestionList
from services.serializers import QuarterText
from sovereignty.models import User
from sovereignty.refusals import BadContent, FieldError
from sovereignty.shapes import Choice, Shape, Text, WholeNumber
from sovereignty.texts import LONGEST_TEXT


class VersionRead(Shape):
    version = WholeNumber(
        "Send the version that you read, as a whole number.",
        help_text="The return's version as it was read; a stale one is refused.",
    )


class Withdrawal(VersionRead):
    reason = Text(
        "Say why, or leave this out.",
        required=False,
        allow_blank=True,
        help_text="Why, for the return's history.",
    )


class SendingBack(VersionRead):
    reason = Text("Say what has to change.", help_text="What has to change.")
    questions = QuestionList(required=False, help_text="What to ask on its lines at once.")


class ReturnParameters(Shape):
    council = Text(required=False, max_length=12, help_text="A council's code, or “partnership”.")
    period = QuarterText(required=False)
    status = Choice(Return.Status.choices, required=False)


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
        help_text="Whether any entry or forecast is illustrative: such a return is never certified."
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
        """Written out: a return may have tens of thousands of rows."""
        return {
            "id": instance.id,
            "service": instance.service.slug,
            "kind": instance.kind,
            "scope": instance.scope,
            "amount": json_money(instance.amount),
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
        help_text="The moment asked for; null for the return as it stands, and for a version.",
    )
    entries = EntrySerializer(many=True)


class VersionText(Text):
    """A version as an address has it; becomes a number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(REMEDY, max_length=9, **options)

    def run_validation(self, data: Any = empty) -> Any:
        value = super().run_validation(data)
        if not isinstance(value, str):
            return value
        if not (value.isascii() and value.isdigit()):
            raise serializers.ValidationError(REMEDY)
        return int(value)


REMEDY = "Give the number of a version, such as 3."


class StandingParameters(Shape):
    as_at = MomentText()
    version = VersionText(
        required=False, help_text="As it stood at this version; not together with `as_at`."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) > 1:
            raise serializers.ValidationError({"version": "Give as_at or version, not both."})
        return attrs


@extend_schema_serializer(component_name="EntryColumns")
class EntryColumns(serializers.Serializer):
    """The columns of an entry, as the schema describes them."""

    service = serializers.CharField(help_text="A slug in the tree of services.")
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    scope = serializers.ChoiceField(
        choices=Entry.Scope.choices,
        help_text="own falls on this council alone; shared is attributed by a rule.",
    )
    amount = serializers.CharField(
        help_text="Money as text: 1234.50, 1,234.50, £1,234, (1,234) for minus, 45k, £1.2m, or "
        "- for nil."
    )
    recurrence = serializers.ChoiceField(
        choices=Entry.Recurrence.choices,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="A saving needs it.",
    )
    nature = serializers.ChoiceField(
        choices=Entry.Nature.choices,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="A saving needs it.",
    )
    cause = serializers.ChoiceField(
        choices=Entry.Cause.choices,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="A variance needs it; nothing else has it.",
    )
    caused_by = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="The council whose specification changed, where that is the cause.",
    )
    tupe = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        allow_null=True,
        help_text="Councils, as a list or as codes between commas: the only ones that an "
        "ongoing cost may fall on.",
    )
    approval = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="For a transition cost: code of a budget that every participating council "
        "has agreed.",
    )
    corrects = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="The id of one of this council's certified entries of an earlier period.",
    )
    evidence = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=LONGEST_TEXT
    )
    note = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=LONGEST_TEXT
    )


@extend_schema_field(EntryColumns(many=True))
class Rows(serializers.Field):
    """A list whose members `numbered` looks at, and then `savings.returns.rows`."""

    default_error_messages = {
        "required": "Send the list of entries; an empty list removes them all.",
        "null": "Send the list of entries; an empty list removes them all.",
        "invalid": "Send a list of entries.",
    }

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("invalid")
        return data


class ReturnBody(VersionRead):
    """A draft's new entries. What else a reader was given may come back, unchanged."""

    ignored = frozenset(ReturnDocument().fields) - {"version", "entries"}

    entries = Rows(help_text="Every entry of the return: those not sent are removed.")


def numbered(rows: list[Any], field: str = "entries", one: str = "entry") -> RawRows:
    """The rows with their numbers, counted from 1; raises BadContent for what is no row."""
    wrong = [
        FieldError(field, f"Send each {one} as an object with columns.", row=number)
        for number, row in enumerate(rows, start=1)
        if not isinstance(row, Mapping)
    ]
    if wrong:
        raise BadContent(wrong)
    return list(enumerate(rows, start=1))


def meant_for(parent: Return, body: Any) -> None:
    """Raise BadContent where the body names another return than the address does."""
    named = {"council": parent.council_code, "period": parent.period.code}
    wrong = [
        FieldError(field, f"The address says {value}: leave this out.", str(body[field])[:200])
        for field, value in named.items()
        if field in body and body[field] != value
    ]
    if wrong:
        raise BadContent(wrong)
