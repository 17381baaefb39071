"""The bodies and parameters that read and replace a return."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.fields import empty

from savings.kit.serializers import MomentText
from savings.returns.models import Entry, Return
from savings.returns.serializers import ReturnDocument, VersionRead
from services.serializers import QuarterText
from sovereignty.refusals import BadContent, FieldError
from sovereignty.shapes import Choice, Shape, Text
from sovereignty.texts import LONGEST_TEXT


class ReturnParameters(Shape):
    council = Text(required=False, max_length=12, help_text="A council's code, or “partnership”.")
    period = QuarterText(required=False)
    status = Choice(Return.Status.choices, required=False)


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
        required=False, help_text="As it was at this version; not together with `as_at`."
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
        help_text="own falls only on this council; shared is split by a rule, and is only for a "
        "service that two or more councils share in the quarter.",
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
        help_text="The council whose specification changed, if that is the cause.",
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
        help_text="For a transition cost: code of a budget that every participating council has "
        "agreed to.",
    )
    corrects = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="The id of one of this council's certified entries in an earlier quarter.",
    )
    evidence = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=LONGEST_TEXT
    )
    note = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=LONGEST_TEXT
    )


@extend_schema_field(EntryColumns(many=True))
class Rows(serializers.Field):
    """A list, whose members `numbered` checks and then `savings.filling.rows`."""

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
    """A draft's new entries. The other fields that a reader was given may be sent back."""

    ignored = frozenset(ReturnDocument().fields) - {"version", "entries"}

    entries = Rows(help_text="Every entry of the return: those not sent are removed.")


def meant_for(parent: Return, body: Any) -> None:
    """Raise BadContent if the body names another return than the address does."""
    named = {"council": parent.council_code, "period": parent.period.code}
    wrong = [
        FieldError(field, f"The address says {value}: leave this out.", str(body[field])[:200])
        for field, value in named.items()
        if field in body and body[field] != value
    ]
    if wrong:
        raise BadContent(wrong)
