"""A block copied from a spreadsheet: its cells, the columns they go to, the codes they mean. Pure.

`savings.filling.rows` then decides whether the rows are right.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from savings.returns.rows import COLUMNS
from sovereignty.refusals import FieldError

#: A cell that its spreadsheet put in quotes, up to the end of the cell.
_QUOTED = re.compile(r'"((?:[^"]|"")*)"(?=\t|\r\n|\n|\r|\Z)')
_PLAIN = re.compile(r"[^\t\r\n]*")
_LINE_END = re.compile(r"\r\n|\n|\r")


def cells(text: str) -> list[list[str]]:
    """The cells of a block, row by row, each stripped of spaces around it.

    A spreadsheet puts a cell in quotes only if it holds a tab, a line break or a quote beside one;
    other quotes are part of the text.

    >>> cells('hr\\t"two\\nlines"\\n"as it is"\\t£5\\n')
    [['hr', 'two\\nlines'], ['"as it is"', '£5']]
    """
    rows: list[list[str]] = [[]]
    place = 0
    while True:
        match = _QUOTED.match(text, place)
        if match and re.search(r'[\t\r\n]|""', match[1]):
            cell = match[1].replace('""', '"')
        else:
            match = _PLAIN.match(text, place)
            cell = match[0] if match else ""
        rows[-1].append(_LINE_END.sub("\n", cell).replace("\N{NO-BREAK SPACE}", " ").strip())
        place = match.end() if match else len(text)
        if text[place : place + 1] == "\t":
            place += 1
            continue
        end = _LINE_END.match(text, place)
        place = end.end() if end else len(text)
        if place >= len(text):
            return rows
        rows.append([])


@dataclass(frozen=True, slots=True)
class Block:
    """Cells by column, a row of them for each row of the block.

    `whole`: the block began with the columns' names, so that each of its rows is complete. `errors`
    name what has no column; their row is counted from 1.
    """

    rows: tuple[dict[str, str], ...]
    whole: bool
    errors: tuple[FieldError, ...] = ()


def read_block(text: str, column: str, names: Mapping[str, str]) -> Block:
    """Which column each cell goes to: by its header, or to the right from `column`.

    The first row is a header if at least half of its cells name columns (`names` has what else a
    column is called, in small letters); then empty rows are left out.
    """
    rows = cells(text)
    known = {**names, **{name: name for name in COLUMNS}}
    header = [known.get(cell.casefold(), "") for cell in rows[0]]
    named = sum(map(bool, header))
    filled = sum(map(bool, rows[0]))
    if named and named * 2 >= filled:
        errors = list(_wrong_headers(rows[0], header))
        body = [row for row in rows[1:] if any(row)]
        return Block(tuple(_by_column(row, header) for row in body), True, tuple(errors))
    to_the_right = COLUMNS[COLUMNS.index(column) :] if column in COLUMNS else COLUMNS
    errors = [
        FieldError(
            to_the_right[-1],
            "The block is wider than the columns from here to the right: paste it further to "
            "the left, or make it narrower.",
            cell[:200],
            number,
        )
        for number, row in enumerate(rows, start=1)
        for cell in row[len(to_the_right) :]
        if cell
    ]
    return Block(tuple(_by_column(row, to_the_right) for row in rows), False, tuple(errors))


def _by_column(row: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    return {column: cell for column, cell in zip(columns, row, strict=False) if column}


def _wrong_headers(cells: Sequence[str], columns: Sequence[str]) -> Iterator[FieldError]:
    for place, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        if cell and not column:
            yield FieldError(
                cell[:80], "There is no such column: remove or rename it.", cell[:200], 1
            )
        elif column and column in columns[:place]:
            yield FieldError(column, "This column is there twice: remove one.", cell[:200], 1)


#: What words may stand for in each column: the codes, by the words in small letters.
Vocabulary = Mapping[str, Mapping[str, Sequence[str]]]


def vocabulary(words: Iterable[tuple[str, str, str]]) -> Vocabulary:
    """Codes by column and words, from triples of column, code and what it is called."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for column, code, called in words:
        codes = found[column][_plain(called)]
        if code not in codes:
            codes.append(code)
    return found


def in_codes(
    columns: Mapping[str, str], words: Vocabulary
) -> tuple[dict[str, str], dict[str, str]]:
    """A row with codes in place of words, and what to do, by column, about ambiguous words.

    Unknown words stay as they are, for the row's reader to refuse.
    """
    row, wrong = dict(columns), {}
    for column, text in columns.items():
        known = words.get(column, {})
        many = column == "tupe"
        parts = [part.strip() for part in text.split(",")] if many else [text]
        codes = []
        for part in parts:
            meant = known.get(_plain(part), ())
            if len(meant) > 1 and part not in meant:
                wrong[column] = (
                    f"“{part[:80]}” can mean more than one thing: use {' or '.join(meant)}."
                )
            codes.append(part if part in meant or len(meant) != 1 else meant[0])
        row[column] = ",".join(codes) if many else codes[0]
    return row, wrong


def _plain(words: str) -> str:
    return " ".join(words.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
