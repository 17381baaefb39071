"""Pages of what happened: all events, one return's history, and a return as it stood.

Every page starts from what the person may see. Downloads are written while they are
read, so that a long history takes no more memory than a short one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db.models import TextField
from django.db.models.functions import Cast, Left
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit.chain import PARTNERSHIP as PARTNERSHIPS_CHAIN
from finance.periods import PeriodError, Quarter
from savings.history import exports, reports
from savings.history.forms import EventsForm
from savings.history.stood import begins, by_kind, return_as_it_stood
from savings.history.wording import Names, changes_in_words
from savings.kit.forms import MomentForm
from savings.kit.wording import moment_in_words
from savings.permissions.pages import partnership_page, person
from savings.permissions.reports import visible_councils
from savings.returns.models import PARTNERSHIP, Return
from services.models import Service
from sovereignty.models import Council, User
from sovereignty.refusals import WrongState

EVENTS_A_PAGE = 50
DEEDS_A_PAGE = 20
#: How many changed lines of one event a page lists, and how many characters of its halves.
MOST_LINES = 50
MOST_CHARACTERS = 2000


@require_safe
@partnership_page
def events(request: HttpRequest) -> HttpResponse:
    """Every event that the person may see, newest first."""
    form = _events_form(request)
    if not form.is_valid():
        return render(request, "savings/history/events.html", {"form": form}, status=422)
    narrowed = form.asked().of(reports.visible_events(person(request)))
    shown = narrowed.defer("before", "after").annotate(
        before_text=Left(Cast("before", TextField()), MOST_CHARACTERS + 1),
        after_text=Left(Cast("after", TextField()), MOST_CHARACTERS + 1),
    )
    page = Paginator(shown.order_by("-id"), EVENTS_A_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page": page,
        "names": _names_of({event.by for event in page}),
        "most": MOST_CHARACTERS,
        "query": query.urlencode(),
        "every_council": person(request).sees_every_council,
    }
    return render(request, "savings/history/events.html", context)


@require_safe
@partnership_page
def download_events(request: HttpRequest, extension: str) -> HttpResponseBase:
    """The same events, oldest first: as JSON lines to check, or as CSV to read."""
    make = {"jsonl": exports.events_as_json_lines, "csv": exports.events_as_csv}.get(extension)
    if make is None:
        raise Http404("Events are available as jsonl and csv.")
    form = _events_form(request)
    if not form.is_valid():
        return render(request, "savings/history/events.html", {"form": form}, status=422)
    found = form.asked().of(reports.visible_events(person(request))).order_by("id")
    return _download(make(found.iterator(chunk_size=100)), f"tri-borough-events.{extension}")


@require_safe
@partnership_page
def return_history(request: HttpRequest, council: str, period: str) -> HttpResponse:
    """Every change of a return, newest first."""
    parent = _return(request, council, period)
    page = Paginator(reports.events_of(parent).order_by("-id"), DEEDS_A_PAGE).get_page(
        request.GET.get("page")
    )
    names = _names()
    people = _names_of({event.by for event in page})
    context = {
        "parent": parent,
        "page": page,
        "deeds": [
            {
                "event": deed.event,
                "by": people.get(deed.event.by, ""),
                "version": deed.version,
                "told": changes_in_words(deed.changes, names, MOST_LINES),
                "more": sum(
                    max(len(found) - MOST_LINES, 0)
                    for found in (deed.changes.lines, deed.changes.forecasts)
                ),
            }
            for deed in reports.deeds_of_page(parent, list(reversed(page)))[::-1]
        ],
        "form": MomentForm(),
        "breadcrumbs": _trail(parent, "History"),
    }
    return render(request, "savings/history/return_history.html", context)


@require_safe
@partnership_page
def download_history(
    request: HttpRequest, council: str, period: str, extension: str
) -> HttpResponseBase:
    """A return's history to download: one row for each changed column, or all of it as JSON."""
    parent = _return(request, council, period)
    deeds = reports.deeds(reports.events_of(parent).iterator(chunk_size=10))
    name = f"tri-borough-{parent.council_code}-{parent.period.code}-history.{extension}"
    if extension == "csv":
        return _download(exports.history_as_csv(deeds), name)
    if extension == "json":
        written = exports.history_as_json(parent.council_code, parent.period.code, deeds)
        return _download(written, name)
    raise Http404("A history is available as csv and json.")


