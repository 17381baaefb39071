"""The quarter that an address or a parameter names."""

from __future__ import annotations

from rest_framework.exceptions import NotFound

from finance.periods import PeriodError, Quarter
from savings.quarters.models import Period

NO_PERIOD = "There is no such period: periods/ lists the opened ones."


def quarter_unless_asked() -> Quarter | None:
    """The latest open quarter, or the latest of all if none is open."""
    period = Period.objects.latest_open() or Period.objects.order_by("-quarter").first()
    return period.quarter if period else None


def quarter_called(code: str, sentence: str = NO_PERIOD) -> Quarter:
    """The quarter that an address names. Raises NotFound if it is not a quarter."""
    try:
        return Quarter.parse(code)
    except PeriodError:
        raise NotFound(sentence) from None
