"""The form of a return: a row for each entry, with everything kept as it was typed.

`savings.filling.rows` decides whether a row is right, for the form, the API and files. Rows are
numbered from 1, as the person sees them. A row that is empty, or marked to be removed, is left out
without changing the others' numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django import forms
from django.conf import settings
from django.http import QueryDict

from finance.money import MoneyError, parse_money, typed_pounds
from savings.filling.beside import Figure
from savings.filling.beside import Row as Said
from savings.filling.controls import BY_NAME, MAIN_COLUMNS, OTHER_COLUMNS, Cell, Lists, Value, cell
from savings.returns.forms import VersionForm
from savings.returns.models import Entry
from savings.returns.rows import COLUMNS, KINDS, EntryRow
from sovereignty.refusals import FieldError

#: How many empty rows a form ends with, how many rows it has at least and how many "Add" adds.
SPARE_ROWS = 2
FEWEST_ROWS = 5
MORE_ROWS = 5

#: Stands for the number in the row that the browser copies to make new ones.
BLANK_NUMBER = "__row__"

#: The page's own words, where the reader of rows would speak of codes.
EMPTY_MESSAGES = {
    "service": "Choose the service.",
    "kind": "Choose the kind of entry.",
    "scope": "Choose whether it falls on your council alone or is shared.",
    "recurrence": "Choose whether the saving recurs.",
    "nature": "Choose the nature of the saving.",
    "cause": "Choose the cause of the variance.",
    "caused_by": "Choose the council that changed its specification.",
}
CODES_IN_MESSAGES = {"specification_change": f"“{Entry.Cause.SPECIFICATION_CHANGE.label}”"}

RawRow = tuple[int, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake with its row and column, and the id of its control."""

    row: int
    column: str
    label: str
    control: str
    said: str

    @property
    def message(self) -> str:
        """For the summary: with the row, and the column if the message itself names none."""
        of = "" if self.said in EMPTY_MESSAGES.values() else f", {_lower(self.label)}"
        return f"Row {self.row}{of}: {self.said}"

    @property
    def href(self) -> str:
        return f"#{self.control}"


@dataclass(slots=True)
class RowForm:
    """One row: a value for each column as it was typed (`tupe` as a list of codes), and more.

    `number` is the one that the person sees; `line` the number of the line that it continues, as
    text, or nothing; `illustrative` whether it is still identical to an illustrative entry; `asked`
    the stored entry that it continues, if questions were asked on that.
    """

    number: int
    lists: Lists
    values: dict[str, Value]
    line: str = ""
    is_removed: bool = False
    illustrative: bool = False
    asked: Entry | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def empty(cls, number: int, lists: Lists, **values: Value) -> RowForm:
        nothing: dict[str, Value] = dict.fromkeys(COLUMNS, "")
        return cls(number, lists, {**nothing, "tupe": [], **values})

    @classmethod
    def of_post(cls, number: int, lists: Lists, data: QueryDict) -> RowForm:
        """The row as it was sent; browsers send lines ending in CRLF."""
        values: dict[str, Value] = {
            column: data.get(f"row-{number}-{column}", "").replace("\r\n", "\n")
            for column in COLUMNS
        }
        values["tupe"] = sorted(data.getlist(f"row-{number}-tupe"))
        line, removed = data.get(f"row-{number}-id", ""), data.get(f"row-{number}-remove", "")
        return cls(number, lists, values, line, bool(removed))

    @property
    def shown_number(self) -> int | str:
        return self.number or BLANK_NUMBER

    @property
    def is_empty(self) -> bool:
        return not any(
            value.strip() if isinstance(value, str) else value for value in self.values.values()
        )

    @property
    def is_saved(self) -> bool:
        """Whether a save includes it."""
        return not self.is_removed and not self.is_empty

    @property
    def main_cells(self) -> list[Cell]:
        return [self._cell(column) for column in MAIN_COLUMNS]

    @property
    def other_cells(self) -> list[Cell]:
        return [self._cell(column) for column in OTHER_COLUMNS]

    def _cell(self, column: str) -> Cell:
        errors = self.errors.get(column, ())
        return cell(self.shown_number, column, self.values[column], errors, self.lists)

    @property
    def filled_in_others(self) -> list[str]:
        """Labels of the columns under "More" that say something."""
        return [_lower(BY_NAME[column].label) for column in OTHER_COLUMNS if self.values[column]]

    @property
    def shows_others(self) -> bool:
        """Whether "More" has to be open: something in it is wrong."""
        return any(self.errors.get(column) for column in OTHER_COLUMNS)

    def raw(self) -> dict[str, object]:
        """The row as `savings.filling.rows` reads it, with its line if it continues one."""
        return {**self.values, **({"id": self.line} if self.line else {})}

    def add_error(self, error: FieldError) -> None:
        self.errors.setdefault(error.field, []).append(_in_words(error))

    def mistakes(self) -> Iterator[Mistake]:
        for column in COLUMNS:
            control = f"id_row-{self.number}-{column}{'_0' if column == 'tupe' else ''}"
            for said in self.errors.get(column, ()):
                yield Mistake(self.number, column, BY_NAME[column].label, control, said)


