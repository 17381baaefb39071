"""Transition budgets: what councils agreed to spend on becoming one service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from savings.agreements.api import ConsentCall
from savings.agreements.reports import standings
from savings.agreements.serializers import Answer
from savings.budgets.actions import propose_budget
from savings.budgets.models import TransitionApproval, known_claims_on
from savings.budgets.serializers import ApprovalBody, ApprovalParameters, ApprovalSerializer
from savings.kit.serializers import one_of
from savings.permissions.rules import require
from services.models import Service
from sovereignty.calls import Listing, found
from sovereignty.models import User
from sovereignty.shapes import check

NO_BUDGET = "There is no such transition budget: see transition-approvals/ for their codes."


def budget_as_json(code: str, reader: User) -> dict[str, Any]:
    """One transition budget as it stands now, with what a person may know of its claims."""
    budget = TransitionApproval.objects.with_consents().get(code=code)
    context = {
        "tree": Service.objects.tree(),
        "claimed": known_claims_on([code], reader),
        "standings": standings([budget.decision_id]),
    }
    return ApprovalSerializer(budget, context=context).data


class ApprovalList(Listing):
    """The transition budgets, with every council's answer and what is left of each."""

    serializer_class = ApprovalSerializer
    parameters_shape = ApprovalParameters

    def rows(self, asked: dict[str, Any]) -> QuerySet[TransitionApproval]:
        rows = TransitionApproval.objects.with_consents()
        if "service" in asked:
            rows = rows.filter(service__slug=asked["service"])
        return rows.order_by("code")

    def shown(self, page: Sequence[TransitionApproval]) -> Sequence[TransitionApproval]:
        self.claimed = known_claims_on([budget.code for budget in page], self.caller)
        self.standings = standings(budget.decision_id for budget in page)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {
            **super().get_serializer_context(),
            "tree": Service.objects.tree(),
            "claimed": self.claimed,
            "standings": self.standings,
        }

    @extend_schema(request=ApprovalBody, responses={201: ApprovalSerializer})
    def post(self, request: Request) -> Response:
        """Propose a budget: costs can be claimed on it once every council taking part agrees.

        Programme office, finance officers and section 151 officers.
        """
        require(self.caller, "savings.propose_budget")
        body = check(ApprovalBody, request.data)
        services = {service.slug: service for service in Service.objects.all()}
        budget = propose_budget(
            **{**body, "service": one_of("service", body["service"], services, "service")},
            by=self.caller,
            at=timezone.now(),
        )
        return Response(budget_as_json(budget.code, self.caller), status=status.HTTP_201_CREATED)


class ApprovalConsent(ConsentCall):
    """Agree to or refuse a transition budget for the caller's own council, once and for good.

    Section 151 officer or deputy. A refusal needs its reason.
    """

    @extend_schema(request=Answer, responses=ApprovalSerializer)
    def post(self, request: Request, code: str) -> Response:
        budget = found(TransitionApproval.objects.all(), NO_BUDGET, code=code)
        self.record_answer(budget.decision_id, request)
        return Response(budget_as_json(budget.code, self.caller))
