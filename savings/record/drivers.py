"""The record's drivers: figures that were printed for each council, from their year on.

A value takes effect in the year that it is of. If that is closed already, what was split in it
stays, and the value takes effect in the first quarter after the closed ones; its source still
says the year. Nothing that is there is changed: not a value, and not a driver of the same code
that people count in another unit.
"""

from __future__ import annotations

from datetime import datetime

import audit.actions
from savings.drivers.models import Driver, DriverValue
from savings.quarters.dates import is_closed
from savings.quarters.models import Period
from savings.record.delivery import LOADER
from savings.record.imports import DriverRow, Record
from savings.returns.outbox import rework_from
from sovereignty.models import Council


def load_drivers(record: Record, councils: dict[str, Council], at: datetime) -> int:
    """Name the drivers and give their values where a council has none; how many the record has."""
    drivers = {row.driver: _driver(row, at) for row in record.drivers}
    there = set(DriverValue.objects.values_list("driver__code", "council__code"))
    for row in record.drivers:
        driver = drivers[row.driver]
        if driver.unit == row.unit and (row.driver, row.council) not in there:
            _give(record, row, driver, councils[row.council], at)
    return len(drivers)


def _driver(row: DriverRow, at: datetime) -> Driver:
    driver, made = Driver.objects.get_or_create(
        code=row.driver, defaults={"name": row.name, "unit": row.unit}
    )
    if made:
        audit.actions.record(
            by=LOADER,
            at=at,
            action="created",
            subject="driver",
            subject_id=driver.code,
            after={"name": driver.name, "unit": driver.unit},
        )
    return driver


def _give(record: Record, row: DriverRow, driver: Driver, council: Council, at: datetime) -> None:
    closed = Period.objects.latest_closed_quarter()
    begins = row.effective_from
    if closed and is_closed(begins, closed):
        begins = closed.following
    figure = next(each for each in record.figures if each.key == row.figure)
    if figure.cell.value is None:
        raise ValueError(f"The record prints no {figure.cell.name} to take as a driver.")
    table = next(each for each in record.tables if each.code == row.table)
    document = next(each for each in record.documents if each.code == table.document)
    made = DriverValue.objects.create(
        driver=driver,
        council=council,
        effective_from=begins,
        value=figure.cell.value,
        source=f"{document.title}: {table.title}, {figure.place}. {row.note}".strip(),
        provenance=figure.provenance,
    )
    audit.actions.record(
        by=LOADER,
        at=at,
        action="set",
        subject="driver value",
        subject_id=f"{driver.code}/{council.code}/{begins.code}",
        chain=council.code,
        after={"value": str(made.value), "source": made.source},
    )
    rework_from(begins, at)
