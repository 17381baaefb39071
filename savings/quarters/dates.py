"""The dates of a quarter's returns, and how far off they are. Pure; "today" is passed in.

A quarter **opens** on the first day on which its returns can be filled in. They are
**due** on the last day to submit one, and it **closes** on the day by which all should be
certified. People are told and reminded of these dates. The quarter's status, which the
programme office changes, decides what may be done: a late return can still be submitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from finance.periods import Quarter

#: How long after it opens a quarter's returns are due, and how long after that it closes.
TO_SUBMIT = timedelta(days=30)
TO_CERTIFY = timedelta(days=15)

#: A later year than this is a typing error.
LATEST = date(2999, 12, 31)


def is_closed(quarter: Quarter, closed: Quarter | None) -> bool:
    """Whether a quarter's figures stand: it, or one after it, is closed.

    `closed` is the latest closed quarter, or None.

    >>> q1, q2 = Quarter.parse("2013-14-Q1"), Quarter.parse("2013-14-Q2")
    >>> is_closed(q1, q1), is_closed(q1, q2), is_closed(q2, q1), is_closed(q1, None)
    (True, True, False, False)
    """
    return closed is not None and quarter <= closed


@dataclass(frozen=True, slots=True)
class Dates:
    """A quarter's three dates."""

    opens_on: date
    due_on: date
    closes_on: date

    def by_name(self) -> dict[str, date]:
        return {"opens_on": self.opens_on, "due_on": self.due_on, "closes_on": self.closes_on}

    def as_text(self) -> dict[str, str]:
        """For an event: each date by its name, as text."""
        return {name: day.isoformat() for name, day in self.by_name().items()}


def dates_of(
    quarter: Quarter,
    *,
    opens_on: date | None = None,
    due_on: date | None = None,
    closes_on: date | None = None,
) -> Dates:
    """The dates given, and the usual ones for those that are not given.

    A quarter usually opens on the first day after it, is due 30 days after opening, and
    closes 15 days after that.

    >>> dates_of(Quarter.parse("2013-14-Q1")).as_text()
    {'opens_on': '2013-07-01', 'due_on': '2013-07-31', 'closes_on': '2013-08-15'}
    """
    opens = opens_on or quarter.last_day + timedelta(days=1)
    due = due_on or min(opens, LATEST) + TO_SUBMIT
    return Dates(opens, due, closes_on or min(due, LATEST) + TO_CERTIFY)


def mistakes_in(dates: Dates, quarter: Quarter) -> list[tuple[str, str]]:
    """What is wrong with a quarter's dates: the date's name, and what to do."""
    for name, day in dates.by_name().items():
        if day > LATEST:
            return [(name, f"Give a year up to {LATEST.year}.")]
    found: list[tuple[str, str]] = []
    if dates.opens_on < quarter.first_day:
        first = f"{quarter.first_day.day} {quarter.first_day:%B %Y}"
        found.append(("opens_on", f"{quarter.label} begins on {first}: give that day or later."))
    if dates.due_on < dates.opens_on:
        found.append(("due_on", "Give a due date on or after the opening date."))
    if dates.closes_on < dates.due_on:
        found.append(("closes_on", "Give a closing date on or after the due date."))
    return found


def days_late(due_on: date | None, on: date) -> int:
    """How many days after the due date a day is; 0 if it is not after it, or none is set.

    >>> days_late(date(2013, 7, 31), date(2013, 8, 3))
    3
    """
    return 0 if due_on is None else max(0, (on - due_on).days)


def due_in_words(due_on: date | None, today: date) -> str:
    """How far off the due date is; empty if there is none.

    >>> [due_in_words(date(2013, 7, 31), date(2013, 7, day)) for day in (26, 30, 31)]
    ['due in 5 days', 'due tomorrow', 'due today']
    >>> due_in_words(date(2013, 7, 31), date(2013, 8, 3))
    '3 days late'
    """
    if due_on is None:
        return ""
    ahead = (due_on - today).days
    if ahead > 1:
        return f"due in {ahead:,} days"
    if ahead >= 0:
        return "due tomorrow" if ahead else "due today"
    return "1 day late" if ahead == -1 else f"{-ahead:,} days late"
