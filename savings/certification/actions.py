"""The actions that move a return on: submit, withdraw, send back, certify."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from finance.money import json_money, to_pence
from savings.budgets.actions import check_claims
from savings.certification.statement import statement_of
from savings.quarters.locks import hold_basis
from savings.returns.actions import check_editable, locked, record
from savings.returns.models import DirtyReturn, Return
from savings.returns.questions.actions import QuestionOnEntry, ask_all
from savings.returns.questions.reports import what_waits_for_an_answer
from savings.returns.reports import made_up_in
from sovereignty.models import User
from sovereignty.refusals import BadContent, WrongState
from sovereignty.texts import mistake_in


@transaction.atomic
def submit(*, return_id: int, version: int, by: User, at: datetime) -> Return:
    """Hand a draft to the council's section 151 officer; it can't be edited from here on.

    Refused while a question on a line has no answer. Raises NotAllowed, WrongState or StaleVersion.
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
def send_back(
    *,
    return_id: int,
    version: int,
    reason: str,
    by: User,
    at: datetime,
    asked: Sequence[QuestionOnEntry] = (),
) -> Return:
    """Make a submitted return a draft again, saying why, and ask on its lines: all or nothing.

    Raises NotAllowed, WrongState, StaleVersion, or BadContent without a reason, or for a mistake in
    a question, with its row in `asked` (1, 2 …).
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
    if asked:
        ask_all(return_id=return_id, asked=asked, by=by, at=at, numbered=True)
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

    Refused to a person who submitted it or ever saved its figures, and while anything in it is
    illustrative or a question on a line has no answer. The event keeps the statement that is made.
    Marks the return for the rollup. Raises NotAllowed, WrongState or StaleVersion.
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


def check_certifiable(parent: Return) -> None:
    """Raise WrongState unless a return is submitted, has no made-up figure, and all is answered."""
    _check_submitted(parent)
    if made_up := made_up_in(parent):
        raise WrongState(
            f"This return has {made_up}: send it back to have {made_up.it} replaced with the "
            "council's own figures."
        )
    _check_answered(parent, "The finance officer has to answer each on the return's page.")


def _check_answered(parent: Return, remedy: str) -> None:
    waiting = what_waits_for_an_answer(parent)
    if waiting:
        raise WrongState(f"{waiting} {remedy}")


def _check_submitted(parent: Return) -> None:
    if parent.status != Return.Status.SUBMITTED:
        raise WrongState(f"This return is {parent.get_status_display().lower()}, not submitted.")
    if not parent.period.is_open:
        raise WrongState(f"{parent.period} is closed.")


def _standing(parent: Return) -> dict[str, object]:
    sums = parent.entries.order_by("kind").values_list("kind").annotate(sum=Sum("amount"))
    return {
        "status": parent.status,
        "version": parent.version,
        "sums": {kind: json_money(to_pence(amount)) for kind, amount in sums},
    }


def _check_reason(reason: str, remedy: str = "") -> None:
    wrong = mistake_in(reason, "reason", remedy)
    if wrong:
        raise BadContent([wrong])
