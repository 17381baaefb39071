"""A file with named columns as rows of text, whatever kind of file it is. Pure.

XLSX, ODS and CSV are read by the readers of uploads, which refuse everything that is not a
spreadsheet. The first row that is not empty names the columns, in any order. Rows are numbered as
a spreadsheet shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from savings.filling.rows import printable
from savings.uploads.imports import as_mistake, mistake_in, open_table
from savings.uploads.sheets import Cell, Odd, Refused, Row, column_letters
from sovereignty.refusals import FieldError

MOST_ROWS = 2_000
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, whether every file has it, and what its cells say."""

    name: str
    required: bool
    guide: str


#: The row's number, and its cells by column; a column that the row leaves empty has "".
TextRow = tuple[int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows, and every mistake that the file itself shows.

    `missing` are required columns that it doesn't have, which is not a mistake in each row.
    """

    rows: list[TextRow] = field(default_factory=list)
    mistakes: list[FieldError] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)

    def blames(self, row: int, column: str) -> bool:
        return any((each.row, each.field) == (row, column) for each in self.mistakes)


def read(content: bytes, columns: Sequence[Column]) -> Reading:
    """Read a file. Never raises for its content.

    >>> reading = read(b"Name,slug\\nWaste,waste\\n", [Column("slug", True, "")])
    >>> reading.rows, reading.mistakes[0].message
    ([(2, {'slug': 'waste'})], 'There is no such column. Use slug, or remove it.')
    """
    reading = Reading()
    try:
        _take(content, columns, reading)
    except Refused as refused:
        reading.mistakes.append(as_mistake(refused))
    reading.mistakes.sort(key=lambda mistake: mistake.row or 0)
    return reading


def _take(content: bytes, columns: Sequence[Column], reading: Reading) -> None:
    table = open_table(content)
    rows = (row for row in table.rows if any(_text(cell).strip() for _, cell in row[1]))
    header = next(rows, None)
    if header is None:
        raise Refused(f"The file has no rows. The first row names the columns: {_all(columns)}.")
    places = _places(header, columns, reading)
    for number, cells in rows:
        if len(reading.rows) == MOST_ROWS:
            raise Refused(f"Send at most {MOST_ROWS:,} rows at a time.", row=number)
        reading.rows.append((number, _columns(number, cells, places, columns, reading)))
    if not reading.rows and not reading.mistakes:
        raise Refused("There is no row below the one that names the columns.")
    for merge in table.merges[:1]:
        cell = f"{column_letters(merge.first_column)}{merge.first_row}"
        remedy = "Unmerge these cells and give each row its own values."
        reading.mistakes.append(FieldError("file", remedy, cell, merge.first_row))


def _places(header: Row, columns: Sequence[Column], reading: Reading) -> dict[int, str]:
    """Which column is where. Adds what is wrong with their names."""
    number, cells = header
    names = [column.name for column in columns]
    places: dict[int, str] = {}
    for place, cell in cells:
        text = printable(_text(cell)).strip()
        name = "_".join(text.lower().split())
        if not name:
            continue
        if name not in names:
            remedy = f"There is no such column. Use {_all(columns)}, or remove it."
            reading.mistakes.append(FieldError(text[:80], remedy, text[:SHOWN], number))
        elif name in places.values():
            remedy = "This column is there twice. Keep one."
            reading.mistakes.append(FieldError(name, remedy, text[:SHOWN], number))
        else:
            places[place] = name
    for column in columns:
        if column.required and column.name not in places.values():
            remedy = f"There is no column {column.name}. Add it."
            reading.mistakes.append(FieldError(column.name, remedy, row=number))
            reading.missing.add(column.name)
    return places


def _columns(
    number: int,
    cells: Sequence[tuple[int, Cell]],
    places: dict[int, str],
    columns: Sequence[Column],
    reading: Reading,
) -> dict[str, str]:
    found = {column.name: "" for column in columns if column.name in places.values()}
    for place, cell in cells:
        name = places.get(place)
        if name is None:
            continue
        if isinstance(cell, Odd):
            text = printable(cell.text)[:SHOWN]
            reading.mistakes.append(FieldError(name, mistake_in(cell), text, number))
        else:
            found[name] = printable(cell).strip()
    return found


def _text(cell: Cell) -> str:
    return cell.text if isinstance(cell, Odd) else cell


def _all(columns: Sequence[Column]) -> str:
    names = [column.name for column in columns]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
