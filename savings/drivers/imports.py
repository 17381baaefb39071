"""A file of a driver's values: to typed rows, or every mistake at once. No database.

CSV in UTF-8 with the columns `council`, `effective_from`, `value` and `source`, in any
order. Rows are numbered as a spreadsheet shows them: the heading is row 1.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from finance.periods import PeriodError, Quarter
from sovereignty.refusals import FieldError

COLUMNS = ("council", "effective_from", "value", "source")
MOST_ROWS = 2000
LONGEST_FILE = 1024 * 1024

_NUMBER = re.compile(r"[0-9]{1,14}(\.[0-9]{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value of the file, with its row for mistakes that are found later."""

    row: int
    council: str
    effective_from: Quarter
    value: Decimal
    source: str


def read_values(
    content: bytes, councils: Collection[str]
) -> tuple[list[ValueRow], list[FieldError]]:
    """The rows of a file and every mistake in it; use the rows only if there is no mistake.

    >>> read_values(b"council,effective_from,value,source\\nWCC,2013-14-Q1,281,Census\\n",
    ...     {"WCC"})[0][0].value
    Decimal('281')
    """
    lines, refusal = _lines(content)
    if refusal:
        return [], [FieldError("file", refusal)]
    if not lines:
        return [], [
            FieldError("file", f"The file is empty. It needs the columns {_one_of(COLUMNS)}.")
        ]
    header = [cell.strip() for cell in lines[0]]
    errors = _mistakes_in_header(header)
    if errors:
        return [], errors
    filled = [
        (n, line) for n, line in enumerate(lines[1:], start=2) if any(c.strip() for c in line)
    ]
    if not filled:
        return [], [FieldError("file", "There is no row below the heading.")]
    if len(filled) > MOST_ROWS:
        return [], [FieldError("file", f"Send at most {MOST_ROWS:,} rows at a time.")]
    rows: list[ValueRow] = []
    seen: dict[tuple[str, Quarter], int] = {}
    for number, line in filled:
        columns = dict(zip(header, [*line, *[""] * len(header)], strict=False))
        row, wrong = read_row(number, columns, councils)
        if len(line) > len(header):
            wrong.append(
                FieldError("file", "This row has more cells than the heading.", row=number)
            )
        errors.extend(wrong)
        if row is None:
            continue
        first = seen.setdefault((row.council, row.effective_from), number)
        if first != number:
            message = f"Row {first} already gives a value for this council and quarter: keep one."
            errors.append(FieldError("effective_from", message, row.effective_from.code, number))
        rows.append(row)
    return rows, errors


def _lines(content: bytes) -> tuple[list[list[str]], str]:
    if len(content) > LONGEST_FILE:
        return [], "The file is larger than 1 MB."
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], "This is not text in UTF-8: save it as “CSV UTF-8”."
    if "\x00" in text:
        return [], "This is not a CSV file: save it as “CSV UTF-8”."
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True)), ""
    except csv.Error as error:
        return [], f"This can't be read as CSV: {error}."


def _mistakes_in_header(header: list[str]) -> list[FieldError]:
    if len(header) == 1 and ";" in header[0]:
        return [FieldError("file", "Separate the columns by commas, not by semicolons.", row=1)]
    errors = [
        FieldError("file", f"There is no column “{name}”: add it.", row=1)
        for name in COLUMNS
        if name not in header
    ]
    for name in sorted(set(header), key=header.index):
        if name not in COLUMNS:
            remedy = f"There is no such column: use {_one_of(COLUMNS)}."
            errors.append(FieldError("file", remedy, name[:80], 1))
        elif header.count(name) > 1:
            errors.append(FieldError("file", "This column is there twice: keep one.", name, 1))
    return errors


def read_row(
    number: int, columns: Mapping[str, str], councils: Collection[str]
) -> tuple[ValueRow | None, list[FieldError]]:
    """One row of text as a value, or None and every mistake in it."""
    errors = []

    def wrong(column: str, message: str) -> None:
        errors.append(FieldError(column, message, columns[column].strip()[:200], number))

    council, value = columns["council"].strip(), columns["value"].strip()
    source = columns["source"].strip()
    quarter = None
    if council not in councils:
        wrong("council", f"There is no such council: use {_one_of(sorted(councils))}.")
    try:
        quarter = Quarter.parse(columns["effective_from"].strip())
    except PeriodError as error:
        wrong("effective_from", str(error))
    if not _NUMBER.fullmatch(value):
        wrong("value", "Enter a number of 0 or more in digits, such as 412 or 12.5.")
    if not source:
        wrong("source", "Say where the value comes from.")
    elif len(source) > 300:
        wrong("source", "Shorten this to 300 characters.")
    if errors or quarter is None:
        return None, errors
    return ValueRow(number, council, quarter, Decimal(value), source), []


def _one_of(names: Collection[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
