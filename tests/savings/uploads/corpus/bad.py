"""A wrong file: how it is made, and everything that is said about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.savings.uploads.making import (
    HEADER,
    Part,
    a_csv,
    a_row,
    an_ods,
    an_xlsx,
    ods_content,
    ods_of,
    ods_row,
    ods_table,
    sheet_of,
)

Said = tuple[int | None, str | None, str]


@dataclass(frozen=True)
class Bad:
    """A wrong file: its name, how it is made, and everything that is said about it."""

    name: str
    make: Callable[[], bytes]
    said: Sequence[Said]
    #: The page says so when it is sent; the rest is found out by a task that reads the file.
    at_once: bool = False


def whole(name: str, make: Callable[[], bytes], sentence: str) -> Bad:
    """A file that is refused as a whole."""
    return Bad(name, make, [(None, None, sentence)])


def at_once(name: str, make: Callable[[], bytes], sentence: str) -> Bad:
    """A file that is plainly none of a return's, which is seen before it is read."""
    return Bad(name, make, [(None, None, sentence)], at_once=True)


def at(name: str, make: Callable[[], bytes], row: int, column: str, sentence: str) -> Bad:
    """A file with one mistake, in this place."""
    return Bad(name, make, [(row, column, sentence)])


def fixed(content: bytes) -> Callable[[], bytes]:
    return lambda: content


def csv_row(**changed: str) -> Callable[[], bytes]:
    """A CSV file with one row, right except for these columns."""
    return lambda: a_csv(a_row(**changed))


def xlsx_cell(**instead: str) -> Callable[[], bytes]:
    """An XLSX file with one row, right except for these cells; @ is the cell's place."""
    return lambda: an_xlsx(sheet_of(a_row(), **instead))


def ods_with(**instead: str) -> Callable[[], bytes]:
    return lambda: ods_of(a_row(), **instead)


def xlsx_with_part(name: str, part: Part) -> Callable[[], bytes]:
    """A workbook that is right except for this part, replaced or added."""
    return lambda: an_xlsx(sheet_of(a_row()), {name: part})


def ods_with_part(name: str, part: Part) -> Callable[[], bytes]:
    content = ods_content(ods_table(ods_row(HEADER), ods_row(a_row())))
    return lambda: an_ods(content, {name: part})
