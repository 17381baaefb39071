"""A file as the rows of a return, and every mistake that the file itself shows. Pure.

The API, the preview and the workbook with marked mistakes all use it. It turns bytes into raw
rows, numbered as in the spreadsheet, for `savings.filling.rows` to check. Only that module
decides what a cell may say. This one decides whether there is a cell, which column it is in,
and whether it holds a value or a formula, a date or an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from savings.filling.rows import MOST_MISTAKES, Reference, printable, read_rows
from savings.returns.rows import COLUMNS, REQUIRED_COLUMNS, EntryRow
from savings.uploads.delimited import read_delimited
from savings.uploads.excel import read_excel
from savings.uploads.guards import Kind, kind_of, open_package
from savings.uploads.opendocument import read_opendocument
from savings.uploads.sheets import (
    BOOLEAN,
    DATE,
    ENCODING,
    ERROR,
    FORMULA,
    MOST_ROWS,
    Cell,
    Merge,
    Odd,
    Refused,
    Row,
    Table,
    column_letters,
)
from sovereignty.refusals import FieldError

#: Rows that are checked between two reports of progress.
STEP = 1_000
SHOWN = 200

TOO_MANY_ROWS = (
    f"There are more than {MOST_ROWS:,} rows, which is the most that a return can have. Add up "
    "rows that differ only in their amount."
)
NOTHING = f"This file has no rows. The first row must name the columns: {', '.join(COLUMNS)}."
#: Free text may be a date or TRUE, as a person reads it; nothing else may.
_FREE_TEXT = ("evidence", "note")
_NOT_A_VALUE = {
    FORMULA: "Enter the value: this cell has a formula.",
    ERROR: "Enter a value: this cell has an error.",
    ENCODING: "This is not text in UTF-8: save the file as “CSV UTF-8 (comma delimited)” and "
    "upload it again.",
}
_NOT_HERE = {
    DATE: "Enter what this column asks for: the cell has a date. If you typed something else, "
    "set its format to Text and type it again.",
    BOOLEAN: "Enter what this column asks for: the cell has TRUE or FALSE.",
}
_MERGED = "Unmerge these cells and give each row its own values."


@dataclass(frozen=True, slots=True)
class FileMistake(FieldError):
    """A mistake in an uploaded file. If it is in no row or column, they are null."""

    def as_dict(self) -> dict[str, object]:
        return {
            "field": self.field,
            "message": self.message,
            "value": self.value,
            "row": self.row,
            "column": self.field if self.row is not None else None,
        }


RawRow = tuple[int, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file's rows as typed, and its mistakes. Rows only count if there are no mistakes.

    `missing` are required columns that the file does not have, which is not a mistake in each
    row. `places` has the column of each header, counted from 0.
    """

    rows: list[RawRow] = field(default_factory=list)
    mistakes: list[FieldError] = field(default_factory=list)
    missing: frozenset[str] = frozenset()
    places: Mapping[str, int] = field(default_factory=dict)


def read(content: bytes) -> Reading:
    """Read a file, whatever it is. Never raises for its content.

    >>> reading = read(b"service,kind,scope,amount,note\\nhr,saving,own,45k,\\n")
    >>> reading.rows, reading.mistakes
    ([(2, {'service': 'hr', 'kind': 'saving', 'scope': 'own', 'amount': '45k'})], [])
    """
    reader = _Reader()
    try:
        reader.take(open_table(content))
    except Refused as refused:
        reader.mistakes.append(as_mistake(refused))
    return Reading(reader.rows, in_order(reader.mistakes), reader.missing, reader.places)


def open_table(content: bytes) -> Table:
    """The sheet of a file, ready to read. Raises Refused, also while its rows are read."""
    kind = kind_of(content)
    if kind == Kind.CSV:
        return read_delimited(content)
    package = open_package(content, kind)
    return read_excel(package) if kind == Kind.XLSX else read_opendocument(package)


def mistake_in(cell: Odd) -> str:
    """What to do about a cell with neither text nor a number, where those are asked for."""
    return _NOT_A_VALUE.get(cell.kind) or _NOT_HERE[cell.kind]


def as_mistake(refused: Refused) -> FieldError:
    return FileMistake(
        refused.column or "file", str(refused), printable(refused.value)[:SHOWN], refused.row
    )


def judge(
    reading: Reading,
    reference: Reference,
    *,
    after: Callable[[int], object] = lambda checked: None,
) -> tuple[list[EntryRow], list[FieldError]]:
    """Typed rows, and every mistake in the file and its rows, in the order of the sheet.

    Calls `after` with the number of rows checked, every thousand. A cell that already has a
    mistake of the file gets no second one.
    """
    blamed = {(mistake.row, mistake.field) for mistake in reading.mistakes}
    typed, errors = read_rows(_counted(reading.rows, after), reference)
    mistakes: list[FieldError] = [
        FileMistake(error.field, error.message, error.value, error.row)
        for error in errors
        if error.field not in reading.missing and (error.row, error.field) not in blamed
    ]
    mistakes = in_order([*reading.mistakes, *mistakes])
    if len(mistakes) > MOST_MISTAKES:
        more = FileMistake("file", f"Only the first {MOST_MISTAKES:,} mistakes are listed here.")
        mistakes = [more, *mistakes[:MOST_MISTAKES]]
    return typed, mistakes


