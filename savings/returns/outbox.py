"""The outbox: which certified returns the rollup must work out again, and how it is woken."""

from __future__ import annotations

import logging
from datetime import datetime

from celery import current_app
from kombu.exceptions import OperationalError

from finance.periods import Quarter
from savings.returns.models import DirtyReturn, Return

logger = logging.getLogger(__name__)

#: The name of the task that empties the outbox, which is in a subject above.
ROLL_UP = "savings.rollup.roll_up"


def rework_from(first: Quarter, at: datetime) -> None:
    """Mark every certified return from a quarter on to be worked out again."""
    DirtyReturn.objects.bulk_create(
        DirtyReturn(parent=parent, marked_at=at)
        for parent in Return.objects.filter(
            status=Return.Status.CERTIFIED, period__quarter__gte=first
        )
    )


def wake() -> None:
    """Ask for a rollup. A queue that can't be reached only delays it until the next sweep."""
    try:
        current_app.tasks[ROLL_UP].delay()
    except OperationalError:
        logger.exception("The task queue can't be reached; the next sweep will roll up.")
