"""The tasks that send the calendar's emails. Each can safely run twice."""

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
    """Every morning: remind of due dates, and send what an earlier run could not."""
    if _can_send():
        actions.remind(today=timezone.localdate(), at=timezone.now())
        actions.tell_of_reopening(at=timezone.now())


@shared_task(name="savings.calendar.tell_of_reopening")
def tell_of_reopening() -> None:
    """Tell of a quarter that was just reopened: sent after its commit."""
    if _can_send():
        actions.tell_of_reopening(at=timezone.now())


def send_news() -> None:
    """Queue the news of a reopening. If the queue can't be reached, it goes out next morning."""
    try:
        tell_of_reopening.delay()
    except OperationalError:
        logger.exception("The task queue can't be reached; the news goes out tomorrow.")


def _can_send() -> bool:
    if not settings.SENDS_EMAIL:
        logger.warning("EMAIL_URL is not set: nobody is reminded of anything.")
    return settings.SENDS_EMAIL
