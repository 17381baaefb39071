"""The pages of forecasts: a return's own, to read and to fill in, and those of all councils."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from finance.periods import PeriodError, Quarter
from savings.forecasts import charts, exports, reports, wording
from savings.forecasts.actions import replace_forecasts_as_read
from savings.forecasts.forms import ForecastsForm, OverviewForm
from savings.forecasts.overview import (
    Overview,
    first_choice,
    overview_of,
    quarters_to_choose,
)
from savings.forecasts.reports import ForecastsOfReturn
from savings.permissions.pages import SignedIn, page, partnership_page, person, refusals_on
from savings.permissions.reports import visible_councils
from savings.permissions.rules import may, require
from savings.returns.actions import check_editable
from savings.returns.models import Return
from savings.returns.reports import in_words
from savings.returns.views import NOT_WHOLE
from savings.rollup.reports import standing as rollup_standing
from sovereignty.refusals import StaleVersion, WrongState

INITIATIVES_A_PAGE = 50


# --- One return's -------------------------------------------------------------------


@page("GET", "HEAD", "POST")
def forecasts(request: SignedIn, council: str, period: str) -> HttpResponse:
    """A return's forecasts: a form for those who can change them now, otherwise to be read."""
    parent = _return(request, council, period)
    if request.method != "POST":
        if not _may_change(request, parent):
            return _page(request, parent, None)
        found = _forecasts_of(request, parent)
        form = ForecastsForm.of_lines(found.lines, parent.version, parent.quarter)
        return _page(request, parent, form, found=found)
    require(request.user, "savings.fill_return", parent)
    found = _forecasts_of(request, parent)
    form = ForecastsForm.of_post(request.POST, found.lines, parent.quarter)
    if not form.whole:
        return _page(request, parent, form, problem=NOT_WHOLE, status=422)

    def again(*, problem: str = "", status: int) -> HttpResponse:
        now = _return(request, council, period)
        return _page(request, now, form, problem=problem, status=status)

    with refusals_on(again, form.add_errors):
        try:
            saved = replace_forecasts_as_read(
                return_id=parent.id,
                version=form.version or 0,
                rows=form.raw_rows(),
                by=request.user,
                at=timezone.now(),
            )
        except StaleVersion:
            return _stale_page(request, _return(request, council, period), form.version or 0)
    messages.success(
        request, f"The forecasts for {parent.period} are saved as version {saved.version}."
    )
    return redirect("return", council=parent.council_code, period=parent.period.code)


def _stale_page(request: SignedIn, parent: Return, version: int) -> HttpResponse:
    """What was typed since that version beside what is stored now, which it can be saved over."""
    found = _forecasts_of(request, parent)
    form = ForecastsForm.of_post(request.POST, found.lines, parent.quarter)
    if form.whole and _may_change(request, parent):
        form.lay_beside_stored(parent.version)
    stale = {"from": version, "deeds": in_words(reports.saves_since(parent, version))}
    return _page(request, parent, form, found=found, stale=stale, status=409)


