"""How every action on a return begins and ends; the actions themselves are in subjects above.

Every action takes the return's `version` as its caller read it, and refuses a stale
one. It locks what it changes, checks that the person may, and writes an audit event
in the same transaction. The caller wakes the rollup after commit. See
`savings.filling.actions`, `savings.certification.actions` and `savings.forecasts.actions`.
"""

from __future__ import annotations

from datetime import datetime

import audit.actions
from savings.permissions.rules import require
from savings.returns.models import Return
from sovereignty.models import User
from sovereignty.refusals import StaleVersion, WrongState


def count_save(parent: Return, by: User) -> None:
    """Give a return whose figures somebody saved its next version, and keep who saved it."""
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
    """Write the event of what was done to a return into its council's chain."""
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
    """Raises StaleVersion if a return has another version than the one its reader has."""
    if parent.version != version:
        raise StaleVersion(
            f"This return has changed since you read it: it is at version {parent.version}, "
            f"you have version {version}. Read it again and make your changes there."
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


def locked(return_id: int, version: int, permission: str, by: User) -> Return:
    """The return, locked until the transaction ends, if the person may do this to it now.

    Raises NotAllowed, or StaleVersion if it has changed since that version was read.
    """
    parent = (
        Return.objects.select_for_update(of=("self",))
        .select_related("council", "period")
        .get(id=return_id)
    )
    # The period needs no lock: it closes only after this return is certified, and
    # then nothing here is allowed.
    require(by, permission, parent)
    check_version(parent, version)
    return parent
