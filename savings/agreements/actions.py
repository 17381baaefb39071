"""What can be done to a proposal beside answering it: withdraw it, and remind of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string

from savings.agreements.models import AnswerReminder
from savings.agreements.reports import Proposal, Standing, proposal, proposals
from savings.approvals.models import TransitionApproval, claimed_on
from savings.attribution.reports import quarters_in_force
from sovereignty import disputes
from sovereignty.models import CERTIFYING_ROLES, Council, Decision, User
from sovereignty.refusals import WrongState

#: How long before and after the day to answer by a council is reminded.
DAYS_BEFORE, DAYS_AFTER = 7, 1


@transaction.atomic
def withdraw_proposal(*, decision_id: int, reason: str, by: User, at: datetime) -> Decision:
    """Take back a proposal that not every council has agreed to.

    Raises NotAllowed, BadContent without a reason, or WrongState where it is withdrawn, is or
    was in force, or is a budget that costs are claimed on: what is agreed is replaced by a
    new proposal, from a later quarter on.
    """
    Decision.objects.select_for_update().get(id=decision_id)
    found = proposal(decision_id)
    if found and found.standing == Standing.AGREED and found.force.ended:
        raise WrongState(
            f"Every council had agreed to this {found.force.in_words}, so it stands. Propose "
            "another instead, which every council answers."
        )
    if found and found.standing == Standing.AGREED:
        raise WrongState(
            "Every council has agreed to this, so it stands. Propose another from a later "
            "quarter on instead."
        )
    if found and found.rule and (quarters := quarters_in_force(found.rule)):
        raise WrongState(
            f"This is in force in {quarters[0].label}, where every council taking part has agreed "
            "to it, so it stands. Propose another from a later quarter on instead."
        )
    budget = TransitionApproval.objects.filter(decision=decision_id).first()
    if budget and claimed_on([budget.code]):
        raise WrongState("Costs are claimed on this budget already, so it stands.")
    return disputes.withdraw(decision_id=decision_id, reason=reason, by=by, at=at)


def remind(*, today: date, at: datetime, site: str) -> list[AnswerReminder]:
    """Remind each council that is awaited, once before and once after the day to answer by.

    The reminder's row and its email go together: where one fails there is neither, and
    where two do this at once, one sends. `site` begins the link.
    """
    sent = []
    for found in proposals():
        due = found.decision.answer_by
        if due is None:
            continue
        if today >= due + timedelta(days=DAYS_AFTER):
            kind = AnswerReminder.Kind.AFTER
        elif today >= due - timedelta(days=DAYS_BEFORE):
            kind = AnswerReminder.Kind.BEFORE
        else:
            continue
        for council in found.waiting_for:
            reminder = _send(found, council, kind, at, site)
            if reminder:
                sent.append(reminder)
    return sent


def _send(
    found: Proposal, council: Council, kind: str, at: datetime, site: str
) -> AnswerReminder | None:
    recipients = sorted(
        User.objects.filter(
            appointments__council=council,
            appointments__role__in=CERTIFYING_ROLES,
            is_active=True,
        )
        .exclude(email="")
        .values_list("email", flat=True)
        .distinct()
    )
    given = {"decision": found.decision, "council": council, "kind": kind}
    if not recipients or AnswerReminder.objects.filter(**given).exists():
        return None
    text = render_to_string(
        "savings/agreements/reminder.txt",
        {"proposal": found, "council": council, "site": site, "late": kind == "after"},
    )
    try:
        with transaction.atomic():
            reminder = AnswerReminder.objects.create(**given, sent_to=recipients, sent_at=at)
            send_mail(f"To answer: {found.decision.title}", text, None, recipients)
    except IntegrityError:
        return None  # somebody else sent it in the same moment
    return reminder
