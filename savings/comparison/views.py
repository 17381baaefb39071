"""The comparison's pages: all areas and councils, and one area or service with its plan lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from finance.periods import FinancialYear, Quarter
from savings.agreements.reports import waiting
from savings.comparison import charts, sources, wording
from savings.comparison.forms import ComparisonForm
from savings.comparison.lines import Comparison, CouncilLine
from savings.comparison.reports import (
    by_council,
    choices,
    compare,
    compare_area,
    delivered_after,
    forecast_for_the_year,
)
from savings.kit.wording import end_of, moment_in_address, moment_in_words
from savings.permissions.pages import partnership_page, person
from savings.permissions.reports import visible_councils
from savings.permissions.rules import may
from savings.plans.measures import Measure
from savings.plans.models import Plan, PlanLine
from savings.rollup.reports import RollupStanding, being_added, standing
from services.models import Service
from sovereignty.models import Council


@require_safe
@partnership_page
def comparison(request: HttpRequest) -> HttpResponse:
    """Promised beside delivered: in total, by area and by borough."""
    form = ComparisonForm(request.GET, choices())
    if not form.is_valid():
        return _refused(request, form)
    plan, year, to = form.answer()
    context: dict[str, Any] = {
        "form": form,
        "rollup": standing(),
        "waiting": waiting(person(request)),
        "today": timezone.localdate(),
    }
    if plan is None or year is None:
        return _nothing_promised(request, context)
    compared = compare(plan, year, to, form.moment, form.chosen_measure)
    lines = sources.promised_lines(plan, year)
    titles = sources.document_titles()
    councils = by_council(compared, as_at=form.moment)
    areas = [line for line in compared.lines if line.slug]
    undivided = sum(line.planned for line in compared.lines if not line.slug)
    bases = {line.basis for line in lines}
    target = sources.later_target(titles)
    context |= (
        _common(compared, form.moment, lines, titles)
        | _councils(request, compared, councils)
        | {
            "reopened": None if form.moment else form.choices.reopened(to),
            "adding": _is_adding(context["rollup"], to, form.moment),
            "entries": _entries(compared, form.moment),
            "forecast": forecast_for_the_year(compared),
            "reading": wording.reading_of_areas(areas, year, bases, undivided=undivided),
            "figure": charts.promised_and_delivered(areas, nil="nil"),
            "councils_figure": charts.parts_of_councils(councils)
            if any(line.delivered for line in councils if line.code)
            else None,
            "after": delivered_after(to, form.moment),
            "target": target if target and target.plan != plan else None,
            "delivered_sources": sources.sources_of_published(
                _published(compared, form.moment, None, titles)
            ),
        }
    )
    return render(request, "savings/comparison/comparison.html", context)


@require_safe
@partnership_page
def area(request: HttpRequest, slug: str) -> HttpResponse:
    """One area, or a service in it: the plan's lines, what was delivered, and what lies below."""
    tree = Service.objects.tree()
    if slug not in tree.nodes:
        raise Http404("There is no such service.")
    form = ComparisonForm(request.GET, choices())
    path = [tree.nodes[step] for step in reversed(tree.path(slug))]
    if not form.is_valid():
        return _refused(request, form, path[-1].name)
    plan, year, to = form.answer()
    context: dict[str, Any] = {"form": form, "rollup": standing(), "area": path[-1]}
    if plan is None or year is None:
        return _nothing_promised(request, context)
    below = tree.below(slug)
    compared = compare_area(plan, year, to, slug, form.moment, form.chosen_measure)
    lines = sources.promised_lines(plan, year)
    titles = sources.document_titles()
    councils = by_council(compared, below, form.moment)
    whole = replace(compared.lines[0], name="Not divided by service")
    services = [line for line in compared.lines[1:] if line.planned or line.delivered]
    shown = [*services, whole] if whole.planned or whole.delivered else services
    bases = {line.basis for line in lines}
    context |= (
        _common(compared, form.moment, lines, titles, below)
        | _councils(request, compared, councils)
        | {
            "reopened": None if form.moment else form.choices.reopened(to),
            "adding": _is_adding(context["rollup"], to, form.moment),
            "entries": _entries(compared, form.moment, service=slug),
            "whole": whole,
            "services": services,
            "shown": shown,
            "others": Service.objects.filter(
                slug__in=[line.slug for line in compared.lines[1:] if line not in services]
            ),
            "reading": wording.reading_of_services(
                services, year, bases, undivided=whole.delivered
            ),
            "figure": charts.promised_and_delivered(shown, nil="" if whole.delivered else "nil"),
            "published": _published(compared, form.moment, below, titles),
        }
    )
    context["breadcrumbs"] = [
        {"text": "Promised and delivered", "url": _address("comparison", context["query"])},
        *(
            {"text": node.name, "url": _address("comparison-area", context["query"], node.slug)}
            for node in path[:-1]
        ),
        {"text": path[-1].name},
    ]
    return render(request, "savings/comparison/area.html", context)


