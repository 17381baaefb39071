"""Who may see which return and which entry, as named conditions.

| person | returns | entries |
|---|---|---|
| programme office, auditors | all | all |
| a council's officers | their council's, and what is published | those of the returns, and more |
| a councillor | their council's once certified, and what is published | those, and more |

For other councils' people a return does not exist. *And more* comes from the subjects above,
which know which councils an entry falls on: see `savings.rollup.visibility`.
Forecasts and questions are as visible as their return.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from savings.permissions.rules import may
from sovereignty.models import Council, User

EVERYTHING = Q()
NOTHING = Q(pk__in=())
CERTIFIED = Q(status="certified")
#: The partnership's own return, which comes from the document that published it.
PUBLISHED = Q(council__isnull=True) & CERTIFIED


def of_returns(user: User) -> Q:
    """The returns that a person may see."""
    if user.sees_every_council:
        return EVERYTHING
    if user.council is None:
        return NOTHING
    return of_own_council(user) | PUBLISHED


def of_own_council(user: User) -> Q:
    """The returns of the person's council; only certified ones if they only read returns."""
    own = Q(council=user.council)
    return own if may(user, "savings.see_drafts", user.council) else own & CERTIFIED


def of_entries(user: User, entries: QuerySet[Any], returns: QuerySet[Any]) -> Q:
    """The entries that a person may open, among all `entries`.

    `returns` are the returns visible to them.
    """
    visible = Q(parent__in=returns)
    if user.sees_every_council or user.council is None:
        return visible
    for more in _MORE_ENTRIES:
        visible |= more(user.council, entries)
    return visible


#: The entries that the people of a council may open, whatever return they are in.
MoreEntries = Callable[[Council, QuerySet[Any]], Q]

#: Filled when Django starts: see `savings.apps`.
_MORE_ENTRIES: list[MoreEntries] = []


def may_be_opened_too(more: MoreEntries) -> MoreEntries:
    """Let a council's people open more entries. Decorates the function that says which."""
    if more not in _MORE_ENTRIES:
        _MORE_ENTRIES.append(more)
    return more
