"""The partnership's own returns, certified once from the documents that published them.

After that they never change: a record with other figures is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

import audit.actions
from finance.money import json_money, to_pence
from finance.periods import Quarter
from savings.quarters.models import Period
from savings.record.imports import DeliveryRow, Record, RecordError
from savings.returns.models import PARTNERSHIP, DirtyReturn, Entry, Return
from services.models import Service

#: Who did it, in an event of loading.
LOADER = "load_record"


def load_delivery(record: Record, services: dict[str, Service], at: datetime) -> bool:
    """The partnership's certified returns, one for each period; whether any is new."""
    made = False
    for quarter in sorted({row.period for row in record.delivery}):
        rows = [row for row in record.delivery if row.period == quarter]
        made |= _partnership_return(quarter, rows, services, at)
    return made


def _partnership_return(
    quarter: Quarter, rows: list[DeliveryRow], services: dict[str, Service], at: datetime
) -> bool:
    period, _ = Period.objects.get_or_create(
        quarter=quarter, defaults={"status": Period.Status.CLOSED}
    )
    there = Return.objects.filter(council__isnull=True, period=period).first()
    if there is not None:
        _check_unchanged(there, rows)
        return False
    parent = Return.objects.create(period=period)
    Entry.objects.bulk_create(
        Entry(
            parent=parent,
            position=position,
            service=services[row.service],
            kind=row.kind,
            scope=row.scope,
            amount=row.amount,
            recurrence=row.recurrence,
            nature=row.nature,
            evidence=f"{row.document}: {row.place}",
            note=row.note,
            provenance=row.provenance,
        )
        for position, row in enumerate(rows, start=1)
    )
    parent.status = Return.Status.CERTIFIED
    parent.published_in = rows[0].document
    # As in the document: what had been achieved by the last day of the quarter.
    parent.certified_at = datetime.combine(quarter.last_day, time(), tzinfo=UTC)
    parent.version = 1
    parent.save()
    DirtyReturn.objects.create(parent=parent, marked_at=at)
    audit.actions.record(
        by=LOADER,
        at=at,
        action="certified",
        subject="return",
        subject_id=f"{PARTNERSHIP}/{quarter.code}",
        after={
            "status": parent.status,
            "published_in": parent.published_in,
            "entries": {row.service: json_money(to_pence(row.amount)) for row in rows},
        },
        reason="Published for the partnership as a whole.",
    )
    return True


def _check_unchanged(parent: Return, rows: list[DeliveryRow]) -> None:
    certified = parent.entries.values_list(
        "service__slug", "kind", "scope", "amount", "recurrence", "nature"
    )
    published = [
        (row.service, row.kind, row.scope, row.amount, row.recurrence, row.nature) for row in rows
    ]
    if sorted(certified) != sorted(published):
        refusal = (
            f"The partnership's return for {parent.period} is certified with other figures, "
            "which never change. Put the record's original figures back. If a later document "
            "has a different figure, record it as a figure of that document."
        )
        raise RecordError([refusal])
