"""Which councils' figures a person may open."""

from __future__ import annotations

from savings.permissions.rules import may
from sovereignty.models import Council, User


def visible_councils(user: User) -> list[Council]:
    """The councils whose figures a person may open, in order of code."""
    return [
        council for council in Council.objects.all() if may(user, "savings.see_council", council)
    ]
