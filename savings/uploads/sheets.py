"""What the readers of files have in common: rows of cells, and what no return's file may be.

A reader gives rows one by one: the number that the spreadsheet shows for the row, and its
cells that are not empty, each with its column counted from 0. A cell that holds anything but
text or a number is `Odd`; what becomes of it depends on its column. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

#: Rows below the header that a return may have.
MOST_ROWS = 50_000
#: Columns that are looked at; one further right makes the sheet too wide for a return.
MOST_COLUMNS = 64
#: The longest text that a cell of a spreadsheet can hold.
LONGEST_CELL = 32_767
#: What all texts of a file may take in memory, in bytes, and what each takes beside its letters.
MOST_TEXT = 64 * 1024 * 1024
EACH_TEXT = 56
#: Texts as short as this are looked for among those that are there, up to so many.
SHORT_TEXT, MOST_KNOWN = 24, 20_000
#: As many merged cells as are worth telling.
MOST_MERGES = 10_000

FORMULA = "formula"
ERROR = "error"
DATE = "date"
BOOLEAN = "boolean"
ENCODING = "encoding"


class Refused(Exception):
    """A file that can't be taken: `str()` says why and what to do.

    `row` and `column` are the place as the spreadsheet shows it, where there is one.
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
    """What a cell holds that is neither text nor a number; `text` is how it reads."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells merged into one: rows as the spreadsheet shows them, columns from 0, both included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


Cell = str | Odd
Row = tuple[int, Sequence[tuple[int, Cell]]]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet as it is read: `merges` is complete once `rows` has come to its end."""

    rows: Iterator[Row]
    merges: list[Merge] = field(default_factory=list)


DAMAGED = (
    "The file is damaged or was not saved completely: open it in your spreadsheet program, save "
    "it again and upload that."
)

TOO_MUCH_TEXT = (
    "The file holds more text than a return has room for: put it into a document and name that "
    "in the column evidence."
)


class TextAllowance:
    """How much text a file may still hold. Short texts that come again are kept once."""

    def __init__(self) -> None:
        self._left = MOST_TEXT
        self._known: dict[str, str] = {}

    def keep(self, text: str) -> str:
        """The text, counted where it is a new one; raises Refused where there is no room."""
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
    """How a spreadsheet names a column that is counted from 0.

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
    """What to say of something in a column that no return has."""
    letters = column_letters(place)
    return Refused(
        f"There is something in column {letters}, further right than any column of a return: "
        "remove it.",
        row=row,
        column=letters,
    )


def is_plain_number(text: str) -> bool:
    """Whether a text is a number as `number_text` gives it, and of no more than money has."""
    return _PLAIN.fullmatch(text) is not None


def number_text(written: str) -> str:
    """A number of a workbook as a person would type it.

    Spreadsheets keep numbers in binary and often write seventeen digits of them: the
    shortest decimal that stands for the same number is the one that was typed. What is
    not a number stays as it is written.

    >>> number_text("1.1000000000000001"), number_text("45.0"), number_text("1E5")
    ('1.1', '45', '100000')
    >>> number_text("0.30000000000000004"), number_text("NaN")
    ('0.30000000000000004', 'NaN')
    """
    if _PLAIN.fullmatch(written):
        return written if written[-1:] != "0" or "." not in written else _trimmed(written)
    if not _NUMBER.fullmatch(written):
        return written
    # The one place where a binary number is met: it came in the file, and goes no further.
    shortest = Decimal(repr(float(written)))
    if not shortest.is_finite():
        return written
    text = f"{shortest:f}"
    return _trimmed(text) if "." in text else text


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".")
