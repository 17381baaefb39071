"""The rows of the first sheet of an XLSX workbook that isn't hidden. Pure.

This is not a library because every formula, merged cell, date and error has to be found with
its place, the whole sheet must never be in memory, and a malicious workbook must not reach
code that was not written for it (docs/adr/0024-reading-files.md).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from savings.uploads.markup import UNUSUAL, Attributes, Markup, local
from savings.uploads.packages import Package
from savings.uploads.sheets import (
    BOOLEAN,
    DAMAGED,
    DATE,
    ERROR,
    FORMULA,
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_MERGES,
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

NO_SHEET = "The workbook has no visible sheet: unhide the sheet with the rows first."

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
#: The built-in number formats that show a date or a time.
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NOT_FORMAT_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_HOUR_IN_BRACKETS = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BEGINNING = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001


def read_excel(package: Package) -> Table:
    """The rows that are not empty. Raises Refused, also while reading, if it can't be read."""
    workbook = _find_workbook(package)
    links = _relationships(package, workbook)
    book = _Workbook()
    book.read_all(package.stream(workbook))
    sheets = [links.get(sheet, _Link("", "")) for sheet in book.visible]
    sheet = next((link.target for link in sheets if link.kind.endswith("/worksheet")), None)
    if sheet is None:
        raise Refused(NO_SHEET)
    by_kind = {link.kind.rpartition("/")[2]: link.target for link in links.values()}
    styles, strings = _Styles(), _Strings()
    if (part := by_kind.get("styles")) in package:
        styles.read_all(package.stream(str(part)))
    if (part := by_kind.get("sharedStrings")) in package:
        strings.read_all(package.stream(str(part)))
    merges: list[Merge] = []
    reader = _Sheet(strings.found, styles.dates(), _BEGINNING[book.from_1904], merges)
    return Table(_rows(reader, package.stream(sheet)), merges)


def _rows(reader: _Sheet, chunks: Iterator[bytes]) -> Iterator[Row]:
    for _ in reader.read(chunks):
        found, reader.found = reader.found, []
        yield from found


@dataclass(frozen=True, slots=True)
class _Link:
    kind: str
    target: str


def _find_workbook(package: Package) -> str:
    links = _relationships(package, "")
    found = [link.target for link in links.values() if link.kind.endswith("/officeDocument")]
    if not found or found[0] not in package:
        raise Refused(DAMAGED)
    return found[0]


def _relationships(package: Package, part: str) -> dict[str, _Link]:
    """The links of a part, by the name that the part uses for each."""
    folder, name = posixpath.split(part)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    reader = _Relationships(folder)
    if path in package:
        reader.read_all(package.stream(path))
    return reader.found


class _Relationships(Markup):
    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder
        self.found: dict[str, _Link] = {}

    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        if local(name) == "Relationship":
            target = posixpath.join("/", self.folder, attributes.get("Target", ""))
            link = _Link(attributes.get("Type", ""), posixpath.normpath(target).lstrip("/"))
            self.found[attributes.get("Id", "")] = link


class _Workbook(Markup):
    """The visible sheets, in order, by the names of their relationships."""

    def __init__(self) -> None:
        super().__init__()
        self.visible: list[str] = []
        self.from_1904 = False

    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        if local(name) == "sheet" and attributes.get("state", "visible") == "visible":
            self.visible += [value for key, value in attributes.items() if key.endswith(" id")]
        elif local(name) == "workbookPr":
            self.from_1904 = attributes.get("date1904", "").lower() in ("1", "true", "on")


