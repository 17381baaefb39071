"""The stored lines of a return, read by the tens of thousands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from finance.money import to_pence
from savings.returns.models import Return
from savings.returns.rows import EntryRow


@dataclass(frozen=True, slots=True)
class StoredLine:
    """An entry's id, its place in the return from 1, its row and its provenance."""

    id: int
    position: int
    row: EntryRow
    provenance: str


def stored_lines(parent: Return) -> list[StoredLine]:
    """The lines of a return in their order: one query, and no model instance for each."""
    found = parent.entries.order_by("position").values_list(
        "id",
        "position",
        "provenance",
        "service__slug",
        "kind",
        "scope",
        "amount",
        "recurrence",
        "nature",
        "cause",
        "caused_by__code",
        "tupe",
        "approval",
        "corrects_id",
        "evidence",
        "note",
    )
    rows: Iterable[tuple[Any, ...]] = found
    return [
        StoredLine(
            id_,
            position,
            EntryRow(
                *(*words[:3], to_pence(words[3]), *words[4:7]),
                *(words[7] or "", tuple(words[8]), *words[9:]),
            ),
            origin,
        )
        for id_, position, origin, *words in rows
    ]
