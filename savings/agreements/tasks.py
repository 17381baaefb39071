"""The daily reminder of proposals that wait for an answer."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from savings.agreements.actions import remind


@shared_task(name="savings.agreements.remind")
def remind_of_answers() -> None:
    """Remind each council that has not answered; the schedule runs it every morning."""
    now = timezone.now()
    remind(today=timezone.localdate(now), at=now, site=settings.SITE_URL)
