"""What one process of one run has to itself, while other runs use the same servers.

A claim is a lock on the database server, which lets go of it when the process ends, however it
ends. So nothing is left behind that could be out of date, and what an interrupted run left in a
database is dropped by the next run that claims its name.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import psycopg2

from tests.processes import url_of


def first_unclaimed(kind: str, names: Iterable[str]) -> str:
    """The first of the names that no other process has claimed; this one has it until it ends."""
    with _session().cursor() as cursor:
        for name in names:
            cursor.execute(
                "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"{kind}:{name}"]
            )
            if cursor.fetchone()[0]:
                return name
    raise RuntimeError(f"other runs of the tests have claimed every {kind}")


@cache
def _session() -> Any:
    """A connection that stays open: the claims last as long as it."""
    session = psycopg2.connect(url_of("postgres"))
    session.autocommit = True
    return session
