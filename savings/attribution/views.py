"""The entries behind a figure, and one entry's explanation."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from savings.attribution import reports
from savings.attribution.explaining import explain
from savings.attribution.forms import FigureForm
from savings.filling.corrections import draft_for_corrections
from savings.permissions.pages import partnership_page, person
from savings.permissions.rules import may
from savings.quarters.dates import is_closed
from savings.quarters.models import Period
from savings.record.models import SourceDocument
from savings.returns.models import Entry, Return
from savings.rollup.reports import standing
from services.models import Service
from sovereignty.models import Council

ENTRIES_A_PAGE = 50


@require_safe
@partnership_page
def entries(request: HttpRequest) -> HttpResponse:
    """The certified entries that a figure adds up, as far as the person may open them."""
    form = FigureForm(
        request.GET,
        tree=Service.objects.tree(),
        councils=list(Council.objects.all()),
        periods=list(Period.objects.all()),
    )
    if not form.is_valid():
        return render(request, "savings/attribution/refused.html", {"form": form}, status=422)
    asked = form.asked()
    behind = reports.entries_behind(asked, person(request))
    context = {
        "form": form,
        "whose": form.whose(),
        "behind": behind,
        "rollup": standing(),
        "page_obj": Paginator(behind.entries, ENTRIES_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "savings/attribution/entries.html", context)


@require_safe
@partnership_page
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Why one entry falls as it does, with everything needed to work it out again."""
    user = person(request)
    visible = Entry.objects.visible_to(user)
    found = get_object_or_404(reports.with_people(visible), pk=entry_id)
    explanation = explain(found, reader=user)
    names = dict(Council.objects.values_list("code", "name"))
    shares = explanation.rule.shares if explanation.rule else {}
    draft = draft_for_corrections(found)
    closed = Period.objects.latest_closed_quarter()
    context = {
        "entry": found,
        "entry_name": f"Entry {found.id}",
        "explanation": explanation,
        "parts": [(names[part.council], part) for part in explanation.parts],
        "pennies": explanation.rounding.in_words(names) if explanation.rounding else "",
        "taking_part": [names[code] for code in explanation.participants],
        "waiting": [
            (
                each.rule,
                [names[code] for code in each.waiting_for],
                not each.rule.reaches_back and is_closed(each.rule.effective_from, closed),
            )
            for each in explanation.waiting
        ],
        "without_value": [
            (each.driver, [names[code] for code in each.councils])
            for each in explanation.without_value
        ],
        "host": names[explanation.host.council] if explanation.host else "",
        "reductions": [
            (names[reduction.council], reduction)
            for reduction in (explanation.transition.reductions if explanation.transition else ())
        ],
        "shares": [(names.get(code, code), share) for code, share in sorted(shares.items())],
        "document": SourceDocument.objects.filter(code=found.parent.published_in).first(),
        "place": found.evidence.removeprefix(f"{found.parent.published_in}: "),
        "corrects_visible": found.corrects_id is not None
        and visible.filter(pk=found.corrects_id).exists(),
        "corrected": reports.corrected(found, user),
        "may_correct": may(user, "savings.fill_return", found.parent)
        and found.parent.status == Return.Status.CERTIFIED,
        "draft": draft,
        "draft_row": draft.entries.count() + 1 if draft else None,
        "return_visible": Return.objects.visible_to(user).filter(pk=found.parent_id).exists(),
    }
    return render(request, "savings/attribution/entry.html", context)
