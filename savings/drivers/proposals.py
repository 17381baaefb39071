"""Tolerances, as councils are asked to agree to them."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import QuerySet

from savings.agreements.subjects import Facts, Subject, register
from savings.drivers.models import Tolerance
from sovereignty.models import Council


class ToleranceSubject(Subject):
    kind = "tolerance"
    name = "tolerance"
    title = "tolerance"
    propose_at = "tolerance-propose"
    proposed_with = "savings.propose_tolerance"
    model = Tolerance

    def rows(self) -> QuerySet[Tolerance]:
        return Tolerance.objects.select_related("decision")

    def facts(self, about: Tolerance, councils: Mapping[str, Council]) -> Facts:
        allowed = f"more than {about.share} of what the driver split"
        how = "Each council’s own adjusting entries in a later quarter. Nothing is rewritten"
        return (
            (
                "A restated driver is put right",
                f"If the council that moves most moves by {allowed}",
            ),
            ("How", how),
        )


register(ToleranceSubject())
