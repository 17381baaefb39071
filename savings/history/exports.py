"""History to download: events as JSON lines that anyone can check, and as CSV to read.

It is written while it is read, so that memory does not grow with a chain.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from audit.models import Event
from savings.history.replay import LineChange
from savings.history.reports import Deed
from savings.kit.exports import safe_cell

_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"

EVENT_COLUMNS = (
    "chain",
    "at",
    "by",
    "action",
    "subject",
    "subject_id",
    "before",
    "after",
    "reason",
    "previous_hash",
    "hash",
)
CHANGE_COLUMNS = (
    "at",
    "by",
    "action",
    "version",
    "status",
    "reason",
    "change",
    "row",
    "line",
    "column",
    "before",
    "after",
)


def event_as_json(event: Event) -> dict[str, Any]:
    """An event as plain JSON values: exactly what its hash covers, and the hashes."""
    return {**event.content(), "previous_hash": event.previous_hash, "hash": event.hash}


def events_as_json_lines(events: Iterable[Event]) -> Iterator[str]:
    """One event a line."""
    for event in events:
        yield json.dumps(event_as_json(event), ensure_ascii=False) + "\n"


def events_as_csv(events: Iterable[Event]) -> Iterator[str]:
    """One event a row, for people: with the mark that tells Excel it is UTF-8.

    Text that a spreadsheet would read as a formula has an apostrophe before it, so hashes
    are checked from the JSON lines.
    """
    yield _BYTE_ORDER_MARK + _csv([EVENT_COLUMNS])
    for event in events:
        said = event_as_json(event)
        yield _csv([[_cell(said[column]) for column in EVENT_COLUMNS]])


def history_as_json(council: str, period: str, deeds: Iterable[Deed]) -> Iterator[str]:
    """All events of a return as one document, each with what it did in rows and columns."""
    yield json.dumps({"council": council, "period": period})[:-1] + ', "events": ['
    for number, deed in enumerate(deeds):
        said = {**event_as_json(deed.event), **changes_as_json(deed)}
        yield (",\n" if number else "\n") + json.dumps(said, ensure_ascii=False)
    yield "\n]}\n"


def changes_as_json(deed: Deed, most: int | None = None) -> dict[str, Any]:
    """What an event did: `changes` are its first `most`, `change_count` counts them all."""
    lines, forecasts = deed.changes.lines, deed.changes.forecasts
    return {
        "change_count": len(lines),
        "moved": deed.changes.moved,
        "changes": [
            {
                "change": line.kind,
                "row": line.row,
                "line": line.line,
                "columns": _columns(line),
            }
            for line in lines[:most]
        ],
        "forecasts": [
            {"change": line.kind, "service": line.about["service"], "columns": _columns(line)}
            for line in forecasts
        ],
    }


def _columns(line: LineChange) -> dict[str, dict[str, object]]:
    return {
        column.column: {"before": column.before, "after": column.after} for column in line.columns
    }


def history_as_csv(deeds: Iterable[Deed]) -> Iterator[str]:
    """One row for each changed column, or for an event that changed nothing."""
    yield _BYTE_ORDER_MARK + _csv([CHANGE_COLUMNS])
    for deed in deeds:
        event = deed.event
        said = [event.at, event.by, event.action, deed.version, deed.status, event.reason]
        rows: list[Sequence[object]] = [
            [*said, line.kind, line.row, line.line, column.column, column.before, column.after]
            for line in deed.changes.lines
            for column in line.columns
        ]
        for line in deed.changes.forecasts:
            name = f"forecast {line.about['service']}"
            rows += [
                [*said, line.kind, None, name, column.column, column.before, column.after]
                for column in line.columns
            ]
        if deed.changes.moved:
            rows.append([*said, "moved", None, None, "", "", ""])
        rows += [
            [*said, "changed", None, None, other.column, other.before, other.after]
            for other in deed.changes.others
        ]
        yield _csv([_cell(value) for value in row] for row in rows or [[*said, *[None] * 6]])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ",".join(value)
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return safe_cell(str(value))


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
