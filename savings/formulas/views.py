"""The page that proposes how a service's savings or costs are split."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from savings.drivers.models import Driver
from savings.formulas.actions import propose_rule
from savings.formulas.forms import RuleForm
from savings.formulas.models import AttributionRule
from savings.permissions import pages
from savings.permissions.pages import partnership_page, person, refusals_on
from savings.permissions.rules import require
from services.models import Service
from sovereignty.models import Council, Decision


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def propose(request: HttpRequest) -> HttpResponse:
    """Propose how a service's savings or costs are split; `?revises=` begins from another."""
    require(person(request), "savings.propose_rule")
    revised = pages.revised(
        request, AttributionRule.objects.select_related("service", "driver", "decision")
    )
    form = _rule_form(request, revised)
    again = partial(_propose_page, request, form, revised)
    if request.method != "POST":
        return again()
    with refusals_on(again, form.add_errors):
        rule = propose_rule(
            **form.proposed(),
            revises=revised.decision if revised else None,
            by=person(request),
            at=timezone.now(),
        )
    messages.success(
        request, "The rule is proposed. It takes effect once every council has agreed."
    )
    return redirect("agreement", decision_id=rule.decision_id)


#: What an address may fill in, for a link to the form.
_FROM_ADDRESS = ("service", "kind", "effective_from", "reaches_back_until")


def _rule_form(request: HttpRequest, revised: AttributionRule | None) -> RuleForm:
    initial: dict[str, Any] = {name: request.GET.get(name, "") for name in _FROM_ADDRESS}
    if revised:
        initial = {
            "service": revised.service.slug,
            "kind": revised.kind,
            "effective_from": revised.effective_from.code,
            "reaches_back_until": str(revised.reaches_back_until or ""),
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
