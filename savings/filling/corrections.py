"""What can be corrected, and where: certified entries, in the council's later quarters."""

from __future__ import annotations

from savings.quarters.models import Period
from savings.returns.models import Entry, EntryQuerySet, Return
from sovereignty.models import User


def correctable(parent: Return) -> EntryQuerySet:
    """The entries that this return can correct: the council's own, certified and earlier."""
    return Entry.objects.filter(
        parent__council=parent.council_id,
        parent__status=Return.Status.CERTIFIED,
        parent__period__quarter__lt=parent.quarter,
    )


def entry_to_correct(parent: Return, number: str, user: User) -> Entry | None:
    """The entry that a number names, if this return may correct it and the person see it."""
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    entries = correctable(parent).visible_to(user).select_related("service", "caused_by")
    return entries.filter(id=int(number)).first()


def draft_for_corrections(entry: Entry) -> Return | None:
    """The council's draft of the latest open quarter in which this entry can be corrected.

    Reads entry.parent and its period.
    """
    if entry.parent.council_id is None or entry.parent.status != Return.Status.CERTIFIED:
        return None
    return (
        Return.objects.filter(
            council=entry.parent.council_id,
            status=Return.Status.DRAFT,
            period__status=Period.Status.OPEN,
            period__quarter__gt=entry.parent.quarter,
        )
        .select_related("council", "period")
        .order_by("-period__quarter")
        .first()
    )
