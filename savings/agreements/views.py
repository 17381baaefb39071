"""The pages about agreements: the list, one proposal, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    SpeakForm,
    WithdrawForm,
)
from savings.agreements.page import AgreementPage
from savings.agreements.reports import (
    Proposal,
    ProposalStanding,
    proposal,
    proposals,
    waiting,
)
from savings.agreements.subjects import SUBJECTS
from savings.kit.forms import SayingForm
from savings.permissions.pages import partnership_page, person, refusals_on
from savings.permissions.rules import may
from sovereignty import disputes
from sovereignty.refusals import BadContent, FieldError

FORMS: dict[str, type[SayingForm]] = {
    "answer": AnswerForm,
    "speak": SpeakForm,
    "mediator": MediatorForm,
    "withdraw": WithdrawForm,
}


@require_safe
@partnership_page
def agreements(request: HttpRequest) -> HttpResponse:
    """Every proposal, with those waiting for the reader first."""
    found = proposals()
    user = person(request)
    groups = [
        ("Disputed", ProposalStanding.DISPUTED),
        ("Waiting for an answer", ProposalStanding.WAITING),
        ("Agreed", ProposalStanding.AGREED),
        ("Lapsed", ProposalStanding.LAPSED),
        ("Revised", ProposalStanding.REVISED),
        ("Withdrawn", ProposalStanding.WITHDRAWN),
    ]
    context = {
        "waiting": waiting(user, found),
        "groups": [
            (title, [one for one in found if one.standing == standing])
            for title, standing in groups
        ],
        "nothing_yet": not found,
        "may_propose": [
            subject for subject in SUBJECTS.values() if may(user, subject.proposed_with)
        ],
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
    found = _found(decision_id)

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
        found.subject.wake()
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


# --- What they have in common ------------------------------------------------------


def _act(
    request: HttpRequest, decision_id: int, name: str, do: Callable[[SayingForm], str]
) -> HttpResponse:
    """Do one thing with a proposal. If it is refused, the page says why and keeps the form."""
    _found(decision_id)
    if request.method != "POST":
        return redirect("agreement", decision_id=decision_id)
    form = FORMS[name](request.POST, auto_id=f"{name}-%s")

    def again(*, problem: str = "", status: int) -> HttpResponse:
        return _page(request, _found(decision_id), {name: form}, problem=problem, status=status)

    with refusals_on(again, form.add_errors):
        done = do(form)
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
    context: dict[str, Any] = {
        "page": AgreementPage(found, user),
        "proposal": found,
        "forms": forms,
        "form": next(iter(given.values()), None),
        "problem": problem,
        "today": timezone.localdate(),
        "breadcrumbs": [
            {"text": "Agreements", "url": reverse("agreements")},
            {"text": found.decision.title, "url": ""},
        ],
    }
    return render(request, "savings/agreements/agreement.html", context, status=status)


def _found(decision_id: int) -> Proposal:
    found = proposal(decision_id)
    if found is None:
        raise Http404("There is no such proposal.")
    return found
