"""Fairness, and the test that decides when to warn."""

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
from savings.fairness.actions import propose_test
from savings.fairness.models import FairnessTest
from savings.fairness.reports import FairnessQuestion, fairness_of
from savings.fairness.serializers import (
    FairnessParameters,
    FairnessSerializer,
    FairnessTestBody,
    FairnessTestSerializer,
    as_json,
)
from savings.kit.serializers import one_of
from savings.permissions.rules import require
from services.models import Service
from sovereignty.calls import Call, Listing, found
from sovereignty.models import Council
from sovereignty.shapes import check

NO_TEST = "There is no such test: see fairness-tests/ for their ids."


class FairnessCall(Call):
    """Who gains and who pays, quarter by quarter, from certified figures of closed quarters.

    If `to` is still open, its figures are included and marked as `unfinished`. Each council's
    savings and costs, its share of the net beside its share of the contribution, since when it has
    made up for what it paid, and where it gains least. Warnings follow the test that every council
    has agreed to, and only from closed quarters. Without a test there is no warning.
    """

    parameters_shape = FairnessParameters

    @extend_schema(responses=FairnessSerializer)
    def get(self, request: Request) -> Response:
        asked = self.parameters()
        tree = Service.objects.tree()
        service = None
        if "service" in asked:
            service = one_of("service", asked["service"], tree.nodes, "service").slug
        return Response(
            as_json(
                fairness_of(FairnessQuestion(tree, service, asked.get("from"), asked.get("to")))
            )
        )


def _council_codes() -> list[str]:
    return list(Council.objects.order_by("code").values_list("code", flat=True))


def test_as_json(test_id: int) -> dict[str, Any]:
    """One test as it is now."""
    test = FairnessTest.objects.with_consents().get(id=test_id)
    context = {"councils": _council_codes(), "standings": standings([test.decision_id])}
    return FairnessTestSerializer(test, context=context).data


class FairnessTestList(Listing):
    """What councils call gaining too little for too long, with every council's answer."""

    serializer_class = FairnessTestSerializer

    def rows(self, asked: dict[str, Any]) -> QuerySet[FairnessTest]:
        return FairnessTest.objects.with_consents().order_by("id")

    def shown(self, page: Sequence[FairnessTest]) -> Sequence[FairnessTest]:
        self.standings = standings(test.decision_id for test in page)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        return {**context, "councils": _council_codes(), "standings": self.standings}

    @extend_schema(request=FairnessTestBody, responses={201: FairnessTestSerializer})
    def post(self, request: Request) -> Response:
        """Propose a test: it applies once every council has agreed to it, and changes no figure.

        Programme office, finance officers and section 151 officers.
        """
        require(self.caller, "savings.propose_fairness_test")
        body = check(FairnessTestBody, request.data)
        test = propose_test(by=self.caller, at=timezone.now(), **body)
        return Response(test_as_json(test.id), status=status.HTTP_201_CREATED)


class FairnessTestConsent(ConsentCall):
    """Agree to or refuse a test for the caller's own council, once and for good.

    Section 151 officer or deputy. A refusal needs its reason.
    """

    @extend_schema(request=Answer, responses=FairnessTestSerializer)
    def post(self, request: Request, test_id: int) -> Response:
        test = found(FairnessTest.objects.all(), NO_TEST, id=test_id)
        self.record_answer(test.decision_id, request)
        return Response(test_as_json(test.id))
