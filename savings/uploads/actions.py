"""What can be done with a file: try it, store it, or keep it until a person has seen its preview.

An upload that waits has changed nothing, so it leaves no event; storing one is a save of the
return like any other, through `replace_entries`, whose event names the file.
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

#: As many mistakes, and changes of each sort, are kept for a page to show.
MOST_SHOWN = 1_000
#: After which time nobody comes back to an upload, and after which it was forgotten.
KEPT_FOR = timedelta(days=7)
FORGOTTEN_AFTER = timedelta(minutes=10)

#: The sum of the entries of each kind, in pence.
Totals = dict[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file did, or would do: its rows, their totals by kind, the return's version.

    `changes` only where nothing was stored. `warnings` are rows to check, which count.
    """

    rows: int
    totals: Totals
    version: int
    changes: Changes | None = None
    warnings: Sequence[FieldError] = ()


def try_file(*, return_id: int, version: int | None, content: bytes, by: User) -> Outcome:
    """What a file would do to a draft, which stays as it is.

    `version` is the one that the caller read, if any. Raises NotAllowed, WrongState,
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
    """Replace a draft's entries by a file's rows: all are stored, or none is.

    Without a `version`, against the draft as it stands now. Raises NotAllowed, WrongState,
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
    """Keep a file to be checked, in place of what the person had kept for this return before.

    The caller has it checked after commit. Raises NotAllowed, WrongState, or BadContent
    for a file that is plainly none of a return's.
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
    """Find out what an upload would change, or every mistake in it; safe to run twice.

    Says every thousand rows how far it is, which anybody can see at once, so it is not one
    transaction. Nothing but the upload is written.
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
        # So that the lines are those of the version, even if somebody saves meanwhile.
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
    """The file of an upload, what was read of it, and every mistake in it."""
    upload = Upload.objects.select_related("parent__council", "parent__period").get(id=upload_id)
    content = bytes(upload.content)
    reading = read(content)
    _, mistakes = judge(reading, reference_for(upload.parent, reading.rows))
    return content, reading, mistakes


def store_upload(*, upload_id: int, by: User, at: datetime) -> Return:
    """Store what was previewed, against the version that it was compared with.

    Raises StaleVersion where the return has changed since, or BadContent where what its rows
    refer to has: the upload then waits to be checked again. Raises NotAllowed or WrongState.
    Twice does no more than once.
    """
    try:
        with transaction.atomic():
            upload = Upload.objects.select_for_update().get(id=upload_id)
            require(by, "savings.fill_return", upload.parent)
            if upload.state == Upload.State.STORED:
                return upload.parent
            if upload.version is None or upload.state != Upload.State.READY:
                raise WrongState(
                    "A file is stored once every row of it has been found right. Wait until it "
                    "is checked; put right what is listed then, and upload it again."
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
        raise WrongState("This file has been stored: change the return itself instead.")
    upload.delete()


def tidy_uploads(*, at: datetime) -> list[int]:
    """Forget what nobody came back to; gives the uploads whose check was never finished."""
    Upload.objects.unfinished().filter(at__lt=at - KEPT_FOR).delete()
    return list(
        Upload.objects.waiting().filter(at__lt=at - FORGOTTEN_AFTER).values_list("id", flat=True)
    )


def _editable(return_id: int, version: int | None, by: User) -> Return:
    """The return, where this person may fill it now; the same lock as for every other save."""
    parent = Return.objects.select_related("council", "period").get(id=return_id)
    require(by, "savings.fill_return", parent)
    if version is not None:
        check_version(parent, version)
    check_editable(parent)
    return parent


def _refuse_mistakes(parent: Return, reading: Reading) -> None:
    """Raise with the mistakes of the file and of its rows together, where the file has any."""
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
    """How many lines change and how, and the first of them, with their rows in the file."""
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
