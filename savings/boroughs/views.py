"""The pages of boroughs: the list, one council's figures for a quarter, and its downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from finance.periods import Quarter
from savings.boroughs import charts, reports, wording
from savings.boroughs.annex import annex_of, figures_with_annex
from savings.boroughs.exports import annex_as_csv, as_csv, as_xlsx, file_name
from savings.boroughs.forms import QuarterForm
from savings.boroughs.reports import BoroughFigures, FigureLine
from savings.kit.wording import ago, exactly, headline
from savings.permissions.pages import partnership_page, person
from savings.permissions.reports import visible_councils
from savings.quarters.models import Period
from savings.returns.models import Entry
from savings.returns.reports import PLURALS
from savings.rollup.reports import BeingAdded
from sovereignty.models import Council, User

ENTRIES_A_PAGE = 50
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@partnership_page
def boroughs(request: HttpRequest) -> HttpResponse:
    """The councils whose figures the person may open, with what each has saved."""
    councils = visible_councils(person(request))
    form = _form(request.GET, councils)
    if not form.is_valid():
        return render(request, "savings/boroughs/boroughs.html", {"form": form}, status=422)
    quarter = form.quarter()
    context: dict[str, Any] = {"form": form, "quarter": quarter}
    if quarter:
        summaries = reports.summaries(councils, quarter)
        context["summaries"] = summaries
        context["cards"] = [
            (summary, _being_added(summary.council, summary.waiting)) for summary in summaries
        ]
        context["illustrative"] = any(summary.illustrative for summary in summaries)
    return render(request, "savings/boroughs/boroughs.html", context)


@require_safe
@partnership_page
def borough(request: HttpRequest, code: str) -> HttpResponse:
    """One council's figures for a quarter, and the entries behind them."""
    council = _council(request, code)
    form = _form(request.GET, [council])
    if not form.is_valid():
        return _refused(request, council, form)
    quarter = form.quarter()
    context: dict[str, Any] = {"form": form, "council": council, "quarter": quarter}
    if quarter:
        context |= _figures(request, council, quarter)
    return render(request, "savings/boroughs/borough.html", _with_trail(context, council))


@require_safe
@partnership_page
def download(request: HttpRequest, code: str, period: str, extension: str) -> HttpResponse:
    """The same figures as a file to keep: CSV for Excel and systems, or a workbook."""
    return _file(request, code, period, _csv if extension == "csv" else _xlsx)


@require_safe
@partnership_page
def annex_download(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """How the quarter's figures were worked out, as CSV for Excel and systems."""
    return _file(request, code, period, _annex_csv)


@dataclass(frozen=True, slots=True)
class _File:
    """What a download holds, and how its name ends."""

    content: bytes
    content_type: str
    ending: str


def _csv(council: Council, quarter: Quarter, user: User) -> _File:
    figures = reports.figures_of(council, quarter, with_entries=False)
    return _File(as_csv(figures, byte_order_mark=True), CSV, ".csv")


def _xlsx(council: Council, quarter: Quarter, user: User) -> _File:
    return _File(as_xlsx(*figures_with_annex(council, quarter, user)), XLSX, ".xlsx")


def _annex_csv(council: Council, quarter: Quarter, user: User) -> _File:
    annex = annex_of(council, quarter, user)
    return _File(annex_as_csv(annex, byte_order_mark=True), CSV, "-annex.csv")


def _file(
    request: HttpRequest, code: str, period: str, make: Callable[[Council, Quarter, User], _File]
) -> HttpResponse:
    council = _council(request, code)
    form = _form({"period": period}, [council])
    if not form.is_valid():
        return _refused(request, council, form)
    quarter = form.quarter()
    if quarter is None:
        raise Http404("No quarter has been opened yet.")
    file = make(council, quarter, person(request))
    response = HttpResponse(file.content, content_type=file.content_type)
    name = file_name(council, quarter, file.ending)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _figures(request: HttpRequest, council: Council, quarter: Quarter) -> dict[str, Any]:
    figures = reports.figures_of(council, quarter, with_entries=False)
    page = Paginator(reports.entry_facts(council, quarter), ENTRIES_A_PAGE).get_page(
        request.GET.get("page")
    )
    entries = reports.entry_lines(page)
    areas = figures.areas(Entry.Kind.SAVING)
    drawn = len(areas) > 1 and all(line.is_whole for line in areas)
    return {
        "figures": figures,
        "being_added": _being_added(council, figures.waiting),
        "kinds": [
            {
                "name": PLURALS[kind],
                "lines": [line for line in figures.lines if line.kind == kind],
                "total": figures.total(kind),
            }
            for kind in figures.kinds
        ],
        "undivided": [(PLURALS[found.kind], found) for found in figures.undivided],
        "headlines": _headlines(figures),
        "areas": areas,
        "areas_total": figures.total(Entry.Kind.SAVING),
        "reading": wording.reading_of_areas(council.name, areas),
        "figure": charts.savings_by_area(areas, quarter.label) if drawn else None,
        "page": page,
        "entries": entries,
        "openable": set(
            Entry.objects.visible_to(person(request))
            .filter(id__in=[line.entry for line in entries])
            .values_list("id", flat=True)
        ),
    }


def _being_added(council: Council, waiting: Sequence[BeingAdded]) -> str:
    now = timezone.now()
    return wording.being_added(council.code, waiting, lambda at: ago(at, now))


def _headlines(figures: BoroughFigures) -> list[dict[str, str]]:
    """The quarter's savings, and savings and costs to date."""
    label = figures.quarter.label
    savings = figures.total(Entry.Kind.SAVING)
    found = [(f"Savings in {label}", savings.quarter, savings)]
    for kind in figures.kinds:
        if kind == Entry.Kind.VARIANCE:
            continue
        total = figures.total(kind)
        found.append((f"{PLURALS[kind]} to date", total.to_date, total))
    return [
        {
            "label": name,
            "value": wording.BEING_ADDED if amount is None else headline(amount),
            "note": "" if amount is None else exactly(amount),
            "tone": _tone(total),
        }
        for name, amount, total in found
    ]


def _tone(total: FigureLine) -> str:
    if total.illustrative:
        return "illustrative"
    return "delivered" if total.kind == Entry.Kind.SAVING else ""


def _refused(request: HttpRequest, council: Council, form: QuarterForm) -> HttpResponse:
    context = _with_trail({"form": form, "council": council}, council)
    return render(request, "savings/boroughs/borough.html", context, status=422)


def _with_trail(context: dict[str, Any], council: Council) -> dict[str, Any]:
    trail = [{"text": "Boroughs", "url": reverse("boroughs")}, {"text": council.name}]
    return context | {"breadcrumbs": trail}


def _form(data: Mapping[str, str], councils: list[Council]) -> QuarterForm:
    periods = list(Period.objects.order_by("-quarter"))
    return QuarterForm(data, periods, reports.first_choice(councils))


def _council(request: HttpRequest, code: str) -> Council:
    for council in visible_councils(person(request)):
        if council.code == code:
            return council
    raise Http404("There is no such council, or you can't see its figures.")
