"""What can be done with a file: try it, store it, or keep it until somebody has seen its preview.

A waiting upload has changed nothing, so it writes no event. Storing one saves the return like
any other save, through `replace_entries`, and the event names the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from finance.money import json_money, to_pence
from savings.filling.actions import reference_for, replace_entries, shareable_in
from savings.filling.changes import Changes, compare
from savings.filling.lines import stored_lines
from savings.filling.rows import printable
from savings.permissions.rules import require
from savings.returns.actions import check_editable, check_version
from savings.returns.models import Return
from savings.returns.reports import PLURALS
from savings.returns.rows import EntryRow, describe
from savings.uploads.guards import kind_of
from savings.uploads.imports import Reading, as_mistake, judge, read
from savings.uploads.models import Upload
from savings.uploads.sheets import Refused
from sovereignty.models import User
from sovereignty.refusals import BadContent, FieldError, StaleVersion, WrongState

#: The most mistakes, and changes of each sort, that are kept for a page to show.
MOST_SHOWN = 1_000
#: How long an upload is kept, and after how long an unchecked one counts as forgotten.
KEPT_FOR = timedelta(days=7)
FORGOTTEN_AFTER = timedelta(minutes=10)

#: The sum of the entries of each kind, in pence.
Totals = dict[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file did, or would do: its rows, their totals by kind and the return's version.

    `changes` is only given if nothing was stored. `warnings` are rows to check, which count.
    """

    rows: int
    totals: Totals
    version: int
    changes: Changes | None = None
    warnings: Sequence[FieldError] = ()


def try_file(*, return_id: int, version: int | None, content: bytes, by: User) -> Outcome:
    """What a file would do to a draft, which stays as it is.

    `version` is the version that the caller read, if any. Raises NotAllowed, WrongState,
    StaleVersion, or BadContent with every mistake.
    """
    parent = _editable(return_id, version, by)
    reading = read(content)
    typed, mistakes = judge(reading, reference_for(parent, reading.rows))
    if mistakes:
        raise BadContent(mistakes)
    _, changes, _ = _compared(parent, typed)
    warnings = _warnings(parent, reading)
    return Outcome(len(typed), _totals(typed), parent.version, changes, warnings)


def store_file(
    *,
    return_id: int,
    version: int | None,
    content: bytes,
    filename: str,
    by: User,
    at: datetime,
) -> Outcome:
    """Replace a draft's entries by a file's rows: all or none are stored.

    Without a `version` it replaces the draft as it is now. Raises NotAllowed, WrongState,
    StaleVersion, or BadContent with every mistake.
    """
    parent = _editable(return_id, version, by)
    reading = read(content)
    _refuse_mistakes(parent, reading)
    with transaction.atomic():
        saved = replace_entries(
            return_id=return_id,
            version=parent.version,
            rows=reading.rows,
            by=by,
            at=at,
            reason=_reason(filename),
        )
        sums = saved.entries.order_by().values_list("kind").annotate(sum=Sum("amount"))
        totals = {**_totals([]), **{kind: to_pence(amount) for kind, amount in sums}}
    warnings = _warnings(parent, reading)
    return Outcome(len(reading.rows), totals, saved.version, warnings=warnings)


@transaction.atomic
def start_upload(
    *, return_id: int, filename: str, content: bytes, by: User, at: datetime
) -> Upload:
    """Keep a file to be checked, instead of what the person had kept for this return before.

    The caller has it checked after commit. Raises NotAllowed, WrongState, or BadContent if
    the file clearly can't be a return.
    """
    parent = _editable(return_id, None, by)
    try:
        kind_of(content)
    except Refused as refused:
        raise BadContent([as_mistake(refused)]) from refused
    Upload.objects.unfinished().filter(parent=parent, by=by).delete()
    return Upload.objects.create(
        parent=parent, by=by, at=at, filename=printable(filename)[-255:], content=content
    )


def check_upload(*, upload_id: int) -> None:
    """Find out what an upload would change, or every mistake in it. Safe to run twice.

    It writes its progress every thousand rows, so that the page can show it; so it is not one
    transaction. It writes nothing but the upload.
    """
    waiting = Upload.objects.waiting().filter(id=upload_id)
    if not waiting.update(state=Upload.State.CHECKING, checked=0):
        return
    upload = Upload.objects.get(id=upload_id)
    reading = read(bytes(upload.content))
    waiting.update(rows=len(reading.rows))
    parent = Return.objects.select_related("council", "period").get(id=upload.parent_id)
    typed, mistakes = judge(
        reading,
        reference_for(parent, reading.rows),
        after=lambda checked: waiting.update(checked=checked),
    )
    if mistakes:
        waiting.update(
            state=Upload.State.REFUSED,
            outcome={
                "mistakes": len(mistakes),
                "errors": [mistake.as_dict() for mistake in mistakes[:MOST_SHOWN]],
            },
        )
        return
    with transaction.atomic():
        # Locked, so that the lines are those of the version, even if somebody saves now.
        parent = Return.objects.select_for_update().get(id=upload.parent_id)
        before, changes, gone = _compared(parent, typed)
    waiting.update(
        state=Upload.State.READY,
        version=parent.version,
        outcome={
            **_preview(reading, changes, gone),
            "warnings": [
                {"row": warning.row, "message": warning.message}
                for warning in _warnings(parent, reading)[:MOST_SHOWN]
            ],
            "before": _as_json(before),
            "after": _as_json(_totals(typed)),
        },
    )


