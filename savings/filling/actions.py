"""What can be done to the entries of a draft: replaced, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from finance.money import from_pence
from savings.budgets.reports import budgets_for
from savings.filling.changes import Changes, compare, named_lines
from savings.filling.corrections import correctable
from savings.filling.lines import StoredLine, stored_lines
from savings.filling.rows import Reference, correction_ids, named_budgets, read_rows
from savings.kit.copying import copy_in
from savings.kit.provenance import Provenance
from savings.returns.actions import check_editable, count_save, locked, record
from savings.returns.models import Return
from savings.returns.rows import EntryRow, RawRows, describe
from services.models import Service
from sovereignty.models import Council, User
from sovereignty.refusals import BadContent


@transaction.atomic
def replace_entries(
    *,
    return_id: int,
    version: int,
    rows: RawRows,
    by: User,
    at: datetime,
    provenance: Provenance = Provenance.REPORTED,
    reason: str = "",
) -> Return:
    """Replace a draft's entries by these rows; every row is stored or none is.

    `rows` pairs each row's number with its columns, as typed; a row that names a line's
    `id` continues that line. A row that says to the letter what an illustrative one said
    stays illustrative, and so is a row that says so of itself. Rows that change nothing
    leave the version as it is. `reason` says where they come from, as a file's name.
    Raises NotAllowed, WrongState, StaleVersion, or BadContent with every mistake of every row.
    """
    parent = locked(return_id, version, "savings.fill_return", by)
    check_editable(parent)
    typed, errors = read_rows(rows, reference_for(parent, rows))
    if errors:
        raise BadContent(errors)
    old = stored_lines(parent)
    changes = compare(
        [(line.id, line.row) for line in old],
        list(zip(named_lines(rows), typed, strict=True)),
    )
    if not changes:
        return parent
    marked = [columns.get("provenance") == Provenance.ILLUSTRATIVE for _, columns in rows]
    order, origins = _write(parent, old, typed, changes, provenance, marked)
    origins_before = {line.id: line.provenance for line in old}
    count_save(parent, by)
    before = [(line.id, line.before) for line in changes.changed] + list(changes.removed)
    gone = {number for number, _ in before}
    after = [
        (number, row)
        for number, place, row in zip(order, changes.ids, typed, strict=True)
        if place is None or place in gone
    ]
    record(
        parent,
        by,
        at,
        "saved",
        before={
            "version": version,
            "entries": [_line(number, row, origins_before[number]) for number, row in before],
        },
        after={
            "version": parent.version,
            "entries": [_line(number, row, origins[number]) for number, row in after],
            "order": order,
        },
        reason=reason,
    )
    return parent


def reference_for(parent: Return, rows: RawRows) -> Reference:
    """What the rows of this return may refer to."""
    return Reference(
        services=frozenset(Service.objects.values_list("slug", flat=True)),
        councils=frozenset(Council.objects.values_list("code", flat=True)),
        budgets=budgets_for(parent) if named_budgets(rows) else None,
        correctable=dict(
            correctable(parent)
            .filter(id__in=correction_ids(rows))
            .values_list("id", "parent__period__quarter")
        ),
    )


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


def _write(
    parent: Return,
    old: Sequence[StoredLine],
    rows: Sequence[EntryRow],
    changes: Changes,
    provenance: Provenance,
    marked: Sequence[bool],
) -> tuple[list[int], dict[int, str]]:
    """Write what differs, a changed or moved line under its own number.

    What stays as and where it was is not touched. Gives all numbers in order, and of
    what was written where each figure comes from.
    """
    services = dict(Service.objects.values_list("slug", "id"))
    councils = dict(Council.objects.values_list("code", "id"))
    places = {line.id: line.position for line in old}
    changed = {line.id for line in changes.changed}
    illustrative = {line.row for line in old if line.provenance == Provenance.ILLUSTRATIVE}
    # What only moves stays what it is.
    own = {line.id: line.provenance for line in old if line.id not in changed}
    fresh = iter(_new_ids(len(changes.added)))
    order = [number if number is not None else next(fresh) for number in changes.ids]
    written = [
        (
            number,
            position,
            row,
            own.get(number)
            or (
                Provenance.ILLUSTRATIVE
                if made_up or (illustrative and row in illustrative)
                else provenance
            ).value,
        )
        for position, (number, row, made_up) in enumerate(
            zip(order, rows, marked, strict=True), start=1
        )
        if number in changed or places.get(number) != position
    ]
    parent.entries.filter(id__in=[number for number, _ in changes.removed]).delete()
    # Not by `delete`, which would cut the questions off from the lines that come back.
    again = parent.entries.filter(id__in=[number for number, *_ in written if number in places])
    again._raw_delete(again.db)  # noqa: SLF001
    copy_in(
        "savings_entry",
        _COLUMNS,
        (
            (
                number,
                parent.id,
                position,
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
                origin,
            )
            for number, position, row, origin in written
        ),
    )
    return order, {number: origin for number, _, _, origin in written}


def _new_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('savings_entry', 'id')) "
            "FROM generate_series(1, %s)",
            [count],
        )
        return [number for (number,) in cursor.fetchall()]


def _line(number: int, row: EntryRow, origin: str) -> dict[str, object]:
    """A line as an event keeps it; where its figure comes from only if that is not a report."""
    line = {"id": number, **describe(row)}
    return line if origin == Provenance.REPORTED else {**line, "provenance": origin}
