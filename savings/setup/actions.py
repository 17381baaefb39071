"""What a site begins with where there is no council yet, and files of services and drivers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import transaction

import audit.actions
from savings.demonstration.loading import load as load_demonstration
from savings.drivers.actions import create_driver, set_driver_values
from savings.drivers.imports import ValueRow
from savings.drivers.models import Driver
from savings.filling.rows import printable
from savings.permissions.rules import require
from savings.quarters.locks import change_basis
from savings.record.imports import read_record
from savings.record.loading import load as load_record
from savings.setup.imports import (
    DRIVER_COLUMNS,
    SERVICE_COLUMNS,
    ServiceRow,
    drivers_in,
    services_in,
)
from savings.setup.reports import known
from savings.setup.tables import read
from services.models import Participation, Service
from sovereignty.models import Council, User
from sovereignty.refusals import BadContent, WrongState


class Whose(StrEnum):
    """Whose partnership it is."""

    OWN = "own"
    RECORD = "record"
    DEMONSTRATION = "demonstration"


@transaction.atomic
def begin_with(*, whose: Whose, by: User, at: datetime) -> None:
    """Load the published record, and for the demonstration that too; nothing for one's own.

    Raises NotAllowed; WrongState if there is a council already, or if the demonstration is asked
    for where DEBUG is off: it has a published password.
    """
    require(by, "savings.begin")
    # Two people who choose at once: the second waits, and finds councils.
    change_basis()
    if Council.objects.exists():
        raise WrongState("This has been chosen already: there are councils.")
    if whose == Whose.OWN:
        return
    if whose == Whose.DEMONSTRATION and not settings.DEBUG:
        raise WrongState(
            "The demonstration has a published password, so it can’t be loaded if DEBUG is off."
        )
    load_record(read_record(settings.RECORD_DIR), at=at)
    if whose == Whose.DEMONSTRATION:
        load_demonstration(
            folder=settings.DEMONSTRATION_DIR, password=settings.DEMO_PASSWORD, at=at
        )
    audit.actions.record(
        by=by.username,
        at=at,
        action="loaded",
        subject="partnership",
        subject_id=whose.value,
        after={"loaded": whose.value},
    )


@transaction.atomic
def add_services(*, content: bytes, filename: str, by: User, at: datetime) -> list[Service]:
    """Add all the services of a file, with who takes part in them, or none.

    Raises NotAllowed; BadContent with every mistake of every row.
    """
    require(by, "savings.arrange_services")
    change_basis()
    rows, mistakes = services_in(read(content, SERVICE_COLUMNS), known())
    if mistakes:
        raise BadContent(mistakes)
    councils = {council.code: council for council in Council.objects.all()}
    made = {service.slug: service for service in Service.objects.all()}
    last = max((service.position for service in made.values()), default=-1)
    # In the order of the file, though a service is made after the one above it.
    places = {slug: last + 1 + n for n, slug in enumerate(row.slug for row in _by_row(rows))}
    for row in rows:
        made[row.slug] = Service.objects.create(
            slug=row.slug,
            name=row.name,
            parent=made[row.parent] if row.parent else None,
            position=places[row.slug],
            description=row.description,
        )
        if row.first:
            Participation.objects.bulk_create(
                Participation(
                    service=made[row.slug],
                    council=councils[code],
                    from_quarter=row.first,
                    source=row.source,
                )
                for code in row.councils
            )
        _record_service(row, filename, by, at)
    return [made[row.slug] for row in _by_row(rows)]


def _by_row(rows: Iterable[ServiceRow]) -> list[ServiceRow]:
    return sorted(rows, key=lambda row: row.row)


def _record_service(row: ServiceRow, filename: str, by: User, at: datetime) -> None:
    """The event of a service: as one that is added by itself has it, and who takes part."""
    sharing: dict[str, object] = {}
    if row.first:
        sharing = {"participants": list(row.councils), "effective_from": row.first.code}
    audit.actions.record(
        by=by.username,
        at=at,
        action="service added",
        subject="service",
        subject_id=row.slug,
        after={"name": row.name, "parent": row.parent or None, "source": row.source, **sharing},
        reason=_from_file(filename),
    )


@transaction.atomic
def add_drivers(*, content: bytes, filename: str, by: User, at: datetime) -> int:
    """Name all the drivers of a file and give all their values, or none; how many values.

    A driver that is there gets more values. Raises NotAllowed; BadContent with every mistake of
    every row: also another council's value, or a quarter that is closed or has a value already.
    """
    require(by, "savings.keep_drivers")
    rows, mistakes = drivers_in(read(content, DRIVER_COLUMNS), known())
    if mistakes:
        raise BadContent(mistakes)
    drivers = {driver.code: driver for driver in Driver.objects.all()}
    values: dict[str, list[ValueRow]] = {}
    for row in rows:
        if row.driver not in drivers:
            drivers[row.driver] = create_driver(
                code=row.driver, name=row.name, unit=row.unit, by=by, at=at
            )
        values.setdefault(row.driver, []).append(row.value)
    for code, of_driver in values.items():
        try:
            with transaction.atomic():
                set_driver_values(driver=drivers[code], rows=of_driver, by=by, at=at)
        except BadContent as refusal:
            mistakes += refusal.errors
    if mistakes:
        raise BadContent(sorted(mistakes, key=lambda mistake: mistake.row or 0))
    return len(rows)


def _from_file(filename: str) -> str:
    return f"From the file {printable(filename)[:200]}" if filename else "From a file"
