"""The rows of a CSV file: UTF-8, with or without its mark, and commas between the cells. Pure.

A download puts an apostrophe before text that a spreadsheet would take for a formula; here it
is taken away again, so that what comes back is what went out.
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
    "cell, and two where one is meant inside it."
)
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "upright strokes"}

#: What a spreadsheet takes for the beginning of a formula; the last four are the wide forms
#: of East Asian keyboards. Apostrophes before it are counted in, so that one more can be told.
_FORMULA = re.compile("'*[ ]*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]")
_UNDECODED = re.compile("[\udc80-\udcff]")


def safe_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula: with an apostrophe before it.

    >>> safe_text("=1+1"), safe_text("'=1+1"), safe_text("Fostering")
    ("'=1+1", "''=1+1", 'Fostering')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def meant_text(written: str) -> str:
    """The text that `safe_text` made this of.

    >>> meant_text("'=1+1"), meant_text("''=1+1"), meant_text("'tis")
    ('=1+1', "'=1+1", "'tis")
    """
    return written[1:] if written[:1] == "'" and _FORMULA.match(written) else written


def read_delimited(content: bytes) -> Table:
    """The rows that hold anything; raises Refused, also on the way, for what can't be read."""
    return Table(_rows(content))


def _rows(content: bytes) -> Iterator[Row]:
    # Bytes that are not UTF-8 come through as halves of characters, which say where they were.
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
        # As it was most likely meant, for the person to recognise.
        meant = field.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
        return Odd(ENCODING, meant[:LONGEST_CELL])
    return keep(meant_text(field) if field[0] == "'" else field)


def _check_separator(number: int, fields: Sequence[str]) -> None:
    """Refuse a header that has something else than commas between its names."""
    if len(fields) > 1:
        return
    for separator, name in _SEPARATORS.items():
        if separator in fields[0]:
            raise Refused(NOT_COMMAS.format(name=name), row=number, value=fields[0][:200])
