"""The tasks of uploads: an id goes in, one action is called, and twice does no harm."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from savings.uploads.actions import check_upload, tidy_uploads

logger = logging.getLogger(__name__)


@shared_task(name="savings.uploads.check")
def check(upload_id: int) -> None:
    """Check a file: sent after the commit that kept it."""
    check_upload(upload_id=upload_id)


@shared_task(name="savings.uploads.sweep")
def sweep() -> None:
    """Forget stale uploads, and check what a lost message left behind: by the schedule."""
    for upload_id in tidy_uploads(at=timezone.now()):
        check_upload(upload_id=upload_id)


def check_later(upload_id: int) -> None:
    """Ask for a check. A queue that can't be reached only delays it until the next sweep."""
    try:
        check.delay(upload_id)
    except OperationalError:
        logger.exception("The task queue can't be reached; the next sweep will check the file.")
