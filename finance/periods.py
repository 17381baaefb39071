"""Financial years and quarters as frozen values. "Today" is always passed in.

A financial year runs from 1 April to 31 March: ``2012-13``, shown as 2012/13.
Q1 is April to June; ``2012-13-Q4`` ends on 31 March 2013.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import total_ordering

_YEAR = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)
_QUARTER = re.compile(r"([0-9]{4}-[0-9]{2})-Q([1-4])", re.ASCII)
_FIRST_MONTH = {1: 4, 2: 7, 3: 10, 4: 1}
_MONTHS = {
    1: "April to June",
    2: "July to September",
    3: "October to December",
    4: "January to March",
}
_EARLIEST, _LATEST = 1900, 2899


class PeriodError(ValueError):
    """Not the code of a financial year or quarter; the message says what to do."""


@total_ordering
@dataclass(frozen=True, slots=True)
class FinancialYear:
    """The year from 1 April of `start` to 31 March of the next year.

    >>> FinancialYear.parse("2012-13").label
    '2012/13'
    """

    start: int

    def __post_init__(self) -> None:
        if not _EARLIEST <= self.start <= _LATEST:
            raise PeriodError(f"Give a year between {_EARLIEST} and {_LATEST}.")

    @classmethod
    def parse(cls, code: str) -> FinancialYear:
        """Read a code such as ``2012-13``. Raises PeriodError for anything else."""
        match = _YEAR.fullmatch(code)
        if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
            raise PeriodError(f"“{code}” is not a financial year: write it as 2012-13.")
        return cls(int(match[1]))

    @classmethod
    def containing(cls, day: date) -> FinancialYear:
        """The financial year of a day: 31 March and 1 April fall in different years."""
        return cls(day.year if day.month >= 4 else day.year - 1)

    @property
    def code(self) -> str:
        return f"{self.start}-{(self.start + 1) % 100:02d}"

    @property
    def label(self) -> str:
        return self.code.replace("-", "/")

    @property
    def first_day(self) -> date:
        return date(self.start, 4, 1)

    @property
    def last_day(self) -> date:
        return date(self.start + 1, 3, 31)

    @property
    def quarters(self) -> tuple[Quarter, Quarter, Quarter, Quarter]:
        return (Quarter(self, 1), Quarter(self, 2), Quarter(self, 3), Quarter(self, 4))

    def __lt__(self, other: FinancialYear) -> bool:
        return self.start < other.start

    def __str__(self) -> str:
        return self.code


@total_ordering
@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a financial year.

    >>> Quarter.parse("2012-13-Q4").last_day
    datetime.date(2013, 3, 31)
    """

    year: FinancialYear
    number: int

    def __post_init__(self) -> None:
        if self.number not in _FIRST_MONTH:
            raise PeriodError("A quarter is 1, 2, 3 or 4.")

    @classmethod
    def parse(cls, code: str) -> Quarter:
        """Read a code such as ``2012-13-Q4``. Raises PeriodError for anything else."""
        if not code:
            raise PeriodError("Enter a quarter, such as 2013-14-Q3.")
        match = _QUARTER.fullmatch(code)
        if match is None:
            raise PeriodError(f"“{code}” is not a quarter: write it as 2012-13-Q4.")
        return cls(FinancialYear.parse(match[1]), int(match[2]))

    @classmethod
    def containing(cls, day: date) -> Quarter:
        """The quarter of a day.

        >>> Quarter.containing(date(2013, 3, 31)).code
        '2012-13-Q4'
        """
        return cls(FinancialYear.containing(day), (day.month - 4) % 12 // 3 + 1)

    @classmethod
    def from_ordinal(cls, ordinal: int) -> Quarter:
        """The inverse of `ordinal`."""
        return cls(FinancialYear(ordinal // 4), ordinal % 4 + 1)

    @property
    def ordinal(self) -> int:
        """A number that sorts and subtracts quarters: four times the year, plus 0 to 3."""
        return self.year.start * 4 + self.number - 1

    @property
    def code(self) -> str:
        return f"{self.year.code}-Q{self.number}"

    @property
    def label(self) -> str:
        return f"{self.year.label} Q{self.number}"

    @property
    def months(self) -> str:
        return _MONTHS[self.number]

    @property
    def first_day(self) -> date:
        calendar_year = self.year.start + (1 if self.number == 4 else 0)
        return date(calendar_year, _FIRST_MONTH[self.number], 1)

    @property
    def last_day(self) -> date:
        if self.number == 4:
            return self.year.last_day  # the last possible quarter has no following one
        return self.following.first_day - timedelta(days=1)

    @property
    def following(self) -> Quarter:
        return Quarter.from_ordinal(self.ordinal + 1)

    @property
    def preceding(self) -> Quarter:
        return Quarter.from_ordinal(self.ordinal - 1)

    def until(self, last: Quarter) -> Iterator[Quarter]:
        """Every quarter from this one to `last`, both included."""
        for ordinal in range(self.ordinal, last.ordinal + 1):
            yield Quarter.from_ordinal(ordinal)

    def __lt__(self, other: Quarter) -> bool:
        return self.ordinal < other.ordinal

    def __str__(self) -> str:
        return self.code
