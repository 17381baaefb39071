"""Advisory locks of the database, held to the end of a transaction and released by a crash.

An action that takes both takes the basis first, and before any row.
"""

from __future__ import annotations

from django.db import connection

#: Held by the rollup that is running.
ROLLUP = 7_301_115
#: Held by an action that changes what figures are split by; shared by actions that certify.
BASIS = 7_301_116


def wait_for_rollup() -> None:
    """Let only one rollup run at a time."""
    _take("pg_advisory_xact_lock", ROLLUP)


def hold_basis() -> None:
    """Keep what figures are split by unchanged while a return is certified.

    Otherwise an answer to a rule, or a driver's value, given at the same moment could miss
    the return, and the return could be rolled up without it.
    """
    _take("pg_advisory_xact_lock_shared", BASIS)


def change_basis() -> None:
    """Wait for actions that are certifying or closing, and let no other start."""
    _take("pg_advisory_xact_lock", BASIS)


def _take(function: str, key: int) -> None:
    with connection.cursor() as cursor:
        cursor.callproc(function, [key])
