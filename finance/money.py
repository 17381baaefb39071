"""Money: whole pence as integers inside, pounds as exact decimals at the edge, never floats.

`to_pence` converts from a column of the database, and `from_pence` to one or to a cell of
a workbook. `json_money`, `format_pounds` and `format_millions` print. A saving is
positive when spending falls; a cost or an overspend is positive when spending rises.
This module does not depend on that: it reads, converts and prints amounts, and refuses
what it can't read exactly.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

#: Amounts are below this in absolute value (a hundred billion pounds), in pence.
LIMIT_PENCE = 100_000_000_000 * 100

_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}
_NIL = "-"
_AMOUNT = re.compile(
    r"""
    (?P<minus>-)?
    £?
    (?P<minus_after>-)?
    (?P<whole>[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)
    (?:\.(?P<part>[0-9]+))?
    (?P<suffix>[kKmM])?
    """,
    re.VERBOSE | re.ASCII,
)


class MoneyError(ValueError):
    """What was typed is not an amount of money; the message says what to do."""


def to_pence(pounds: Decimal) -> int:
    """The whole pence of an exact amount in pounds.

    Raises MoneyError if the amount is not finite or has a fraction of a penny.

    >>> to_pence(Decimal("4540000.00"))
    454000000
    """
    if not pounds.is_finite():
        raise MoneyError("Enter an amount of money, such as 1,234.50.")
    # Decimal arithmetic rounds to the context's precision. The tuple is exact for any
    # number of digits.
    sign, digits, exponent = pounds.as_tuple()
    if not isinstance(exponent, int):  # pragma: no cover - excluded by is_finite
        raise MoneyError("Enter an amount of money, such as 1,234.50.")
    value = int("".join(map(str, digits)))
    if not value:
        return 0
    # Checked by size before any power of ten is worked out: 1E-999999999 would take forever.
    if len(digits) + exponent > 40:
        raise MoneyError("Enter an amount below £100,000,000,000.")
    if len(digits) + exponent < -2:
        raise MoneyError("Enter an amount in whole pence, such as 1,234.50.")
    factor: int = 10 ** abs(exponent + 2)
    if exponent + 2 >= 0:
        pence = value * factor
    else:
        pence, rest = divmod(value, factor)
        if rest:
            raise MoneyError("Enter an amount in whole pence, such as 1,234.50.")
    return -pence if sign else pence


def from_pence(pence: int) -> Decimal:
    """Exact pounds with two decimals, from whole pence.

    >>> from_pence(-123450)
    Decimal('-1234.50')
    """
    return Decimal(pence).scaleb(-2)


def parse_money(text: str) -> int:
    """Read an amount as finance people type it, in whole pence, or refuse it.

    Accepts ``1,234.50``, ``£1,234``, ``(1,234)`` for minus, ``45k``, ``£1.2m`` and
    ``-`` for nil. Digits must be ASCII, commas only between groups of three, and the
    result in whole pence and below a hundred billion pounds in absolute value. It
    never guesses: everything else (``1,50``, ``1e3``, ``1.005``, ``NaN``, a date, a
    formula) raises MoneyError. Source: the public contract, "Money".

    >>> parse_money("(£1.2m)")
    -120000000
    """
    typed = text.strip()
    if not typed:
        raise MoneyError("Enter an amount, or - for nil.")
    if typed == _NIL:
        return 0
    bracketed = typed.startswith("(") and typed.endswith(")")
    body = typed[1:-1].strip() if bracketed else typed
    match = _AMOUNT.fullmatch(body)
    if match is None:
        raise MoneyError(_remedy(body))
    minuses = sum((bracketed, match["minus"] is not None, match["minus_after"] is not None))
    if minuses > 1:
        raise MoneyError("Show a minus once: -1,234 or (1,234).")
    whole = match["whole"].replace(",", "")
    part = match["part"] or ""
    if len(whole) > 20 or len(part) > 20:
        raise MoneyError("Enter an amount below £100,000,000,000, in whole pence.")
    factor = _FACTORS[(match["suffix"] or "").lower()]
    scaled = int(whole + part) * factor * 100
    hundredths: int = 10 ** len(part)
    pence, rest = divmod(scaled, hundredths)
    if rest:
        raise MoneyError("Enter an amount in whole pence, such as 1,234.50.")
    if pence >= LIMIT_PENCE:
        raise MoneyError("Enter an amount below £100,000,000,000.")
    return -pence if minuses else pence


def _remedy(body: str) -> str:
    if body.startswith("="):
        return "Enter the amount itself, not a formula."
    if "," in body:
        return "Put commas only between groups of three digits, as in 1,234.50."
    return "Enter an amount of money in digits, such as 1,234.50, £1,234, (1,234), 45k or £1.2m."


def read_json_money(text: str) -> int:
    """The whole pence of an amount that `json_money` wrote. Raises MoneyError for anything else.

    >>> read_json_money("4540000.00")
    454000000
    """
    try:
        return to_pence(Decimal(text))
    except InvalidOperation:
        raise MoneyError("Enter an amount of money, such as 1,234.50.") from None


def json_money(pence: int) -> str:
    """Whole pence in the contract's form for JSON and CSV: pounds with two decimals, as text.

    >>> json_money(454000000)
    '4540000.00'
    """
    pounds, part = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}{pounds}.{part:02d}"


def format_pounds(pence: int) -> str:
    """Whole pence as a page shows them: with £, commas, always pence, and a true minus sign.

    >>> format_pounds(-123450)
    '−£1,234.50'
    """
    pounds, part = divmod(abs(pence), 100)
    return f"{MINUS if pence < 0 else ''}£{pounds:,}.{part:02d}"


def typed_pounds(pence: int) -> str:
    """Whole pence as a person would type them: in pounds with commas, without £.

    >>> typed_pounds(-123450)
    '-1,234.50'
    """
    pounds, part = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}{pounds:,}.{part:02d}"


def format_millions(pence: int) -> str:
    """Whole pence as a headline in millions, with as many decimals as needed, at most two.

    It is rounded to two decimals, half away from 0, and only used for display.

    >>> format_millions(3380000000), format_millions(992000000)
    ('£33.8m', '£9.92m')
    """
    hundredths = (abs(pence) + 500_000) // 1_000_000
    whole, part = divmod(hundredths, 100)
    decimals = f".{part:02d}".rstrip("0").rstrip(".")
    minus = MINUS if pence < 0 and hundredths else ""
    return f"{minus}£{whole:,}{decimals}m"


MINUS = "\N{MINUS SIGN}"
