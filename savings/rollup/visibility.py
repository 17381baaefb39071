"""Which entries of other councils a person may open: those that fall on their own council.

These are every certified entry with a part that falls on the person's council, once it is
rolled up, and every shared one that falls on no council yet, for a service in which their
council took part in that quarter. `savings.returns.visibility` says what else they may see.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Q, QuerySet

from finance.periods import Quarter
from savings.quarters.models import Period
from savings.returns.visibility import may_be_opened_too
from services.models import Service
from sovereignty.models import Council


@may_be_opened_too
def falling_on(council: Council, entries: QuerySet[Any]) -> Q:
    """The entries with a part that falls on the council, as rolled up."""
    return Q(pk__in=entries.filter(facts__council=council).values("pk"))


@may_be_opened_too
def shared_by(council: Council, entries: QuerySet[Any]) -> Q:
    """The shared entries that fall on no council yet, for services the council takes part in."""
    on_no_council = entries.filter(facts__isnull=False, facts__council__isnull=True).values("pk")
    shared = Q(pk__in=())
    for slugs, quarters in services_shared_in(council).items():
        shared |= Q(
            pk__in=on_no_council,
            scope="shared",
            parent__period__quarter__in=quarters,
            service__slug__in=slugs,
        )
    return shared


def services_shared_in(council: Council) -> dict[frozenset[str], list[Quarter]]:
    """The quarters of all periods, grouped by the services the council takes part in then."""
    tree = Service.objects.tree()
    quarters: dict[frozenset[str], list[Quarter]] = defaultdict(list)
    for quarter in Period.objects.values_list("quarter", flat=True):
        slugs = frozenset(
            slug for slug in tree.nodes if council.code in tree.participants(slug, quarter)
        )
        quarters[slugs].append(quarter)
    return quarters
