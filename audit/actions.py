"""Writing an event, always in the transaction of what it records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from django.db import connection, transaction

from audit.chain import BEGINNING, PARTNERSHIP, digest
from audit.models import Event


def record(
    *,
    by: str,
    at: datetime,
    action: str,
    subject: str,
    subject_id: object,
    chain: str = PARTNERSHIP,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str = "",
) -> Event:
    """Append one event to a chain and return it.

    `by` is a username, `chain` a council's code or ``partnership``. `before` and
    `after` hold plain JSON values. It must run in the transaction of what it records
    (otherwise it raises TransactionManagementError), so that neither exists without
    the other. It waits for other actions that are writing to the same chain.
    """
    transaction.get_connection().validate_no_broken_transaction()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "An audit event must be written in the transaction of what it records."
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"audit:{chain}"])
    previous = (
        Event.objects.filter(chain=chain).order_by("-id").values_list("hash", flat=True).first()
    )
    event = Event(
        chain=chain,
        at=at.astimezone(UTC),
        by=by,
        action=action,
        subject=subject,
        subject_id=str(subject_id),
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
        reason=reason,
        previous_hash=previous or BEGINNING,
    )
    event.hash = digest(event.previous_hash, event.content())
    event.save(force_insert=True)
    return event
