"""The calendar's page, what the programme office does there, and the board."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from finance.periods import FinancialYear, PeriodError, Quarter
from savings.calendar import actions, reports, tasks
from savings.calendar.exports import as_csv, file_name
from savings.calendar.forms import ChangeDatesForm, OpenForm, ReopenForm, YearForm
from savings.calendar.wording import reading_of
from savings.permissions.pages import SignedIn, page, refusals_on
from savings.permissions.rules import may, require
from savings.quarters.dates import dates_of
from savings.quarters.models import Period
from savings.returns.reports import PLURALS

# --- The calendar --------------------------------------------------------------------


@page("GET", "HEAD")
def calendar(request: SignedIn) -> HttpResponse:
    """Every quarter with its dates; for the programme office also what it can do next."""
    return _calendar_page(request)


@page("GET", "HEAD", "POST")
def open_next(request: SignedIn) -> HttpResponse:
    """Open the next quarter, with the usual dates or others."""
    require(request.user, "savings.run_calendar")
    first = reports.first_to_open()
    if request.method != "POST":
        return _open_page(request, first, _blank_open_form(first))
    form = OpenForm(request.POST)
    form.settle(first.only)
    again = partial(_open_page, request, first, form)
    if not form.is_valid():
        return again(status=422)
    with refusals_on(again, form.add_errors):
        period = actions.open_period(
            quarter=form.cleaned_data["period"],
            by=request.user,
            at=timezone.now(),
            **form.dates(),
        )
    messages.success(request, f"{period} is open, with an empty draft for every council.")
    return redirect("calendar")


@page("GET", "HEAD", "POST")
def dates(request: SignedIn, period: str) -> HttpResponse:
    """Change the dates of an open quarter, for a reason."""
    found = _period(period)
    require(request.user, "savings.run_calendar")
    if request.method != "POST":
        if not found.is_open:
            return redirect("calendar")
        usual = dates_of(
            found.quarter,
            opens_on=found.opens_on,
            due_on=found.due_on,
            closes_on=found.closes_on,
        )
        return _dates_page(request, found, ChangeDatesForm(initial=usual.by_name()))
    form = ChangeDatesForm(request.POST)
    again = partial(_dates_page, request, found, form)
    if not form.is_valid():
        if not form.cleaned_data.get("reason", "").strip():
            form.add_error("reason", "Say why the dates are changed.")
        return again(status=422)
    with refusals_on(again, form.add_errors):
        actions.change_dates(
            quarter=found.quarter,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
            **form.dates(),
        )
    messages.success(request, f"The dates of {found} are saved.")
    return redirect("calendar")


@page("GET", "HEAD", "POST")
def close(request: SignedIn, period: str) -> HttpResponse:
    """Close a quarter, once every return of it is certified."""
    quarter = _period(period).quarter
    if request.method != "POST":
        return redirect("calendar")
    with refusals_on(partial(_calendar_page, request)):
        actions.close_period(quarter=quarter, by=request.user, at=timezone.now())
    messages.success(request, f"{quarter.label} is closed.")
    return redirect("calendar")


@page("GET", "HEAD", "POST")
def reopen(request: SignedIn, period: str) -> HttpResponse:
    """Reopen the quarter that was closed last, for a reason that everyone concerned sees."""
    quarter = _period(period).quarter
    if request.method != "POST":
        return redirect("calendar")
    form = ReopenForm(request.POST)
    form.is_valid()
    with refusals_on(partial(_calendar_page, request, reopening=form), form.add_errors):
        actions.reopen_period(
            quarter=quarter,
            reason=form.cleaned_data.get("reason", ""),
            by=request.user,
            at=timezone.now(),
        )
    tasks.send_news()
    messages.success(request, f"{quarter.label} is open again. Its returns show the reason.")
    return redirect("calendar")


def _calendar_page(
    request: SignedIn,
    *,
    problem: str = "",
    reopening: ReopenForm | None = None,
    status: int = 200,
) -> HttpResponse:
    require(request.user, "sovereignty.see_partnership")
    periods = list(Period.objects.select_related("reopened_by").order_by("-quarter"))
    runs = may(request.user, "savings.run_calendar")
    context: dict[str, Any] = {
        "lines": reports.calendar_lines(request.user, periods, timezone.localdate()),
        "runs": runs,
        "problem": problem,
        "reopening": reopening or ReopenForm(),
        "breadcrumbs": _trail(),
    }
    if runs:
        context["moves"] = reports.calendar_moves()
    return render(request, "savings/calendar/calendar.html", context, status=status)


def _blank_open_form(first: reports.FirstToOpen) -> OpenForm:
    quarter = first.quarter or Quarter.containing(timezone.localdate()).preceding
    form = OpenForm(initial={"period": quarter.code, **dates_of(quarter).by_name()})
    form.settle(first.only)
    return form


def _open_page(
    request: SignedIn,
    first: reports.FirstToOpen,
    form: OpenForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    name = first.quarter.label if first.only and first.quarter else "the first quarter"
    context = {
        "first": first,
        "name": name,
        "form": form,
        "problem": problem,
        "breadcrumbs": _trail(f"Open {name}"),
    }
    return render(request, "savings/calendar/open.html", context, status=status)


def _dates_page(
    request: SignedIn,
    period: Period,
    form: ChangeDatesForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "period": period,
        "form": form,
        "problem": problem,
        "breadcrumbs": _trail(f"Dates of {period}"),
    }
    return render(request, "savings/calendar/dates.html", context, status=status)


def _trail(*below: str) -> list[dict[str, str]]:
    """The breadcrumbs of a page below the calendar, or of the calendar itself."""
    calendar = {"text": "Calendar", "url": reverse("calendar") if below else ""}
    returns = {"text": "Returns", "url": reverse("returns")}
    return [returns, calendar, *({"text": text, "url": ""} for text in below)]


def _period(code: str) -> Period:
    try:
        return get_object_or_404(Period, quarter=Quarter.parse(code))
    except PeriodError as error:
        raise Http404(str(error)) from error


# --- The board ------------------------------------------------------------------------


@page("GET", "HEAD")
def board(request: SignedIn) -> HttpResponse:
    """Who has submitted what in a year: every council, or one's own."""
    require(request.user, "sovereignty.see_partnership")
    form = YearForm(request.GET, reports.board_years(), reports.current_board_year())
    trail = [{"text": "Returns", "url": reverse("returns")}, {"text": "Board", "url": ""}]
    context: dict[str, Any] = {"form": form, "breadcrumbs": trail}
    if not form.is_valid():
        return render(request, "savings/calendar/board.html", context, status=422)
    year = form.cleaned_data["year"]
    context |= {"year": year, "kinds": list(PLURALS.values())}
    if year:
        context["board"] = reports.board_of(request.user, year, timezone.localdate())
        context["reading"] = reading_of(context["board"].lines, year)
    return render(request, "savings/calendar/board.html", context)


@page("GET", "HEAD")
def board_csv(request: SignedIn, year: str) -> HttpResponse:
    """The rows of the board as a file."""
    require(request.user, "sovereignty.see_partnership")
    try:
        asked = FinancialYear.parse(year)
    except PeriodError as error:
        raise Http404(str(error)) from error
    found = reports.board_of(request.user, asked, timezone.localdate())
    response = HttpResponse(as_csv(found.lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name(asked)}"'
    return response
