"""Tests of fairness, as councils are asked to agree to them."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import QuerySet

from savings.agreements.subjects import Facts, Subject, register
from savings.fairness.models import FairnessTest
from sovereignty.models import Council


class FairnessSubject(Subject):
    kind = "test"
    name = "fairness test"
    title = "test of fairness"
    propose_at = "fairness-propose"
    proposed_with = "savings.propose_fairness_test"
    model = FairnessTest

    def rows(self) -> QuerySet[FairnessTest]:
        return FairnessTest.objects.select_related("decision")

    def facts(self, about: FairnessTest, councils: Mapping[str, Council]) -> Facts:
        return (
            (
                "Gains little",
                f"A share of the net below {about.below} of the share of the contribution",
            ),
            ("Persistently", f"{about.quarters} quarters in a row, to the latest closed one"),
        )


register(FairnessSubject())
