"""The columns of a return, and one row of it. Pure.

Source: the public contract, "A quarterly return"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from finance.money import json_money

#: The columns of a return file, in the order of a download.
COLUMNS = (
    "service",
    "kind",
    "scope",
    "amount",
    "recurrence",
    "nature",
    "cause",
    "caused_by",
    "tupe",
    "approval",
    "corrects",
    "evidence",
    "note",
)


REQUIRED_COLUMNS = COLUMNS[:4]


KINDS = ("saving", "ongoing_cost", "transition_cost", "variance")


SCOPES = ("own", "shared")


RECURRENCES = ("recurring", "one_off")


NATURES = ("cashable", "non_cashable", "avoided")


CAUSES = ("indirect", "demand", "quality", "direct", "specification_change")


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One valid row. Amount in pence; councils by code; `corrects` an entry's id."""

    service: str
    kind: str
    scope: str
    amount: int
    recurrence: str = ""
    nature: str = ""
    cause: str = ""
    caused_by: str = ""
    tupe: tuple[str, ...] = ()
    approval: str = ""
    corrects: int | None = None
    evidence: str = ""
    note: str = ""


def describe(row: EntryRow) -> dict[str, object]:
    """A row as plain JSON values, without its empty columns."""
    values: dict[str, object] = {
        "service": row.service,
        "kind": row.kind,
        "scope": row.scope,
        "amount": json_money(row.amount),
        "recurrence": row.recurrence,
        "nature": row.nature,
        "cause": row.cause,
        "caused_by": row.caused_by,
        "tupe": list(row.tupe),
        "approval": row.approval,
        "corrects": row.corrects,
        "evidence": row.evidence,
        "note": row.note,
    }
    return {name: value for name, value in values.items() if value or value == 0}


RawRows = Sequence[tuple[int, Mapping[str, object]]]
