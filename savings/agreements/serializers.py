"""Proposals and the answers to them as JSON, whatever they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from savings.agreements.consent import all_agreed, not_agreed
from savings.agreements.reports import ProposalStanding, standings
from savings.agreements.unanimous import Unanimous
from savings.kit.serializers import ProvenanceField
from services.tree import ServiceTree
from sovereignty.models import Consent, Decision
from sovereignty.shapes import Day, Flag, Shape, Text, WholeNumber


class ConsentSerializer(serializers.ModelSerializer):
    council = serializers.CharField(source="council.code")
    by = serializers.CharField(source="by.username")

    class Meta:
        model = Consent
        fields = ["council", "agree", "by", "at", "minute_reference", "reason"]


class ProposalSerializer(serializers.ModelSerializer):
    """What councils are asked to agree to, with its standing and each council's answer.

    A list's context has the `standings` by number of decision. Without them each reads its own.
    """

    decision = serializers.IntegerField(
        source="decision_id", help_text="The number of the proposal, which `revises` refers to."
    )
    provenance = ProvenanceField()
    illustrative = serializers.BooleanField(source="is_illustrative")
    standing = serializers.SerializerMethodField(
        help_text="waiting for answers; agreed, which it stays if it was in force in any quarter; "
        "disputed; revised, so another took its place; withdrawn; or lapsed, so it can no "
        "longer come into force."
    )
    proposed_by = serializers.CharField(source="decision.proposed_by.username")
    proposed_at = serializers.DateTimeField(source="decision.proposed_at")
    answer_by = serializers.DateField(
        source="decision.answer_by",
        allow_null=True,
        help_text="The day by which councils are asked to answer; null if none was set.",
    )
    revises = serializers.IntegerField(
        source="decision.revises_id",
        allow_null=True,
        help_text="The decision that it replaces; null if it replaces none.",
    )
    withdrawn_at = serializers.DateTimeField(
        source="decision.withdrawn_at", allow_null=True, help_text="Null unless withdrawn."
    )
    consents = ConsentSerializer(source="decision.consents", many=True)

    @extend_schema_field(
        serializers.ChoiceField([(each.value, each.name) for each in ProposalStanding])
    )
    def get_standing(self, one: Any) -> str:
        known: Mapping[int, ProposalStanding] | None = self.context.get("standings")
        found = standings([one.decision_id]) if known is None else known
        return found[one.decision_id].value


class OfServiceSerializer(ProposalSerializer):
    """What the councils that share a service are asked about. The context has the `tree` too."""

    waiting_for = serializers.SerializerMethodField(
        help_text="Councils that take part when it begins and have not agreed to it."
    )
    agreed = serializers.SerializerMethodField(
        help_text="Whether every council that takes part when it begins has agreed."
    )

    def get_waiting_for(self, one: Any) -> list[str]:
        return not_agreed(self._needed(one), one.decision.agreed_by)

    def get_agreed(self, one: Any) -> bool:
        return all_agreed(self._needed(one), one.decision.agreed_by)

    def _needed(self, one: Any) -> tuple[str, ...]:
        tree: ServiceTree = self.context["tree"]
        return tree.participants(one.service.slug, one.effective_from)


class UnanimousSerializer(ProposalSerializer):
    """What every council is asked about. The context has their codes too, as `councils`."""

    waiting_for = serializers.SerializerMethodField(help_text="Councils that have not agreed.")
    agreed = serializers.SerializerMethodField(help_text="Whether every council has agreed.")

    def get_waiting_for(self, one: Unanimous) -> list[str]:
        return not_agreed(self.context["councils"], one.agreed_by)

    def get_agreed(self, one: Unanimous) -> bool:
        return one.is_agreed(self.context["councils"])


#: The fields of a proposal, after what is proposed.
ANSWERED = [
    "provenance",
    "illustrative",
    "standing",
    "proposed_by",
    "proposed_at",
    "answer_by",
    "revises",
    "withdrawn_at",
    "consents",
    "waiting_for",
    "agreed",
]


class DecisionNumber(WholeNumber):
    """The number of a decision; becomes the decision."""

    default_error_messages = {"unknown": "There is no proposal with this number."}

    def run_validation(self, data: Any = empty) -> Any:
        number = super().run_validation(data)
        if not isinstance(number, int):
            return number
        decision = Decision.objects.filter(id=number).first()
        if decision is None:
            self.fail("unknown")
        return decision


class ProposalBody(Shape):
    """What every proposal may contain."""

    answer_by = Day(
        required=False,
        allow_null=True,
        help_text="The day by which councils are asked to answer. They are reminded of it.",
    )
    revises = DecisionNumber(
        required=False,
        allow_null=True,
        help_text="The `decision` that this replaces. It is disputed, and about the same thing.",
    )


class Answer(Shape):
    agree = Flag("Send true to agree or false to refuse.")
    minute_reference = Text("Enter the minute that records it.", max_length=200)
    reason = Text(
        required=False,
        allow_blank=True,
        help_text="Why your council refuses. Needed for a refusal.",
    )
