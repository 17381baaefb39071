"""The page that proposes a transition budget; it is answered on its agreement's page."""

from __future__ import annotations

from functools import partial
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
from savings.permissions.pages import partnership_page, person, refusals_on, revised
from savings.permissions.rules import require
from services.models import Service


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def propose(request: HttpRequest) -> HttpResponse:
    """Propose a budget for a service's change; `?revises=` begins from another."""
    user = person(request)
    require(user, "savings.propose_budget")
    instead_of = revised(request, TransitionApproval.objects.select_related("service", "decision"))
    form = _form(request, instead_of)
    again = partial(_page, request, form, instead_of)
    if request.method != "POST":
        return again()
    with refusals_on(again, form.add_errors):
        made = propose_budget(
            **form.read(),
            revises=instead_of.decision if instead_of else None,
            by=user,
            at=timezone.now(),
        )
    messages.success(
        request, "The budget is proposed. Costs can be claimed on it once every council has agreed."
    )
    return redirect("agreement", decision_id=made.decision_id)


def _form(request: HttpRequest, instead_of: TransitionApproval | None) -> BudgetForm:
    """Two budgets can't have the same code, so a revised one starts without."""
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
