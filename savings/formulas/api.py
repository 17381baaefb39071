"""The API for rules: read, propose and answer them."""

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
from savings.drivers.models import Driver
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.formulas.serializers import RuleBody, RuleParameters, RuleSerializer
from savings.kit.serializers import one_of
from savings.permissions.rules import require
from services.models import Service
from sovereignty.calls import Call, Listing, found
from sovereignty.shapes import check

NO_RULE = "There is no such rule: see attribution-rules/ for their ids."


def shown_rules() -> QuerySet[AttributionRule]:
    return AttributionRule.objects.with_consents().select_related("decision__proposed_by")


def rule_as_json(rule_id: int) -> dict[str, Any]:
    """One rule as it is now."""
    rule = shown_rules().get(id=rule_id)
    context = {"tree": Service.objects.tree(), "standings": standings([rule.decision_id])}
    return RuleSerializer(rule, context=context).data


class RuleList(Listing):
    """The rules that split savings and ongoing costs, with every council's answer."""

    serializer_class = RuleSerializer
    parameters_shape = RuleParameters

    def rows(self, asked: dict[str, Any]) -> QuerySet[AttributionRule]:
        rows = shown_rules()
        if "service" in asked:
            rows = rows.filter(service__slug=asked["service"])
        if "kind" in asked:
            rows = rows.filter(kind=asked["kind"])
        return rows.order_by("service__position", "service__slug", "kind", "version")

    def shown(self, page: Sequence[AttributionRule]) -> Sequence[AttributionRule]:
        self.standings = standings(rule.decision_id for rule in page)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {
            **super().get_serializer_context(),
            "tree": Service.objects.tree(),
            "standings": self.standings,
        }

    @extend_schema(request=RuleBody, responses={201: RuleSerializer})
    def post(self, request: Request) -> Response:
        """Propose a rule: it applies once every council that takes part has agreed to it.

        Programme office, finance officers and section 151 officers.
        """
        require(self.caller, "savings.propose_rule")
        body = check(RuleBody, request.data)
        services = {service.slug: service for service in Service.objects.all()}
        drivers = {driver.code: driver for driver in Driver.objects.all()}
        driver = body.get("driver")
        rule = propose_rule(
            **{
                "basis": "",
                **body,
                "service": one_of("service", body["service"], services, "service"),
                "driver": one_of("driver", driver, drivers, "driver") if driver else None,
            },
            by=self.caller,
            at=timezone.now(),
        )
        return Response(rule_as_json(rule.id), status=status.HTTP_201_CREATED)


class RuleDetail(Call):
    """One rule with every council's answer."""

    @extend_schema(responses=RuleSerializer)
    def get(self, request: Request, rule_id: int) -> Response:
        self.parameters()
        return Response(rule_as_json(found(AttributionRule.objects.all(), NO_RULE, id=rule_id).id))


class RuleConsent(ConsentCall):
    """Agree to or refuse a rule for the caller's own council, once and for good.

    Section 151 officer or deputy. A refusal needs its reason.
    """

    @extend_schema(request=Answer, responses=RuleSerializer)
    def post(self, request: Request, rule_id: int) -> Response:
        rule = found(AttributionRule.objects.all(), NO_RULE, id=rule_id)
        self.record_answer(rule.decision_id, request)
        return Response(rule_as_json(rule.id))
