"""What is attributed to which council, and why one entry falls as it does."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from savings.attribution.explained import ExplanationSerializer
from savings.attribution.explaining import explain
from savings.attribution.reports import corrected
from savings.attribution.serializers import AttributedSerializer, AttributionParameters
from savings.formulas.reports import with_facts
from savings.kit.serializers import one_of
from savings.returns.models import Entry
from savings.rollup.reports import attributed
from services.models import Service
from sovereignty.calls import Call, found

NO_ENTRY = "There is no such entry, or you can't see it."


class AttributionTotals(Call):
    """Certified amounts of one kind, added up by council, service and period.

    `total` is the sum of the rows and of `unattributed`. From the latest rollup, or from the totals
    at `as_at`.
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
        explanation = explain(entry, reader=self.caller)
        context = {
            "tree": Service.objects.tree(),
            "claimed": explanation.claimed,
            "corrected": corrected(entry, self.caller),
        }
        return Response(ExplanationSerializer(explanation, context=context).data)