def look_again(*, upload_id: int) -> tuple[bytes, Reading, list[FieldError]]:
    """The file of an upload, what was read from it, and every mistake in it."""
    upload = Upload.objects.select_related("parent__council", "parent__period").get(id=upload_id)
    content = bytes(upload.content)
    reading = read(content)
    _, mistakes = judge(reading, reference_for(upload.parent, reading.rows))
    return content, reading, mistakes


def store_upload(*, upload_id: int, by: User, at: datetime) -> Return:
    """Store what was previewed, against the version that it was compared with.

    Raises StaleVersion if the return has changed since, or BadContent if something that its
    rows refer to has: the upload then waits to be checked again. Raises NotAllowed or
    WrongState. Safe to run twice.
    """
    try:
        with transaction.atomic():
            upload = Upload.objects.select_for_update().get(id=upload_id)
            require(by, "savings.fill_return", upload.parent)
            if upload.state == Upload.State.STORED:
                return upload.parent
            if upload.version is None or upload.state != Upload.State.READY:
                raise WrongState(
                    "A file can only be stored once it has been checked and has no mistakes. Wait "
                    "for the check, correct the mistakes that it lists and upload the file again."
                )
            saved = replace_entries(
                return_id=upload.parent_id,
                version=upload.version,
                rows=read(bytes(upload.content)).rows,
                by=by,
                at=at,
                reason=_reason(upload.filename),
            )
            upload.state, upload.content = Upload.State.STORED, b""
            upload.save(update_fields=["state", "content"])
            return saved
    except (BadContent, StaleVersion):
        Upload.objects.filter(id=upload_id, state=Upload.State.READY).update(
            state=Upload.State.WAITING, rows=None, checked=0, version=None, outcome=None
        )
        raise


@transaction.atomic
def discard_upload(*, upload_id: int, by: User) -> None:
    """Forget an upload that has not been stored. Raises NotAllowed or WrongState."""
    upload = Upload.objects.select_for_update().get(id=upload_id)
    require(by, "savings.fill_return", upload.parent)
    if upload.state == Upload.State.STORED:
        raise WrongState("This file has been stored. Change the return instead.")
    upload.delete()


def tidy_uploads(*, at: datetime) -> list[int]:
    """Delete old uploads; return the ids of those whose check was never finished."""
    Upload.objects.unfinished().filter(at__lt=at - KEPT_FOR).delete()
    return list(
        Upload.objects.waiting().filter(at__lt=at - FORGOTTEN_AFTER).values_list("id", flat=True)
    )


def _editable(return_id: int, version: int | None, by: User) -> Return:
    """The return, if this person may fill it now: the same check as for every other save."""
    parent = Return.objects.select_related("council", "period").get(id=return_id)
    require(by, "savings.fill_return", parent)
    if version is not None:
        check_version(parent, version)
    check_editable(parent)
    return parent


def _refuse_mistakes(parent: Return, reading: Reading) -> None:
    """If the file has mistakes, raise BadContent with them and those of its rows."""
    if reading.mistakes:
        raise BadContent(judge(reading, reference_for(parent, reading.rows))[1])


def _warnings(parent: Return, reading: Reading) -> list[FieldError]:
    """Savings in services that others share and the council takes no part in."""
    return shareable_in(parent).warnings(reading.rows, parent.council_code)


def _compared(
    parent: Return, typed: Sequence[EntryRow]
) -> tuple[Totals, Changes, dict[int, EntryRow]]:
    old = [(line.id, line.row) for line in stored_lines(parent)]
    changes = compare(old, [(None, row) for row in typed])
    return _totals([row for _, row in old]), changes, dict(changes.removed)


def _totals(rows: Sequence[EntryRow]) -> Totals:
    totals = {str(kind): 0 for kind in PLURALS}
    for row in rows:
        totals[row.kind] += row.amount
    return totals


def _as_json(totals: Totals) -> dict[str, str]:
    return {kind: json_money(amount) for kind, amount in totals.items()}


def _preview(reading: Reading, changes: Changes, gone: dict[int, EntryRow]) -> dict[str, object]:
    """How many lines change and how, with the first ones and their rows in the file."""
    before = {line.id: line for line in changes.changed}
    added: list[dict[str, object]] = []
    changed: list[dict[str, object]] = []
    new = iter(changes.added)
    for (row, _), number in zip(reading.rows, changes.ids, strict=True):
        if number is None:
            line = next(new)
            if len(added) < MOST_SHOWN:
                added.append({"row": row, "after": describe(line)})
        elif number in before and len(changed) < MOST_SHOWN:
            was = before[number]
            changed.append(
                {"row": row, "before": describe(was.before), "after": describe(was.after)}
            )
    removed = [{"before": describe(row)} for row in list(gone.values())[:MOST_SHOWN]]
    return {
        "added": len(changes.added),
        "changed": len(changes.changed),
        "removed": len(changes.removed),
        "moved": changes.moved,
        "lines": {"added": added, "changed": changed, "removed": removed},
    }


def _reason(filename: str) -> str:
    return f"From the file {printable(filename)[-200:]}." if filename else "From a file."
