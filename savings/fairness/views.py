"""The pages of fairness: the figures with their warning, the same as CSV, proposing the test."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from finance.periods import Quarter
from savings.fairness import charts, wording
from savings.fairness.actions import propose_test
from savings.fairness.exports import as_csv
from savings.fairness.fairness import Amounts, Least, Track
from savings.fairness.forms import FairnessForm, FairnessTestForm
from savings.fairness.models import FairnessTest
from savings.fairness.reports import Fairness, FairnessQuestion, fairness_of
from savings.permissions.pages import partnership_page, person, refusals_on, revised
from savings.permissions.rules import may, require
from savings.quarters.models import Period
from savings.rollup.reports import standing
from services.models import Service


def _reopened(form: FairnessForm) -> Quarter | None:
    """The latest quarter that was closed and is open again."""
    return max((p.quarter for p in form.periods if p.is_open_again), default=None)


def _form(request: HttpRequest) -> FairnessForm:
    periods = list(Period.objects.order_by("quarter"))
    return FairnessForm(request.GET, Service.objects.tree(), periods)


@require_safe
@partnership_page
def fairness(request: HttpRequest) -> HttpResponse:
    """Who gains, who pays, since when, and whether it is always the same council."""
    form = _form(request)
    if not form.is_valid():
        return render(request, "savings/fairness/fairness.html", {"form": form}, status=422)
    found = fairness_of(form.asked())
    latest = max(form.quarters.values(), default=None)
    context = {
        "form": form,
        "latest": latest,
        "to_latest": _query(replace(found.asked, last=latest))
        if latest and found.is_open(latest) and not found.is_unfinished
        else "",
        "rollup": standing(),
        "may_propose": may(person(request), "savings.propose_fairness_test"),
    }
    return render(
        request, "savings/fairness/fairness.html", context | _told(found, _reopened(form))
    )


@require_safe
@partnership_page
def download(request: HttpRequest) -> HttpResponse:
    """The figures of the page as CSV."""
    form = _form(request)
    if not form.is_valid():
        return render(request, "savings/fairness/fairness.html", {"form": form}, status=422)
    name = f"tri-borough-fairness{'-' * bool(form.asked().service)}{form.asked().service or ''}.csv"
    return HttpResponse(
        as_csv(fairness_of(form.asked())),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def propose(request: HttpRequest) -> HttpResponse:
    """Propose the test that decides when the page warns; every council answers it."""
    user = person(request)
    require(user, "savings.propose_fairness_test")
    instead_of = revised(request, FairnessTest.objects.select_related("decision"))
    if request.method != "POST":
        given = {"below": instead_of.below, "quarters": instead_of.quarters} if instead_of else {}
        return _propose_page(request, FairnessTestForm(initial=given), instead_of)
    form = FairnessTestForm(request.POST)
    with refusals_on(partial(_propose_page, request, form, instead_of), form.add_errors):
        test = propose_test(
            below=form.say("below"),
            quarters=form.count(),
            answer_by=form.day(),
            revises=instead_of.decision if instead_of else None,
            by=user,
            at=timezone.now(),
        )
    messages.success(request, "The test is proposed. It applies once every council has agreed.")
    return redirect("agreement", decision_id=test.decision_id)


def _propose_page(
    request: HttpRequest,
    form: FairnessTestForm,
    instead_of: FairnessTest | None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    breadcrumbs = [
        {"text": "Fairness", "url": reverse("fairness")},
        {"text": "Propose a test", "url": ""},
    ]
    context = {
        "form": form,
        "revised": instead_of.decision if instead_of else None,
        "problem": problem,
        "breadcrumbs": breadcrumbs,
    }
    return render(request, "savings/fairness/propose.html", context, status=status)


# --- What the page shows ---------------------------------------------------------------


def _told(found: Fairness, reopened: Quarter | None) -> dict[str, Any]:
    names, criterion = found.councils, found.criterion
    nodes = found.asked.tree.nodes
    return {
        "fairness": found,
        "unfinished": wording.unfinished(found.closed) if found.is_unfinished else "",
        "nothing": wording.nothing_of(found.asked.first, found.to, reopened),
        "of": nodes[found.asked.service].name if found.asked.service else "",
        "warning": wording.warning_of(found.warned, names),
        "rule": wording.rule_of(criterion) if criterion else "",
        "net_reading": wording.reading_of_net(found.tracks, names),
        "net_figure": (
            charts.net_to_date(found.tracks, names, found.closed)
            if len(found.quarters) > 1
            else None
        ),
        "shares_reading": wording.reading_of_shares(found.tracks, names),
        "shares_figure": charts.shares(found.tracks, names),
        "rows": [_row(track, names[track.council]) for track in found.tracks],
        "together": sum(
            (track.latest.to_date for track in found.tracks if track.latest), Amounts()
        ),
        "quarters": [
            {
                "label": wording.quarter_of(quarter, found.closed),
                "rows": [
                    {
                        "name": names[track.council],
                        "point": track.points[place],
                        "little": wording.gains_little_of(
                            track.points[place], criterion, found.closed
                        )
                        if track.takes_part or criterion is None
                        else "takes no part",
                    }
                    for track in found.tracks
                ],
            }
            for place, quarter in enumerate(found.quarters)
        ],
        "services": [_service(least, found) for least in found.services],
        "query": _query(found.asked),
    }


def _query(asked: FairnessQuestion) -> str:
    """The query string that asks for this."""
    said = {"service": asked.service, "from": asked.first, "to": asked.last}
    return urlencode({name: str(each) for name, each in said.items() if each})


def _row(track: Track, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "point": track.latest,
        "break_even": wording.break_even_of(track),
    }


def _service(least: Least, found: Fairness) -> dict[str, Any]:
    nodes, asked = found.asked.tree.nodes, found.asked.service
    own = least.service == asked
    return {
        "slug": "" if own else least.service,
        "name": f"{nodes[least.service].name}, not divided" if own else nodes[least.service].name,
        "nets": [least.nets.get(code) for code in found.councils],
        "least": ", ".join(found.councils[code] for code in least.councils),
        "illustrative": least.illustrative,
    }
