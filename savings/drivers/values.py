"""A driver's value as arithmetic takes it, and when there is nothing to share by. Pure."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from finance.periods import Quarter


@dataclass(frozen=True, slots=True)
class ValueOfDriver:
    """A driver's value for a council from a quarter on; `id` leads back to its source."""

    id: int
    driver: str
    council: str
    effective_from: Quarter
    value: Fraction
    illustrative: bool = False


def without_value(values: Container[str], participants: Iterable[str]) -> list[str]:
    """The participants for whom a driver has no value, in their order.

    >>> without_value({"LBHF": 3}, ("LBHF", "WCC"))
    ['WCC']
    """
    return [code for code in participants if code not in values]


def lacks_value(values: Mapping[str, Decimal | Fraction], participants: Collection[str]) -> bool:
    """Whether a driver has nothing to share by: no value for a participant, or only values of 0.

    `values` are those that hold in the quarter, by council.

    >>> lacks_value({"LBHF": Fraction(3)}, ("LBHF", "WCC"))
    True
    >>> lacks_value({"LBHF": Fraction(0), "WCC": Fraction(0)}, ("LBHF", "WCC"))
    True
    >>> lacks_value({"LBHF": Fraction(0), "WCC": Fraction(1)}, ("LBHF", "WCC"))
    False
    """
    if without_value(values, participants):
        return True
    return bool(participants) and not any(values[code] for code in participants)
