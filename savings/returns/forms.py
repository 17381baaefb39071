"""The plain form of a return: a form a row, with everything kept as it was typed.

Nothing here decides whether a row is right: `savings.returns.rows` does, for the form as
for the API and for files. Rows are numbered from 1, as the person sees them; a row that is
wholly empty, or marked to be removed, is left out without changing the others' numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from savings.returns.models import Entry
from savings.returns.rows import COLUMNS
from services.tree import ServiceTree
from sovereignty.models import Council
from sovereignty.refusals import FieldError

#: Empty rows at the end of a form, how many there are at least, and what "Add" adds.
SPARE_ROWS = 2
FEWEST_ROWS = 5
MORE_ROWS = 5

#: The columns that nearly every row needs; the others stand under "More".
MAIN_COLUMNS = COLUMNS[:6]
OTHER_COLUMNS = COLUMNS[6:]

INDENT = "\N{EM SPACE}"

#: What to say in the page's own words where a row's reader speaks of codes.
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

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a select's inside: an option as it is with and without being chosen, or a tag."""

    value: str | None
    plain: SafeString
    chosen: SafeString


class PreparedSelect(forms.Select):
    """A select whose options are written out once, not once more for each row.

    Forty rows of sixty services through Django's own templates take over a second.
    """

    def __init__(self, parts: Sequence[Part] = ()) -> None:
        super().__init__()
        self.parts = parts

    def render(
        self,
        name: str,
        value: object,
        attrs: dict[str, Any] | None = None,
        renderer: object = None,
    ) -> SafeString:
        value = "" if value is None else str(value)
        parts = list(self.parts)
        if all(part.value != value for part in parts):
            parts.append(_option(value, value))  # not sent by this page, but shown all the same
        return format_html(
            "<select{}>{}</select>",
            flatatt({"name": name, **self.build_attrs(self.attrs, attrs)}),
            format_html_join(
                "", "{}", ((p.chosen if p.value == value else p.plain,) for p in parts)
            ),
        )


def _option(value: str, words: str) -> Part:
    return Part(
        value,
        format_html('<option value="{}">{}</option>', value, words),
        format_html('<option value="{}" selected>{}</option>', value, words),
    )


def write_options(first: str, options: Iterable[Option]) -> list[Part]:
    """The options of a select; `first` is the words of the one that stands for nothing."""
    return [_option("", first), *(_option(value, words) for value, words in options)]


@dataclass(frozen=True, slots=True)
class Lists:
    """What the controls of every row offer: selects written out, councils by code and name."""

    services: Sequence[Part]
    councils: Sequence[Part]
    council_choices: Sequence[Option]

    @property
    def most_rows(self) -> int:
        """How many rows a page may have: Django refuses to read more controls than its limit."""
        # "remove" counts where TUPE doesn't, and there is the hidden "id".
        controls = len(COLUMNS) + len(self.council_choices) + 1
        limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return (limit - 10) // controls if limit else 1000


def lists_of(tree: ServiceTree, councils: Iterable[Council]) -> Lists:
    """The services under their programmes, indented as they lie in the tree, and the councils."""
    end = Part(None, SafeString("</optgroup>"), SafeString("</optgroup>"))
    services = write_options("Choose", [])
    for node, depth in tree.walk():
        if depth == 0:
            start = format_html('<optgroup label="{}">', node.name)
            services += [*([end] if len(services) > 1 else []), Part(None, start, start)]
            services.append(_option(node.slug, f"{node.name} (all of it)"))
        else:
            services.append(_option(node.slug, INDENT * (depth - 1) + node.name))
    if len(services) > 1:
        services.append(end)
    choices = [(council.code, council.name) for council in councils]
    return Lists(services, write_options("–", choices), choices)


