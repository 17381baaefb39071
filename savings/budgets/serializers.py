"""Transition budgets as JSON, and the body that proposes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from finance.money import MoneyError, parse_money
from savings.agreements.serializers import ANSWERED, OfServiceSerializer, ProposalBody
from savings.budgets.models import LONGEST_CODE, TransitionApproval
from savings.kit.serializers import CodeText, Money
from services.serializers import QuarterText
from sovereignty.shapes import Shape, Text


class ApprovalSerializer(OfServiceSerializer):
    """A budget with its councils' answers.

    The context holds the `tree` of services and what is `claimed`, by code, too.
    """

    service = serializers.CharField(source="service.slug")
    ceiling = Money(source="ceiling_pence")
    claimed = serializers.SerializerMethodField(
        "as_claimed",
        help_text="Certified claims, and those above 0 in submitted returns that the caller may "
        "see: another council's are not told until they are certified.",
    )
    left = serializers.SerializerMethodField(
        "as_left",
        help_text="The ceiling less what is claimed, as far as the caller may see it.",
    )
    effective_from = QuarterText()

    class Meta:
        model = TransitionApproval
        fields = [
            "code",
            "service",
            "ceiling",
            "claimed",
            "left",
            "effective_from",
            "description",
            "decision",
            *ANSWERED,
        ]

    def _claimed(self, budget: TransitionApproval) -> int:
        claimed: Mapping[str, int] = self.context["claimed"]
        return claimed.get(budget.code, 0)

    def as_claimed(self, budget: TransitionApproval) -> str:
        return Money().to_representation(self._claimed(budget))

    def as_left(self, budget: TransitionApproval) -> str:
        return Money().to_representation(budget.ceiling_pence - self._claimed(budget))


class ApprovalParameters(Shape):
    service = Text(required=False, max_length=80, help_text="A slug: only budgets of this service.")


class Pounds(Text):
    """Money as text, as finance people type it; becomes pence."""

    def __init__(self, **options: Any) -> None:
        super().__init__("Give an amount above 0, such as 120000.00.", **options)

    def run_validation(self, data: Any = empty) -> Any:
        value = super().run_validation(data)
        try:
            return parse_money(value) if isinstance(value, str) else value
        except MoneyError as error:
            raise serializers.ValidationError(str(error)) from error


class ApprovalBody(ProposalBody):
    code = CodeText("Give a short code, such as library-moves.", max_length=LONGEST_CODE)
    service = Text("Name the service by its slug.", max_length=80)
    ceiling = Pounds(
        max_length=40, help_text="The most that can be claimed, in pounds: 120000.00, £1.2m."
    )
    effective_from = QuarterText(help_text="The first quarter whose costs can be claimed.")
    description = Text("Say what the budget is for.")
