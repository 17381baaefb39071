"""How a plan's figure falls on councils: as an entry would that saves it. Pure.

What-if, and a council's part of a promise, both split a plan by this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from finance.apportionment import split_pence
from finance.periods import FinancialYear
from savings.formulas.arithmetic import SAVING, SHARED, EntryFacts

_QUARTERS_OF_A_YEAR = {str(number): Fraction(1, 4) for number in range(1, 5)}


def as_entries(
    service: str, year: FinancialYear, pence: int, *, in_one_year: bool
) -> Iterator[tuple[EntryFacts, int]]:
    """The shared savings that a line stands for, with the pence of each.

    A saving a year once everything is in place falls by the rule of the year's last quarter. A
    saving in one year only falls by quarters: a quarter of it in each, in whole pence, with odd
    pennies first.
    """
    if not in_one_year:
        yield EntryFacts(service, SAVING, SHARED, year.quarters[-1], None), pence
        return
    parts = split_pence(pence, _QUARTERS_OF_A_YEAR)
    for quarter in year.quarters:
        yield EntryFacts(service, SAVING, SHARED, quarter, None), parts[str(quarter.number)].pence


def parts_of(pence: int, shares: Mapping[str, Fraction]) -> dict[str | None, int]:
    """Each council's part in pence; all of it under None if no council has a share.

    >>> parts_of(100, {"LBHF": Fraction(1, 3), "RBKC": Fraction(2, 3)})
    {'LBHF': 33, 'RBKC': 67}
    """
    if not shares:
        return {None: pence}
    return {code: part.pence for code, part in split_pence(pence, shares).items()}
