"""A return as it stood, from its events only. Pure.

Every change to a return is an event. A "saved" event holds in `before` the lines that it
changed or removed, as they were. In `after` it holds the lines that it changed or added, and
the order of all lines. An event of forecasts holds those that it changed, before and after.
The others hold the status and the version. Replayed from the first on, they give the return
after each event. Nothing else is read, so the result is what was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from savings.returns.rows import COLUMNS

DRAFT, SUBMITTED, CERTIFIED = "draft", "submitted", "certified"
SENT_BACK = "sent back"
FORECASTS = "forecasts"

_PLACES = {column: place for place, column in enumerate(COLUMNS)}

#: A line's columns, as events have them: empty ones are left out.
Columns = Mapping[str, object]


class ReplayError(ValueError):
    """An event that does not follow from those before it; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event in the form that the replay reads."""

    at: datetime
    by: str
    action: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Who took a step, when, and why if a reason was asked for."""

    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReturnState:
    """A return after some of its events: `lines` are ids with their columns, in order.

    `forecasts` are services with the columns of each, in the order of the slugs.
    """

    version: int = 0
    status: str = DRAFT
    lines: tuple[tuple[int, Columns], ...] = ()
    forecasts: tuple[tuple[str, Columns], ...] = ()
    submitted: Step | None = None
    certified: Step | None = None
    sent_back: Step | None = None


#: A return that nothing has happened to yet.
UNTOUCHED = ReturnState()


def states(happenings: Iterable[Happening]) -> Iterator[ReturnState]:
    """The return after each event, from the first on.

    Raises ReplayError if an event changes a line that is not there or that was different,
    or orders lines that do not exist.

    >>> from datetime import UTC
    >>> line = {"id": 7, "service": "hr", "amount": "1.00"}
    >>> saved = Happening(datetime(2013, 7, 1, tzinfo=UTC), "finance.wcc", "saved",
    ...     {"version": 0, "entries": []}, {"version": 1, "entries": [line], "order": [7]})
    >>> [(s.version, s.lines) for s in states([saved])]
    [(1, ((7, {'service': 'hr', 'amount': '1.00'}),))]
    """
    state = UNTOUCHED
    for happening in happenings:
        state = _after(state, happening)
        yield state


def last_of(happenings: Iterable[Happening]) -> ReturnState | None:
    """The return after all of these events; None if there are no events."""
    state = None
    for after in states(happenings):
        state = after
    return state


def as_version(happenings: Iterable[Happening], version: int) -> ReturnState | None:
    """The return as it stood at one of its versions; None if it never had that version."""
    for state in states(happenings):
        if state.version == version:
            return state
    return None


def _after(state: ReturnState, happening: Happening) -> ReturnState:
    after = happening.after
    if "order" in after:
        state = replace(state, lines=_lines(state, happening))
    if FORECASTS in after:
        state = replace(state, forecasts=_forecasts(state, happening))
    if "version" in after:
        state = replace(state, version=after["version"])
    status = after.get("status", state.status)
    if status == state.status:
        return state
    step = Step(happening.by, happening.at, happening.reason)
    state = replace(state, status=status)
    if status == SUBMITTED:
        return replace(state, submitted=step, sent_back=None)
    if status == CERTIFIED:
        return replace(state, certified=step)
    if happening.action == SENT_BACK:
        return replace(state, submitted=None, sent_back=step)
    return replace(state, submitted=None)


def _lines(state: ReturnState, happening: Happening) -> tuple[tuple[int, Columns], ...]:
    lines = dict(state.lines)
    for number, columns in entries_of(happening.before):
        if lines.pop(number, None) != columns:
            raise ReplayError(
                f"Version {happening.after.get('version')} changes line {number}, which was "
                "different before."
            )
    for number, columns in entries_of(happening.after):
        if number in lines:
            raise ReplayError(f"Version {happening.after.get('version')} overwrites line {number}.")
        lines[number] = columns
    order = happening.after["order"]
    if len(order) != len(lines) or set(order) != set(lines):
        raise ReplayError(f"Version {happening.after.get('version')} orders other lines.")
    return tuple((number, lines[number]) for number in order)


