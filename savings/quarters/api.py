"""The quarter that an address or a parameter names."""

from __future__ import annotations

from rest_framework.exceptions import NotFound

from finance.periods import PeriodError, Quarter
from savings.quarters.models import Period

NO_PERIOD = "There is no such period: see periods/ for those that have been opened."


def quarter_unless_asked() -> Quarter | None:
    """The latest open quarter, or if none is open the latest there is."""
    period = Period.objects.latest_open() or Period.objects.order_by("-quarter").first()
    return period.quarter if period else None


def quarter_called(code: str, sentence: str = NO_PERIOD) -> Quarter:
    """The quarter that an address names; raises NotFound for what is none."""
    try:
        return Quarter.parse(code)
    except PeriodError:
        raise NotFound(sentence) from None
