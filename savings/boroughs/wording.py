"""What a council's figures say in words. Pure: amounts and names in, sentences out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from finance.money import MINUS, format_millions, format_pounds

_A_THOUSAND, _A_HUNDRED_THOUSAND = Decimal(1_000), Decimal(100_000)
#: From here on thousands would round to a thousand of them.
_NEARLY_A_MILLION = Decimal(999_500)


class AreaLine(Protocol):
    """An area's name and its amounts."""

    @property
    def area_name(self) -> str: ...
    @property
    def to_date(self) -> Decimal: ...


def headline(amount: Decimal) -> str:
    """An amount to be read at a glance, in millions or thousands; `exactly` has the rest.

    >>> headline(Decimal("1234567.89")), headline(Decimal("256156.13"))
    ('£1.23m', '£256k')
    >>> headline(Decimal("-2500.40")), headline(Decimal("41.20")), headline(Decimal("0"))
    ('−£2.5k', '£41.20', '£0')
    """
    if not amount:
        return "£0"
    if abs(amount) >= _NEARLY_A_MILLION:
        return format_millions(amount)
    if abs(amount) < _A_THOUSAND:
        return format_pounds(amount)
    places = Decimal("0.1") if abs(amount) < _A_HUNDRED_THOUSAND else Decimal("1")
    thousands = str((abs(amount) / _A_THOUSAND).quantize(places, ROUND_HALF_UP))
    return f"{MINUS if amount < 0 else ''}£{thousands.removesuffix('.0')}k"


def exactly(amount: Decimal) -> str:
    """The amount to the penny where a headline has left something out; else empty.

    >>> exactly(Decimal("256156.13")), exactly(Decimal("41.20"))
    ('£256,156.13', '')
    """
    return format_pounds(amount) if abs(amount) >= _A_THOUSAND else ""


def reading_of_areas(council: str, lines: Sequence[AreaLine]) -> str:
    """The savings by area in one sentence: how much in all, and where most of it came from."""
    total = sum((line.to_date for line in lines), Decimal("0.00"))
    most = max(lines, key=lambda line: line.to_date, default=None)
    if most is None or most.to_date <= 0:
        return f"What falls on {council} to date comes to {format_pounds(total)}."
    if len(lines) == 1:
        return f"All of the {format_pounds(total)} to date comes from {most.area_name}."
    return (
        f"Of the {format_pounds(total)} to date, most comes from {most.area_name}: "
        f"{format_pounds(most.to_date)}."
    )
