"""The action on the entries of a draft: replace them, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from savings.budgets.reports import budgets_for
from savings.filling.changes import Changes, compare
from savings.filling.corrections import correctable
from savings.filling.lines import StoredLine, stored_lines
from savings.filling.rows import Reference, correction_ids, named_budgets, read_rows
from savings.filling.shareable import Shareable
from savings.filling.writing import lines_after, typed_lines, write
from savings.kit.provenance import Provenance
from savings.returns.actions import check_editable, count_save, locked, record
from savings.returns.models import Entry, Return
from savings.returns.rows import RawRows, describe
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
    """Replace a draft's entries with these rows; every row is stored or none is.

    `rows` pairs each row's number with its columns, as typed; a row that names a line's `id`
    continues that line. A row that is identical to an illustrative one stays illustrative, and so
    is a row that is marked so. Rows that change nothing leave the version as it is. `reason` says
    where they come from, such as a file's name. Raises NotAllowed, WrongState, StaleVersion, or
    BadContent with every mistake of every row.
    """
    parent = locked(return_id, version, "savings.fill_return", by)
    check_editable(parent)
    read, errors = read_rows(rows, reference_for(parent, rows))
    if errors:
        raise BadContent(errors)
    old, typed = stored_lines(parent), typed_lines(rows, read)
    changes = compare(
        [(line.id, line.row) for line in old], [(line.names, line.row) for line in typed]
    )
    if not changes:
        return parent
    new = lines_after(old, typed, changes, provenance)
    write(parent, old, new, changes)
    count_save(parent, by)
    record(
        parent,
        by,
        at,
        "saved",
        before={"version": version, "entries": _said_before(old, changes)},
        after={
            "version": parent.version,
            "entries": _says_now(old, new, changes),
            "order": [line.id for line in new],
        },
        reason=reason,
    )
    return parent


def reference_for(parent: Return, rows: RawRows) -> Reference:
    """What the rows of this return may refer to."""
    shareable = shareable_in(parent)
    corrected = list(
        correctable(parent)
        .filter(id__in=correction_ids(rows))
        .values_list("id", "parent__period__quarter", "scope")
    )
    return Reference(
        services=frozenset(shareable.tree.nodes),
        councils=frozenset(shareable.councils),
        budgets=budgets_for(parent) if named_budgets(rows) else None,
        correctable={id_: quarter for id_, quarter, _ in corrected},
        shareable=replace(
            shareable,
            corrected=frozenset(id_ for id_, _, scope in corrected if scope == Entry.Scope.SHARED),
        ),
    )


def shareable_in(parent: Return) -> Shareable:
    """What councils share in the quarter of this return."""
    return Shareable(
        Service.objects.tree(), parent.quarter, dict(Council.objects.values_list("code", "name"))
    )


def _said_before(old: Sequence[StoredLine], changes: Changes) -> list[dict[str, object]]:
    """The changed lines, then the removed ones, as they were until now."""
    lines = {line.id: line for line in old}
    numbers = [line.id for line in changes.changed] + [number for number, _ in changes.removed]
    return [_as_recorded(lines[number]) for number in numbers]


def _says_now(
    old: Sequence[StoredLine], new: Sequence[StoredLine], changes: Changes
) -> list[dict[str, object]]:
    """The changed and added lines as they are now, in their order."""
    unchanged = {line.id for line in old} - {line.id for line in changes.changed}
    return [_as_recorded(line) for line in new if line.id not in unchanged]


def _as_recorded(line: StoredLine) -> dict[str, object]:
    """A line as an event keeps it, with its provenance only if that is not “reported”."""
    said = {"id": line.id, **describe(line.row)}
    if line.provenance == Provenance.REPORTED:
        return said
    return {**said, "provenance": line.provenance}
