"""What history says in words: moments, actions, columns and their values."""

from __future__ import annotations

from datetime import UTC, datetime

from savings.history.moments import LONDON, day_ended


def moment_in_words(moment: datetime) -> str:
    """A moment to follow "as it stood at".

    >>> from datetime import date
    >>> from savings.history.moments import end_of
    >>> moment_in_words(end_of(date(2013, 8, 1)))
    'the end of 1 August 2013'
    """
    day = day_ended(moment)
    if day is not None:
        return f"the end of {day.day} {day:%B %Y}"
    local = moment.astimezone(LONDON)
    return f"{local:%H:%M} on {local.day} {local:%B %Y}"


def moment_in_address(moment: datetime) -> str:
    """A moment as an address has it, to be read again by `moment_of`.

    >>> from datetime import UTC
    >>> moment_in_address(datetime(2013, 8, 1, 12, tzinfo=UTC))
    '2013-08-01T12:00:00Z'
    """
    day = day_ended(moment)
    if day is not None:
        return day.isoformat()
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
