"""What can be done to a proposal: put it forward, answer it, withdraw it, and remind of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string

import audit.actions
from savings.agreements.models import AnswerReminder
from savings.agreements.reports import Proposal, Standing, proposal, proposals
from savings.agreements.unanimous import Unanimous
from savings.attribution.reports import quarters_in_force
from savings.budgets.models import TransitionApproval, claimed_on
from savings.drivers.models import Tolerance
from savings.fairness.models import FairnessTest
from savings.formulas.models import AttributionRule
from savings.permissions.rules import require
from savings.quarters.basis import check_quarter_open, rework_from
from savings.quarters.locks import change_basis
from services.models import Service
from sovereignty import disputes
from sovereignty.models import CERTIFYING_ROLES, Consent, Council, Decision, User
from sovereignty.refusals import BadContent, FieldError, NotAllowed, WrongState

#: What councils answer, each by a decision of its own.
Subject = AttributionRule | TransitionApproval | FairnessTest | Tolerance

#: How long before and after the day to answer by a council is reminded.
DAYS_BEFORE, DAYS_AFTER = 7, 1


def put_forward(
    proposed: Subject,
    *,
    title: str,
    after: Mapping[str, object],
    by: User,
    at: datetime,
    answer_by: date | None,
    revises: Decision | None,
    reason: str = "",
) -> None:
    """Save what is proposed, with the decision by which councils answer it, and its event.

    The dispute about what it revises, if it revises any, ends. `after` and `reason` are the
    event's. For the actions that propose, in their transactions. Raises WrongState where what
    it revises is not disputed, or BadContent where that is about something else.
    """
    if revises is not None:
        _check_revises(revises, proposed)
    proposed.decision = Decision.objects.create(
        title=title, proposed_by=by, proposed_at=at, answer_by=answer_by, revises=revises
    )
    disputes.end_by_revision(revision=proposed.decision, by=by, at=at)
    proposed.save(force_insert=True)
    subject, subject_id = _named(proposed)
    audit.actions.record(
        by=by.username,
        at=at,
        action="proposed",
        subject=subject,
        subject_id=subject_id,
        after=after,
        reason=reason,
    )


#: What a revision shares with what it revises.
_KEEPS: dict[type[Subject], tuple[str, ...]] = {
    AttributionRule: ("service_id", "kind"),
    TransitionApproval: ("service_id",),
}


def _check_revises(revises: Decision, proposed: Subject) -> None:
    about = _subject_of(revises)
    keeps = _KEEPS.get(type(proposed), ())
    if type(about) is not type(proposed) or any(
        getattr(about, name) != getattr(proposed, name) for name in keeps
    ):
        message = (
            f"This is about something else than “{revises}”: propose it without revising that."
        )
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

    Once. Raises NotAllowed; WrongState where the council has answered, takes no part in
    the service or anything below it from the effective quarter on, or that quarter has closed
    (tests and tolerances have neither), or refuses a rule that is in force without it or
    that it shares a part of alone; BadContent without a minute reference, or for a refusal
    without reason.
    """
    require(by, "savings.answer_decision")
    council = by.council
    if council is None:
        raise NotAllowed("Only a council's own officer answers for it.")
    change_basis()
    decision = Decision.objects.select_for_update().get(id=decision_id)
    about = _subject_of(decision)
    errors = []
    if not minute_reference.strip():
        errors.append(FieldError("minute_reference", "Enter the minute that records it."))
    if not agree and not reason.strip():
        errors.append(FieldError("reason", "Say why your council refuses."))
    if errors:
        raise BadContent(errors)
    _check_it_is_asked(about, council, agree=agree)
    if not agree and isinstance(about, AttributionRule) and quarters_in_force(about):
        raise WrongState(
            "This is in force where every council taking part has agreed to it, so it can't be "
            f"refused any more. It splits nothing in the quarters in which {council} takes part "
            "until it agrees, too."
        )
    if decision.is_withdrawn:
        raise WrongState("This proposal is withdrawn, so there is nothing to answer.")
    if decision.consents.filter(council=council).exists():
        raise WrongState(f"{council} has answered this already; an answer is given once.")
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
    subject, subject_id = _named(about)
    audit.actions.record(
        by=by.username,
        at=at,
        action="agreed" if agree else "refused",
        subject=subject,
        subject_id=subject_id,
        chain=council.code,
        after={"minute_reference": minute_reference.strip()},
        reason=reason.strip(),
    )
    if not isinstance(about, Unanimous):
        rework_from(about.effective_from, at)
    return consent


def _subject_of(decision: Decision) -> Subject:
    """What a decision decides on."""
    rule = AttributionRule.objects.filter(decision=decision).select_related("service").first()
    return (
        rule
        or FairnessTest.objects.filter(decision=decision).first()
        or Tolerance.objects.filter(decision=decision).first()
        or TransitionApproval.objects.select_related("service").get(decision=decision)
    )


def _named(about: Subject) -> tuple[str, object]:
    """What the audit event calls it, and its number or code."""
    if isinstance(about, TransitionApproval):
        return "transition approval", about
    names = {AttributionRule: "attribution rule", FairnessTest: "fairness test"}
    return names.get(type(about), "tolerance"), about.id


def _check_it_is_asked(about: Subject, council: Council, *, agree: bool) -> None:
    """Raise WrongState where a council has nothing to answer, or no more.

    A fairness test or a tolerance concerns every council, of any quarter: it decides on no
    figure.
    """
    if isinstance(about, Unanimous):
        return
    check_quarter_open(about.effective_from)
    tree, slug, first = Service.objects.tree(), about.service.slug, about.effective_from
    if tree.takes_part(slug, council.code, first):
        return
    # Who shares a part of it alone may agree, so that it holds there, too.
    if not any(tree.takes_part(part, council.code, first) for part in tree.below(slug)):
        raise WrongState(
            f"{council} takes no part in {about.service} from {first.label} on, so it has nothing "
            "to answer."
        )
    if not agree and isinstance(about, AttributionRule):
        raise WrongState(
            f"{council} shares a part of {about.service} alone, so there is nothing for it to "
            "refuse: until it agrees, the rule splits nothing of that part."
        )


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
