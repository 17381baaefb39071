"""The rollup's tasks: nothing goes in, one action is called, and twice does no harm."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from savings.rollup.actions import roll_up_dirty

logger = logging.getLogger(__name__)


@shared_task(name="savings.rollup.roll_up")
def roll_up() -> None:
    """Roll up what was just certified: sent after its commit."""
    roll_up_dirty(at=timezone.now())


@shared_task(name="savings.rollup.sweep")
def sweep() -> None:
    """Roll up what a lost message left behind: every minute, by the schedule."""
    roll_up_dirty(at=timezone.now())


def wake() -> None:
    """Ask for a rollup. A queue that can't be reached only delays it until the next sweep."""
    try:
        roll_up.delay()
    except OperationalError:
        logger.exception("The task queue can't be reached; the next sweep will roll up.")
