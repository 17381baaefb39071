"""What the readers of files have in common: rows of cells, and the limits of a return's file.

A reader gives rows one by one: the row's number in the spreadsheet, and its cells that are not
empty, each with its column counted from 0. A cell with anything but text or a number is `Odd`;
how it is treated depends on its column. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

#: The most rows below the header that a return may have.
MOST_ROWS = 50_000
#: Columns that are read; anything to the right of them makes the sheet too wide for a return.
MOST_COLUMNS = 64
#: The longest text that a cell of a spreadsheet can hold.
LONGEST_CELL = 32_767
#: The memory that all texts of a file may take, in bytes, and what each takes besides its letters.
MOST_TEXT = 64 * 1024 * 1024
EACH_TEXT = 56
#: Texts up to this length are kept only once, and at most this many of them.
SHORT_TEXT, MOST_KNOWN = 24, 20_000
#: The most merged cells that are reported.
MOST_MERGES = 10_000

FORMULA = "formula"
ERROR = "error"
DATE = "date"
BOOLEAN = "boolean"
ENCODING = "encoding"


class Refused(Exception):
    """A file that is not accepted: `str()` says why and what to do.

    `row` and `column` are the place in the spreadsheet, if there is one.
    """

    def __init__(
        self, message: str, *, row: int | None = None, column: str = "", value: str = ""
    ) -> None:
        super().__init__(message)
        self.row = row
        self.column = column
        self.value = value


@dataclass(frozen=True, slots=True)
class Odd:
    """A cell that is neither text nor a number; `text` is what it shows."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Merged cells: rows as in the spreadsheet, columns from 0, first and last included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


Cell = str | Odd
Row = tuple[int, Sequence[tuple[int, Cell]]]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet being read: `merges` is complete once all `rows` have been read."""

    rows: Iterator[Row]
    merges: list[Merge] = field(default_factory=list)


DAMAGED = (
    "The file is damaged or was not saved completely: open it in your spreadsheet program, save "
    "it again and upload that."
)

TOO_MUCH_TEXT = (
    "The file has more text than a return has room for: put it into a document and name that "
    "document in the column evidence."
)


class TextAllowance:
    """How much more text a file may have. Repeated short texts are kept once."""

    def __init__(self) -> None:
        self._left = MOST_TEXT
        self._known: dict[str, str] = {}

    def keep(self, text: str) -> str:
        """The text, counted if it is new. Raises Refused if there is no room left."""
        if len(text) <= SHORT_TEXT:
            known = self._known.get(text)
            if known is not None:
                return known
            if len(self._known) < MOST_KNOWN:
                self._known[text] = text
        self._left -= EACH_TEXT + len(text) * (1 if text.isascii() else 4)
        if self._left < 0:
            raise Refused(TOO_MUCH_TEXT)
        return text


_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,12})(?:\.[0-9]{1,2})?", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)


def column_letters(place: int) -> str:
    """A spreadsheet's name for a column that is counted from 0.

    >>> column_letters(0), column_letters(27), column_letters(299)
    ('A', 'AB', 'KN')
    """
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def too_far_right(row: int, place: int) -> Refused:
    """The refusal of something in a column that no return has."""
    letters = column_letters(place)
    return Refused(
        f"There is something in column {letters}, to the right of all columns of a return: "
        "remove it.",
        row=row,
        column=letters,
    )


def is_plain_number(text: str) -> bool:
    """Whether a text is a number as `number_text` writes it, with no more digits than money."""
    return _PLAIN.fullmatch(text) is not None


def number_text(written: str) -> str:
    """A workbook's number as a person would type it.

    Spreadsheets keep numbers in binary and often write 17 digits of them. The shortest
    decimal for the same number is the one that was typed. Anything that is not a number
    stays as written.

    >>> number_text("1.1000000000000001"), number_text("45.0"), number_text("1E5")
    ('1.1', '45', '100000')
    >>> number_text("0.30000000000000004"), number_text("NaN")
    ('0.30000000000000004', 'NaN')
    """
    if _PLAIN.fullmatch(written):
        return written if written[-1:] != "0" or "." not in written else _trimmed(written)
    if not _NUMBER.fullmatch(written):
        return written
    # The only place with a binary number: it came in the file, and goes no further.
    shortest = Decimal(repr(float(written)))
    if not shortest.is_finite():
        return written
    text = f"{shortest:f}"
    return _trimmed(text) if "." in text else text


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".")
