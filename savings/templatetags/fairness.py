"""Shares of net and of contribution in templates."""

from __future__ import annotations

from fractions import Fraction

from django import template

from savings.fairness import wording

register = template.Library()


@register.filter
def percent(share: Fraction | None) -> str:
    """A share to one decimal: `{{ point.share_of_net|percent }}` gives 33.3%, or a dash."""
    return wording.percent(share)


@register.filter
def times(ratio: Fraction | None) -> str:
    """`{{ point.ratio|times }}` gives 0.50: half as much of the net as of the contribution."""
    return wording.times(ratio)
