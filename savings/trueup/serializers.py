"""A restatement's true-up as JSON, and the body that adds its adjusting entries."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from savings.drivers.models import Restatement
from savings.drivers.serializers import RestatementSerializer
from savings.kit.serializers import Money
from savings.returns.serializers import VersionRead
from savings.trueup import wording
from savings.trueup.reports import PutRight, Restatements, Side
from savings.trueup.trueup import RestatementStanding, evidence_of
from services.serializers import QuarterText


class LineSerializer(serializers.Serializer):
    """What one entry puts right: figures of a quarter, a service and a kind."""

    period = serializers.CharField(source="line.quarter.code")
    service = serializers.CharField(source="line.service")
    kind = serializers.CharField(source="line.kind")
    recurrence = serializers.CharField(source="line.recurrence")
    nature = serializers.CharField(source="line.nature")
    cause = serializers.CharField(source="line.cause")
    illustrative = serializers.BooleanField()


class MovedPartSerializer(LineSerializer):
    council = serializers.CharField()
    shared = Money(help_text="As it was split, and put right by earlier restatements.")
    restated = Money(help_text="By the restated value.")
    movement = Money()


class DueSerializer(LineSerializer):
    amount = Money(source="pence")
    evidence = serializers.SerializerMethodField(help_text="Identifies the entry.")

    def get_evidence(self, due: Any) -> str:
        return evidence_of(self.context["restatement"], due.line.quarter)


class SideSerializer(serializers.Serializer):
    council = serializers.CharField(source="council.code")
    state = serializers.ChoiceField(
        choices=list(wording.STATES.items()),
        help_text="Of another council it only says “not_certified”, never what is in its draft.",
    )
    due = DueSerializer(many=True, help_text="The entries still to be added.")
    in_hand = serializers.SerializerMethodField(
        help_text="Quarters whose return has entries and is not certified."
    )
    certified = serializers.SerializerMethodField(help_text="Quarters certified with entries.")

    def get_in_hand(self, side: Side) -> list[str]:
        return [parent.period.code for parent in side.in_hand]

    def get_certified(self, side: Side) -> list[str]:
        return [parent.period.code for parent in side.certified]


@extend_schema_field({"type": "string", "pattern": "^[0-9]+(/[0-9]+)?$", "example": "1/80"})
class ExactMeasure(serializers.Field):
    def to_representation(self, value: Fraction) -> str:
        return str(value)


class TrueUpSerializer(serializers.Serializer):
    restatement = RestatementSerializer()
    tolerance = serializers.CharField(
        allow_null=True,
        help_text="The tolerance in force. Null if there is none; then nothing is worked out.",
    )
    standing = serializers.ChoiceField(
        choices=[(each.value, wording.STANDINGS[each]) for each in RestatementStanding],
        allow_null=True,
        help_text="Whether it is put right; null if there is no tolerance.",
    )
    measure = ExactMeasure(
        allow_null=True,
        help_text="How much the parts of the council that moves most move, as a share of all "
        "that was split by the value, both without signs.",
    )
    most = Money(allow_null=True)
    shared_out = Money(allow_null=True)
    left_out = serializers.IntegerField(
        help_text="Certified entries that fall on no council, as split or by the restated value."
    )
    parts = MovedPartSerializer(many=True)
    councils = SideSerializer(many=True)


class AddingBody(VersionRead):
    period = QuarterText(help_text="The quarter of the draft of the caller's council.")


def as_json(row: Restatement, every: Restatements) -> dict[str, Any]:
    """The answer of the API."""
    found: PutRight | None = every.found.get(row.id)
    moved = found.true_up.moved if found else None
    answer = {
        "restatement": row,
        "tolerance": every.tolerance.share if every.tolerance else None,
        "standing": found.true_up.standing.value if found else None,
        "measure": moved.measure if moved else None,
        "most": moved.most if moved else None,
        "shared_out": moved.shared_out if moved else None,
        "left_out": moved.left_out if moved else 0,
        "parts": moved.parts if moved else (),
        "councils": found.sides if found else (),
    }
    return TrueUpSerializer(answer, context={"restatement": row.id}).data
