"""The actions on a proposal: put it forward, answer it, withdraw it and send reminders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string

import audit.actions
from finance.periods import Quarter
from savings.agreements.models import AnswerReminder
from savings.agreements.reports import Proposal, ProposalStanding, proposal, proposals
from savings.agreements.subjects import Subject, about_of, subject_of
from savings.permissions.rules import require
from savings.quarters.basis import check_quarter_open
from savings.quarters.locks import change_basis
from services.models import Service
from sovereignty import disputes
from sovereignty.models import CERTIFYING_ROLES, Consent, Council, Decision, User
from sovereignty.refusals import BadContent, FieldError, NotAllowed, WrongState

#: A council is reminded this many days before and after the day to answer by.
DAYS_BEFORE, DAYS_AFTER = 7, 1


def put_forward(
    proposed: Any,
    *,
    title: str,
    after: Mapping[str, object],
    by: User,
    at: datetime,
    answer_by: date | None,
    revises: Decision | None,
    reason: str = "",
) -> None:
    """Save what is proposed, the decision that councils answer, and the event.

    If it revises another proposal, the dispute about that one ends. `after` and `reason` go into
    the event. Called by the actions that propose, in their transactions. Raises WrongState if what
    it revises is not disputed, or BadContent if that is about something else.
    """
    subject = subject_of(proposed)
    if revises is not None:
        _check_revises(revises, subject, proposed)
    decision = Decision.objects.create(
        title=title, proposed_by=by, proposed_at=at, answer_by=answer_by, revises=revises
    )
    disputes.end_by_revision(revision=decision, by=by, at=at)
    proposed.decision = decision
    proposed.save(force_insert=True)
    decision.about = subject.kind  # as the database has recorded by now
    audit.actions.record(
        by=by.username,
        at=at,
        action="proposed",
        subject=subject.name,
        subject_id=subject.named(proposed),
        after=after,
        reason=reason,
    )


def _check_revises(revises: Decision, subject: Subject, proposed: Any) -> None:
    of, about = about_of(revises)
    if of is not subject or any(
        getattr(about, name) != getattr(proposed, name) for name in subject.keeps
    ):
        message = f"“{revises}” is about something else. Propose this without revising it."
        raise BadContent([FieldError("revises", message, str(revises.id))])
    disputes.check_may_be_revised(revises)


@transaction.atomic
def answer(
    *,
    decision_id: int,
    agree: bool,
    minute_reference: str,
    by: User,
    at: datetime,
    reason: str = "",
) -> Consent:
    """Agree to or refuse a rule, a budget, a fairness test or a tolerance for one's own council.

    A council answers once. Raises NotAllowed. Raises WrongState if the council has answered, if it
    takes no part in the service or anything below it from the effective quarter on, if that quarter
    has closed and it doesn't reach back (tests and tolerances have neither), or if it refuses a
    rule that is in force without it or that concerns it only in a service below. Raises BadContent
    without a minute reference, or for a refusal without a reason.
    """
    require(by, "savings.answer_decision")
    council = by.council
    if council is None:
        raise NotAllowed("Only a council's own officer can answer for it.")
    change_basis()
    decision = Decision.objects.select_for_update().get(id=decision_id)
    subject, about = about_of(decision)
    errors = []
    if not minute_reference.strip():
        errors.append(FieldError("minute_reference", "Enter the minute that records it."))
    if not agree and not reason.strip():
        errors.append(FieldError("reason", "Say why your council refuses."))
    if errors:
        raise BadContent(errors)
    _check_it_is_asked(subject, about, council, agree=agree)
    if decision.is_withdrawn:
        raise WrongState("This proposal is withdrawn, so there is nothing to answer.")
    if decision.consents.filter(council=council).exists():
        raise WrongState(f"{council} has answered this already. A council answers once.")
    consent = Consent.objects.create(
        decision=decision,
        council=council,
        agree=agree,
        by=by,
        at=at,
        minute_reference=minute_reference.strip(),
        reason=reason.strip(),
    )
    if not agree:
        disputes.open_by_refusal(refusal=consent, by=by, at=at)
    audit.actions.record(
        by=by.username,
        at=at,
        action="agreed" if agree else "refused",
        subject=subject.name,
        subject_id=subject.named(about),
        chain=council.code,
        after={"minute_reference": minute_reference.strip()},
        reason=reason.strip(),
    )
    subject.answered(about, at)
    return consent


def _check_it_is_asked(subject: Subject, about: Any, council: Council, *, agree: bool) -> None:
    """Raise WrongState if a council has nothing to answer, or can no longer answer.

    A proposal without a service concerns every council, in any quarter: it changes no figure.
    """
    a_part_alone = False
    if subject.of_a_service:
        tree, slug, first = Service.objects.tree(), about.service.slug, about.effective_from
        last = subject.last_quarter(about)
        if last is None:
            check_quarter_open(first)
        a_part_alone = not tree.takes_part(slug, council.code, first, last)
        # A council that takes part only in a service below may agree, so that it applies there too.
        if a_part_alone and not any(
            tree.takes_part(part, council.code, first, last) for part in tree.below(slug)
        ):
            when = f"from {first.label} on" if last is None else _between(first, last)
            raise WrongState(
                f"{council} takes no part in {about.service} {when}, so it has nothing to answer."
            )
    if not agree:
        subject.check_refusal(about, council, a_part_alone=a_part_alone)


def _between(first: Quarter, last: Quarter) -> str:
    return f"in {first.label}" if first == last else f"from {first.label} to {last.label}"


@transaction.atomic
def withdraw_proposal(*, decision_id: int, reason: str, by: User, at: datetime) -> Decision:
    """Take back a proposal that not every council has agreed to.

    Raises NotAllowed, BadContent without a reason, or WrongState if it is withdrawn, is or was in
    force, or is a budget that costs are claimed on. What is agreed can only be replaced, by a new
    proposal from a later quarter.
    """
    Decision.objects.select_for_update().get(id=decision_id)
    found = proposal(decision_id)
    if found and found.standing == ProposalStanding.AGREED and found.last_quarter:
        raise WrongState("Every council has agreed to this, so what it has divided stays divided.")
    if found and found.standing == ProposalStanding.AGREED and found.force.ended:
        raise WrongState(
            f"Every council had agreed to this {found.force.in_words}, so it stands. Propose "
            "another instead. Every council answers again."
        )
    if found and found.standing == ProposalStanding.AGREED:
        raise WrongState(
            "Every council has agreed to this, so it stands. Propose another from a later quarter "
            "instead."
        )
    if found:
        found.subject.check_withdrawal(found.about)
    return disputes.withdraw(decision_id=decision_id, reason=reason, by=by, at=at)


def remind(*, today: date, at: datetime, site: str) -> list[AnswerReminder]:
    """Remind each council that has not answered, once before and once after the day to answer by.

    The reminder's row and its email go together: if one fails, there is neither. If two workers do
    this at once, only one sends. The link begins with `site`.
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
            send_mail(f"Answer needed: {found.decision.title}", text, None, recipients)
    except IntegrityError:
        return None  # another worker sent it at the same moment
    return reminder