def _refused(request: HttpRequest, form: ComparisonForm, area: str = "") -> HttpResponse:
    context = {"form": form, "area": area}
    return render(request, "savings/comparison/refused.html", context, status=422)


def _is_adding(rollup: RollupStanding, to: Quarter | None, as_at: datetime | None) -> bool:
    """Whether something certified by the end of a quarter is in no total yet."""
    if rollup.since is None or to is None or as_at is not None:
        return False
    return bool(being_added(to))


def _published(
    compared: Comparison,
    as_at: datetime | None,
    services: frozenset[str] | None,
    titles: dict[str, str],
) -> list[sources.PublishedLine]:
    """What was published for the partnership; for a past moment, only if it was there by then."""
    lines = sources.published_lines(compared.to, services, titles)
    if compared.measure != Measure.TO_DATE:
        return []
    if as_at is None or sum(line.amount for line in lines) == compared.published:
        return lines
    return []


def _nothing_promised(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page where no plan has figures: what to do next, and who does it."""
    may_set_up = may(person(request), "sovereignty.see_set_up")
    return render(
        request,
        "savings/comparison/nothing_promised.html",
        context | {"may_set_up": may_set_up},
    )


def _common(
    compared: Comparison,
    as_at: datetime | None,
    lines: list[PlanLine],
    titles: dict[str, str],
    services: frozenset[str] | None = None,
) -> dict[str, Any]:
    """What both pages say about a comparison and its plan's lines, or those of some services."""
    plan, year, to = compared.plan, compared.year, compared.to
    bases = {line.basis for line in lines}
    if services is not None:
        lines = [line for line in lines if line.service and line.service.slug in services]
    return {
        "compared": compared,
        "sentence": wording.compared(compared.whole, year=year, to=to),
        "promised_label": wording.promised_label(year, bases, compared.measure),
        "delivered_label": wording.delivered_label(to, year, compared.measure),
        "any_comparable": any(
            line.set_against.comparable for line in (compared.whole, *compared.lines)
        ),
        "note": wording.note(compared.whole, compared.lines),
        "counted": urlencode(_counted(compared)),
        "counted_in": wording.counted_in(to, year, compared.measure),
        "to_date": compared.whole.to_date is not None,
        "council_names": _names(compared.councils),
        "end": end_of(to) if to else "",
        "lines": lines,
        "titles": titles,
        "promised_sources": sources.sources_of_lines(lines, titles),
        "query": _query(plan, year, to, as_at, compared.measure),
        "as_at": moment_in_words(as_at) if as_at else "",
        "query_today": _query(plan, year, None),
    }


def _names(councils: frozenset[str] | None) -> str:
    """The councils that a plan is of, where it is not of all of them."""
    if councils is None:
        return ""
    return " and ".join(
        Council.objects.filter(code__in=councils).order_by("name").values_list("name", flat=True)
    )


def _councils(
    request: HttpRequest, compared: Comparison, lines: list[CouncilLine]
) -> dict[str, Any]:
    """What both pages say about the councils, and whose page the reader may open."""
    delivered = compared.whole.pair.delivered
    return {
        "councils": lines,
        "undivided": any(line.code is None and line.delivered for line in lines),
        "councils_note": "" if compared.councils else wording.BY_RULES,
        "councils_reading": delivered.why or wording.reading_of_councils(lines),
        "openable": [council.code for council in visible_councils(person(request))],
    }


def _query(
    plan: Plan,
    year: FinancialYear,
    to: Quarter | None,
    as_at: datetime | None = None,
    measure: Measure = Measure.TO_DATE,
) -> str:
    """The full query of the comparison, so that a link always means the same."""
    given = {
        "plan": plan.code,
        "year": year.code,
        "to": to.code if to else "",
        "as_at": moment_in_address(as_at) if as_at else "",
        "measure": "" if measure == Measure.TO_DATE else measure.value,
    }
    return urlencode({name: value for name, value in given.items() if value})


def _counted(compared: Comparison) -> dict[str, str]:
    """The quarters that a delivered figure counts, as the list of entries takes them."""
    to, year = compared.to, compared.year
    if to is None:
        return {}
    if compared.measure == Measure.IN_YEAR:
        last = min(to, year.quarters[-1])
        return {"from": year.quarters[0].code, "to": last.code}
    if compared.measure == Measure.ANNUAL_RATE:
        return {"from": to.code, "to": to.code}
    return {"to": to.code}


def _entries(compared: Comparison, as_at: datetime | None, **narrowed: str) -> str:
    """The address of the entries that a delivered figure adds up.

    Empty if it counts none, and for the past, because entries are shown as they fall today.
    """
    counted = _counted(compared)
    if not counted or as_at is not None or compared.whole.pair.delivered.pence is None:
        return ""
    return f"{reverse('entries')}?{urlencode({**narrowed, 'kind': 'saving', **counted})}"


def _address(name: str, query: str, *args: str) -> str:
    return f"{reverse(name, args=args)}?{query}"
