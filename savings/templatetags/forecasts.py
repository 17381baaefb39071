"""A return's forecasts for any page that shows the return, and their words."""

from __future__ import annotations

from django import template
from django.utils import timezone

from savings.forecasts import reports, wording
from savings.forecasts.reports import ForecastsOfReturn
from savings.returns.models import Return
from sovereignty.models import User

register = template.Library()


@register.simple_tag(takes_context=True)
def forecasts_of(context: template.Context, parent: Return) -> ForecastsOfReturn | None:
    """The forecasts of a return that the reader may see; None if no one is signed in.

    `{% forecasts_of parent as standing %}`, and `savings/forecasts/summary.html` shows them.
    """
    user = context.get("user")
    if not isinstance(user, User) or parent.council_id is None:
        return None
    return reports.forecasts_of(user, parent, timezone.localdate())


@register.filter
def in_a_sentence(forecasts: ForecastsOfReturn) -> str:
    """How many initiatives have a forecast of each status."""
    return wording.standing(forecasts.counts)
