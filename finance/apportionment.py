"""Apportionment: exact shares, and splitting whole pence by them.

Shares are `fractions.Fraction` by party code and add up to exactly 1. Odd pennies go to
the largest remainders, with ties in alphabetical order of code. So the parts add up to
the whole exactly, and a negative amount splits into the same parts with a minus. Source:
the public contract, "Attribution", rules 3 and 7.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

Shares = Mapping[str, Fraction]

_FRACTION = re.compile(r"[0-9]{1,18}/[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,18})?|\.[0-9]{1,18}", re.ASCII)


class ShareError(ValueError):
    """Shares that can't be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """One party's part of a split amount, with its working."""

    share: Fraction
    exact_pence: Fraction
    floored_pence: int
    odd_pence: int
    pence: int


def parse_share(text: str) -> Fraction:
    """Read a share or weight: a decimal or a fraction, from 0 to 1.

    Raises ShareError for anything else.

    >>> parse_share("1/3"), parse_share("0.25")
    (Fraction(1, 3), Fraction(1, 4))
    """
    typed = text.strip()
    if not (_FRACTION.fullmatch(typed) or _DECIMAL.fullmatch(typed)):
        raise ShareError(f"“{text}” is not a share: write it as 0.25 or 1/4.")
    try:
        share = Fraction(typed)
    except ZeroDivisionError:
        raise ShareError(f"“{text}” divides by 0: write it as 0.25 or 1/4.") from None
    if share > 1:
        raise ShareError(f"“{text}” is more than the whole: a share is between 0 and 1.")
    return share


def check_whole(shares: Shares) -> None:
    """Raise ShareError unless all shares are 0 or more and they add up to exactly 1."""
    if any(share < 0 for share in shares.values()):
        raise ShareError("A share may not be less than 0.")
    total = sum(shares.values(), Fraction(0))
    if total != 1:
        raise ShareError(f"The shares add up to {total}; they must add up to exactly 1.")


def scaled_to_one(values: Mapping[str, Fraction | int | Decimal]) -> dict[str, Fraction]:
    """Values as shares that add up to 1, in proportion; empty if all are 0.

    >>> scaled_to_one({"LBHF": 1, "WCC": 3})
    {'LBHF': Fraction(1, 4), 'WCC': Fraction(3, 4)}
    """
    exact = {code: Fraction(value) for code, value in values.items()}
    if any(value < 0 for value in exact.values()):
        raise ShareError("A value to share by may not be less than 0.")
    total = sum(exact.values(), Fraction(0))
    if not total:
        return {}
    return {code: value / total for code, value in exact.items()}


def restricted(shares: Shares, codes: Collection[str]) -> dict[str, Fraction]:
    """Only the shares of these parties that are above 0, scaled up to 1; empty without any."""
    return scaled_to_one({c: share for c, share in shares.items() if share and c in codes})


def blended(weights: Mapping[str, Fraction], shares: Mapping[str, Shares]) -> dict[str, Fraction]:
    """Weights (by driver, adding up to 1) times each driver's shares.

    Empty if a driver with a weight has no shares: a blend of less than the whole
    would be a guess.
    """
    check_whole(weights)
    result: dict[str, Fraction] = {}
    for driver, weight in weights.items():
        if not weight:
            continue
        if not shares[driver]:
            return {}
        for code, share in shares[driver].items():
            result[code] = result.get(code, Fraction(0)) + weight * share
    return result


def split_pence(pence: int, shares: Shares) -> dict[str, Part]:
    """Split whole pence by shares that add up to 1, with nothing left over.

    Takes the absolute amount, rounds every part down, gives the odd pennies to the
    largest remainders, with ties in alphabetical order of code, and restores the
    sign. The result is in alphabetical order. Raises ShareError if the shares do
    not add up to 1.

    >>> {code: part.pence for code, part in split_pence(-100, {
    ...     "LBHF": Fraction(1, 3), "RBKC": Fraction(1, 3), "WCC": Fraction(1, 3)}).items()}
    {'LBHF': -34, 'RBKC': -33, 'WCC': -33}
    """
    check_whole(shares)
    sign = -1 if pence < 0 else 1
    amount = abs(pence)
    codes = sorted(shares)
    floors: dict[str, int] = {}
    remainders: dict[str, Fraction] = {}
    for code in codes:
        share = shares[code]
        whole, rest = divmod(amount * share.numerator, share.denominator)
        floors[code] = whole
        remainders[code] = Fraction(rest, share.denominator)
    left_over = amount - sum(floors.values())
    lucky = set(sorted(codes, key=lambda code: (-remainders[code], code))[:left_over])
    return {
        code: Part(
            share=shares[code],
            exact_pence=sign * amount * shares[code],
            floored_pence=sign * floors[code],
            odd_pence=sign if code in lucky else 0,
            pence=sign * (floors[code] + (1 if code in lucky else 0)),
        )
        for code in codes
    }


class Splitter:
    """Splits many amounts by the same shares, with integers only.

    It works out a common denominator once, and `split` gives only the pence. A property
    test holds it equal to `split_pence`.
    """

    __slots__ = ("codes", "denominator", "numerators")

    def __init__(self, shares: Shares) -> None:
        check_whole(shares)
        self.codes = tuple(sorted(shares))
        denominator = lcm(*(shares[code].denominator for code in self.codes))
        self.denominator = denominator
        self.numerators = tuple(
            shares[code].numerator * (denominator // shares[code].denominator)
            for code in self.codes
        )

    def split(self, pence: int) -> list[int]:
        """Whole pence in the order of `codes`."""
        amount = -pence if pence < 0 else pence
        denominator = self.denominator
        parts: list[int] = []
        rests: list[tuple[int, int]] = []
        left_over = amount
        for position, numerator in enumerate(self.numerators):
            whole, rest = divmod(amount * numerator, denominator)
            parts.append(whole)
            rests.append((-rest, position))
            left_over -= whole
        if left_over:
            rests.sort()
            for _, position in rests[:left_over]:
                parts[position] += 1
        return [-part for part in parts] if pence < 0 else parts
