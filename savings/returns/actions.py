"""What every action on a return begins and ends with; the actions themselves stand above.

Every action takes the return's `version` as its caller read it and refuses a stale
one; every action locks what it changes, checks that the person may, and writes an
audit event in the same transaction. The caller wakes the rollup after commit. See
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


def locked(return_id: int, version: int, permission: str, by: User) -> Return:
    """The return, held until the transaction ends, for a person who may do this to it as it stands.

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