class _Styles(Markup):
    """The cell styles that show a number as a date."""

    def __init__(self) -> None:
        super().__init__()
        self._formats: dict[str, str] = {}
        self._cells: list[str] = []
        self._in_cells = False

    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        name = local(name)
        if name == "numFmt":
            self._formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self._cells.append(attributes.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        super().end(name)
        if local(name) == "cellXfs":
            self._in_cells = False

    def dates(self) -> frozenset[str]:
        """The styles of dates, by the number that cells use for them."""
        return frozenset(
            str(place) for place, code in enumerate(self._cells) if self._shows_date(code)
        )

    def _shows_date(self, code: str) -> bool:
        if code in self._formats:
            return is_date_format(self._formats[code])
        return code.isdecimal() and int(code) in _DATE_FORMATS


def is_date_format(code: str) -> bool:
    """Whether a number format shows a date or a time.

    >>> is_date_format("dd/mm/yyyy"), is_date_format("[$£-809]#,##0.00;[Red]-#,##0.00")
    (True, False)
    """
    if code.lower() == "general":
        return False
    if _HOUR_IN_BRACKETS.search(code):
        return True
    letters = _NOT_FORMAT_LETTERS.sub("", code).lower()
    return any(letter in letters for letter in "dmyhs")


class _Strings(Markup):
    """The texts that cells refer to by number, without their pronunciation guides."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._allowance = TextAllowance()
        self._aside = False

    def start(self, name: str, attributes: Attributes) -> None:
        self.opened += 1
        name = local(name)
        if name == "si":
            self.text.clear()
        elif name == "rPh":
            self._aside = True
        elif name == "t" and not self._aside:
            self.gather(True)

    def end(self, name: str) -> None:
        self.closed += 1
        name = local(name)
        if name == "t":
            self.gather(False)
        elif name == "rPh":
            self._aside = False
        elif name == "si":
            self.found.append(self._allowance.keep(plain_text("".join(self.text))))


def plain_text(written: str) -> str:
    """A workbook's text with its characters unescaped: `_x000D_` is a carriage return."""
    text = written[:LONGEST_CELL]
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return text


class _Sheet(Markup):
    """The rows of one sheet. It sees every cell, so it does as little as possible for each."""

    def __init__(
        self,
        strings: list[str],
        dates: frozenset[str],
        beginning: datetime,
        merges: list[Merge],
    ) -> None:
        super().__init__()
        self.found: list[Row] = []
        self._strings = strings
        self._dates = dates
        self._beginning = beginning
        self._merges = merges
        self._cell = self._value = self._inline = self._row = ""
        self._number = 0
        self._suffix = ""
        self._cells: list[tuple[int, Cell]] = []
        self._place = -1
        self._places: dict[str, int] = {}
        self._attributes: Attributes = {}
        self._take = self.text.append
        self._keep = TextAllowance().keep
        self._formula: str | None = None
        self._aside = False

    def start(self, name: str, attributes: Attributes) -> None:
        self.opened += 1
        if name == self._cell:
            self._attributes = attributes
        elif name == self._value or name == self._inline:  # noqa: PLR1714 - twice as fast
            if not self._aside:
                self.parser.CharacterDataHandler = self._take
        elif name == self._row:
            self._start_row(attributes)
        else:
            self._start_other(name, attributes)

    def end(self, name: str) -> None:
        self.closed += 1
        if name == self._cell:
            self._end_cell()
        elif name == self._row:
            if self._cells:
                self.found.append((self._number, self._cells))
                self._cells = []
        else:
            self.parser.CharacterDataHandler = None
            if self._aside or self._formula == "":
                self._end_other(local(name))

    def _start_row(self, attributes: Attributes) -> None:
        number = attributes.get("r", "")
        if not number:
            self._number += 1
        elif number.isdecimal() and self._number < int(number) <= _LAST_ROW:
            self._number = int(number)
        else:
            raise Refused(UNUSUAL)
        self._suffix = str(self._number)
        self._place = -1

    def _start_other(self, name: str, attributes: Attributes) -> None:
        namespace, _, name = name.rpartition(" ")
        if self.opened == 1:
            if namespace not in _NAMESPACES or name != "worksheet":
                raise Refused(DAMAGED)
            self._cell, self._value, self._inline, self._row = (
                f"{namespace} {part}" for part in ("c", "v", "t", "row")
            )
        elif name == "f":
            self._formula = ""
            self.gather(True)
        elif name == "rPh":
            self._aside = True
        elif name == "mergeCell" and len(self._merges) < MOST_MERGES:
            first, _, last = attributes.get("ref", "").partition(":")
            self._merges.append(Merge(*_position(first), *_position(last or first)))

    def _end_other(self, name: str) -> None:
        if name == "rPh":
            self._aside = False
        elif name == "f":
            self._formula = f"={''.join(self.text)}"
            self.text.clear()

    def _end_cell(self) -> None:
        attributes = self._attributes
        reference = attributes.get("r")
        place = self._place + 1 if reference is None else self._place_of(reference)
        if place <= self._place:
            raise Refused(UNUSUAL)
        self._place = place
        text = self.text
        cell: Cell = ""
        if self._formula is not None:
            cell = Odd(FORMULA, self._formula[:LONGEST_CELL])
            self._formula = None
        elif text:
            cell = self._read(text[0] if len(text) == 1 else "".join(text), attributes)
        if text:
            text.clear()
        if cell:
            if place >= MOST_COLUMNS:
                raise too_far_right(self._number, place)
            self._cells.append((place, cell))

    def _place_of(self, reference: str) -> int:
        """The column of a cell. The reference must name the row that the cell is in."""
        if not reference.endswith(self._suffix):
            raise Refused(UNUSUAL)
        letters = reference[: -len(self._suffix)]
        place = self._places.get(letters)
        if place is None:
            place = self._places[letters] = _position(f"{letters}1")[1]
        return place

    def _read(self, written: str, attributes: Attributes) -> Cell:
        kind = attributes.get("t", "n")
        if kind == "s":
            if not written.isdecimal() or int(written) >= len(self._strings):
                raise Refused(DAMAGED)
            return self._strings[int(written)]
        if kind == "n":
            if attributes.get("s") in self._dates:
                return self._date(written)
            return self._keep(number_text(written[:LONGEST_CELL]))
        if kind == "b":
            return Odd(BOOLEAN, "TRUE" if written == "1" else "FALSE")
        if kind in ("e", "d"):
            return Odd(ERROR if kind == "e" else DATE, written[:LONGEST_CELL])
        return self._keep(plain_text(written))

    def _date(self, written: str) -> Cell:
        try:
            # A number of days: the date is never stored, only shown to the person.
            day = self._beginning + timedelta(days=float(written))
        except (OverflowError, ValueError):
            return written[:LONGEST_CELL]
        midnight = (day.hour, day.minute, day.second) == (0, 0, 0)
        return Odd(DATE, f"{day:%Y-%m-%d}" if midnight else f"{day:%Y-%m-%d %H:%M}")


def _position(reference: str) -> tuple[int, int]:
    """The row and column of a reference: B12 is (12, 1)."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise Refused(UNUSUAL)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    row = int(match[2])
    if column > _LAST_COLUMN or row > _LAST_ROW:
        raise Refused(UNUSUAL)
    return row, column - 1
