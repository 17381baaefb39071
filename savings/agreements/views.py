"""The pages of what councils agree on: the list, one proposal, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rules
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from savings.agreements import actions
from savings.agreements.forms import (
    AnswerForm,
    MediatorForm,
    RuleForm,
    SpeakForm,
    WithdrawForm,
)
from savings.agreements.reports import (
    Proposal,
    Standing,
    may_answer,
    proposal,
    proposals,
    shares_a_part,
    waiting,
)
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule, Driver
from savings.kit.forms import SayingForm
from savings.permissions import pages
from savings.permissions.pages import partnership_page, person
from savings.permissions.rules import require
from savings.rollup import tasks
from services.models import Service
from sovereignty import disputes
from sovereignty.models import Council, Decision, Role
from sovereignty.refusals import BadContent, FieldError, NotAllowed, Refusal, WrongState

FORMS: dict[str, type[SayingForm]] = {
    "answer": AnswerForm,
    "speak": SpeakForm,
    "mediator": MediatorForm,
    "withdraw": WithdrawForm,
}

#: Where a proposal of each kind is revised, and what to call it.
REVISING = {
    "rule": ("agreement-propose", "rule"),
    "budget": ("budget-propose", "transition budget"),
    "test": ("fairness-propose", "test of fairness"),
    "tolerance": ("tolerance-propose", "tolerance"),
}


@require_safe
@partnership_page
def agreements(request: HttpRequest) -> HttpResponse:
    """Every proposal, what waits for the reader first."""
    found = proposals()
    user = person(request)
    groups = [
        ("Disputed", Standing.DISPUTED),
        ("Waiting for an answer", Standing.WAITING),
        ("Agreed", Standing.AGREED),
        ("Lapsed", Standing.LAPSED),
        ("Revised", Standing.REVISED),
        ("Withdrawn", Standing.WITHDRAWN),
    ]
    context = {
        "waiting": waiting(user, found),
        "groups": [
            (title, [one for one in found if one.standing == standing])
            for title, standing in groups
        ],
        "nothing_yet": not found,
        "may_propose": rules.has_perm("savings.propose_rule", user),
        "today": timezone.localdate(),
    }
    return render(request, "savings/agreements/agreements.html", context)


@require_safe
@partnership_page
def agreement(request: HttpRequest, decision_id: int) -> HttpResponse:
    """One proposal: what it says, who has answered and how, and its dispute if there is one."""
    return _page(request, _found(decision_id))


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def answer(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Agree or refuse, for one's own council."""

    def do(form: SayingForm) -> str:
        agrees = form.agrees() if isinstance(form, AnswerForm) else None
        if agrees is None:
            raise BadContent([FieldError("agree", "Choose whether your council agrees.")])
        actions.answer(
            decision_id=decision_id,
            agree=agrees,
            minute_reference=form.say("minute_reference"),
            reason=form.say("reason"),
            by=person(request),
            at=timezone.now(),
        )
        tasks.wake()
        return "Your council's answer is recorded."

    return _act(request, decision_id, "answer", do)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def speak(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Say something in the dispute."""

    def do(form: SayingForm) -> str:
        disputes.speak(
            decision_id=decision_id, text=form.say("text"), by=person(request), at=timezone.now()
        )
        return "The others can read it now."

    return _act(request, decision_id, "speak", do)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def mediator(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Take the dispute to mediation."""

    def do(form: SayingForm) -> str:
        disputes.call_mediator(
            decision_id=decision_id,
            mediator=form.say("mediator"),
            text=form.say("text"),
            by=person(request),
            at=timezone.now(),
        )
        return "The dispute is in mediation."

    return _act(request, decision_id, "mediator", do)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def withdraw(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Take the proposal back."""

    def do(form: SayingForm) -> str:
        actions.withdraw_proposal(
            decision_id=decision_id,
            reason=form.say("reason"),
            by=person(request),
            at=timezone.now(),
        )
        return "The proposal is withdrawn."

    return _act(request, decision_id, "withdraw", do)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def propose(request: HttpRequest) -> HttpResponse:
    """Propose how a service's savings or costs are split; `?revises=` begins from another."""
    user = person(request)
    try:
        require(user, "savings.propose_rule")
    except NotAllowed as refusal:
        return _not_allowed(request, refusal)
    revised = pages.revised(
        request, AttributionRule.objects.select_related("service", "driver", "decision")
    )
    form = _rule_form(request, revised)
    if request.method != "POST":
        return _propose_page(request, form, revised)
    try:
        rule = _propose(form, revised, request)
    except BadContent as refusal:
        form.add_errors(refusal.errors)
        return _propose_page(request, form, revised, status=422)
    except WrongState as refusal:
        return _propose_page(request, form, revised, problem=str(refusal), status=409)
    messages.success(request, "It is proposed. It takes effect once every council has agreed.")
    return redirect("agreement", decision_id=rule.decision_id)


# --- What they have in common ------------------------------------------------------


def _act(
    request: HttpRequest, decision_id: int, name: str, do: Callable[[SayingForm], str]
) -> HttpResponse:
    """Do one thing with a proposal; its refusal becomes the page, with what was typed."""
    _found(decision_id)
    if request.method != "POST":
        return redirect("agreement", decision_id=decision_id)
    form = FORMS[name](request.POST, auto_id=f"{name}-%s")
    try:
        done = do(form)
    except NotAllowed as refusal:
        return _not_allowed(request, refusal)
    except BadContent as refusal:
        form.add_errors(refusal.errors)
        return _page(request, _found(decision_id), {name: form}, status=422)
    except WrongState as refusal:
        shown = {name: form}
        return _page(request, _found(decision_id), shown, problem=str(refusal), status=409)
    messages.success(request, done)
    return redirect("agreement", decision_id=decision_id)


def _page(
    request: HttpRequest,
    found: Proposal,
    bound: dict[str, SayingForm] | None = None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    user = person(request)
    given = bound or {}
    forms = {name: given.get(name) or form(auto_id=f"{name}-%s") for name, form in FORMS.items()}
    open_dispute = found.dispute is not None and found.dispute.is_open
    context: dict[str, Any] = {
        "proposal": found,
        "forms": forms,
        "form": next(iter(given.values()), None),
        "problem": problem,
        "today": timezone.localdate(),
        "may_answer": may_answer(found, user),
        "may_refuse": not (found.rule and shares_a_part(found, user)),
        "may_speak": open_dispute and disputes.may_speak(user),
        "may_mediate": open_dispute
        and found.dispute is not None
        and found.dispute.stage == "discussion"
        and disputes.may_speak(user),
        "may_withdraw": found.standing in (Standing.WAITING, Standing.DISPUTED, Standing.LAPSED)
        and (user.id == found.decision.proposed_by_id or user.holds(Role.PROGRAMME_OFFICE)),
        "revise": REVISING[found.kind]
        if open_dispute and rules.has_perm("savings.propose_rule", user)
        else None,
        "breadcrumbs": [
            {"text": "Agreements", "url": reverse("agreements")},
            {"text": found.decision.title, "url": ""},
        ],
    }
    return render(request, "savings/agreements/agreement.html", context, status=status)


def _not_allowed(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    context = {"refusal": refusal}
    return render(request, "savings/returns/not_allowed.html", context, status=403)


def _found(decision_id: int) -> Proposal:
    found = proposal(decision_id)
    if found is None:
        raise Http404("There is no such proposal.")
    return found


def _rule_form(request: HttpRequest, revised: AttributionRule | None) -> RuleForm:
    initial: dict[str, Any] = {"service": request.GET.get("service", "")}
    if revised:
        initial = {
            "service": revised.service.slug,
            "kind": revised.kind,
            "effective_from": revised.effective_from.code,
            "method": revised.method,
            "driver": revised.driver.code if revised.driver else "",
            "weights": "\n".join(f"{code} = {w}" for code, w in sorted(revised.weights.items())),
            "indirect_variance": revised.indirect_variance,
            "basis": revised.basis,
            **{f"share_{code}": share for code, share in revised.shares.items()},
        }
    data = request.POST if request.method == "POST" else None
    tree = Service.objects.tree()
    return RuleForm(tree, Council.objects.all(), Driver.objects.all(), data, initial)


def _propose(
    form: RuleForm, revised: AttributionRule | None, request: HttpRequest
) -> AttributionRule:
    errors = form.missing()
    service = Service.objects.filter(slug=form.say("service")).first()
    if form.say("service") and service is None:
        errors.append(FieldError("service", "Choose a service from the list."))
    driver = Driver.objects.filter(code=form.say("driver")).first() if form.say("driver") else None
    for name, choices in (("kind", AttributionRule.Kind), ("method", AttributionRule.Method)):
        if form.say(name) and form.say(name) not in choices.values:
            errors.append(FieldError(name, "Choose one from the list."))
    quarter = form.read_or_add(errors, form.quarter)
    day = form.read_or_add(errors, form.day)
    if errors or service is None or quarter is None:
        raise BadContent(errors)
    method = form.say("method")
    return propose_rule(
        service=service,
        kind=form.say("kind"),
        method=method,
        effective_from=quarter,
        shares=form.shares() if method == AttributionRule.Method.FIXED else {},
        driver=driver if method == AttributionRule.Method.DRIVER else None,
        weights=form.weights_given() if method == AttributionRule.Method.BLEND else {},
        indirect_variance=form.say("indirect_variance") or AttributionRule.IndirectVariance.SHARED,
        basis=form.say("basis"),
        answer_by=day,
        revises=revised.decision if revised else None,
        by=person(request),
        at=timezone.now(),
    )


def _propose_page(
    request: HttpRequest,
    form: RuleForm,
    revised: AttributionRule | None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    decision: Decision | None = revised.decision if revised else None
    context = {
        "form": form,
        "revised": decision,
        "problem": problem,
        "breadcrumbs": [
            {"text": "Agreements", "url": reverse("agreements")},
            {"text": "Revise a proposal" if revised else "Propose a rule", "url": ""},
        ],
    }
    return render(request, "savings/agreements/propose.html", context, status=status)