def _page(
    request: SignedIn,
    parent: Return,
    form: ForecastsForm | None,
    *,
    found: ForecastsOfReturn | None = None,
    problem: str = "",
    stale: Mapping[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    found = found or _forecasts_of(request, parent)
    owner = parent.council.name if parent.council else ""
    codes = {"council": parent.council_code, "period": parent.period.code}
    context = {
        "parent": parent,
        "form": form,
        "standing": found,
        "sentence": wording.standing(found.counts),
        "problem": problem,
        "stale": stale,
        "breadcrumbs": [
            {"text": "Returns", "url": reverse("returns")},
            {"text": f"{owner}, {parent.period}", "url": reverse("return", kwargs=codes)},
            {"text": "Forecasts", "url": ""},
        ],
    }
    template = "savings/forecasts/edit.html" if form else "savings/forecasts/show.html"
    return render(request, template, context, status=status)


def _may_change(request: SignedIn, parent: Return) -> bool:
    if not may(request.user, "savings.fill_return", parent):
        return False
    try:
        check_editable(parent)
    except WrongState:
        return False
    return True


def _forecasts_of(request: SignedIn, parent: Return) -> ForecastsOfReturn:
    return reports.forecasts_of(request.user, parent, timezone.localdate())


def _return(request: SignedIn, council: str, period: str) -> Return:
    """The return that an address names; the partnership's own has no forecasts."""
    try:
        quarter = Quarter.parse(period)
    except PeriodError as error:
        raise Http404(str(error)) from error
    visible = reports.visible_returns(request.user)
    return get_object_or_404(visible, council__code=council, period__quarter=quarter)


# --- Those of all councils ------------------------------------------------------------


@require_safe
@partnership_page
def overview(request: HttpRequest) -> HttpResponse:
    """Every initiative with its status, its forecast beside plan and delivery, as a page."""
    form = _form(request)
    context: dict[str, Any] = {"form": form}
    if not form.is_valid():
        return render(request, "savings/forecasts/overview.html", context, status=422)
    found = _overview(request, form)
    if found is not None:
        context |= _shown(request, form, found)
    return render(request, "savings/forecasts/overview.html", context)


@require_safe
@partnership_page
def download(request: HttpRequest) -> HttpResponse:
    """The same as a file to keep: CSV, for Excel and for systems."""
    form = _form(request)
    if not form.is_valid():
        context = {"form": form}
        return render(request, "savings/forecasts/overview.html", context, status=422)
    found = _overview(request, form)
    if found is None:
        raise Http404("There is no return yet that you can see.")
    return HttpResponse(
        exports.as_csv(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{exports.file_name(found)}"'},
    )


def _form(request: HttpRequest) -> OverviewForm:
    user = person(request)
    periods = quarters_to_choose(user)
    return OverviewForm(
        request.GET,
        periods=periods,
        usual=first_choice(user, periods),
        councils=visible_councils(user),
    )


def _overview(request: HttpRequest, form: OverviewForm) -> Overview | None:
    quarter, status, council = form.answer()
    if quarter is None:
        return None
    today = timezone.localdate()
    return overview_of(person(request), quarter, today, council=council, status=status)


def _shown(request: HttpRequest, form: OverviewForm, found: Overview) -> dict[str, Any]:
    _, status, council = form.answer()
    asked = {"period": found.quarter.code, "status": status, "council": council}
    rows = Paginator(found.rows, INITIATIVES_A_PAGE).get_page(request.GET.get("page"))
    counts = found.all_counts
    return {
        "found": found,
        "page": rows,
        "rows": list(rows),
        "statuses": [
            (code, words, counts[code], _query({**asked, "status": code}))
            for code, words in form.statuses.items()
        ],
        "reading": wording.reading(
            found.counts,
            quarter=found.quarter,
            planned=found.planned if found.beside_plan else None,
            expected=found.expected,
            delivered=None if found.pending else found.delivered,
        ),
        "figure": charts.beside_each_other(list(rows), beside_plan=found.beside_plan)
        if any(row.forecasts or row.delivered for row in rows)
        else None,
        "query": _query(asked),
        "rollup": rollup_standing(),
        "lead_to": _lead_to(found),
    }


def _lead_to(found: Overview) -> dict[str, str] | None:
    """The page that the lead goes to: the comparison, or a council's report."""
    if found.lead is None:
        return None
    council = found.lead_of
    if council is None:
        address = f"{reverse('comparison')}?to={found.quarter.code}"
        return {"name": "Promised and delivered", "address": address, "council": ""}
    address = f"{reverse('borough', args=[council.code])}?period={found.quarter.code}"
    return {"name": f"the report of {council.name}", "address": address, "council": council.name}


def _query(asked: dict[str, str]) -> str:
    return urlencode({name: value for name, value in asked.items() if value})
