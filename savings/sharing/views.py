"""The page of who shares a service, and the pages that record joining, leaving and hosting."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from finance.periods import PeriodError, Quarter
from savings.kit.provenance import Provenance
from savings.permissions.pages import partnership_page, person, refusals_on
from savings.permissions.rules import may, require
from savings.returns import outbox
from savings.sharing import actions
from savings.sharing.forms import ChangeForm, HostForm, JoinForm, LeaveForm
from savings.sharing.reports import Sharing, sharing_of
from services.models import Service
from sovereignty.models import Council


@require_safe
@partnership_page
def sharing(request: HttpRequest, slug: str) -> HttpResponse:
    """Who takes part in a service and who hosts it, since when, and what depends on it.

    It is as at `?period=`, by default the first open quarter.
    """
    found = _found(slug, _quarter(request))
    context = {
        "sharing": found,
        "may_change": may(person(request), "savings.change_sharing"),
        "may_arrange": may(person(request), "savings.arrange_services"),
        "breadcrumbs": _trail(found),
    }
    return render(request, "savings/sharing/sharing.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Record that a council takes part from a quarter on."""

    def do(given: dict[str, Any]) -> str:
        spell = actions.join(**given)
        return (
            f"{spell.council} takes part in {spell.service} from {spell.from_quarter.label} on. "
            "The agreements that depend on it are below."
        )

    found = _found(slug)
    return _change(request, found, "join", JoinForm, Council.objects.order_by("name"), do)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Record that a council takes part up to and including a quarter."""

    def do(given: dict[str, Any]) -> str:
        left = actions.leave(**given)
        council, service, last = given["council"], given["service"], given["last_quarter"]
        if left.called_off:
            said = f"{council} no longer joins {service} from {last.following.label} on."
        else:
            said = f"{council} takes part in {service} up to and including {last.label}."
        again = left.again
        return said + (f" It is recorded to join again from {again.label} on." if again else "")

    found = _found(slug)
    return _change(request, found, "leave", LeaveForm, found.taking_part, do)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def host(request: HttpRequest, slug: str) -> HttpResponse:
    """Record that a council hosts the service from a quarter on."""

    def do(given: dict[str, Any]) -> str:
        hosting = actions.set_host(**given, provenance=Provenance.REPORTED)
        return f"{hosting.council} hosts {hosting.service} from {hosting.from_quarter.label} on."

    found = _found(slug)
    return _change(request, found, "host", HostForm, found.taking_part, do)


# --- What they have in common ------------------------------------------------------

TITLES = {
    "join": "Record a council that joins {}",
    "leave": "Record a council that leaves {}",
    "host": "Record who hosts {}",
}


def _change(
    request: HttpRequest,
    found: Sharing,
    name: str,
    form_class: type[ChangeForm],
    councils: Any,
    do: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """One change and its form. If it is refused, the page shows why, with what was typed."""
    user = person(request)
    require(user, "savings.change_sharing")
    form = form_class(councils, request.POST if request.method == "POST" else None)
    again = partial(_change_page, request, found, name, form)
    if request.method != "POST":
        return again()
    given = {"service": found.service, "by": user, "at": timezone.now()}
    with refusals_on(again, form.add_errors):
        done = do(given | form.read())
    outbox.wake()
    messages.success(request, done)
    return redirect("sharing", slug=found.service.slug)


def _change_page(
    request: HttpRequest,
    found: Sharing,
    name: str,
    form: ChangeForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    title = TITLES[name].format(found.service)
    context = {
        "sharing": found,
        "change": name,
        "form": form,
        "problem": problem,
        "title": title,
        "breadcrumbs": [*_trail(found, here=False), {"text": title, "url": ""}],
    }
    return render(request, "savings/sharing/change.html", context, status=status)


def _found(slug: str, quarter: Quarter | None = None) -> Sharing:
    service = Service.objects.filter(slug=slug).first()
    if service is None:
        raise Http404("There is no such service.")
    return sharing_of(service, quarter)


def _quarter(request: HttpRequest) -> Quarter | None:
    """The quarter asked for; Http404 for what is none."""
    text = request.GET.get("period", "").strip()
    try:
        return Quarter.parse(text) if text else None
    except PeriodError as error:
        raise Http404(str(error)) from error


def _trail(found: Sharing, *, here: bool = True) -> list[dict[str, str]]:
    slug = found.service.slug
    return [
        {"text": "The record", "url": reverse("record")},
        {"text": "Services and who shares them", "url": reverse("record-services")},
        {
            "text": found.service.name,
            "url": "" if here else reverse("sharing", kwargs={"slug": slug}),
        },
    ]
