"""What can be done to a return: each whole or not at all, each with its event.

Every action takes the return's `version` as its caller read it and refuses a stale
one; every action locks what it changes, checks that the person may, and writes an
audit event in the same transaction. Whoever calls wakes the rollup after commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Sum

import audit.actions
from finance.money import json_money
from savings.budgets.actions import check_claims
from savings.budgets.reports import budgets_for
from savings.certification.statement import statement_of
from savings.filling.changes import Changes, compare, named_lines
from savings.filling.corrections import correctable
from savings.filling.lines import StoredLine, stored_lines
from savings.kit.copying import copy_in
from savings.kit.provenance import Provenance
from savings.permissions.rules import require
from savings.quarters.locks import hold_basis
from savings.returns.models import Entry, Return
from savings.returns.questions.reports import what_waits_for_an_answer
from savings.returns.reports import made_up_in
from savings.returns.rows import (
    EntryRow,
    Reference,
    correction_ids,
    named_budgets,
    read_rows,
)
from savings.rollup.models import DirtyReturn
from services.models import Service
from sovereignty.models import Council, User
from sovereignty.refusals import BadContent, StaleVersion, WrongState
from sovereignty.texts import mistake_in

RawRows = Sequence[tuple[int, Mapping[str, object]]]


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


@transaction.atomic
def submit(*, return_id: int, version: int, by: User, at: datetime) -> Return:
    """Hand a draft to the council's section 151 officer; it can't be edited from here on.

    Not while a question on a line waits for its answer. Raises NotAllowed, WrongState or
    StaleVersion.
    """
    parent = locked(return_id, version, "savings.fill_return", by)
    check_editable(parent)
    check_claims(parent)
    _check_answered(parent, "Answer each on the return's page, then submit.")
    parent.status = Return.Status.SUBMITTED
    parent.submitted_by, parent.submitted_at = by, at
    parent.sent_back_by, parent.sent_back_at, parent.sent_back_reason = None, None, ""
    parent.version += 1
    parent.save()
    record(parent, by, at, "submitted", after=_standing(parent))
    return parent


@transaction.atomic
def send_back(*, return_id: int, version: int, reason: str, by: User, at: datetime) -> Return:
    """Make a submitted return a draft again, saying why.

    Raises NotAllowed, WrongState, StaleVersion, or BadContent without a reason.
    """
    parent = locked(return_id, version, "savings.send_back_return", by)
    _check_submitted(parent)
    _check_reason(reason, "Say what has to change.")
    before = _standing(parent)
    parent.status = Return.Status.DRAFT
    parent.submitted_by, parent.submitted_at = None, None
    parent.sent_back_by, parent.sent_back_at = by, at
    parent.sent_back_reason = reason.strip()
    parent.version += 1
    parent.save()
    record(
        parent, by, at, "sent back", before=before, after=_standing(parent), reason=reason.strip()
    )
    return parent


@transaction.atomic
def withdraw(*, return_id: int, version: int, by: User, at: datetime, reason: str = "") -> Return:
    """Take a submitted return back before anybody has decided on it: it is a draft again.

    For its finance officer, who need not say why. Raises NotAllowed, WrongState,
    StaleVersion, or BadContent for a reason that can't be stored.
    """
    parent = locked(return_id, version, "savings.withdraw_return", by)
    _check_submitted(parent)
    _check_reason(reason)
    before = _standing(parent)
    parent.status = Return.Status.DRAFT
    parent.submitted_by, parent.submitted_at = None, None
    parent.version += 1
    parent.save()
    record(
        parent, by, at, "withdrawn", before=before, after=_standing(parent), reason=reason.strip()
    )
    return parent


@transaction.atomic
def certify(*, return_id: int, version: int, by: User, at: datetime) -> Return:
    """Certify a submitted return: from now on its figures count and never change.

    Never by whoever submitted it or ever saved its figures, never while anything in it is
    illustrative, nor while a question on a line waits for its answer. The event keeps the
    statement that is made by it. Marks the return for the rollup. Raises NotAllowed,
    WrongState or StaleVersion.
    """
    hold_basis()
    parent = locked(return_id, version, "savings.certify_return", by)
    check_certifiable(parent)
    check_claims(parent)
    before, statement = _standing(parent), statement_of(parent).as_text()
    parent.status = Return.Status.CERTIFIED
    parent.certified_by, parent.certified_at = by, at
    parent.version += 1
    parent.save()
    DirtyReturn.objects.create(parent=parent, marked_at=at)
    record(
        parent,
        by,
        at,
        "certified",
        before=before,
        after={**_standing(parent), "statement": statement},
    )
    return parent


def count_save(parent: Return, by: User) -> None:
    """Give a return whose figures somebody has saved its next version; who it was stays known."""
    parent.version += 1
    if by.id not in parent.fillers:
        parent.fillers = [*parent.fillers, by.id]
    parent.save(update_fields=["version", "fillers"])


def record(
    parent: Return,
    by: User,
    at: datetime,
    action: str,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    """Write the event of what was done to a return, to its council's chain."""
    audit.actions.record(
        by=by.username,
        at=at,
        action=action,
        subject="return",
        subject_id=f"{parent.council_code}/{parent.period.code}",
        chain=parent.council_code,
        before=before,
        after=after,
        reason=reason,
    )


