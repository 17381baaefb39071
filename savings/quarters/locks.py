"""Locks of the database's own, held to the end of a transaction, gone with a crash.

An action that takes both takes the basis first, and before any row.
"""

from __future__ import annotations

from django.db import connection

#: Held by the one rollup at work.
ROLLUP = 7_301_115
#: Held by an action that changes what figures are split by; shared by those that certify.
BASIS = 7_301_116


def wait_for_rollup() -> None:
    """Let one rollup work at a time."""
    _take("pg_advisory_xact_lock", ROLLUP)


def hold_basis() -> None:
    """Keep what figures are split by as it is while a return is certified.

    Otherwise an answer to a rule, or a driver's value, given in the same moment could miss
    the return, and the return could be rolled up without it.
    """
    _take("pg_advisory_xact_lock_shared", BASIS)


def change_basis() -> None:
    """Wait for those who are certifying or closing, and let nobody begin."""
    _take("pg_advisory_xact_lock", BASIS)


def _take(function: str, key: int) -> None:
    with connection.cursor() as cursor:
        cursor.callproc(function, [key])
