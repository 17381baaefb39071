"""Forecasts of a return: from text to typed values, or every mistake at once. Pure.

The form and the API both use `read_rows`, so that they accept and refuse the same text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from finance.money import json_money
from savings.filling.rows import ColumnReader
from sovereignty.refusals import FieldError

COLUMNS = (
    "service",
    "this_year",
    "full_year_effect",
    "status",
    "starts_on",
    "reason",
    "replacement",
)
#: What a reader may send back with a row, although they can't set it.
IGNORED_KEYS = ("provenance",)

#: The statuses with the words that councils use.
STATUSES = {
    "delivered": "Delivered",
    "on_track": "On track",
    "at_risk": "At risk",
    "not_achievable": "Not achievable",
}
#: Those that need a reason, and what replaces the saving.
IN_DOUBT = ("at_risk", "not_achievable")

_NAMES = "january february march april may june july august september october november december"
_MONTHS = {name: number for number, name in enumerate(_NAMES.split(), start=1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_NUMBERS = re.compile(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})", re.ASCII)
_WORDS = re.compile(r"([0-9]{1,2}) +([A-Za-z]{3,9}) +([0-9]{4})", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """One valid forecast; amounts in pence, positive when spending falls."""

    service: str
    this_year: int
    full_year_effect: int
    status: str
    starts_on: date | None = None
    reason: str = ""
    replacement: str = ""

    @property
    def is_in_doubt(self) -> bool:
        return self.status in IN_DOUBT


def read_rows(
    raw: Iterable[tuple[int, Mapping[str, object]]], initiatives: Collection[str]
) -> tuple[list[ForecastRow], list[FieldError]]:
    """Valid forecasts and every mistake; use the forecasts only if there is no mistake.

    `raw` pairs each row's number, as its sender counts it, with its columns.
    `initiatives` are the services that need a forecast: no other has one, and each has
    one at most. What is at risk or not achievable needs its reason and what replaces
    the saving; nothing else has them.

    >>> rows, errors = read_rows([(1, {"service": "hr", "this_year": "45k",
    ...     "full_year_effect": "£1.2m", "status": "on_track", "starts_on": "1/9/2013"})], {"hr"})
    >>> rows[0].this_year, rows[0].starts_on, errors
    (4500000, datetime.date(2013, 9, 1), [])
    """
    rows: list[ForecastRow] = []
    errors: list[FieldError] = []
    first: dict[str, int] = {}
    for number, columns in raw:
        reader = _ForecastReader(number, columns, initiatives, first)
        row = reader.read()
        errors.extend(reader.errors)
        if row is not None:
            rows.append(row)
    return rows, errors


def parse_date(text: str) -> date:
    """Read a day as people type it, day before month; raises ValueError, saying what to do.

    >>> parse_date("1/9/2013") == parse_date("1 Sep 2013") == parse_date("2013-09-01")
    True
    """
    if match := _ISO.fullmatch(text):
        year, month, day = match.groups()
    elif match := _NUMBERS.fullmatch(text):
        day, month, year = match.groups()
    elif (match := _WORDS.fullmatch(text)) and match[2].lower() in _MONTHS:
        day, month, year = match[1], str(_MONTHS[match[2].lower()]), match[3]
    else:
        raise ValueError("Enter a date as 1/9/2013 or 1 September 2013.")
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        raise ValueError(f"Enter a year between {_FIRST_YEAR} and {_LAST_YEAR}.")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("There is no such day: enter a date as 1/9/2013.") from None


def describe(row: ForecastRow) -> dict[str, object]:
    """A forecast as plain JSON values, leaving out what is empty."""
    values: dict[str, object] = {
        "service": row.service,
        "this_year": json_money(row.this_year),
        "full_year_effect": json_money(row.full_year_effect),
        "status": row.status,
        "starts_on": row.starts_on.isoformat() if row.starts_on else "",
        "reason": row.reason,
        "replacement": row.replacement,
    }
    return {name: value for name, value in values.items() if value != ""}


class _ForecastReader(ColumnReader):
    """Reads one forecast. `first` has the row in which each service was named first."""

    def __init__(
        self,
        number: int,
        columns: Mapping[str, object],
        initiatives: Collection[str],
        first: dict[str, int],
    ) -> None:
        super().__init__(number, columns)
        self.initiatives = initiatives
        self.first = first

    def read(self) -> ForecastRow | None:
        self.unknown_columns((*COLUMNS, *IGNORED_KEYS))
        service = self.service()
        this_year = self.money("this_year")
        full_year_effect = self.money("full_year_effect")
        status = self.choice("status", tuple(STATUSES), needed=True, why="the status")
        starts_on = self.day("starts_on")
        row = ForecastRow(
            service=service,
            this_year=this_year,
            full_year_effect=full_year_effect,
            status=status,
            starts_on=starts_on,
            reason=self.explanation("reason", status, "Say why the saving is {}."),
            replacement=self.explanation(
                "replacement", status, "Say what replaces the saving that is {}."
            ),
        )
        return None if self.errors else row

    def service(self) -> str:
        service = self.text("service")
        if service is None:
            return ""
        if not service:
            self.wrong("service", service, "Enter the service's short name, such as “libraries”.")
        elif service not in self.initiatives:
            self.wrong(
                "service",
                service,
                f"No adopted plan asks for a forecast for “{service[:80]}” from this council in "
                "this quarter: leave it out.",
            )
        elif self.first.setdefault(service, self.number) != self.number:
            self.wrong(
                "service",
                service,
                f"Row {self.first[service]} already has a forecast for this service: leave one of "
                "them out.",
            )
        return service

    def day(self, column: str) -> date | None:
        text = self.text(column)
        if not text:
            return None
        try:
            return parse_date(text)
        except ValueError as error:
            self.wrong(column, text, str(error))
            return None

    def explanation(self, column: str, status: str, remedy: str) -> str:
        before = len(self.errors)
        text = self.free_text(column)
        if len(self.errors) > before or not status:
            return text  # with a wrong status, it is not known whether this is needed
        if status in IN_DOUBT and not text:
            self.wrong(column, text, remedy.format(STATUSES[status].lower()))
        elif status not in IN_DOUBT and text:
            self.wrong(
                column,
                text,
                "Only a saving that is at risk or not achievable has this: clear it, or change "
                "the status.",
            )
        return text