def check_version(parent: Return, version: int) -> None:
    """Raises StaleVersion where a return has another version than its reader knows of."""
    if parent.version != version:
        raise StaleVersion(
            f"This return has changed since you read it: it is at version {parent.version}, "
            f"you have version {version}. Read it again and put your changes into that."
        )


def check_editable(parent: Return) -> None:
    """The lock on a return's figures: raises WrongState unless it is an open draft."""
    if not parent.period.is_open:
        raise WrongState(
            f"{parent.period} is closed. Enter a correction in a later open quarter instead."
        )
    if parent.status == Return.Status.SUBMITTED:
        raise WrongState(
            "This return has been submitted. If it has to change, withdraw it or ask the "
            "section 151 officer to send it back."
        )
    if parent.status == Return.Status.CERTIFIED:
        raise WrongState(
            "This return is certified and never changes. Enter a correction in a later open "
            "quarter that names the entry it corrects."
        )


def check_certifiable(parent: Return) -> None:
    """Raises WrongState unless a return is submitted, the council's own, and all is answered."""
    _check_submitted(parent)
    if made_up := made_up_in(parent):
        raise WrongState(
            f"This return holds {made_up}: send it back to have {made_up.it} replaced by the "
            "council's own figures."
        )
    _check_answered(parent, "The finance officer answers each on the return's page.")


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


def row_of(entry: Entry) -> EntryRow:
    """An entry as the row that would make it. Reads entry.service and entry.caused_by."""
    return EntryRow(
        service=entry.service.slug,
        kind=entry.kind,
        scope=entry.scope,
        amount=entry.amount,
        recurrence=entry.recurrence,
        nature=entry.nature,
        cause=entry.cause,
        caused_by=entry.caused_by.code if entry.caused_by else "",
        tupe=tuple(entry.tupe),
        approval=entry.approval,
        corrects=entry.corrects_id,
        evidence=entry.evidence,
        note=entry.note,
    )


def describe(row: EntryRow) -> dict[str, object]:
    """A row as plain JSON values, leaving out what is empty."""
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


def locked(return_id: int, version: int, permission: str, by: User) -> Return:
    """The return, held until the transaction ends, for whoever may do this to it as it stands.

    Raises NotAllowed, or StaleVersion where it has changed since that version was read.
    """
    parent = (
        Return.objects.select_for_update(of=("self",))
        .select_related("council", "period")
        .get(id=return_id)
    )
    # The period needs no lock: it closes only once this return is certified, and
    # then nothing here is allowed any more.
    require(by, permission, parent)
    check_version(parent, version)
    return parent


def _check_answered(parent: Return, remedy: str) -> None:
    waiting = what_waits_for_an_answer(parent)
    if waiting:
        raise WrongState(f"{waiting} {remedy}")


def _check_submitted(parent: Return) -> None:
    if parent.status != Return.Status.SUBMITTED:
        raise WrongState(f"This return is {parent.get_status_display().lower()}, not submitted.")
    if not parent.period.is_open:
        raise WrongState(f"{parent.period} is closed.")


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
                row.amount,
                row.recurrence,
                row.nature,
                row.cause,
                councils[row.caused_by] if row.caused_by else None,
                f"{{{','.join(row.tupe)}}}",
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


def _standing(parent: Return) -> dict[str, object]:
    sums = parent.entries.order_by("kind").values_list("kind").annotate(sum=Sum("amount"))
    return {
        "status": parent.status,
        "version": parent.version,
        "sums": {kind: json_money(amount) for kind, amount in sums},
    }


def _check_reason(reason: str, remedy: str = "") -> None:
    wrong = mistake_in(reason, "reason", remedy)
    if wrong:
        raise BadContent([wrong])
