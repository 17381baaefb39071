"""The workbook for the person who sent it, with its mistakes marked.

Each wrong cell is filled and has a comment that says what to do. A last sheet lists all of
them. It is the person's own workbook if that is small. Otherwise it is a new one with the same
cells, because opening a large one would take more memory than an upload may use.
"""

from __future__ import annotations

import io
import logging
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import column_index_from_string
from openpyxl.workbook.workbook import Workbook as OwnWorkbook
from openpyxl.worksheet.worksheet import Worksheet as OwnSheet
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from savings.filling.rows import printable
from savings.returns.rows import COLUMNS
from savings.uploads.exports import AUTHOR, new_workbook, write_text
from savings.uploads.guards import Kind, kind_of, open_package
from savings.uploads.imports import Reading, open_table
from savings.uploads.packages import MEGABYTE
from savings.uploads.sheets import Odd, Refused, Row, is_plain_number
from sovereignty.refusals import FieldError

logger = logging.getLogger(__name__)

#: A workbook that unpacks to more than this is not opened.
LARGEST_OWN = 2 * MEGABYTE
#: The most cells to mark and mistakes to list: nobody corrects more than this one by one.
MOST_MARKED = 5_000

SHEET = "To put right"
_HEADINGS = ("Row", "Column", "Value", "What to do")
_WIDTHS = (8, 16, 40, 90)
_FILL = "FFD9D2"
#: What opening a workbook may raise if it has something that the library does not support.
_NOT_OPENED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
)

Place = tuple[int, int]
Marks = dict[Place, list[str]]


def marked_workbook(content: bytes, reading: Reading, mistakes: Sequence[FieldError]) -> bytes:
    """The file as an XLSX workbook with these mistakes marked. `reading` is of the same file."""
    listed = mistakes[:MOST_MARKED]
    marks = _marks(reading, listed)
    try:
        if _may_be_opened(content, mistakes):
            return _own(content, marks, listed)
    except _NOT_OPENED:
        logger.info("A workbook could not be marked itself, so a new one is made of its rows.")
    return _new(content, reading, marks, listed)


def _may_be_opened(content: bytes, mistakes: Sequence[FieldError]) -> bool:
    """Whether a file is a small workbook that passed the checks, without file-wide mistakes."""
    if any(mistake.row is None for mistake in mistakes):
        return False
    try:
        kind = kind_of(content)
        if kind != Kind.XLSX:
            return False
        members = open_package(content, kind).members.values()
    except Refused:
        return False
    return sum(member.file_size for member in members) <= LARGEST_OWN


def _marks(reading: Reading, mistakes: Iterable[FieldError]) -> Marks:
    """The messages for each cell, by its row and column as the readers count them."""
    marks: Marks = defaultdict(list)
    for mistake in mistakes:
        if mistake.row is not None:
            marks[mistake.row, _place(reading, mistake.field)].append(mistake.message)
    return marks


def _place(reading: Reading, name: str) -> int:
    """A column by its name, or its letters if it has none; the first one if it is missing."""
    if name in reading.places:
        return reading.places[name]
    if name not in COLUMNS and name.isascii() and name.isalpha() and 0 < len(name) <= 3:
        return int(column_index_from_string(name)) - 1
    return min(reading.places.values(), default=0)


def _listing(mistakes: Sequence[FieldError]) -> Iterator[tuple[str, str, str, str]]:
    for mistake in mistakes:
        row = "" if mistake.row is None else str(mistake.row)
        yield row, mistake.field, mistake.value, mistake.message


def _own(content: bytes, marks: Mapping[Place, list[str]], mistakes: Sequence[FieldError]) -> bytes:
    with warnings.catch_warnings():
        # It warns of what it leaves out, such as newer drop-downs. All cells are there.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(content))
        page = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
        fill = PatternFill("solid", start_color=_FILL, end_color=_FILL)
        for (row, place), messages in marks.items():
            cell = page.cell(row, place + 1)
            if isinstance(cell, MergedCell):
                cell = _corner(page, cell)
            said = [cell.comment.text] if cell.comment else []
            cell.fill = fill
            cell.comment = Comment("\n".join([*said, *messages]), AUTHOR, height=120, width=320)
        _list_in_own(book, mistakes)
        output = io.BytesIO()
        book.save(output)
    return output.getvalue()


def _corner(page: OwnSheet, cell: MergedCell) -> Cell:
    """The first cell of a merged area."""
    found = next(area for area in page.merged_cells.ranges if cell.coordinate in area)
    return page.cell(found.min_row, found.min_col)


def _list_in_own(book: OwnWorkbook, mistakes: Sequence[FieldError]) -> None:
    page = book.create_sheet(SHEET)
    page.append(_HEADINGS)
    for cell in page[1]:
        cell.font = Font(bold=True)
    for place, width in enumerate(_WIDTHS):
        page.column_dimensions["ABCD"[place]].width = width
    for number, line in enumerate(_listing(mistakes), start=2):
        for place, text in enumerate(line, start=1):
            cell = page.cell(number, place)
            cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)
            cell.data_type = "s"  # text, even if it starts like a formula


def _new(
    content: bytes, reading: Reading, marks: Mapping[Place, list[str]], listed: Sequence[FieldError]
) -> bytes:
    output = io.BytesIO()
    book = new_workbook(output)
    page = book.add_worksheet("Return")
    page.set_column(0, len(COLUMNS), 18)
    copy = _Copy(page, book.add_format({"bg_color": f"#{_FILL}"}), reading.places.get("amount"))
    by_row: dict[int, dict[int, str]] = defaultdict(dict)
    for (row, place), messages in marks.items():
        by_row[row][place] = "\n".join(messages)
    # What stops the reading is among the mistakes; the rows before it are copied.
    with suppress(Refused):
        for line in open_table(content).rows:
            copy.write(line, by_row.get(line[0], {}))
    _list_in_new(book, listed)
    book.close()
    return output.getvalue()


class _Copy:
    """Copies rows to a page and marks cells."""

    def __init__(self, page: Worksheet, marked: Format, amount: int | None) -> None:
        self.page = page
        self.marked = marked
        self.amount = amount

    def write(self, row: Row, messages: Mapping[int, str]) -> None:
        number, cells = row
        texts = {
            place: printable(cell.text if isinstance(cell, Odd) else cell) for place, cell in cells
        }
        for place in sorted({*texts, *messages}):
            style = self.marked if place in messages else None
            text = texts.get(place, "")
            if place == self.amount and is_plain_number(text):
                self.page.write_number(number - 1, place, Decimal(text), style)
            elif text:
                write_text(self.page, number - 1, place, text, style)
            else:
                self.page.write_blank(number - 1, place, None, style)
            if place in messages:
                size = {"author": AUTHOR, "width": 320, "height": 120}
                self.page.write_comment(number - 1, place, messages[place], size)


def _list_in_new(book: Workbook, listed: Sequence[FieldError]) -> None:
    page = book.add_worksheet(SHEET)
    bold = book.add_format({"bold": True})
    for place, (heading, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True)):
        page.set_column(place, place, width)
        page.write_string(0, place, heading, bold)
    for number, line in enumerate(_listing(listed), start=1):
        for place, text in enumerate(line):
            write_text(page, number, place, text, None)
