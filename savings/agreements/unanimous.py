"""What every council of the partnership has to agree to, whatever services it takes part in.

A test of fairness and a tolerance belong to no service and no quarter. The latest that all have
agreed to is **in force** until another takes its place. None is ever edited.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from django.db import models
from django.db.models import Prefetch

from savings.agreements.consent import all_agreed
from savings.kit.provenance import Provenance
from sovereignty.models import Consent, Decision

#: A share as text, in the database too: a decimal or a fraction.
SHARE = r"^([0-9]{1,9}/0*[1-9][0-9]{0,8}|[0-9](\.[0-9]{1,9})?|\.[0-9]{1,9})$"


class UnanimousQuerySet(models.QuerySet[Any]):
    def with_consents(self) -> UnanimousQuerySet:
        """With all that is needed to show one: two queries."""
        consents = Consent.objects.select_related("council", "by")
        return self.select_related("decision__proposed_by").prefetch_related(
            Prefetch("decision__consents", queryset=consents)
        )


class Unanimous(models.Model):
    provenance = models.CharField(max_length=12, choices=Provenance)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="%(class)s")

    class Meta:
        abstract = True

    @property
    def is_illustrative(self) -> bool:
        return self.provenance == Provenance.ILLUSTRATIVE

    @property
    def agreed_by(self) -> frozenset[str]:
        """Codes of the councils that have agreed; read by `with_consents`."""
        return self.decision.agreed_by

    @property
    def is_refused(self) -> bool:
        """Whether any council has refused; read by `with_consents`."""
        return bool(self.decision.refused_by)

    def is_agreed(self, councils: Collection[str]) -> bool:
        """Whether every one of the partnership's councils has agreed."""
        return all_agreed(councils, self.agreed_by)


U = TypeVar("U", bound=Unanimous)


def in_force_and_waiting(
    latest_first: Iterable[U], councils: Iterable[str]
) -> tuple[U | None, tuple[U, ...]]:
    """The latest that every council has agreed to, and those that wait for an answer.

    One that is withdrawn or refused, or older than the one in force, waits for nobody.
    """
    codes = list(councils)
    in_force: U | None = None
    waiting: list[U] = []
    for one in latest_first:
        if one.is_agreed(codes):
            in_force = one
            break
        if not one.decision.is_withdrawn and not one.is_refused:
            waiting.append(one)
    return in_force, tuple(waiting)
