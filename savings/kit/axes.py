"""An axis of money for a chart: round steps in whole pence, labelled in pounds. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from finance.money import MINUS

_STEPS = (1, 2, 5)


def round_steps(amounts: Iterable[int], most: int = 5) -> list[int]:
    """Round amounts of pence, from at or below the least to at or above the largest.

    They always include 0, with at most `most` steps between them.

    >>> round_steps([-1200, 6900])
    [-2000, 0, 2000, 4000, 6000, 8000]
    """
    found = [0, *amounts]
    least, largest = min(found), max(found)
    size = 1
    while True:
        for step in _STEPS:
            first, last = (least // (step * size)), -(-largest // (step * size))
            if last - first <= most:
                return [number * step * size for number in range(first, max(last, first + 1) + 1)]
        size *= 10


def money_axis(amounts: Iterable[int]) -> dict[str, Any]:
    """An axis of pence whose labels are in pounds, thousands or millions."""
    steps = round_steps(amounts)
    room = (steps[-1] - steps[0]) // 20
    return {
        "tickmode": "array",
        "tickvals": steps,
        "ticktext": [in_short(step) for step in steps],
        "range": [steps[0] - room, steps[-1] + room],
    }


def in_short(pence: int) -> str:
    """A round amount as an axis says it.

    >>> in_short(-25_000_000), in_short(150_000), in_short(50)
    ('−£250k', '£1.5k', '£0.50')
    """
    if not pence:
        return "£0"
    amount, unit, size, digits = abs(pence), "", 100, 2
    for name, larger, places in (("m", 100_000_000, 8), ("k", 100_000, 5)):
        if amount >= larger:
            unit, size, digits = name, larger, places
            break
    whole, rest = divmod(amount, size)
    decimals = f".{rest:0{digits}d}" if rest else ""
    text = f"{whole}{decimals.rstrip('0') if unit else decimals}"
    return f"{MINUS if pence < 0 else ''}£{text}{unit}"
