"""Exact fractions and driver values in templates."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django import template

from finance.money import MINUS
from savings.kit.wording import share_in_words

register = template.Library()


@register.filter
def mixed(value: Fraction | int) -> str:
    """A fraction as a whole number and a proper fraction, with commas.

    `{{ part.exact_pence|mixed }}` gives 30,666,666 2/3.
    """
    sign = MINUS if value < 0 else ""
    exact = abs(Fraction(value))
    whole, rest = divmod(exact.numerator, exact.denominator)
    if not rest:
        return f"{sign}{whole:,}"
    proper = f"{rest:,}/{exact.denominator:,}"
    return f"{sign}{whole:,} {proper}" if whole else f"{sign}{proper}"


@register.filter
def percent(share: Fraction) -> str:
    """A share as a percentage, shown with the exact fraction: `{{ share|percent }}` is 33.33%."""
    return share_in_words(share)


@register.filter
def plain(value: Decimal) -> str:
    """A driver's value without zeros at the end: `{{ value|plain }}` gives 1,163 or 4.5."""
    return f"{value:,f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
