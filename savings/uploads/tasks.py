"""The tasks of uploads. They take an id, call one action, and are safe to run twice."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from savings.uploads.actions import check_upload, tidy_uploads

logger = logging.getLogger(__name__)


@shared_task(name="savings.uploads.check")
def check(upload_id: int) -> None:
    """Check a file. Sent after the commit that kept it."""
    check_upload(upload_id=upload_id)


@shared_task(name="savings.uploads.sweep")
def sweep() -> None:
    """Delete old uploads, and check those that a lost message left behind. Scheduled."""
    for upload_id in tidy_uploads(at=timezone.now()):
        check_upload(upload_id=upload_id)


def check_later(upload_id: int) -> None:
    """Ask for a check. A queue that can't be reached only delays it until the next sweep."""
    try:
        check.delay(upload_id)
    except OperationalError:
        logger.exception("The task queue can't be reached; the next sweep will check the file.")
