"""The rollup's tasks. They take nothing, call one action, and are safe to run twice."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from savings.rollup.actions import roll_up_dirty

logger = logging.getLogger(__name__)


@shared_task(name="savings.rollup.roll_up")
def roll_up() -> None:
    """Roll up what was just certified. Sent after the commit."""
    roll_up_dirty(at=timezone.now())


@shared_task(name="savings.rollup.sweep")
def sweep() -> None:
    """Roll up what a lost message left behind. Scheduled every minute."""
    roll_up_dirty(at=timezone.now())
