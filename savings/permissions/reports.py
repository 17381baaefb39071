"""Which councils' figures a person may open."""

from __future__ import annotations

import rules

from sovereignty.models import Council, User


def visible_councils(user: User) -> list[Council]:
    """The councils whose figures a person may open, in order of code."""
    return [
        council
        for council in Council.objects.all()
        if rules.has_perm("savings.see_council", user, council)
    ]
