"""A driver with values, for tests of amounts that are split by one."""

from __future__ import annotations

from decimal import Decimal

from savings.drivers.actions import set_driver_value
from savings.drivers.models import Driver
from savings.kit.provenance import Provenance
from tests.partnership import NOW, Q1, Partnership

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}

A_VALUE = {
    "driver": "posts",
    "council": "WCC",
    "effective_from": "2013-14-Q1",
    "value": "12.50",
    "source": "The establishment list.",
}


def count(partnership: Partnership, code: str, **values: str) -> Driver:
    """A driver with a value for each council from Q1 on."""
    driver = Driver.objects.create(code=code, name=code.title(), unit="each")
    for council, value in values.items():
        set_driver_value(
            driver=driver,
            council=partnership.councils[council],
            effective_from=Q1,
            value=Decimal(value),
            source="Counted for the tests.",
            provenance=Provenance.REPORTED,
            by=partnership.people["programme.office"],
            at=NOW,
        )
    return driver
