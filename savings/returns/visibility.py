"""Who may see which return and which entry, as named conditions.

| person | returns | entries |
|---|---|---|
| programme office, auditors | all | all |
| a council's officers | their council's, and what is published | those of the returns, and more |
| a councillor | their council's once certified, and what is published | those, and more |

Another council's return does not exist for anybody else. *And more* is every certified entry
of which a part falls on the person's council, once it is rolled up, and every shared one that
falls on no council yet, of a service that their council took part in that quarter.
Forecasts and questions are as visible as their return.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Q, QuerySet

from finance.periods import Quarter
from savings.quarters.models import Period
from services.models import Service
from sovereignty.models import Council, User

EVERYTHING = Q()
NOTHING = Q(pk__in=())
CERTIFIED = Q(status="certified")
#: The partnership's own return, which stands on the document that published it.
PUBLISHED = Q(council__isnull=True) & CERTIFIED


def of_returns(user: User) -> Q:
    """Of returns: those that exist for a person."""
    if user.sees_every_council:
        return EVERYTHING
    if user.council is None:
        return NOTHING
    return of_own_council(user) | PUBLISHED


def of_own_council(user: User) -> Q:
    """Of returns: the person's council's own, once certified where they only read them."""
    own = Q(council=user.council)
    return own if user.handles_returns else own & CERTIFIED


def of_entries(user: User, entries: QuerySet[Any], returns: QuerySet[Any]) -> Q:
    """Of entries: those that a person may open, of all `entries`.

    `returns` are the returns visible to them.
    """
    visible = Q(parent__in=returns)
    if user.sees_every_council or user.council is None:
        return visible
    return visible | falling_on(user.council, entries) | shared_by(user.council, entries)


def falling_on(council: Council, entries: QuerySet[Any]) -> Q:
    """Of entries: those of which a part falls on the council, as they are rolled up."""
    return Q(pk__in=entries.filter(facts__council=council).values("pk"))


def shared_by(council: Council, entries: QuerySet[Any]) -> Q:
    """Of entries: shared ones that fall on no council yet, of what the council takes part in."""
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
    """The quarters of all periods, by the services in which the council takes part then."""
    tree = Service.objects.tree()
    quarters: dict[frozenset[str], list[Quarter]] = defaultdict(list)
    for quarter in Period.objects.values_list("quarter", flat=True):
        slugs = frozenset(
            slug for slug in tree.nodes if council.code in tree.participants(slug, quarter)
        )
        quarters[slugs].append(quarter)
    return quarters
