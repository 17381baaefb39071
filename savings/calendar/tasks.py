"""The calendar's emails: nothing goes in, one action is called, and twice does no harm."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from savings.calendar import actions

logger = logging.getLogger(__name__)


@shared_task(name="savings.calendar.remind")
def remind() -> None:
    """Remind of due dates, and tell what an earlier run could not: every morning."""
    if _can_send():
        actions.remind(today=timezone.localdate(), at=timezone.now())
        actions.tell_of_reopening(at=timezone.now())


@shared_task(name="savings.calendar.tell_of_reopening")
def tell_of_reopening() -> None:
    """Tell of a quarter that was just reopened: sent after its commit."""
    if _can_send():
        actions.tell_of_reopening(at=timezone.now())


def send_news() -> None:
    """Ask for it. A queue that can't be reached only delays it until the next morning."""
    try:
        tell_of_reopening.delay()
    except OperationalError:
        logger.exception("The task queue can't be reached; the news goes out tomorrow.")


def _can_send() -> bool:
    if not settings.SENDS_EMAIL:
        logger.warning("EMAIL_URL is not set: nobody is reminded of anything.")
    return settings.SENDS_EMAIL
