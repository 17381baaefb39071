"""A driver's value as arithmetic takes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
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
