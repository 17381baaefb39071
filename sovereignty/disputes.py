"""What can be done about a refusal: speak, call a mediator, revise or withdraw the proposal.

A refusal opens a dispute automatically. It ends when the proposal is withdrawn or revised. A
revision is a new proposal that every council answers. There is no vote and no override:
nothing here puts a refused proposal into force.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

import audit.actions
from sovereignty.models import Consent, Decision, Dispute, DisputeStep, User
from sovereignty.refusals import BadContent, WrongState
from sovereignty.rules import require
from sovereignty.texts import mistake_in


@transaction.atomic
def open_by_refusal(*, refusal: Consent, by: User, at: datetime) -> Dispute:
    """Open a dispute for a council's refusal, or add the refusal to the existing one."""
    dispute, new = Dispute.objects.get_or_create(
        decision=refusal.decision, defaults={"opened_at": at}
    )
    _step(dispute, DisputeStep.Kind.REFUSAL, refusal.reason, by, at)
    if new:
        _record(dispute, by, at, "dispute opened", refusal.reason)
    return dispute


@transaction.atomic
def speak(*, decision_id: int, text: str, by: User, at: datetime) -> Dispute:
    """Say something in an open dispute.

    Raises NotAllowed, WrongState if there is no open dispute, or BadContent if the text
    is missing.
    """
    dispute = _open(decision_id, by)
    _check([("text", text, "Say what you want the others to know.")])
    _step(dispute, DisputeStep.Kind.STATEMENT, text, by, at)
    _record(dispute, by, at, "spoke in a dispute", text)
    return dispute


@transaction.atomic
def call_mediator(*, decision_id: int, mediator: str, text: str, by: User, at: datetime) -> Dispute:
    """Take a dispute from discussion to mediation, naming who mediates and why.

    Raises NotAllowed; WrongState if there is no dispute in discussion; BadContent.
    """
    dispute = _open(decision_id, by)
    if dispute.stage != Dispute.Stage.DISCUSSION:
        raise WrongState(f"{dispute.mediator} is already the mediator.")
    _check(
        [
            ("mediator", mediator, "Enter the name of the mediator."),
            ("text", text, "Say what you ask the mediator."),
        ]
    )
    dispute.stage, dispute.mediator = Dispute.Stage.MEDIATION, mediator.strip()
    dispute.save(update_fields=["stage", "mediator"])
    _step(dispute, DisputeStep.Kind.MEDIATION, f"{mediator.strip()}: {text.strip()}", by, at)
    _record(dispute, by, at, "mediator called", text, {"mediator": mediator.strip()})
    return dispute


def check_may_be_revised(decision: Decision) -> None:
    """Raise WrongState unless a proposal is in an open dispute. Locks the dispute's row."""
    dispute = Dispute.objects.select_for_update().filter(decision=decision).first()
    if dispute is None:
        raise WrongState(f"“{decision}” is not disputed. Withdraw it first, then propose another.")
    if not dispute.is_open:
        raise WrongState(
            f"The dispute about “{decision}” has ended. Propose this without revising it."
        )


@transaction.atomic
def end_by_revision(*, revision: Decision, by: User, at: datetime) -> None:
    """End the dispute about the decision that this one revises, if it is still open."""
    dispute = (
        Dispute.objects.select_for_update()
        .filter(decision=revision.revises_id, stage__in=Dispute.OPEN)
        .first()
    )
    if dispute is None:
        return
    _end(dispute, Dispute.Stage.REVISED, at)
    _step(dispute, DisputeStep.Kind.REVISION, f"Revised by: {revision.title}", by, at)
    _record(dispute, by, at, "dispute ended", "", {"revision": revision.id})


@transaction.atomic
def withdraw(*, decision_id: int, reason: str, by: User, at: datetime) -> Decision:
    """Withdraw a proposal that is not agreed yet, and end its dispute. Nobody can answer it then.

    For the person who proposed it and the programme office. The caller must check whether it is
    in force already. Raises NotAllowed, WrongState if it is withdrawn already, or BadContent if
    the reason is missing.
    """
    decision = Decision.objects.select_for_update().get(id=decision_id)
    require(by, "sovereignty.withdraw_proposal", decision)
    if decision.is_withdrawn:
        raise WrongState("This proposal has already been withdrawn.")
    _check([("reason", reason, "Say why it is withdrawn.")])
    dispute = (
        Dispute.objects.select_for_update().filter(decision=decision, ended_at__isnull=True).first()
    )
    if dispute:
        _end(dispute, Dispute.Stage.WITHDRAWN, at)
        _step(dispute, DisputeStep.Kind.WITHDRAWAL, reason, by, at)
    decision.withdrawn_by, decision.withdrawn_at = by, at
    decision.withdrawn_reason = reason.strip()
    decision.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
    audit.actions.record(
        by=by.username,
        at=at,
        action="proposal withdrawn",
        subject="decision",
        subject_id=decision.id,
        after={"title": decision.title},
        reason=reason.strip(),
    )
    return decision


def _open(decision_id: int, by: User) -> Dispute:
    require(by, "sovereignty.speak_in_dispute")
    dispute = Dispute.objects.select_for_update().filter(decision=decision_id).first()
    if dispute is None or not dispute.is_open:
        raise WrongState("There is no open dispute about this.")
    return dispute


def _check(said: Sequence[tuple[str, str, str]]) -> None:
    found = [mistake_in(text, field, remedy) for field, text, remedy in said]
    errors = [wrong for wrong in found if wrong]
    if errors:
        raise BadContent(errors)


def _end(dispute: Dispute, stage: Dispute.Stage, at: datetime) -> None:
    dispute.stage, dispute.ended_at = stage, at
    dispute.save(update_fields=["stage", "ended_at"])


def _step(dispute: Dispute, kind: str, text: str, by: User, at: datetime) -> None:
    DisputeStep.objects.create(
        dispute=dispute, kind=kind, text=text.strip(), by=by, council=by.council, at=at
    )


def _record(
    dispute: Dispute,
    by: User,
    at: datetime,
    action: str,
    reason: str,
    after: dict[str, object] | None = None,
) -> None:
    audit.actions.record(
        by=by.username,
        at=at,
        action=action,
        subject="decision",
        subject_id=dispute.decision_id,
        after={"stage": dispute.stage, **(after or {})},
        reason=reason.strip(),
    )
