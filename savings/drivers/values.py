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


def held_by_council(values: Iterable[ValueOfDriver], quarter: Quarter) -> dict[str, ValueOfDriver]:
    """The value of a driver that holds in a quarter, by council: the latest at or before it.

    >>> begins = Quarter.parse("2013-14-Q1")
    >>> value = ValueOfDriver(1, "posts", "WCC", begins, Fraction(3))
    >>> held_by_council([value], begins)["WCC"].value, held_by_council([value], begins.preceding)
    (Fraction(3, 1), {})
    """
    begun = [value for value in values if value.effective_from <= quarter]
    in_order = sorted(begun, key=lambda value: (value.effective_from, value.id))
    return {value.council: value for value in in_order}


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
