"""What attribution says in a sentence: who got the odd penny, why a rule can't share. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from finance.periods import Quarter
from savings.drivers.values import lacks_value, without_value

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class Remainder:
    """What rounding down left of a council's part, below a penny, and whether it got a penny."""

    council: str
    left: Fraction
    got_a_penny: bool


def odd_pennies(remainders: Sequence[Remainder], names: Mapping[str, str] | None = None) -> str:
    """Why the left-over pennies went where they did; `names` by code, or codes without them.

    >>> third = Fraction(1, 3)
    >>> odd_pennies([Remainder("LBHF", third, True), Remainder("WCC", 2 * third, False)])
    Traceback (most recent call last):
    ...
    ValueError: A penny went past the larger remainder of WCC.
    >>> odd_pennies([Remainder("LBHF", third, False), Remainder("WCC", 2 * third, True)])
    'One penny is left over. It goes to WCC, which has the largest remainder, 2/3 of a penny.'
    """
    named = names or {}
    lucky = [each for each in remainders if each.got_a_penny]
    if not lucky:
        return "Every share is a whole number of pence, so no penny is left over."
    others = [each for each in remainders if not each.got_a_penny]
    last = min(each.left for each in lucky)
    for other in others:
        if other.left > last:
            raise ValueError(f"A penny went past the larger remainder of {other.council}.")
    tied = [each for each in others if each.left == last]
    one = len(lucky) == 1
    start = "One penny is left over. It goes" if one else f"{_count(len(lucky))} go"
    to = _listed([named.get(each.council, each.council) for each in lucky])
    if not tied:
        sizes = _listed([f"{each.left}" for each in lucky])
        has = "has the largest remainder" if one else "have the largest remainders"
        return f"{start} to {to}, which {has}, {sizes} of a penny."
    even = _listed([named.get(each.council, each.council) for each in tied])
    codes = _listed([each.council for each in lucky if each.left == last])
    has = "has" if len(tied) == 1 else "have"
    comes = "comes" if codes.count(" ") == 0 else "come"
    return (
        f"{start} to {to}. {even} {has} a remainder as large, {last} of a penny. Ties go in "
        f"alphabetical order of code, in which {codes} {comes} first."
    )


def _count(pennies: int) -> str:
    number = _NUMBERS[pennies] if pennies < len(_NUMBERS) else str(pennies)
    return f"{number.capitalize()} pennies are left over. They"


def _listed(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def quarters_in_words(first: Quarter, last: Quarter) -> str:
    """Some quarters, from the first to the last.

    >>> quarters_in_words(Quarter.parse("2012-13-Q4"), Quarter.parse("2012-13-Q4"))
    '2012/13 Q4'
    >>> quarters_in_words(Quarter.parse("2012-13-Q4"), Quarter.parse("2013-14-Q1"))
    '2012/13 Q4 to 2013/14 Q1'
    """
    return first.label if first == last else f"{first.label} to {last.label}"


def takes_no_part(council: str) -> str:
    """Why a council can have no share in a rule."""
    return f"{council} takes no part in this service: leave its share out."


def cannot_share_by(
    driver: str,
    values: Mapping[str, Decimal | Fraction],
    participants: Mapping[str, str],
    quarter: Quarter,
) -> str:
    """Why nothing can be split by a driver; empty if it can.

    `values` are those that hold in the quarter, by council; `participants` the names of
    who takes part then, by code.

    >>> q1, both = Quarter.parse("2013-14-Q1"), {"LBHF": "Hammersmith", "WCC": "Westminster"}
    >>> cannot_share_by("Posts", {"LBHF": Decimal(3)}, both, q1)
    'Posts has no value for Westminster by 2013/14 Q1: enter one.'
    >>> cannot_share_by("Posts", {"LBHF": Decimal(0), "WCC": Decimal(0)}, both, q1)
    'Every value of Posts is 0, so there is nothing to split by.'
    """
    if not lacks_value(values, participants):
        return ""
    if missing := [participants[code] for code in without_value(values, participants)]:
        return f"{driver} has no value for {', '.join(missing)} by {quarter.label}: enter one."
    return f"Every value of {driver} is 0, so there is nothing to split by."
