"""The comparison's words in templates: differences, shares and headline amounts."""

from __future__ import annotations

from django import template

from savings.comparison import wording
from savings.kit.wording import short as as_short

register = template.Library()


@register.filter
def short(pence: int) -> str:
    """Whole pence as a headline: `{{ pence|short }}` gives £9.92m, or £19.2k if it is small."""
    return as_short(pence)


@register.filter
def difference(compared: wording.Compared) -> str:
    """Delivered compared with promised, such as “£60,000.00 more”; empty where they can't be."""
    return wording.difference(compared.set_against)


@register.filter
def share(compared: wording.Compared) -> str:
    """Delivered as a percentage of promised; empty if the two can't be compared."""
    return wording.share(compared.set_against)


@register.filter
def reported(compared: wording.WithPublished) -> int:
    """What councils reported as delivered: all but what was published for the partnership."""
    return compared.delivered - compared.published