@require_safe
@partnership_page
def as_it_stood(request: HttpRequest, council: str, period: str) -> HttpResponse:
    """A return as it stood at the end of a day, or at one of its versions."""
    parent = _return(request, council, period)
    form = MomentForm(request.GET)
    context: dict[str, Any] = {
        "parent": parent,
        "form": form,
        "breadcrumbs": _trail(parent, "As it stood"),
    }
    template = "savings/history/as_it_stood.html"
    if not form.is_valid():
        return render(request, template, context, status=422)
    moment, version = form.cleaned_data["as_at"], _version(request)
    if moment is None and version is None:
        return render(request, template, context)
    context["when"] = (
        f"at {moment_in_words(moment)}" if moment is not None else f"at version {version}"
    )
    try:
        stood = return_as_it_stood(
            parent, moment=moment, version=None if moment is not None else version
        )
    except WrongState as refusal:
        return render(request, template, {**context, "problem": str(refusal)}, status=409)
    if stood is None:
        context["begins"] = begins(parent)
        return render(request, template, context)
    sums, groups = by_kind(stood, Service.objects.tree())
    context |= {
        "stood": stood,
        "sums": {"kinds": sums},
        "groups": groups,
        "numbered": parent.council_id and stood.status == Return.Status.CERTIFIED,
        "changed": stood.version != parent.version,
    }
    return render(request, template, context)


# --- What the pages need ---------------------------------------------------------------


def _events_form(request: HttpRequest) -> EventsForm:
    user = person(request)
    visible = reports.visible_events(user)
    councils = [(council.code, council.name) for council in visible_councils(user)]
    if user.sees_every_council:
        councils.append((PARTNERSHIPS_CHAIN, "The partnership"))
    subjects = visible.order_by("subject").values_list("subject", flat=True).distinct()
    return EventsForm(request.GET, chains=councils, subjects=list(subjects))


def _return(request: HttpRequest, council: str, period: str) -> Return:
    try:
        quarter = Quarter.parse(period)
    except PeriodError as error:
        raise Http404(str(error)) from error
    visible = Return.objects.visible_to(person(request)).select_related(
        "council", "period__reopened_by"
    )
    owner = {"council": None} if council == PARTNERSHIP else {"council__code": council}
    return get_object_or_404(visible, period__quarter=quarter, **owner)


def _version(request: HttpRequest) -> int | None:
    text = request.GET.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _names() -> Names:
    return Names(
        services=dict(Service.objects.values_list("slug", "name")),
        councils=dict(Council.objects.values_list("code", "name")),
    )


def _names_of(usernames: set[str]) -> dict[str, str]:
    """Full names by username, of the people who have one."""
    people = User.objects.filter(username__in=usernames)
    return {user.username: name for user in people if (name := user.get_full_name())}


def _download(written: Iterator[str], name: str) -> StreamingHttpResponse:
    types = {
        "csv": "text/csv; charset=utf-8",
        "json": "application/json",
        "jsonl": "application/x-ndjson",
    }
    response = StreamingHttpResponse(written, content_type=types[name.rpartition(".")[2]])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _trail(parent: Return, last: str) -> list[dict[str, str]]:
    codes = {"council": parent.council_code, "period": parent.period.code}
    owner = parent.council.name if parent.council else "The partnership"
    return [
        {"text": "Returns", "url": reverse("returns")},
        {"text": f"{owner}, {parent.period}", "url": reverse("return", kwargs=codes)},
        {"text": last, "url": ""},
    ]
