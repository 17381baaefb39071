"""Reading the rollup: its state, and its totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from savings.rollup.actions import LOCK
from savings.rollup.models import DirtyReturn, RollupState


@dataclass(frozen=True, slots=True)
class RollupStanding:
    """`state` is current, pending (something waits) or running; `version` counts changes."""

    state: str
    version: int
    digest: str
    finished_at: datetime | None


def standing() -> RollupStanding:
    """Where the rollup stands: three queries."""
    state = RollupState.objects.first()
    if _is_running():
        name = "running"
    elif DirtyReturn.objects.exists():
        name = "pending"
    else:
        name = "current"
    return RollupStanding(
        state=name,
        version=state.version if state else 0,
        digest=state.digest if state else "",
        finished_at=state.finished_at if state else None,
    )


def _is_running() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND classid = 0 AND objid = %s AND objsubid = 1)",
            [LOCK],
        )
        return bool(cursor.fetchone()[0])
