"""The pages that add a service, rename it, move it, and record its state.

Each asks first, then shows what the change does, and makes it when that is confirmed. If what it
does has changed in between, it is shown once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from savings.arranging import actions
from savings.arranging.actions import Done
from savings.arranging.forms import AddForm, ArrangingForm, MoveForm, RenameForm, StateForm
from savings.arranging.reports import sealed_in
from savings.permissions.pages import partnership_page, person, refusals_on
from savings.permissions.rules import require
from savings.returns import outbox
from services.models import Service
from services.tree import ServiceTree

asks = require_http_methods(["GET", "HEAD", "POST"])
CHANGED_SINCE = "What this does has changed since you looked. Read it again before you confirm."


@dataclass(frozen=True)
class Asking:
    """One kind of change: its form, its title, what its button says, and what it says when done."""

    form: type[ArrangingForm]
    title: str
    button: str
    same: str
    about: str
    lede: str = ""


ADD = Asking(
    AddForm,
    "Add a service",
    "Add it",
    "",
    "{service} is added. Record who takes part in it, unless it follows the service above.",
    "A new service follows the service above it until you record otherwise.",
)
RENAME = Asking(
    RenameForm,
    "Rename {service}",
    "Rename it",
    "It is called that already: give another name.",
    "It is called {service} now.",
)
MOVE = Asking(
    MoveForm,
    "Move {service}",
    "Move it",
    "It is there already: choose another service.",
    "{service} is moved, with the services below it.",
    "It moves with the services below it, for all quarters.",
)
STATE = Asking(
    StateForm,
    "Change what becomes of {service}",
    "Record it",
    "It has this state from then on already: choose another state or an earlier quarter.",
    "The state of {service} is recorded.",
    "A state holds from an open quarter on, also for the services below that have no state or "
    "participants of their own. To retire a service, choose the first quarter without it.",
)


@asks
@partnership_page
def add(request: HttpRequest) -> HttpResponse:
    """Add a service to the tree."""
    return _ask(request, ADD, None)


@asks
@partnership_page
def rename(request: HttpRequest, slug: str) -> HttpResponse:
    """Give a service another name."""
    return _ask(request, RENAME, slug)


@asks
@partnership_page
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a service, with those below it, below another one."""
    return _ask(request, MOVE, slug)


@asks
@partnership_page
def state(request: HttpRequest, slug: str) -> HttpResponse:
    """Record what becomes of a service from a quarter on, such as that it is retired."""
    return _ask(request, STATE, slug)


def _ask(request: HttpRequest, asking: Asking, slug: str | None) -> HttpResponse:
    service = None if slug is None else Service.objects.filter(slug=slug).first()
    if slug is not None and service is None:
        raise Http404("There is no such service.")
    user = person(request)
    require(user, "savings.arrange_services")
    tree = Service.objects.tree()
    posted = request.method == "POST"
    form = asking.form(tree, service, request.POST if posted else None)
    page = partial(_page, request, asking, service, tree, form)
    if not posted or "back" in request.POST:
        return page()
    with refusals_on(page, form.add_errors):
        given = {**form.read(), "by": user, "at": timezone.now()}
        do = partial(actions.add_service, **given)
        if service is not None:
            do = partial(actions.change_service, service=service, **given)
        tried = actions.try_it(do)
        if tried.changed and request.POST.get("confirmed") == tried.effects.digest:
            done = do()
    if not tried.changed:
        form.add_error(next(iter(form.fields)), asking.same)
        return page(status=422)
    if request.POST.get("confirmed") != tried.effects.digest:
        return page(tried=tried, problem=CHANGED_SINCE if "confirmed" in request.POST else "")
    outbox.wake()
    messages.success(request, asking.about.format(service=done.service))
    return redirect("sharing", slug=done.service.slug)


def _page(
    request: HttpRequest,
    asking: Asking,
    service: Service | None,
    tree: ServiceTree,
    form: ArrangingForm,
    *,
    tried: Done | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    title = asking.title.format(service=service)
    trail: list[dict[str, Any]] = [
        {"text": "The record", "url": reverse("record")},
        {"text": "Services and who shares them", "url": reverse("record-services")},
    ]
    if service:
        trail.append({"text": service.name, "url": reverse("sharing", args=[service.slug])})
    context = {
        "asking": asking,
        "service": service,
        "form": form,
        "tried": tried,
        "problem": problem,
        "title": title,
        "sealed": sealed_in(sorted(tree.below(service.slug)))
        if service and asking is MOVE and not tried
        else None,
        "breadcrumbs": [*trail, {"text": title, "url": ""}],
    }
    return render(request, "savings/arranging/ask.html", context, status=status)
