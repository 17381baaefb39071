"""What history says in words: moments, actions, columns and their values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from finance.money import format_pounds, read_json_money
from savings.history.replay import ADDED, REMOVED, Changes, ColumnChange, Columns, LineChange
from savings.kit.provenance import Provenance
from savings.kit.wording import day_in_words
from savings.returns.models import Entry, Forecast
from savings.returns.questions.reports import line_in_words

# --- What an event did ---------------------------------------------------------------

#: The columns of a line, as headings of a change.
COLUMN_LABELS = {
    "service": "Service",
    "kind": "Kind",
    "scope": "Falls on",
    "amount": "Amount",
    "recurrence": "Recurrence",
    "nature": "Nature",
    "cause": "Cause",
    "caused_by": "Council that changed its specification",
    "tupe": "Staff transferred (TUPE)",
    "approval": "Transition budget",
    "corrects": "Corrects entry",
    "evidence": "Evidence",
    "note": "Note",
    "provenance": "Marked",
    # Columns of a forecast, and what other events of a return say.
    "this_year": "For the year",
    "full_year_effect": "Full-year effect",
    "status": "Status",
    "starts_on": "Starts on",
    "reason": "Why",
    "replacement": "What replaces it",
    "sent_to": "Sent to",
    "due_on": "Due on",
}
_MONEY = frozenset({"amount", "this_year", "full_year_effect"})
_DAYS = frozenset({"starts_on", "due_on", "opens_on", "closes_on"})
_WORDS: Mapping[str, Mapping[str, str]] = {
    "kind": dict(Entry.Kind.choices),
    "scope": dict(Entry.Scope.choices),
    "recurrence": dict(Entry.Recurrence.choices),
    "nature": dict(Entry.Nature.choices),
    "cause": dict(Entry.Cause.choices),
    "provenance": dict(Provenance.choices),
    "status": dict(Forecast.Status.choices),
}
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Names:
    """Names by slug and by code, which are what events hold."""

    services: Mapping[str, str]
    councils: Mapping[str, str]


def column_in_words(column: str) -> str:
    return COLUMN_LABELS.get(column) or column.replace("_", " ").capitalize()


def value_in_words(column: str, value: object, names: Names) -> str:
    """What a column said, as a page says it. An empty column is “nothing”.

    >>> value_in_words("amount", "-1234.50", Names({}, {}))
    '−£1,234.50'
    """
    if value is None:
        return str(Provenance.REPORTED.label) if column == "provenance" else NOTHING
    if column in _DAYS:
        return day_in_words(date.fromisoformat(str(value)))
    if column in _MONEY:
        return format_pounds(read_json_money(str(value)))
    if column == "service":
        return names.services.get(str(value), str(value))
    if column == "caused_by":
        return names.councils.get(str(value), str(value))
    if column in _WORDS:
        return _WORDS[column].get(str(value), str(value))
    if column == "line" and isinstance(value, dict):  # the line that a question is about
        return line_in_words(value, names.services)
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class ToldColumn:
    """A column that changed: its name, and what it said before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """One change in words: of a row, or of the return (`row` is None).

    `whole` is all that an added or removed line says; `columns` is what changed in a line.
    """

    row: int | None
    what: str
    change: str
    illustrative: bool = False
    whole: tuple[str, ...] = ()
    columns: tuple[ToldColumn, ...] = ()


def changes_in_words(changes: Changes, names: Names, most: int) -> list[Told]:
    """What an event did, in words, for at most `most` lines of a return.

    >>> from savings.history.replay import ColumnChange, LineChange
    >>> line = LineChange("changed", 7, 3, (ColumnChange("amount", "100.00", "120.00"),),
    ...     {"service": "hr", "kind": "saving"})
    >>> (told,) = changes_in_words(Changes((line,)), Names({"hr": "Human resources"}, {}), 50)
    >>> told.row, told.what, told.change
    (3, 'Human resources, saving', 'Changed')
    >>> [(column.name, column.before, column.after) for column in told.columns]
    [('Amount', '£100.00', '£120.00')]
    """
    found = [_line_in_words(line, names) for line in changes.lines[:most]]
    found += [_forecast_in_words(line, names) for line in changes.forecasts[:most]]
    if changes.moved:
        found.append(Told(None, "", "Rows changed places"))
    if changes.others:
        found.append(_others_in_words(changes.others, names))
    return found


def _line_in_words(line: LineChange, names: Names) -> Told:
    columns = () if line.kind in (ADDED, REMOVED) else _columns(line.columns, names)
    return Told(
        line.row,
        _what(line.about, names),
        line.kind.capitalize(),
        illustrative=_is_illustrative(line),
        whole=() if columns else _whole(line.about, names),
        columns=columns,
    )


def _forecast_in_words(line: LineChange, names: Names) -> Told:
    columns = () if line.kind in (ADDED, REMOVED) else _columns(line.columns, names)
    about = [
        f"{column_in_words(column)}: {value_in_words(column, value, names)}"
        for column, value in line.about.items()
        if column not in ("service", "provenance")
    ]
    return Told(
        None,
        f"forecast of {value_in_words('service', line.about['service'], names)}",
        line.kind.capitalize(),
        illustrative=_is_illustrative(line),
        whole=() if columns else tuple(about),
        columns=columns,
    )


def _others_in_words(others: Sequence[ColumnChange], names: Names) -> Told:
    """What else an event says: a question about its line, or anything else, by its name."""
    told = [other for other in others if other.column not in ("line", "question")]
    line = next((other.after or other.before for other in others if other.column == "line"), None)
    about = line if isinstance(line, dict) else {}
    return Told(
        about.get("row"),
        f"{_what(about, names)}, {value_in_words('amount', about['amount'], names)}"
        if about
        else "",
        "",
        whole=tuple(
            f"{column_in_words(other.column)}: {value_in_words(other.column, value, names)}"
            for other in told
            for value in [other.before if other.after is None else other.after]
            if other.before is None or other.after is None
        ),
        columns=_columns(
            [other for other in told if other.before is not None and other.after is not None],
            names,
        ),
    )


def _what(about: Columns, names: Names) -> str:
    """A line by its service and kind."""
    kind = value_in_words("kind", about.get("kind"), names).lower()
    return f"{value_in_words('service', about.get('service'), names)}, {kind}"


def _is_illustrative(line: LineChange) -> bool:
    return line.about.get("provenance") == Provenance.ILLUSTRATIVE or any(
        change.column == "provenance" for change in line.columns
    )


def _columns(changes: Sequence[ColumnChange], names: Names) -> tuple[ToldColumn, ...]:
    return tuple(
        ToldColumn(
            column_in_words(change.column),
            value_in_words(change.column, change.before, names),
            value_in_words(change.column, change.after, names),
        )
        for change in changes
    )


def _whole(line: Columns, names: Names) -> tuple[str, ...]:
    """All that a line says besides its service and kind: its facts, and then each text."""
    plain = [
        value_in_words(column, line[column], names)
        for column in ("amount", "scope", "recurrence", "nature", "cause")
        if column in line
    ]
    texts = [
        f"{label}: {value_in_words(column, line[column], names)}"
        for column, label in COLUMN_LABELS.items()
        if column in line and column in _TEXTS
    ]
    first, *rest = plain
    return (", ".join([first, *(word.lower() for word in rest)]), *texts)


_TEXTS = frozenset({"caused_by", "tupe", "approval", "corrects", "evidence", "note"})
