"""Setting up a partnership: each step on its own page, saved as it is done.

An administrator chooses what the site begins with, adds councils and invites people. The
programme office does the rest. Nobody reaches these pages without signing in first, and the first
administrator is made on the machine itself (`manage.py createsuperuser`). Only the page of an
invitation is open: to the person who has its link.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from savings.drivers.reports import drivers as drivers_there
from savings.permissions.pages import SignedIn, page, refusals_on
from savings.permissions.rules import may, require
from savings.returns import outbox
from savings.setup import emails
from savings.setup.actions import Whose, add_drivers, add_services, begin_with
from savings.setup.forms import CouncilForm, FileForm, InvitationForm, PasswordForm, WhoseForm
from savings.setup.imports import DRIVER_COLUMNS, SERVICE_COLUMNS
from savings.setup.reports import facts, service_lines
from savings.setup.reports import people as people_there
from savings.setup.steps import Step, counted, missing, steps
from savings.uploads.parts import content_of, nothing_came
from sovereignty.actions import accept_invitation, add_council, invite, invite_again
from sovereignty.invitations import invited
from sovereignty.models import Council, User
from sovereignty.refusals import BadContent, FieldError, WrongState

SEE = "sovereignty.see_set_up"
#: The most mistakes of a file that a page lists.
MOST_SHOWN = 200
#: By step: its page, what its link says, and the permission of the person who does it.
DONE_AT = {
    "councils": ("set-up-councils", "Add councils", "sovereignty.add_council"),
    "people": ("set-up-people", "Invite people", "sovereignty.invite"),
    "services": ("set-up-services", "Add services", "savings.arrange_services"),
    "drivers": ("set-up-drivers", "Name drivers and give their values", "savings.keep_drivers"),
    "calendar": ("period-open", "Open a quarter", "savings.run_calendar"),
    "plan": ("plans", "Enter a plan", "savings.run_calendar"),
}


def home(request: HttpRequest) -> HttpResponse:
    """The comparison; for a person who can set the partnership up and has nothing there, that."""
    user = request.user
    if not isinstance(user, User) or not may(user, SEE):
        return redirect("comparison")
    there = user.held_appointments and Council.objects.exists()
    return redirect("comparison" if there else "set-up")


@page("GET", "HEAD", "POST")
def set_up(request: SignedIn) -> HttpResponse:
    """The steps, and what is still missing. Without a council: whose partnership it is."""
    require(request.user, SEE)
    form = WhoseForm(
        request.POST if request.method == "POST" else None, demonstration=settings.DEBUG
    )
    again = partial(_set_up_page, request, form)
    if request.method != "POST":
        return again()
    require(request.user, "savings.begin")
    with refusals_on(again, form.add_errors):
        whose = form.chosen()
        begin_with(whose=whose, by=request.user, at=timezone.now())
    if whose == Whose.OWN:
        return redirect("set-up-councils")
    outbox.wake()
    messages.success(request, f"The {whose.value} is loaded.")
    return redirect("set-up")


@page("GET", "HEAD", "POST")
def councils(request: SignedIn) -> HttpResponse:
    """The councils there are, and a form to add one."""
    require(request.user, "sovereignty.add_council")
    form = CouncilForm(request.POST if request.method == "POST" else None)
    again = partial(_councils_page, request, form)
    if request.method != "POST":
        return again()
    with refusals_on(again, form.add_errors):
        made = add_council(
            code=form.say("code"),
            name=form.say("name"),
            full_name=form.say("full_name"),
            by=request.user,
            at=timezone.now(),
        )
    messages.success(request, f"{made} is added.")
    return redirect("set-up-councils")


@page("GET", "HEAD", "POST")
def people(request: SignedIn) -> HttpResponse:
    """Who has which role, and a form to invite somebody."""
    require(request.user, "sovereignty.invite")
    posted = request.POST if request.method == "POST" else None
    form = InvitationForm(Council.objects.all(), posted)
    again = partial(_people_page, request, form)
    if posted is None:
        return again()
    with refusals_on(again, form.add_errors):
        user = invite(**form.given(), by=request.user, at=timezone.now())
    return _invited_page(request, user)


@page("GET", "HEAD", "POST")
def link(request: SignedIn, user_id: int) -> HttpResponse:
    """Make a new link for somebody who has not chosen a password. The one before stops working."""
    require(request.user, "sovereignty.invite")
    user = get_object_or_404(User, id=user_id)
    if request.method != "POST":
        return redirect("set-up-people")
    again = partial(_people_page, request, InvitationForm(Council.objects.all()))
    with refusals_on(again):
        user = invite_again(user_id=user.id, by=request.user, at=timezone.now())
    return _invited_page(request, user)


@page("GET", "HEAD", "POST")
def services(request: SignedIn) -> HttpResponse:
    """The services there are, and a file of more: all of them, or none."""
    require(request.user, "savings.arrange_services")
    form = FileForm()
    again = partial(_services_page, request, form)
    if request.method != "POST":
        return again()
    with refusals_on(again, form.mistakes.extend):
        file = _file(request)
        made = add_services(
            content=content_of(file),
            filename=file.name or "",
            by=request.user,
            at=timezone.now(),
        )
    messages.success(request, f"{counted(len(made), 'service')} added.")
    return redirect("set-up-services")


@page("GET", "HEAD", "POST")
def drivers(request: SignedIn) -> HttpResponse:
    """The drivers there are, and a file of drivers with their values: all of them, or none."""
    require(request.user, "savings.keep_drivers")
    form = FileForm()
    again = partial(_drivers_page, request, form)
    if request.method != "POST":
        return again()
    with refusals_on(again, form.mistakes.extend):
        file = _file(request)
        values = add_drivers(
            content=content_of(file),
            filename=file.name or "",
            by=request.user,
            at=timezone.now(),
        )
    outbox.wake()
    messages.success(request, f"{counted(values, 'value')} added.")
    return redirect("set-up-drivers")


def _file(request: HttpRequest) -> UploadedFile:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise BadContent([FieldError("file", nothing_came(request))])
    return file


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, who: str, token: str) -> HttpResponse:
    """An invited person chooses their password, once."""
    user = invited(who, token)
    if user is None:
        return render(request, "savings/setup/link_ended.html", status=404)
    form = PasswordForm(user, request.POST if request.method == "POST" else None)
    context = {"form": form, "person": user}
    if request.method != "POST":
        return render(request, "savings/setup/invitation.html", context)
    if not form.is_valid():
        return render(request, "savings/setup/invitation.html", context, status=422)
    password = form.cleaned_data["new_password1"]
    try:
        accept_invitation(person=who, token=token, password=password, at=timezone.now())
    except WrongState:
        return render(request, "savings/setup/link_ended.html", status=404)
    messages.success(request, f"Your password is saved. Sign in as {user.username}.")
    return redirect("login")


# --- The pages --------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """A step as the page shows it, with where to do it; `who` does it if the reader doesn't."""

    step: Step
    url: str
    text: str
    who: str


