"""One entry's explanation as JSON: all that is needed to work out every share again.

Fractions are exact, as "1/3"; pence are whole numbers, or exact fractions before rounding.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.money import json_money
from savings.attribution.explaining import Explanation, TransitionWorking
from savings.budgets.serializers import ApprovalSerializer
from savings.drivers.serializers import DriverValueSerializer
from savings.formulas.arithmetic import REASONS
from savings.formulas.serializers import RuleSerializer
from savings.kit.provenance import Provenance
from savings.kit.serializers import Money, ProvenanceField
from savings.returns.models import Entry
from savings.returns.serializers import EntrySerializer
from services.serializers import QuarterText
from services.tree import Spell


class ExplainedEntrySerializer(EntrySerializer):
    """The entry itself, with its return."""

    council = serializers.CharField(help_text="The council that reported it, or “partnership”.")
    period = serializers.CharField()
    status = serializers.CharField(help_text="The status of its return.")

    def to_representation(self, instance: Entry) -> dict[str, object]:
        return {
            **super().to_representation(instance),
            "council": instance.parent.council_code,
            "period": instance.parent.period.code,
            "status": instance.parent.status,
        }


class ExactFraction(serializers.CharField):
    """An exact fraction as text: 1/3, or 1 if it is whole."""

    def to_representation(self, value: Fraction) -> str:  # type: ignore[override]
        return str(value)


class PartSerializer(serializers.Serializer):
    """One council's share; `floored_pence` and the odd penny add up to `amount`."""

    council = serializers.CharField()
    share = ExactFraction(help_text="An exact fraction, such as 1/3.")
    amount = Money()
    exact_pence = ExactFraction(help_text="The pence before rounding, as an exact fraction.")
    floored_pence = serializers.IntegerField()
    remainder = ExactFraction(
        help_text="The fraction of a penny that rounding down left, without the sign."
    )
    odd_pence = serializers.IntegerField(
        help_text="The left-over penny that this council takes, with the entry's sign, or 0."
    )


class RoundingSerializer(serializers.Serializer):
    """Who got the pennies that rounding down left over."""

    left_over = serializers.IntegerField(help_text="Pennies left over, without a sign.")
    order = serializers.ListField(
        child=serializers.CharField(),
        help_text="The order in which they are handed out: largest remainder first, ties in "
        "alphabetical order.",
    )
    reason = serializers.CharField(help_text="Who got the odd penny and why.")


class HostSerializer(serializers.Serializer):
    council = serializers.CharField()
    effective_from = QuarterText(source="first")
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    provenance = serializers.ChoiceField(choices=Provenance.choices)
    illustrative = serializers.SerializerMethodField()

    def get_illustrative(self, spell: Spell) -> bool:
        return spell.provenance == Provenance.ILLUSTRATIVE


class ReductionSerializer(serializers.Serializer):
    """A council's certified savings and ongoing costs to date, as attributed, in pence."""

    council = serializers.CharField()
    savings_pence = serializers.IntegerField(source="savings")
    ongoing_costs_pence = serializers.IntegerField(source="ongoing_costs")
    net_pence = serializers.IntegerField(
        source="net",
        help_text="Savings less ongoing costs. If it is 0 or less, nothing falls on the council.",
    )
    illustrative = serializers.BooleanField()


class TransitionSerializer(serializers.Serializer):
    """How a claim on a transition budget is split. The context is `ApprovalSerializer`'s."""

    approval = ApprovalSerializer(source="budget")
    approval_participants = serializers.ListField(
        source="needed",
        child=serializers.CharField(),
        help_text="Councils whose agreement the claim rests on.",
    )
    services = serializers.ListField(
        child=serializers.CharField(), help_text="The entry's service and what lies below it."
    )
    up_to = QuarterText(source="quarter", help_text="The last quarter that is counted.")
    reductions = ReductionSerializer(many=True)
    shared_by = serializers.SerializerMethodField()

    def get_shared_by(self, working: TransitionWorking) -> str:
        """net_reduction, or saving_shares if no council has one."""
        return "net_reduction" if working.by_reduction else "saving_shares"


class CorrectionSerializer(serializers.Serializer):
    """An entry that corrects this one, or one of its corrections."""

    id = serializers.IntegerField()
    corrects = serializers.IntegerField(source="corrects_id")
    council = serializers.CharField(source="parent.council_code")
    period = serializers.CharField(source="parent.period.code")
    status = serializers.CharField(source="parent.status", help_text="Of its return.")
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    amount = Money(source="pence")
    provenance = ProvenanceField()