class SizeForm(VersionForm):
    """The version, and how many rows the page had: a page that lost some must not be saved."""

    rows = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class EntriesForm:
    """All rows of a return, and the version that they were read at."""

    def __init__(
        self, version: int | None, rows: list[RowForm], lists: Lists, *, whole: bool = True
    ) -> None:
        self.version = version
        self.rows = rows
        self.lists = lists
        #: False if a part of the page was lost on its way here.
        self.whole = whole

    @classmethod
    def of_entries(cls, entries: Sequence[Entry], version: int, lists: Lists) -> EntriesForm:
        """A form of what is stored, with a few empty rows; only for as many entries as fit."""
        return cls._of([(str(entry.id), typed(entry)) for entry in entries], version, lists)

    @classmethod
    def of_rows(
        cls, rows: Iterable[tuple[int | None, EntryRow]], version: int, lists: Lists
    ) -> EntriesForm:
        """A form of these rows, each with the number of the line that it continues."""
        said = [("" if line is None else str(line), typed_row(row)) for line, row in rows]
        return cls._of(said, version, lists)

    @classmethod
    def _of(
        cls, said: Sequence[tuple[str, dict[str, Value]]], version: int, lists: Lists
    ) -> EntriesForm:
        count = min(max(len(said) + SPARE_ROWS, FEWEST_ROWS), most_rows(lists))
        rows = [RowForm(n, lists, values, line) for n, (line, values) in enumerate(said, 1)]
        rows += [RowForm.empty(n, lists) for n in range(len(said) + 1, count + 1)]
        return cls(version, rows, lists)

    @classmethod
    def of_post(cls, data: QueryDict, lists: Lists) -> EntriesForm:
        """The form as it was sent."""
        size = SizeForm(data)
        valid = size.is_valid()
        said = size.cleaned_data.get("rows") or 0
        count = min(said, most_rows(lists))
        whole = valid and said == count
        whole = whole and all(f"row-{number}-note" in data for number in range(1, count + 1))
        rows = [RowForm.of_post(number, lists, data) for number in range(1, count + 1)]
        return cls(size.cleaned_data.get("version"), rows, lists, whole=whole)

    def add_rows(self) -> None:
        """Add empty rows, as far as there is room."""
        first = len(self.rows) + 1
        last = min(len(self.rows) + MORE_ROWS, self.most_rows)
        self.rows += [RowForm.empty(number, self.lists) for number in range(first, last + 1)]

    def begin_row(self, columns: Mapping[str, Value]) -> None:
        """Enter these columns in the first empty row, or in a new one if there is room."""
        for row in self.rows:
            if row.is_empty and not row.is_removed:
                row.values.update(columns)
                return
        if self.has_room:
            self.rows.append(RowForm.empty(len(self.rows) + 1, self.lists, **columns))

    def raw_rows(self) -> list[RawRow]:
        """The rows to save, each with the number the person sees, as typed."""
        return [(row.number, row.raw()) for row in self.rows if row.is_saved]

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        """Put every mistake beside the control it is in."""
        for error in errors:
            if error.row is not None:
                self.rows[error.row - 1].add_error(error)

    def mark_illustrative(self, entries: Iterable[Entry]) -> None:
        """Mark the rows that are still identical to an illustrative entry."""
        made_up = [typed(entry) for entry in entries]
        for row in self.rows:
            row.illustrative = row.values in made_up

    def put_questions(self, entries: Iterable[Entry]) -> None:
        """Put the entries on which something was asked beside the rows that continue them."""
        asked = {str(entry.id): entry for entry in entries}
        for row in self.rows:
            row.asked = asked.get(row.line)

    @property
    def mistakes(self) -> list[Mistake]:
        """The error summary: each mistake with its row, a link to its control."""
        return [mistake for row in self.rows for mistake in row.mistakes()]

    def said(self) -> Iterator[Said]:
        """Service, kind and amount of every row that has them, for the totals beside it."""
        for row in self.rows:
            service, kind, amount = (row.values[name] for name in ("service", "kind", "amount"))
            if row.is_removed or not service or kind not in KINDS:
                continue
            try:
                figure = Figure(parse_money(str(amount)), row.illustrative)
            except MoneyError:
                continue
            yield str(service), str(kind), figure

    @property
    def blank(self) -> RowForm:
        """The row that the browser copies to make new ones."""
        return RowForm.empty(0, self.lists)

    @property
    def most_rows(self) -> int:
        return most_rows(self.lists)

    @property
    def has_room(self) -> bool:
        return len(self.rows) < self.most_rows