def _counted(rows: Sequence[RawRow], after: Callable[[int], object]) -> Iterator[RawRow]:
    for count, row in enumerate(rows, start=1):
        yield row
        if count % STEP == 0:
            after(count)
    after(len(rows))


def in_order(mistakes: Sequence[FieldError]) -> list[FieldError]:
    """By row and column. Mistakes of the whole file come first."""
    places = {column: place for place, column in enumerate(COLUMNS)}
    return sorted(
        mistakes,
        key=lambda mistake: (mistake.row or 0, places.get(mistake.field, len(places))),
    )


class _Reader:
    """Takes a table's rows: the first that is not empty is the header."""

    def __init__(self) -> None:
        self.rows: list[RawRow] = []
        self.mistakes: list[FieldError] = []
        self.missing: frozenset[str] = frozenset()
        self.places: dict[str, int] = {}
        self._header: int | None = None
        self._last = 0
        self._names: dict[int, str] = {}
        self._nameless: set[int] = set()

    def take(self, table: Table) -> None:
        rows = (row for row in table.rows if not _is_blank(row))
        header = next(rows, None)
        if header is None:
            raise Refused(NOTHING)
        self._take_header(header)
        for row in rows:
            self._take_row(row)
        for merge in table.merges:
            self._take_merge(merge)

    def wrong(self, column: str, row: int, message: str, value: str = "") -> None:
        self.mistakes.append(
            FileMistake(printable(column)[:80], printable(message), printable(value)[:SHOWN], row)
        )

    def _take_header(self, header: Row) -> None:
        number, cells = header
        self._header = self._last = number
        if not {_spelt(_text(cell)) for _, cell in cells} & set(COLUMNS):
            place, cell = cells[0]
            raise Refused(
                f"This row must name the columns, but names none of them: {', '.join(COLUMNS)}.",
                row=number,
                column=column_letters(place),
                value=_text(cell)[:SHOWN],
            )
        for place, cell in cells:
            self._take_name(number, place, cell)
        self.missing = frozenset(REQUIRED_COLUMNS) - set(self._names.values())
        for column in REQUIRED_COLUMNS:
            if column in self.missing:
                self.wrong(
                    column, number, f"There is no column {column}: add it, spelled like this."
                )

    def _take_name(self, number: int, place: int, cell: Cell) -> None:
        text = _text(cell)
        meant = _spelt(text)
        if not meant:
            return
        self.places.setdefault(printable(text)[:80], place)
        # Reported once, for the header, and not again for each cell below it.
        self._nameless.add(place)
        if isinstance(cell, Odd):
            message = f"Name the column in plain text, as one of {', '.join(COLUMNS)}."
            self.wrong(column_letters(place), number, message, text)
        elif meant not in COLUMNS:
            self.wrong(text, number, "There is no such column: remove or rename it.", text)
        elif meant in self._names.values():
            message = f"The column {meant} is there twice: remove or rename one of them."
            self.wrong(text, number, message, text)
        else:
            # Its cells are checked even if it is misspelled, so that all mistakes are listed.
            self._names[place] = meant
            if text != meant:
                self.wrong(text, number, f"There is no such column: spell it {meant}.", text)

    def _take_row(self, row: Row) -> None:
        number, cells = row
        if len(self.rows) >= MOST_ROWS:
            raise Refused(TOO_MANY_ROWS, row=number)
        self._last = number
        columns: dict[str, object] = {}
        names = self._names
        for place, cell in cells:
            name = names.get(place)
            if name is None:
                self._take_nameless(number, place, cell)
            elif isinstance(cell, str):
                columns[name] = cell
            else:
                self._take_odd(number, name, cell, columns)
        self.rows.append((number, columns))

    def _take_nameless(self, number: int, place: int, cell: Cell) -> None:
        if place in self._nameless or not _text(cell).strip():
            return
        message = "This column has no name: name it in the header, or empty it."
        self.wrong(column_letters(place), number, message, _text(cell))
        self._nameless.add(place)

    def _take_odd(self, number: int, name: str, cell: Odd, columns: dict[str, object]) -> None:
        if name in _FREE_TEXT and cell.kind not in _NOT_A_VALUE:
            columns[name] = cell.text
        else:
            self.wrong(name, number, mistake_in(cell), cell.text)

    def _take_merge(self, merge: Merge) -> None:
        if self._header is None or merge.last_row < self._header or merge.first_row > self._last:
            return
        within = range(merge.first_column, merge.last_column + 1)
        column = next((name for place, name in sorted(self._names.items()) if place in within), "")
        if column:
            first = f"{column_letters(merge.first_column)}{merge.first_row}"
            last = f"{column_letters(merge.last_column)}{merge.last_row}"
            row = max(merge.first_row, self._header)
            self.wrong(column, row, _MERGED, f"{first}:{last}")


def _spelt(name: str) -> str:
    """The column name that a header most likely means."""
    return "_".join(name.lower().split())


def _is_blank(row: Row) -> bool:
    return all(isinstance(cell, str) and (not cell or cell.isspace()) for _, cell in row[1])


def _text(cell: Cell) -> str:
    return cell.text if isinstance(cell, Odd) else cell
