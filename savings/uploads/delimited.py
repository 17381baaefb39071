"""The rows of a CSV file: UTF-8, with or without a byte order mark, and commas. Pure.

A download puts an apostrophe before text that a spreadsheet would read as a formula. Here it
is removed again, so that what comes back is what was sent out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence

from savings.uploads.sheets import (
    ENCODING,
    LONGEST_CELL,
    MOST_COLUMNS,
    Cell,
    Odd,
    Refused,
    Row,
    Table,
    TextAllowance,
    too_far_right,
)

NOT_COMMAS = (
    "The cells of this file are separated by {name}: save it as “CSV UTF-8 (comma delimited)”, "
    "with commas between the cells, and upload it again."
)
QUOTES = (
    "The quotation marks in this row do not match: put one before and one after the text of a "
    "cell, and write one inside the text twice."
)
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}

#: What a spreadsheet reads as the start of a formula. The last four are the wide forms of
#: East Asian keyboards. Apostrophes before it are included, so that an added one can be told.
_FORMULA = re.compile("'*[ ]*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]")
_UNDECODED = re.compile("[\udc80-\udcff]")


def safe_text(text: str) -> str:
    """Text with an apostrophe before it if a spreadsheet could read it as a formula.

    >>> safe_text("=1+1"), safe_text("'=1+1"), safe_text("Fostering")
    ("'=1+1", "''=1+1", 'Fostering')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def meant_text(written: str) -> str:
    """The text that `safe_text` made this from.

    >>> meant_text("'=1+1"), meant_text("''=1+1"), meant_text("'tis")
    ('=1+1', "'=1+1", "'tis")
    """
    return written[1:] if written[:1] == "'" and _FORMULA.match(written) else written


def read_delimited(content: bytes) -> Table:
    """The rows that are not empty. Raises Refused, also while reading, if it can't be read."""
    return Table(_rows(content))


def _rows(content: bytes) -> Iterator[Row]:
    # Bytes that are not UTF-8 become lone surrogates, which show where they were.
    lines = io.TextIOWrapper(
        io.BytesIO(content), encoding="utf-8-sig", errors="surrogateescape", newline=""
    )
    reader = csv.reader(lines, strict=True)
    keep = TextAllowance().keep
    number = 0
    first = True
    while True:
        number += 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Refused(QUOTES, row=number) from error
        cells = _cells(number, fields, keep)
        if cells:
            if first:
                _check_separator(number, fields)
            first = False
            yield number, cells


def _cells(
    number: int, fields: Sequence[str], keep: Callable[[str], str]
) -> list[tuple[int, Cell]]:
    cells: list[tuple[int, Cell]] = []
    for place, field in enumerate(fields):
        if not field:
            continue
        if place >= MOST_COLUMNS:
            if field.isspace():
                continue
            raise too_far_right(number, place)
        cells.append((place, _cell(field, keep)))
    return cells


def _cell(field: str, keep: Callable[[str], str]) -> Cell:
    if not field.isascii() and _UNDECODED.search(field):
        # Decoded as it most likely was written, so that the person recognises it.
        meant = field.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
        return Odd(ENCODING, meant[:LONGEST_CELL])
    return keep(meant_text(field) if field[0] == "'" else field)


def _check_separator(number: int, fields: Sequence[str]) -> None:
    """Refuse a header whose names are separated by anything but commas."""
    if len(fields) > 1:
        return
    for separator, name in _SEPARATORS.items():
        if separator in fields[0]:
            raise Refused(NOT_COMMAS.format(name=name), row=number, value=fields[0][:200])
