"""The moment that somebody means by "as at": pure, with today passed in.

A day means its end in London. A time is given with its zone, since one hour comes twice
in London when the clocks go back.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
EARLIEST_YEAR = 1900

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)

HOW = "Give a day, such as 2013-08-01, or a time with its zone, such as 2013-08-01T17:30:00Z."


class MomentError(ValueError):
    """Not a moment, or one in the future; the message says what to do."""


def moment_of(text: str, *, today: date, first: bool = False) -> datetime:
    """The moment that a text names; `today` is London's. Raises MomentError.

    A day means its last moment, or with `first` its first. A moment after the end of
    today is refused.

    >>> moment_of("2013-08-01", today=date(2013, 8, 2)).isoformat()
    '2013-08-01T23:59:59.999999+01:00'
    """
    if not DAY.fullmatch(text) and not _TIME.fullmatch(text):
        raise MomentError(HOW)
    try:
        if DAY.fullmatch(text):
            day = date.fromisoformat(text)
            moment = datetime.combine(day, time(), tzinfo=LONDON) if first else end_of(day)
        else:
            moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise MomentError(f"“{text}” is not a real date. {HOW}") from None
    if moment.year < EARLIEST_YEAR:
        raise MomentError(f"Give a day from {EARLIEST_YEAR} on.")
    if moment > end_of(today):
        raise MomentError("Give today or an earlier day: that day has not come yet.")
    return moment


def end_of(day: date) -> datetime:
    """The last moment of a day in London."""
    return datetime.combine(day, time.max, tzinfo=LONDON)


def day_ended(moment: datetime) -> date | None:
    """The day that ends at a moment; None for any other moment.

    >>> day_ended(end_of(date(2013, 8, 1)))
    datetime.date(2013, 8, 1)
    """
    local = moment.astimezone(LONDON)
    return local.date() if local.time() == time.max else None
