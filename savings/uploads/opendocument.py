"""The rows of the first table of an ODS spreadsheet that isn't hidden. Pure.

Source: OpenDocument 1.3, part 3: chapter 9 for tables, 6.1.2 for spaces in text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from savings.uploads.excel import NO_SHEET
from savings.uploads.guards import LINKS, MACROS
from savings.uploads.markup import UNUSUAL, Attributes, Markup
from savings.uploads.packages import Package
from savings.uploads.sheets import (
    BOOLEAN,
    DATE,
    ERROR,
    FORMULA,
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_MERGES,
    MOST_ROWS,
    Cell,
    Merge,
    Odd,
    Refused,
    Row,
    Table,
    TextAllowance,
    number_text,
    too_far_right,
)

_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT = f"{_ODF}table:1.0 ", f"{_ODF}office:1.0 ", f"{_ODF}text:1.0 "
_STYLE, _DRAW, _SCRIPT = f"{_ODF}style:1.0 ", f"{_ODF}drawing:1.0 ", f"{_ODF}script:1.0 "
_VALUE_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_LINK = "http://www.w3.org/1999/xlink href"

_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_ROW, _SHEET = f"{_TABLE}table-row", f"{_TABLE}table"
_PARAGRAPH, _LINE_BREAK = f"{_TEXT}p", f"{_TEXT}line-break"
_SPACES, _TAB, _HYPERLINK = f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}a"
_COLUMNS_REPEATED, _ROWS_REPEATED = (
    f"{_TABLE}number-columns-repeated",
    f"{_TABLE}number-rows-repeated",
)
_COLUMNS_SPANNED = f"{_TABLE}number-columns-spanned"
_ROWS_SPANNED = f"{_TABLE}number-rows-spanned"
_FORMULA = f"{_TABLE}formula"
#: The attributes of an empty cell that only say how it looks.
_ONLY_LOOKS = {
    f"{_TABLE}style-name",
    f"{_TABLE}content-validation-name",
    _COLUMNS_REPEATED,
}
#: Things in a cell that are not its text: comments, and pronunciation guides.
_ASIDE = (f"{_OFFICE}annotation", f"{_TEXT}note", f"{_TEXT}ruby-text", f"{_TABLE}shapes")
_LINKS_ELSEWHERE = (f"{_TABLE}table-source", f"{_TABLE}cell-range-source", f"{_OFFICE}dde-source")
_NUMBERS = frozenset(("float", "currency", "percentage"))
#: No carriage return: one that comes through XML was written as its number, so it is meant.
_SPACE = re.compile(r"[ \t\n]+")
#: Stand in for spaces that are kept while the others are run together; XML can't have these.
_KEPT_SPACE, _KEPT_TAB, _KEPT_BREAK = "\x00", "\x01", "\x02"
_KEPT = str.maketrans({_KEPT_SPACE: " ", _KEPT_TAB: "\t", _KEPT_BREAK: "\n"})
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384


def read_opendocument(package: Package) -> Table:
    """The rows that are not empty. Raises Refused, also while reading, if it can't be read."""
    merges: list[Merge] = []
    return Table(_rows(_Content(merges), package.stream("content.xml")), merges)


def _rows(reader: _Content, chunks: Iterator[bytes]) -> Iterator[Row]:
    for _ in reader.read(chunks):
        found, reader.found = reader.found, []
        for first, times, cells in found:
            # One row more than allowed is enough to show that there are too many.
            for number in range(first, first + min(times, MOST_ROWS + 2)):
                yield number, cells
    if not reader.seen:
        raise Refused(NO_SHEET)


