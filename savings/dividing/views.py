"""The pages that lead to a rule for what lies undivided in closed quarters."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from finance.periods import PeriodError, Quarter
from savings.dividing import reports
from savings.dividing.actions import preview_of
from savings.dividing.forms import DividingForm
from savings.dividing.reports import SPLIT_BY, Place, Preview, Undivided
from savings.drivers.models import Driver
from savings.formulas.actions import propose_rule
from savings.permissions.pages import partnership_page, person, refusals_on
from savings.permissions.rules import may, require
from savings.quarters.models import Period
from savings.rollup.reports import one_version, standing
from services.models import Service

PLACES_A_PAGE = 100


@require_safe
@partnership_page
def dividing(request: HttpRequest) -> HttpResponse:
    """What lies undivided in closed quarters, who has to agree, and what has been divided."""
    with one_version():
        found, divided, rollup = reports.undivided(), reports.divided(), standing()
    context = {
        "total": reports.total_of(found),
        "page_obj": Paginator(found, PLACES_A_PAGE).get_page(request.GET.get("page")),
        "divided": divided,
        "rollup": rollup,
        "may_propose": may(person(request), "savings.propose_rule"),
        "today": timezone.localdate(),
    }
    return render(request, "savings/dividing/dividing.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def divide(request: HttpRequest, period: str, service: str, kind: str) -> HttpResponse:
    """Propose a rule for what lies undivided in one place; first see what it would do."""
    place = _place(period, service, kind)
    require(person(request), "savings.propose_rule")
    found = reports.undivided_in(place)
    if found is None or not found.may_be_divided:
        return _nothing_here(request, place)
    data = request.POST if request.method == "POST" else None
    form = DividingForm(found, Service.objects.tree(), Driver.objects.all(), data)
    again = partial(_page, request, found, form)
    if request.method != "POST":
        return again()
    by, at = person(request), timezone.now()
    with refusals_on(again, form.add_errors):
        proposed = form.proposed()
        if request.POST.get("do") != "propose":
            return again(preview=preview_of(proposed=proposed, by=by, at=at))
        rule = propose_rule(**proposed, by=by, at=at)
    messages.success(
        request, "The rule is proposed. It divides this once every council has agreed."
    )
    return redirect("agreement", decision_id=rule.decision_id)


def _place(period: str, slug: str, kind: str) -> Place:
    try:
        quarter = Quarter.parse(period)
    except PeriodError:
        raise Http404("There is no such quarter.") from None
    service = Service.objects.filter(slug=slug).first()
    opened = Period.objects.filter(quarter=quarter).exists()
    if service is None or kind not in SPLIT_BY or not opened:
        raise Http404("There is no such place.")
    return Place(quarter, service, kind)


def _nothing_here(request: HttpRequest, place: Place) -> HttpResponse:
    """The page that says so, for an address from before it was divided."""
    status = 409 if request.method == "POST" else 200
    context = {"place": place, "breadcrumbs": _breadcrumbs(place)}
    return render(request, "savings/dividing/nothing_here.html", context, status=status)


def _page(
    request: HttpRequest,
    found: Undivided,
    form: DividingForm,
    *,
    preview: Preview | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "found": found,
        "form": form,
        "preview": preview,
        "problem": problem,
        "today": timezone.localdate(),
        "breadcrumbs": _breadcrumbs(found.place),
    }
    return render(request, "savings/dividing/divide.html", context, status=status)


def _breadcrumbs(place: Place) -> list[dict[str, str]]:
    return [
        {"text": "Divide what has been published", "url": reverse("dividing")},
        {"text": f"{place.service}, {place.quarter.label}", "url": ""},
    ]
