"""The words of a what-if in templates: differences with their sign, and drivers' values."""

from __future__ import annotations

from fractions import Fraction

from django import template

from finance.money import format_pounds
from savings.whatif import wording

register = template.Library()


@register.filter
def number(value: Fraction) -> str:
    """A driver's value: `{{ value.value|number }}` gives 1,163 or 4.5."""
    return wording.number(value)


@register.filter
def signed(pence: int) -> str:
    """A difference: `{{ row.difference|signed }}` gives +£5.00, −£5.00 or no change."""
    if not pence:
        return "no change"
    return f"{'+' if pence > 0 else ''}{format_pounds(pence)}"