class RowForm(forms.Form):
    """One row, every column as text (`tupe` as a list of codes)."""

    service = forms.Field(required=False, widget=PreparedSelect)
    kind = forms.Field(
        required=False, widget=PreparedSelect(write_options("Choose", Entry.Kind.choices))
    )
    scope = forms.Field(
        label="Falls on",
        required=False,
        widget=PreparedSelect(write_options("Choose", Entry.Scope.choices)),
    )
    amount = forms.Field(
        label="Amount in pounds",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "spellcheck": "false"}),
    )
    recurrence = forms.Field(
        label="Recurrence",
        required=False,
        widget=PreparedSelect(write_options("–", Entry.Recurrence.choices)),
    )
    nature = forms.Field(
        required=False, widget=PreparedSelect(write_options("–", Entry.Nature.choices))
    )
    cause = forms.Field(
        label="Cause",
        help_text="For a variance.",
        required=False,
        widget=PreparedSelect(write_options("–", Entry.Cause.choices)),
    )
    caused_by = forms.Field(
        label="Council that changed its specification",
        help_text="For a variance with that cause.",
        required=False,
        widget=PreparedSelect,
    )
    tupe = forms.Field(
        label="Staff transferred (TUPE)",
        help_text="For an ongoing cost: the only councils that it may fall on.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    approval = forms.Field(
        label="Transition budget",
        help_text="For a transition cost: the code of a budget that every council taking part "
        "has agreed.",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    corrects = forms.Field(
        label="Corrects entry",
        help_text="Number of the certified entry of an earlier quarter.",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    evidence = forms.Field(
        help_text="A reference to where it is shown.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    note = forms.Field(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    #: The line that the row continues, so that its questions and its history stay with it.
    id = forms.Field(required=False, widget=forms.HiddenInput)
    remove = forms.Field(required=False, widget=forms.CheckboxInput)

    def __init__(
        self,
        number: int,
        lists: Lists,
        data: QueryDict | None = None,
        initial: dict[str, object] | None = None,
    ) -> None:
        self.number = number
        super().__init__(data, prefix=f"row-{number}", initial=initial)
        self.fields["service"].widget = PreparedSelect(lists.services)
        self.fields["caused_by"].widget = PreparedSelect(lists.councils)
        self.fields["tupe"].widget = forms.CheckboxSelectMultiple(choices=lists.council_choices)
        self.fields["remove"].label = f"Remove row {number}"
        #: Whether the row still says what an illustrative entry says.
        self.illustrative = False
        #: The stored entry that it continues, where questions were asked on that.
        self.asked: Entry | None = None

    @property
    def continues(self) -> str:
        """The id of the entry that it continues, as text; empty for a new row."""
        return str(self["id"].value() or "")

    def columns(self) -> dict[str, object]:
        """What was typed, or what there was, a value for each column of a return."""
        return {column: _plain(self[column].value()) for column in COLUMNS}

    @property
    def is_removed(self) -> bool:
        return bool(self["remove"].value())

    @property
    def is_empty(self) -> bool:
        return not any(
            value.strip() if isinstance(value, str) else value for value in self.columns().values()
        )

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self[column] for column in MAIN_COLUMNS]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return [self[column] for column in OTHER_COLUMNS]

    @property
    def filled_in_others(self) -> list[str]:
        """Labels of the columns under "More" that say something."""
        values = self.columns()
        return [_lower(str(self[column].label)) for column in OTHER_COLUMNS if values[column]]

    @property
    def shows_others(self) -> bool:
        """Whether "More" has to be open: something in it is wrong, or is surely needed."""
        wanted = self["kind"].value() == Entry.Kind.VARIANCE and not self.is_removed
        return wanted or any(self.errors.get(column) for column in OTHER_COLUMNS)


def _lower(label: str) -> str:
    """A label inside a sentence."""
    return label[:1].lower() + label[1:]


def _of(field: forms.BoundField, message: str) -> str:
    """The column's name, where the message itself doesn't say it."""
    return "" if message in EMPTY_MESSAGES.values() else f", {_lower(str(field.label))}"


def _plain(value: object) -> str | list[str]:
    """A control's value as rows are compared and read; browsers send lines ending in CRLF."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return sorted(str(item) for item in value)
    return str(value).replace("\r\n", "\n")


class VersionForm(forms.Form):
    """The version of the return that the page was made from."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    """A reason, in the person's own words; whether it is enough, the action says."""

    reason = forms.Field(required=False, widget=forms.Textarea)

    def text(self) -> str:
        return str(_plain(self["reason"].value()))


class SendBackForm(ReasonForm):
    reason = forms.Field(label="What has to change?", required=False, widget=forms.Textarea)


class WithdrawForm(ReasonForm):
    reason = forms.Field(
        label="Why is it withdrawn? (optional)",
        help_text="It stays in the return's history.",
        required=False,
        widget=forms.Textarea,
    )


class CertifyForm(VersionForm):
    """That the statement was read, which nobody confirms by mistake."""

    confirmed = forms.BooleanField(
        label="I have read the statement and the totals, and I certify them",
        error_messages={
            "required": "Tick the box to say that you have read the statement and the totals."
        },
    )


class SizeForm(VersionForm):
    """With the version, how many rows the page had: a page that lost some must not be saved."""

    rows = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class EntriesForm:
    """All rows of a return, and the version that they were read at."""

    def __init__(
        self, version: int | None, rows: list[RowForm], lists: Lists, *, whole: bool = True
    ) -> None:
        self.version = version
        self.rows = rows
        self.lists = lists
        #: False where a part of the page got lost on its way here.
        self.whole = whole

    @classmethod
    def of_entries(cls, entries: Sequence[Entry], version: int, lists: Lists) -> EntriesForm:
        """A form of what is stored, with a few empty rows; for no more than fit."""
        count = min(max(len(entries) + SPARE_ROWS, FEWEST_ROWS), lists.most_rows)
        rows = [
            RowForm(n, lists, initial={**typed(entry), "id": entry.id})
            for n, entry in enumerate(entries, 1)
        ]
        rows += [RowForm(n, lists) for n in range(len(entries) + 1, count + 1)]
        return cls(version, rows, lists)

    @classmethod
    def of_post(cls, data: QueryDict, lists: Lists) -> EntriesForm:
        """The form as it was sent, with more empty rows if that was asked for."""
        size = SizeForm(data)
        valid = size.is_valid()
        said = size.cleaned_data.get("rows") or 0
        count = min(said, lists.most_rows)
        whole = valid and said == count
        whole = whole and all(f"row-{number}-note" in data for number in range(1, count + 1))
        rows = [RowForm(number, lists, data) for number in range(1, count + 1)]
        return cls(size.cleaned_data.get("version"), rows, lists, whole=whole)

    def add_rows(self) -> None:
        """Add empty rows, as far as there is room."""
        first = len(self.rows) + 1
        last = min(len(self.rows) + MORE_ROWS, self.lists.most_rows)
        self.rows += [RowForm(number, self.lists) for number in range(first, last + 1)]

    def begin_row(self, columns: Mapping[str, object]) -> None:
        """Enter these columns in the first empty row, or in a new one where there is room."""
        empty = next((row for row in self.rows if row.is_empty), None)
        if empty is None and self.has_room:
            empty = RowForm(len(self.rows) + 1, self.lists)
            self.rows.append(empty)
        if empty is not None:
            empty.initial.update(columns)

    def raw_rows(self) -> list[tuple[int, dict[str, object]]]:
        """The rows to save, each with the number the person sees, as typed."""
        return [
            (row.number, {**row.columns(), "id": row.continues})
            for row in self.rows
            if not row.is_removed and not row.is_empty
        ]

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        """Put every mistake beside the control it is in."""
        for error in errors:
            if error.row is not None:
                self.rows[error.row - 1].add_error(error.field, _in_words(error))

    def mark_illustrative(self, entries: Iterable[Entry]) -> None:
        """Mark the rows that still say to the letter what an illustrative entry says."""
        made_up = [_comparable(typed(entry)) for entry in entries]
        for row in self.rows:
            row.illustrative = bool(made_up) and _comparable(row.columns()) in made_up

    def put_questions(self, entries: Iterable[Entry]) -> None:
        """Put the entries on which something was asked beside the rows that continue them."""
        asked = {str(entry.id): entry for entry in entries}
        for row in self.rows:
            row.asked = asked.get(row.continues)

    @property
    def error_links(self) -> list[dict[str, str]]:
        """The error summary: each mistake with its row, a link to its control."""
        return [
            {
                "message": f"Row {row.number}{_of(field, str(message))}: {message}",
                "href": f"#{field.auto_id}{'_0' if field.name == 'tupe' else ''}",
            }
            for row in self.rows
            for field in row
            for message in field.errors
        ]

    @property
    def has_room(self) -> bool:
        return len(self.rows) < self.lists.most_rows


def typed(entry: Entry) -> dict[str, object]:
    """An entry as a person would have typed it. Reads entry.service and entry.caused_by."""
    return {
        "service": entry.service.slug,
        "kind": entry.kind,
        "scope": entry.scope,
        "amount": f"{entry.amount:,.2f}",
        "recurrence": entry.recurrence,
        "nature": entry.nature,
        "cause": entry.cause,
        "caused_by": entry.caused_by.code if entry.caused_by else "",
        "tupe": list(entry.tupe),
        "approval": entry.approval,
        "corrects": "" if entry.corrects_id is None else str(entry.corrects_id),
        "evidence": entry.evidence,
        "note": entry.note,
    }


def typed_correction(entry: Entry) -> dict[str, object]:
    """The row that begins a correction of an entry: all but the amount, evidence and note."""
    return {
        **typed(entry),
        "corrects": str(entry.id),
        "amount": "",
        "evidence": "",
        "note": "",
    }


def _comparable(columns: Mapping[str, object]) -> list[str | list[str]]:
    return [_plain(columns[column]) for column in COLUMNS]


def _in_words(error: FieldError) -> str:
    if not error.value and error.field in EMPTY_MESSAGES:
        return EMPTY_MESSAGES[error.field]
    message = error.message
    for code, words in CODES_IN_MESSAGES.items():
        message = message.replace(code, words)
    return message
