"""What a save does to a return's lines, and the writing of what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from finance.money import from_pence
from savings.filling.changes import Changes, named_lines
from savings.filling.lines import StoredLine
from savings.kit.copying import copy_in
from savings.kit.provenance import Provenance
from savings.returns.models import Return
from savings.returns.rows import EntryRow, RawRows
from services.models import Service
from sovereignty.models import Council

_COLUMNS = (
    "id",
    "parent_id",
    "position",
    "service_id",
    "kind",
    "scope",
    "amount",
    "recurrence",
    "nature",
    "cause",
    "caused_by_id",
    "tupe",
    "approval",
    "corrects_id",
    "evidence",
    "note",
    "provenance",
)


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A valid row as it came: the number of the line that it names, if any, and what it says.

    `illustrative` if it is marked so.
    """

    names: int | None
    row: EntryRow
    illustrative: bool


def typed_lines(raw: RawRows, rows: Sequence[EntryRow]) -> list[TypedLine]:
    """Rows as they were read, with what else their columns say."""
    return [
        TypedLine(names, row, columns.get("provenance") == Provenance.ILLUSTRATIVE)
        for names, row, (_, columns) in zip(named_lines(raw), rows, raw, strict=True)
    ]


def lines_after(
    old: Sequence[StoredLine],
    typed: Sequence[TypedLine],
    changes: Changes,
    provenance: Provenance,
) -> list[StoredLine]:
    """The lines in their new order: one that is continued keeps its number, others get one.

    What only moves keeps its provenance. What is new or changed gets `provenance`, unless it is
    illustrative: because it is marked so, or because it is identical to an illustrative line.
    """
    changed = {line.id for line in changes.changed}
    unchanged = {line.id: line.provenance for line in old if line.id not in changed}
    illustrative = {line.row for line in old if line.provenance == Provenance.ILLUSTRATIVE}

    def origin(line: TypedLine) -> Provenance:
        made_up = line.illustrative or (illustrative and line.row in illustrative)
        return Provenance.ILLUSTRATIVE if made_up else provenance

    fresh = iter(_new_ids(len(changes.added)))
    numbers = [next(fresh) if number is None else number for number in changes.ids]
    return [
        StoredLine(number, position, line.row, unchanged.get(number) or origin(line).value)
        for position, (number, line) in enumerate(zip(numbers, typed, strict=True), start=1)
    ]


def write(
    parent: Return, old: Sequence[StoredLine], new: Sequence[StoredLine], changes: Changes
) -> None:
    """Write what differs; a changed or moved line keeps its number.

    A line that stays as it was and where it was is not touched.
    """
    places = {line.id: line.position for line in old}
    changed = {line.id for line in changes.changed}
    written = [line for line in new if line.id in changed or places.get(line.id) != line.position]
    parent.entries.filter(id__in=[number for number, _ in changes.removed]).delete()
    # Not by `delete`, which would cut the questions off from the lines that come back.
    again = parent.entries.filter(id__in=[line.id for line in written if line.id in places])
    again._raw_delete(again.db)  # noqa: SLF001
    _copy_in(parent, written)


def _copy_in(parent: Return, lines: Iterable[StoredLine]) -> None:
    services = dict(Service.objects.values_list("slug", "id"))
    councils = dict(Council.objects.values_list("code", "id"))
    copy_in(
        "savings_entry",
        _COLUMNS,
        (
            (
                line.id,
                parent.id,
                line.position,
                services[row.service],
                row.kind,
                row.scope,
                from_pence(row.amount),
                row.recurrence,
                row.nature,
                row.cause,
                councils[row.caused_by] if row.caused_by else None,
                row.tupe,
                row.approval,
                row.corrects,
                row.evidence,
                row.note,
                line.provenance,
            )
            for line in lines
            for row in [line.row]
        ),
    )


def _new_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('savings_entry', 'id')) "
            "FROM generate_series(1, %s)",
            [count],
        )
        return [number for (number,) in cursor.fetchall()]
