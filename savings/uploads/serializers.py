"""An upload as the schema describes it: the request and the answer."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from finance.money import json_money
from savings.kit.serializers import Money
from savings.uploads.actions import Outcome
from sovereignty.shapes import Choice, Shape


class UploadParameters(Shape):
    dry_run = Choice(
        [("true", "Only say what would happen"), ("false", "Store it")],
        required=False,
        help_text="With true, the answer says what the file would do, and nothing is stored.",
    )


@extend_schema_field(OpenApiTypes.BINARY)
class _File(serializers.FileField):
    pass


class UploadBody(serializers.Serializer):
    """The parts of the form, as the schema describes them; `parts_of` reads them."""

    file = _File(help_text="A return file: XLSX, ODS, or CSV in UTF-8; 10 MB at most.")
    version = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2_147_483_647,
        help_text="The draft's version that you read, so that an older one is refused. Without "
        "it, the file replaces the draft as it is now.",
    )


class TotalsSerializer(serializers.Serializer):
    saving = Money()
    ongoing_cost = Money()
    transition_cost = Money()
    variance = Money()


class ChangeCountsSerializer(serializers.Serializer):
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    removed = serializers.IntegerField()


class WarningSerializer(serializers.Serializer):
    row = serializers.IntegerField()
    column = serializers.CharField()
    value = serializers.CharField()
    message = serializers.CharField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Stored",
            value={
                "rows": 3,
                "total": "150000.00",
                "totals": {
                    "saving": "150000.00",
                    "ongoing_cost": "0.00",
                    "transition_cost": "12000.00",
                    "variance": "0.00",
                },
                "version": 4,
                "changes": None,
                "warnings": [],
            },
            response_only=True,
        )
    ]
)
class UploadSerializer(serializers.Serializer):
    rows = serializers.IntegerField(help_text="The file's rows, without its header.")
    total = Money(help_text="The sum of its savings; kinds are never added to each other.")
    totals = TotalsSerializer(help_text="The sum of its rows of each kind.")
    version = serializers.IntegerField(help_text="The return's version as it is now.")
    changes = ChangeCountsSerializer(
        allow_null=True, help_text="For a dry run: the lines it would add, change and remove."
    )
    warnings = WarningSerializer(
        many=True,
        help_text="Rows to check, which count as they are: savings in a service that others share "
        "and the council takes no part in.",
    )


def answer_of(outcome: Outcome) -> dict[str, object]:
    """An outcome as plain JSON values."""
    changes = outcome.changes
    return {
        "rows": outcome.rows,
        "total": json_money(outcome.totals["saving"]),
        "totals": {kind: json_money(amount) for kind, amount in outcome.totals.items()},
        "version": outcome.version,
        "changes": None
        if changes is None
        else {
            "added": len(changes.added),
            "changed": len(changes.changed),
            "removed": len(changes.removed),
        },
        "warnings": [
            {
                "row": warning.row,
                "column": warning.field,
                "value": warning.value,
                "message": warning.message,
            }
            for warning in outcome.warnings
        ],
    }