def most_rows(lists: Lists) -> int:
    """How many rows a page may have: Django refuses to read more controls than its limit."""
    # A row has its columns, its line and "Remove"; TUPE has a control for each council.
    controls = len(COLUMNS) + 1 + len(lists.councils)
    limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    return (limit - 10) // controls if limit else 1000


def typed(entry: Entry) -> dict[str, Value]:
    """An entry as a person would have typed it. Reads entry.service and entry.caused_by."""
    return {
        "service": entry.service.slug,
        "kind": entry.kind,
        "scope": entry.scope,
        "amount": typed_pounds(entry.pence),
        "recurrence": entry.recurrence,
        "nature": entry.nature,
        "cause": entry.cause,
        "caused_by": entry.caused_by.code if entry.caused_by else "",
        "tupe": sorted(entry.tupe),
        "approval": entry.approval,
        "corrects": "" if entry.corrects_id is None else str(entry.corrects_id),
        "evidence": entry.evidence.replace("\r\n", "\n"),
        "note": entry.note.replace("\r\n", "\n"),
    }


def typed_correction(entry: Entry) -> dict[str, Value]:
    """The row that begins a correction of an entry: all but the amount, evidence and note."""
    return {
        **typed(entry),
        "corrects": str(entry.id),
        "amount": "",
        "evidence": "",
        "note": "",
    }


def typed_row(row: EntryRow) -> dict[str, Value]:
    """A row as a person would have typed it."""
    values: dict[str, Value] = {column: str(getattr(row, column)) for column in COLUMNS}
    return {
        **values,
        "amount": typed_pounds(row.amount),
        "tupe": list(row.tupe),
        "corrects": "" if row.corrects is None else str(row.corrects),
    }


def _lower(label: str) -> str:
    """A label inside a sentence."""
    return label[:1].lower() + label[1:]


def _in_words(error: FieldError) -> str:
    if not error.value and error.field in EMPTY_MESSAGES:
        return EMPTY_MESSAGES[error.field]
    message = error.message
    for code, words in CODES_IN_MESSAGES.items():
        message = message.replace(code, words)
    return message
