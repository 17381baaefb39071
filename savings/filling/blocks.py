"""A block copied from a spreadsheet, put into the form's rows to be looked at; stores nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from savings.filling.controls import BY_NAME, Control, Lists, Value
from savings.filling.pasting import Vocabulary, in_codes, read_block, vocabulary
from savings.filling.sheet import EntriesForm, Mistake, RawRow, RowForm
from savings.returns.rows import COLUMNS
from services.tree import ServiceTree
from sovereignty.models import Council
from sovereignty.refusals import FieldError


@dataclass(frozen=True, slots=True)
class BadCell:
    """A mistake in a block: where, what was there, what to do. `name` is its control's, if any."""

    row: int
    column: str
    value: str
    said: str
    name: str = ""

    @property
    def id(self) -> str:
        return f"id_{self.name}"


class PastedBlock:
    """The rows of a form with a block's cells in them.

    `data` has `block`, the text; `at_row` and `at_column`, the cell it was pasted into; and for
    each cell that was put right, `fix-ROW-COLUMN`. The block goes to the right and down from its
    cell, skips rows that are to be removed, and ends in new rows. If it begins with the columns'
    names, it goes to those columns.
    """

    def __init__(self, form: EntriesForm, data: QueryDict, words: Vocabulary) -> None:
        names = {column.label.casefold(): name for name, column in BY_NAME.items()}
        self.block = read_block(data.get("block", ""), data.get("at_column", ""), names)
        self.form = form
        self.rows = self._targets(data.get("at_row", ""))
        #: The columns that each row takes from the block, by the row's number.
        self.columns: dict[int, list[str]] = {}
        if not self.problem:
            self._put_in(data, words)

    @property
    def problem(self) -> str:
        """Why the block can't be pasted here at all."""
        if not self.block.rows and not self.block.errors:
            return "There are no rows below the names of the columns."
        if len(self.rows) < len(self.block.rows):
            return (
                f"The block has {len(self.block.rows):,} rows, and the form can have at most "
                f"{self.form.most_rows:,}. Paste fewer, or send a longer return as a file."
            )
        return ""

    def raw_rows(self) -> list[RawRow]:
        return [(row.number, row.raw()) for row in self.rows if row.is_saved]

    def concerns(self, error: FieldError) -> bool:
        """Whether a mistake is the block's: elsewhere the row may not be complete yet."""
        return error.row is not None and (
            self.block.whole or error.field in self.columns.get(error.row, ())
        )

    def bad_cells(self) -> list[BadCell]:
        """Every mistake in the block, each to be put right where it can be."""
        wrong = [
            BadCell(error.row or 1, error.field, error.value, error.message)
            for error in self.block.errors
        ]
        return wrong + [self._bad(mistake) for row in self.rows for mistake in row.mistakes()]

    def _bad(self, mistake: Mistake) -> BadCell:
        row = next(row for row in self.rows if row.number == mistake.row)
        value = row.values[mistake.column]
        return BadCell(
            mistake.row,
            mistake.label,
            value if isinstance(value, str) else ", ".join(value),
            mistake.said,
            f"fix-{mistake.row}-{mistake.column}",
        )

    def values(self) -> list[dict[str, object]]:
        """The new values of each row's cells."""
        return [
            {
                "row": row.number,
                "values": {column: row.values[column] for column in self.columns[row.number]},
            }
            for row in self.rows
        ]

    def _targets(self, at_row: str) -> list[RowForm]:
        first = int(at_row) if at_row.isascii() and at_row.isdigit() and len(at_row) < 9 else 1
        rows = [row for row in self.form.rows if row.number >= first and not row.is_removed]
        number = len(self.form.rows)
        while len(rows) < len(self.block.rows) and number < self.form.most_rows:
            number += 1
            rows.append(RowForm.empty(number, self.form.lists))
        return rows[: len(self.block.rows)]

    def _put_in(self, data: QueryDict, words: Vocabulary) -> None:
        for row, cells in zip(self.rows, self.block.rows, strict=True):
            fixes = {
                column: fix.replace("\r\n", "\n").strip()
                for column in COLUMNS
                if (fix := data.get(f"fix-{row.number}-{column}")) is not None
            }
            codes, unclear = in_codes({**cells, **fixes}, words)
            self.columns[row.number] = list(codes)
            for column, code in codes.items():
                row.values[column] = _value(column, code)
            for column, said in unclear.items():
                row.errors[column] = [said]


def _value(column: str, code: str) -> Value:
    if BY_NAME[column].control is not Control.TICKS:
        return code
    return sorted({part for part in code.split(",") if part})


def words_of(tree: ServiceTree, lists: Lists, councils: Sequence[Council]) -> Vocabulary:
    """What a block may call a service, a council or a choice: its code, its name, its label."""
    services = [
        ("service", node.slug, called)
        for node in tree.nodes.values()
        for called in (node.slug, node.name)
    ]
    choices = [
        (column, code, called)
        for column, options in lists.choices().items()
        for code, name in options
        for called in (code, name)
    ]
    full_names = [
        (column, council.code, council.full_name)
        for column in ("caused_by", "tupe")
        for council in councils
    ]
    return vocabulary([*services, *choices, *full_names])
