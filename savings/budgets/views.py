"""The page that proposes a transition budget; it is answered on its agreement's page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from savings.budgets.actions import propose_budget
from savings.budgets.forms import BudgetForm
from savings.budgets.models import TransitionApproval
from savings.permissions.pages import not_allowed, partnership_page, person, revised
from savings.permissions.rules import require
from services.models import Service
from sovereignty.refusals import BadContent, NotAllowed, WrongState


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def propose(request: HttpRequest) -> HttpResponse:
    """Propose a budget for a service's change; `?revises=` begins from another."""
    user = person(request)
    try:
        require(user, "savings.propose_approval")
    except NotAllowed as refusal:
        return not_allowed(request, refusal)
    instead_of = revised(request, TransitionApproval.objects.select_related("service", "decision"))
    if request.method != "POST":
        return _page(request, _form(request, instead_of), instead_of)
    form = _form(request, instead_of)
    try:
        made = propose_budget(
            **form.read(),
            revises=instead_of.decision if instead_of else None,
            by=user,
            at=timezone.now(),
        )
    except BadContent as refusal:
        form.add_errors(refusal.errors)
        return _page(request, form, instead_of, status=422)
    except WrongState as refusal:
        return _page(request, form, instead_of, problem=str(refusal), status=409)
    messages.success(
        request, "It is proposed. Costs can be claimed on it once every council has agreed."
    )
    return redirect("agreement", decision_id=made.decision_id)


def _form(request: HttpRequest, instead_of: TransitionApproval | None) -> BudgetForm:
    """A code is given once, so what revises a budget begins without one."""
    initial: dict[str, Any] = {"service": request.GET.get("service", "")}
    if instead_of:
        initial = {
            "service": instead_of.service.slug,
            "ceiling": f"{instead_of.ceiling:,.2f}",
            "effective_from": instead_of.effective_from.code,
            "description": instead_of.description,
        }
    data = request.POST if request.method == "POST" else None
    return BudgetForm(Service.objects.tree(), data, initial)


def _page(
    request: HttpRequest,
    form: BudgetForm,
    instead_of: TransitionApproval | None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    title = "Propose a transition budget"
    context = {
        "form": form,
        "revised": instead_of.decision if instead_of else None,
        "problem": problem,
        "title": title,
        "breadcrumbs": [
            {"text": "Agreements", "url": reverse("agreements")},
            {"text": title, "url": ""},
        ],
    }
    return render(request, "savings/budgets/propose.html", context, status=status)