class WaitingSerializer(serializers.Serializer):
    """A rule that would be in force if every council had agreed to it."""

    rule = serializers.IntegerField(source="rule.id")
    decision = serializers.IntegerField(source="rule.decision_id")
    service = serializers.CharField(source="rule.service.slug")
    kind = serializers.CharField(source="rule.kind")
    version = serializers.IntegerField(source="rule.version")
    waiting_for = serializers.ListField(
        child=serializers.CharField(), help_text="Councils that have not agreed to it."
    )


class WithoutValueSerializer(serializers.Serializer):
    """A driver of the rule in force, and councils taking part that have no value of it by then."""

    driver = serializers.CharField()
    councils = serializers.ListField(child=serializers.CharField())


class WorkingSerializer(serializers.Serializer):
    """How an entry falls, without the rule and driver values that it may share with others.

    The context is `ApprovalSerializer`'s.
    """

    entry = ExplainedEntrySerializer()
    attributed_in = serializers.CharField(
        source="facts.quarter.code",
        help_text="The quarter whose rules apply. For a correction, it is that of the entry it "
        "corrects.",
    )
    attributed = serializers.SerializerMethodField()
    because = serializers.ChoiceField(choices=list(REASONS))
    reason = serializers.CharField(help_text="The same in a sentence.")
    shares = PartSerializer(source="parts", many=True, help_text="Empty if unattributed.")
    rounding = RoundingSerializer(allow_null=True, help_text="Null if unattributed.")
    participants = serializers.ListField(
        child=serializers.CharField(),
        help_text="Councils that take part in the entry's service in that quarter.",
    )
    rule_participants = serializers.ListField(
        child=serializers.CharField(),
        help_text="Councils that take part in the rule's service in that quarter, so it needs "
        "their agreement.",
    )
    divided_at = serializers.DateTimeField(
        allow_null=True,
        help_text="If a rule that reaches back splits it: when the last council agreed to that. "
        "Before, the entry was unattributed.",
    )
    host = HostSerializer(allow_null=True, help_text="Set if it falls only on the host.")
    transition = TransitionSerializer(
        allow_null=True, help_text="Set if it claims on a transition budget."
    )
    waiting = WaitingSerializer(
        many=True, help_text="If no rule is in force: what councils have yet to agree to."
    )
    without_value = WithoutValueSerializer(
        many=True, help_text="Drivers in use that have no value for a council taking part."
    )
    provisional = serializers.BooleanField(help_text="The entry's return is not certified yet.")
    counted = serializers.BooleanField(
        help_text="The totals hold the entry just as it is explained here. False while it is "
        "provisional, and after a change until the rollup is done: see rollup/."
    )
    illustrative = serializers.BooleanField(
        help_text="The entry is illustrative, or a rule, driver value, host, budget or net "
        "reduction that splits it."
    )

    def get_attributed(self, explanation: Explanation) -> bool:
        return bool(explanation.parts)


class ExplanationSerializer(WorkingSerializer):
    """Everything that an entry's shares rest on. The context is `ApprovalSerializer`'s, with
    `corrected`, the entry and its corrections.
    """

    rule = RuleSerializer(allow_null=True)
    driver_values = DriverValueSerializer(source="values", many=True)
    corrections = serializers.SerializerMethodField(
        help_text="The entry's corrections, and theirs, as far as you can see them."
    )
    corrected_amount = serializers.SerializerMethodField(
        help_text="Its amount with its certified corrections of the same kind."
    )

    @extend_schema_field(CorrectionSerializer(many=True))
    def get_corrections(self, explanation: Explanation) -> list[dict[str, Any]]:
        shown = CorrectionSerializer(self.context["corrected"].corrections, many=True)
        return list(shown.data)

    @extend_schema_field(Money())
    def get_corrected_amount(self, explanation: Explanation) -> str:
        return json_money(self.context["corrected"].amount)


class AnnexEntrySerializer(WorkingSerializer):
    """An entry of an annex. It names its rule and driver values by their ids."""

    rule = serializers.IntegerField(
        source="rule.id", allow_null=True, help_text="The id of one of the annex's rules."
    )
    driver_values = serializers.SerializerMethodField(
        help_text="The ids of driver values of the annex."
    )

    def get_driver_values(self, explanation: Explanation) -> list[int]:
        return [value.id for value in explanation.values]