def _task(user: User, step: Step) -> Task:
    address, text, permission = DONE_AT.get(step.name, ("", "", ""))
    by_administrator = permission.startswith("sovereignty.")
    if permission and not may(user, permission):
        return Task(
            step, "", "", "an administrator" if by_administrator else "the programme office"
        )
    return Task(step, _address(address), text, "")


def _set_up_page(
    request: SignedIn, form: WhoseForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    found = steps(facts())
    (first, *_) = found
    context = {
        "form": form,
        "problem": problem,
        "tasks": [_task(request.user, step) for step in found],
        "missing": missing(found),
        "begun": bool(first.there),
        "may_begin": may(request.user, "savings.begin"),
    }
    return render(request, "savings/setup/set_up.html", context, status=status)


def _councils_page(
    request: SignedIn, form: CouncilForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "problem": problem,
        "councils": Council.objects.all(),
        "breadcrumbs": _trail("Councils"),
    }
    return render(request, "savings/setup/councils.html", context, status=status)


def _people_page(
    request: SignedIn, form: InvitationForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "problem": problem,
        "people": people_there(),
        "breadcrumbs": _trail("People"),
    }
    return render(request, "savings/setup/people.html", context, status=status)


def _services_page(
    request: SignedIn, form: FileForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "mistakes": form.mistakes[:MOST_SHOWN],
        "columns": SERVICE_COLUMNS,
        "problem": problem,
        "lines": service_lines(),
        "councils": Council.objects.all(),
        "by_hand": _address("service-add"),
        "breadcrumbs": _trail("Services"),
    }
    return render(request, "savings/setup/services.html", context, status=status)


def _drivers_page(
    request: SignedIn, form: FileForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "mistakes": form.mistakes[:MOST_SHOWN],
        "columns": DRIVER_COLUMNS,
        "problem": problem,
        "drivers": drivers_there(),
        "councils": Council.objects.all(),
        "by_hand": reverse("drivers"),
        "breadcrumbs": _trail("Drivers"),
    }
    return render(request, "savings/setup/drivers.html", context, status=status)


def _address(name: str) -> str:
    """The address of a page, if the site has it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _invited_page(request: SignedIn, user: User) -> HttpResponse:
    """The link, to be passed on: shown once, because nothing of it is kept."""
    address = emails.link_for(user)
    context = {
        "person": user,
        "link": address,
        "sent": emails.send(user, address),
        "days": settings.PASSWORD_RESET_TIMEOUT // 86_400,
        "breadcrumbs": _trail("People", reverse("set-up-people"), "Invitation"),
    }
    response = render(request, "savings/setup/invited.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _trail(*texts_and_urls: str) -> list[dict[str, str]]:
    texts, urls = texts_and_urls[::2], texts_and_urls[1::2]
    steps_there = [
        {"text": text, "url": urls[place] if place < len(urls) else ""}
        for place, text in enumerate(texts)
    ]
    return [{"text": "Set up", "url": reverse("set-up")}, *steps_there]
