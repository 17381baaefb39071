"""Drivers and rules, what they attribute to whom, and why one entry falls as it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from savings.agreements.actions import answer
from savings.agreements.reports import standings
from savings.attribution.explained import ExplanationSerializer
from savings.attribution.explaining import explain
from savings.attribution.reports import corrected, with_facts
from savings.attribution.serializers import (
    Answer,
    AttributedSerializer,
    AttributionParameters,
    DriverBody,
    DriverSerializer,
    DriverValueBody,
    DriverValueParameters,
    DriverValueSerializer,
    RuleBody,
    RuleParameters,
    RuleSerializer,
    one_of,
)
from savings.drivers.actions import create_driver, set_driver_value
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule, Driver, DriverValue
from savings.kit.provenance import Provenance
from savings.permissions.rules import require
from savings.returns.models import Entry
from savings.rollup import tasks
from savings.rollup.reports import attributed
from services.models import Service
from sovereignty.calls import Call, Listing, found
from sovereignty.models import Council
from sovereignty.shapes import check

NO_RULE = "There is no such rule: see attribution-rules/ for their ids."
NO_ENTRY = "There is no such entry, or you may not see it."


class DriverList(Listing):
    """What is counted for each council, to share savings and costs by."""

    serializer_class = DriverSerializer

    def rows(self, asked: dict[str, Any]) -> QuerySet[Driver]:
        return Driver.objects.order_by("code")

    @extend_schema(request=DriverBody, responses={201: DriverSerializer})
    def post(self, request: Request) -> Response:
        """Name a driver. Programme office, finance officers and section 151 officers."""
        require(self.caller, "savings.propose_rule")
        body = check(DriverBody, request.data)
        driver = create_driver(by=self.caller, at=timezone.now(), **body)
        return Response(DriverSerializer(driver).data, status=status.HTTP_201_CREATED)


class DriverValueList(Listing):
    """The drivers' values for each council, each from a quarter on and with its source."""

    serializer_class = DriverValueSerializer
    parameters_shape = DriverValueParameters

    def rows(self, asked: dict[str, Any]) -> QuerySet[DriverValue]:
        rows = DriverValue.objects.select_related("driver", "council")
        if "driver" in asked:
            rows = rows.filter(driver__code=asked["driver"])
        if "council" in asked:
            rows = rows.filter(council__code=asked["council"])
        return rows.order_by("driver__code", "council__code", "effective_from")

    @extend_schema(request=DriverValueBody, responses={201: DriverValueSerializer})
    def post(self, request: Request) -> Response:
        """Give a driver its value for a council from a quarter on; what rests on it follows.

        Programme office, and for its own council a finance officer or section 151 officer.
        """
        require(self.caller, "savings.propose_rule")
        body = check(DriverValueBody, request.data)
        drivers = {driver.code: driver for driver in Driver.objects.all()}
        councils = {council.code: council for council in Council.objects.all()}
        value = set_driver_value(
            **{
                **body,
                "driver": one_of("driver", body["driver"], drivers, "driver"),
                "council": one_of("council", body["council"], councils, "council"),
            },
            provenance=Provenance.REPORTED,
            by=self.caller,
            at=timezone.now(),
        )
        tasks.wake()
        return Response(DriverValueSerializer(value).data, status=status.HTTP_201_CREATED)


def shown_rules() -> QuerySet[AttributionRule]:
    return AttributionRule.objects.with_consents().select_related("decision__proposed_by")


def rule_as_json(rule_id: int) -> dict[str, Any]:
    """One rule as it stands now."""
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
        """Propose a rule: it holds once every council that takes part has agreed to it.

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


class RuleConsent(Call):
    """Agree to or refuse a rule for the caller's own council, once and for good.

    Section 151 officer or deputy. A refusal needs its reason.
    """

    @extend_schema(request=Answer, responses=RuleSerializer)
    def post(self, request: Request, rule_id: int) -> Response:
        rule = found(AttributionRule.objects.all(), NO_RULE, id=rule_id)
        require(self.caller, "savings.answer_decision")
        body = check(Answer, request.data)
        answer(decision_id=rule.decision_id, by=self.caller, at=timezone.now(), **body)
        tasks.wake()
        return Response(rule_as_json(rule.id))


class AttributionTotals(Call):
    """Certified amounts of one kind, added up by council, service and period.

    `total` is the sum of the rows and of `unattributed`. From the latest rollup, or as the
    totals stood at `as_at`.
    """

    parameters_shape = AttributionParameters

    @extend_schema(responses=AttributedSerializer)
    def get(self, request: Request) -> Response:
        asked = self.parameters()
        services = None
        if "service" in asked:
            tree = Service.objects.tree()
            services = tree.below(one_of("service", asked["service"], tree.nodes, "service").slug)
        sums = attributed(
            kind=asked["kind"],
            group_by=asked["group_by"],
            first=asked.get("from"),
            last=asked.get("to"),
            services=services,
            as_at=asked.get("as_at"),
        )
        shown = {
            "kind": sums.kind,
            "total": sums.total,
            "unattributed": sums.unattributed,
            "illustrative": any(row.illustrative for row in sums.rows),
            "as_at": asked.get("as_at"),
            "rows": sums.rows,
        }
        return Response(AttributedSerializer(shown).data)


class EntryExplanation(Call):
    """Why one entry falls as it does, with everything needed to work it out again."""

    @extend_schema(responses=ExplanationSerializer)
    def get(self, request: Request, entry_id: int) -> Response:
        self.parameters()
        entry = found(with_facts(Entry.objects.visible_to(self.caller)), NO_ENTRY, id=entry_id)
        explanation = explain(entry)
        context = {
            "tree": Service.objects.tree(),
            "claimed": explanation.claimed,
            "corrected": corrected(entry, self.caller),
        }
        return Response(ExplanationSerializer(explanation, context=context).data)