class _Content(Markup):
    """The content of a spreadsheet. It reads the cells of only one table."""

    def __init__(self, merges: list[Merge]) -> None:
        super().__init__()
        self.found: list[tuple[int, int, list[tuple[int, Cell]]]] = []
        self.seen = False
        self._merges = merges
        self._style = ""
        self._hidden: set[str] = set()
        self._reading = False
        self._aside = 0
        self._in_paragraph = False
        self._row_number = 1
        self._row_times = 1
        self._place = 0
        self._keep = TextAllowance().keep
        self._cells: list[tuple[int, Cell]] = []
        self._attributes: Attributes = {}
        self._paragraphs: list[str] = []
        self._length = 0

    def start(self, name: str, attributes: Attributes) -> None:
        self.opened += 1
        if self._aside:
            self._aside += 1
            self._refuse_traps(name, attributes)
        elif not self._reading:
            self._start_outside(name, attributes)
        elif name in _CELLS:
            self._attributes = attributes
        elif name == _PARAGRAPH:
            self._in_paragraph = True
            self.gather(True)
        elif name == _ROW:
            self._row_times = _times(attributes.get(_ROWS_REPEATED, "1"), _LAST_ROW)
            self._place = 0
        else:
            self._start_other(name, attributes)

    def end(self, name: str) -> None:
        self.closed += 1
        if self._aside:
            self._aside -= 1
            if not self._aside:
                self.gather(self._in_paragraph)
        elif not self._reading:
            return
        elif name == _PARAGRAPH:
            self._end_paragraph()
        elif name in _CELLS:
            self._end_cell()
        elif name == _ROW:
            self._end_row()
        elif name == _SHEET:
            self._reading = False

    def _start_outside(self, name: str, attributes: Attributes) -> None:
        if name == f"{_STYLE}style":
            self._style = attributes.get(f"{_STYLE}name", "")
        elif name == f"{_STYLE}table-properties":
            if attributes.get(f"{_TABLE}display") == "false":
                self._hidden.add(self._style)
        elif name == _SHEET and not self.seen:
            if attributes.get(f"{_TABLE}style-name") not in self._hidden:
                self.seen = self._reading = True
        else:
            self._refuse_traps(name, attributes)

    def _start_other(self, name: str, attributes: Attributes) -> None:
        self._refuse_traps(name, attributes)
        if name in _ASIDE or name.startswith(_DRAW):
            self._aside = 1
            self.gather(False)
        elif name == _SPACES:
            times = _times(attributes.get(f"{_TEXT}c", "1"), LONGEST_CELL)
            self.text.append(_KEPT_SPACE * times)
        elif name == _TAB:
            self.text.append(_KEPT_TAB)
        elif name == _LINE_BREAK:
            self.text.append(_KEPT_BREAK)
        elif name == _SHEET:
            raise Refused(UNUSUAL)

    def _refuse_traps(self, name: str, attributes: Attributes) -> None:
        if name.startswith(_SCRIPT):
            raise Refused(MACROS)
        elsewhere = _LINK in attributes and _leads_elsewhere(attributes[_LINK])
        if name in _LINKS_ELSEWHERE or (elsewhere and name != _HYPERLINK):
            raise Refused(LINKS)

    def _end_paragraph(self) -> None:
        self._in_paragraph = False
        self.gather(False)
        if self._length <= LONGEST_CELL:
            text = "".join(self.text)
            # Few texts have spaces to run together or to keep; this finds out quickly.
            if "  " in text or not text.isprintable():
                text = _SPACE.sub(" ", text).strip(" ").translate(_KEPT)
            else:
                text = text.strip(" ")
            self._paragraphs.append(text)
            self._length += len(text) + 1
        self.text.clear()

    def _end_cell(self) -> None:
        attributes = self._attributes
        repeated = attributes.get(_COLUMNS_REPEATED)
        times = 1 if repeated is None else _times(repeated, _LAST_COLUMN)
        if self._paragraphs or not attributes.keys() <= _ONLY_LOOKS:
            text = "\n".join(self._paragraphs)[:LONGEST_CELL]
            cell = _read(attributes, text)
            if cell:
                self._add(cell, times)
            if _COLUMNS_SPANNED in attributes or _ROWS_SPANNED in attributes:
                self._add_merge(attributes)
            self._paragraphs.clear()
            self._length = 0
        self._place += times
        if self._place > _LAST_COLUMN:
            raise Refused(UNUSUAL)

    def _add(self, cell: Cell, times: int) -> None:
        if self._place + times > MOST_COLUMNS:
            raise too_far_right(self._row_number, max(self._place, MOST_COLUMNS))
        if isinstance(cell, str):
            cell = self._keep(cell)
        self._cells += [(place, cell) for place in range(self._place, self._place + times)]

    def _add_merge(self, attributes: Attributes) -> None:
        columns, rows = attributes.get(_COLUMNS_SPANNED, "1"), attributes.get(_ROWS_SPANNED, "1")
        if (columns, rows) != ("1", "1") and len(self._merges) < MOST_MERGES:
            self._merges.append(
                Merge(
                    self._row_number,
                    self._place,
                    self._row_number + _times(rows, _LAST_ROW) - 1,
                    self._place + _times(columns, _LAST_COLUMN) - 1,
                )
            )

    def _end_row(self) -> None:
        if self._cells:
            self.found.append((self._row_number, self._row_times, self._cells))
            self._cells = []
        self._row_number += self._row_times
        if self._row_number > _LAST_ROW + 1:
            raise Refused(UNUSUAL)


def _times(written: str, most: int) -> int:
    if not (written.isascii() and written.isdecimal() and len(written) <= 8):
        raise Refused(UNUSUAL)
    return max(1, min(int(written), most))


def _read(attributes: Attributes, text: str) -> Cell:
    if _FORMULA in attributes:
        return Odd(FORMULA, f"={attributes[_FORMULA].partition('=')[2]}"[:LONGEST_CELL])
    if attributes.get(_VALUE_TYPE) == "error":
        return Odd(ERROR, text)
    kind = attributes.get(f"{_OFFICE}value-type", "string")
    if kind in _NUMBERS:
        return number_text(attributes.get(f"{_OFFICE}value", "")[:LONGEST_CELL])
    if kind in ("date", "time"):
        written = attributes.get(f"{_OFFICE}{kind}-value", "").removesuffix("T00:00:00")
        return Odd(DATE, written[:LONGEST_CELL] or text)
    if kind == "boolean":
        true = attributes.get(f"{_OFFICE}boolean-value") == "true"
        return Odd(BOOLEAN, "TRUE" if true else "FALSE")
    return attributes.get(f"{_OFFICE}string-value", text)[:LONGEST_CELL]


def _leads_elsewhere(address: str) -> bool:
    """Whether a link leads out of the file: it names a scheme, a server or a folder above."""
    return ":" in address.partition("/")[0] or address.startswith(("/", "../"))