def _forecasts(state: ReturnState, happening: Happening) -> tuple[tuple[str, Columns], ...]:
    forecasts = dict(state.forecasts)
    for columns in happening.before.get(FORECASTS, ()):
        if forecasts.pop(columns["service"], None) != columns:
            raise ReplayError(
                f"Version {happening.after.get('version')} changes the forecast of "
                f"{columns['service']}, which was different before."
            )
    for columns in happening.after[FORECASTS]:
        if columns["service"] in forecasts:
            raise ReplayError(
                f"Version {happening.after.get('version')} overwrites the forecast of "
                f"{columns['service']}."
            )
        forecasts[columns["service"]] = columns
    return tuple(sorted(forecasts.items()))


def entries_of(half: Mapping[str, Any]) -> list[tuple[int, Columns]]:
    """The lines in one half of an event, each with its id."""
    return [
        (line["id"], {name: value for name, value in line.items() if name != "id"})
        for line in half.get("entries", ())
    ]


# --- What one event did ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """What a column said before and after; None if it was empty."""

    column: str
    before: object
    after: object


ADDED, CHANGED, REMOVED = "added", "changed", "removed"


@dataclass(frozen=True, slots=True)
class LineChange:
    """What happened to a line: `row` is its place, counted from 1. A removed line has its old one.

    `about` is all that the line says now, or said before it was removed. A forecast is a line
    without a number and a place: both are 0.
    """

    kind: str
    line: int
    row: int
    columns: tuple[ColumnChange, ...]
    about: Columns


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one event did. `moved`: lines that stayed changed their order.

    `others` is what else it says before and after, apart from lines, forecasts, version
    and status.
    """

    lines: tuple[LineChange, ...] = ()
    forecasts: tuple[LineChange, ...] = ()
    moved: bool = False
    others: tuple[ColumnChange, ...] = ()


def changes_of(happening: Happening, order_before: Sequence[int]) -> Changes:
    """What an event did, given the order of the lines before it.

    Lines are in the order of the rows, with removed ones last.
    """
    forecasts, others = _forecast_changes(happening), _others(happening)
    if "order" not in happening.after:
        return Changes(forecasts=forecasts, others=others)
    order = happening.after["order"]
    before, after = dict(entries_of(happening.before)), dict(entries_of(happening.after))
    place = {number: row for row, number in enumerate(order, start=1)}
    place_before = {number: row for row, number in enumerate(order_before, start=1)}
    written = sorted(after, key=lambda number: place.get(number, 0))
    gone = [number for number in before if number not in after]
    lines = [
        LineChange(
            CHANGED if number in before else ADDED,
            number,
            place.get(number, 0),
            _columns(before.get(number, {}), after[number]),
            after[number],
        )
        for number in written
    ]
    lines += [
        LineChange(
            REMOVED,
            number,
            place_before.get(number, 0),
            _columns(before[number], {}),
            before[number],
        )
        for number in sorted(gone, key=lambda number: place_before.get(number, 0))
    ]
    stayed = set(order) & set(order_before)
    moved = [n for n in order if n in stayed] != [n for n in order_before if n in stayed]
    return Changes(tuple(lines), forecasts, moved, others)


def _forecast_changes(happening: Happening) -> tuple[LineChange, ...]:
    before = {columns["service"]: columns for columns in happening.before.get(FORECASTS, ())}
    after = {columns["service"]: columns for columns in happening.after.get(FORECASTS, ())}
    return tuple(
        LineChange(
            (CHANGED if service in after else REMOVED) if service in before else ADDED,
            0,
            0,
            _columns(before.get(service, {}), after.get(service, {})),
            after.get(service) or before[service],
        )
        for service in sorted({*before, *after})
    )


#: Parts of an event that are told separately, or follow from the lines.
_TOLD = frozenset({"version", "status", "sums", "entries", "order", FORECASTS})


def _others(happening: Happening) -> tuple[ColumnChange, ...]:
    before, after = happening.before, happening.after
    return tuple(
        ColumnChange(name, before.get(name), after.get(name))
        for name in sorted({*before, *after} - _TOLD)
        if before.get(name) != after.get(name)
    )


def _columns(before: Columns, after: Columns) -> tuple[ColumnChange, ...]:
    names = sorted({*before, *after}, key=lambda name: (_PLACES.get(name, len(_PLACES)), name))
    return tuple(
        ColumnChange(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )
