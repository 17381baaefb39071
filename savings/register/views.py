"""The register's pages: all drivers, one driver with its history, and forms for values."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from savings.drivers import actions, charts, wording
from savings.drivers.imports import LONGEST_FILE, read_values
from savings.drivers.models import Driver, DriverValue, Tolerance
from savings.drivers.reports import drivers, history, tolerances_of
from savings.kit.forms import SayingForm
from savings.kit.provenance import Provenance
from savings.permissions.pages import partnership_page, person, refusals_on, revised
from savings.permissions.rules import may, require
from savings.register.forms import (
    NUMBER,
    DriverForm,
    FileForm,
    RestatementForm,
    ToleranceForm,
    ValueForm,
    number,
)
from savings.returns import outbox
from savings.trueup.reports import restatements_for
from sovereignty.models import Council, User
from sovereignty.refusals import BadContent, FieldError


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def register(request: HttpRequest) -> HttpResponse:
    """Every driver, and a form for a new one."""
    form = DriverForm(request.POST if request.method == "POST" else None)
    again = partial(_register_page, request, form)
    if request.method != "POST":
        return again()
    said = {name: form.say(name) for name in ("code", "name", "unit")}
    with refusals_on(again, form.add_errors):
        made = actions.create_driver(**said, by=person(request), at=timezone.now())
    messages.success(request, f"{made.name} is in the register. Give it its values next.")
    return redirect("driver", code=made.code)


@require_safe
@partnership_page
def driver(request: HttpRequest, code: str) -> HttpResponse:
    """One driver: its values by council over time, their sources, and its restatements."""
    return _driver_page(request, _driver(code))


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def add_value(request: HttpRequest, code: str) -> HttpResponse:
    """Give the driver a value for a council from a quarter on."""
    found = _driver(code)
    if request.method != "POST":
        return redirect("driver", code=code)
    form = _value_form(request, request.POST)
    require(person(request), "savings.keep_drivers")
    with refusals_on(partial(_driver_page, request, found, {"value": form}), form.add_errors):
        council, quarter, value = form.read()
        actions.set_driver_value(
            driver=found,
            council=council,
            effective_from=quarter,
            value=value,
            source=form.say("source"),
            provenance=Provenance.REPORTED,
            by=person(request),
            at=timezone.now(),
        )
    outbox.wake()
    messages.success(request, f"{council}: {form.say('value')} from {quarter.label}.")
    return redirect("driver", code=code)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def upload(request: HttpRequest, code: str) -> HttpResponse:
    """Give the driver a file of values: all of them, or none."""
    found = _driver(code)
    if request.method != "POST":
        return redirect("driver", code=code)
    form = FileForm(request.POST)
    require(person(request), "savings.keep_drivers")
    with refusals_on(partial(_driver_page, request, found, {"file": form}), form.add_errors):
        sent = request.FILES.get("file")
        if sent is None or isinstance(sent, list):
            raise BadContent([FieldError("file", "Choose the file.")])
        codes = set(Council.objects.values_list("code", flat=True))
        rows, errors = read_values(sent.read(LONGEST_FILE + 1), codes)
        if errors:
            raise BadContent(errors)
        made = actions.set_driver_values(
            driver=found, rows=rows, by=person(request), at=timezone.now()
        )
    outbox.wake()
    messages.success(request, f"{len(made)} values are stored.")
    return redirect("driver", code=code)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def restate(request: HttpRequest, code: str, value_id: int) -> HttpResponse:
    """Say what a value should have been. What was split by it stays."""
    found = _driver(code)
    value = get_object_or_404(
        DriverValue.objects.select_related("council", "driver"), id=value_id, driver=found
    )
    require(person(request), "savings.give_driver_value", value.council)
    form = RestatementForm(request.POST if request.method == "POST" else None)
    again = partial(_restate_page, request, value, form)
    if request.method != "POST":
        return again()
    with refusals_on(again, form.add_errors):
        given = number(form.say("value"))
        if given is None:
            raise BadContent([FieldError("value", NUMBER)])
        made = actions.restate(
            value_id=value.id,
            value=given,
            source=form.say("source"),
            by=person(request),
            at=timezone.now(),
        )
    messages.success(request, "The restatement is recorded.")
    return redirect("restatement", code=code, restatement_id=made.id)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def tolerance(request: HttpRequest) -> HttpResponse:
    """Propose how much a restatement may move before it is put right. Every council answers."""
    require(person(request), "savings.propose_tolerance")
    instead_of = revised(request, Tolerance.objects.select_related("decision"))
    if request.method != "POST":
        given = {"share": instead_of.share} if instead_of else {}
        return _tolerance_page(request, ToleranceForm(initial=given), instead_of)
    form = ToleranceForm(request.POST)
    with refusals_on(partial(_tolerance_page, request, form, instead_of), form.add_errors):
        made = actions.propose_tolerance(
            share=form.say("share"),
            answer_by=form.day(),
            revises=instead_of.decision if instead_of else None,
            by=person(request),
            at=timezone.now(),
        )
    messages.success(request, "It is proposed. It applies once every council has agreed.")
    return redirect("agreement", decision_id=made.decision_id)


# --- What they have in common ------------------------------------------------------


def _driver_page(
    request: HttpRequest,
    found: Driver,
    forms: dict[str, SayingForm] | None = None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    given = forms or {}
    file_form = given.get("file") or FileForm()
    known = history(found)
    restated = restatements_for(person(request)) if known.restatements else None
    context: dict[str, Any] = {
        "driver": found,
        "history": known,
        "reading": wording.reading(known),
        "tolerance": restated.tolerance if restated else None,
        "waiting": restated.waiting if restated else (),
        "put_right": restated.found if restated else {},
        "figure": charts.over_time(known) if known.changes else None,
        "value_form": given.get("value") or _value_form(request),
        "file_form": file_form,
        "form": next(iter(given.values()), None),
        "rows": file_form.rows if isinstance(file_form, FileForm) else [],
        "problem": problem,
        "may_give": may(person(request), "savings.keep_drivers"),
        "may_propose": may(person(request), "savings.propose_tolerance"),
        "gives_for": _gives_for(person(request)),
        "breadcrumbs": _trail(found, here=True),
    }
    return render(request, "savings/drivers/driver.html", context, status=status)


def _gives_for(user: User) -> list[Council]:
    """The councils whose values a person may give and restate."""
    return [
        council
        for council in Council.objects.all()
        if may(user, "savings.give_driver_value", council)
    ]


def _value_form(request: HttpRequest, data: object = None) -> ValueForm:
    return ValueForm(Council.objects.all(), _gives_for(person(request)), data)


def _register_page(
    request: HttpRequest, form: DriverForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    in_force, waiting = tolerances_of(Council.objects.values_list("code", flat=True))
    context = {
        "drivers": drivers(),
        "tolerance": in_force,
        "waiting": waiting,
        "form": form,
        "problem": problem,
        "may_give": may(person(request), "savings.keep_drivers"),
        "may_propose": may(person(request), "savings.propose_tolerance"),
    }
    return render(request, "savings/drivers/register.html", context, status=status)


def _restate_page(
    request: HttpRequest,
    value: DriverValue,
    form: RestatementForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "driver": value.driver,
        "value": value,
        "form": form,
        "problem": problem,
        "breadcrumbs": [*_trail(value.driver), {"text": "Restate a value", "url": ""}],
    }
    return render(request, "savings/drivers/restate.html", context, status=status)


def _tolerance_page(
    request: HttpRequest,
    form: ToleranceForm,
    instead_of: Tolerance | None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "revised": instead_of.decision if instead_of else None,
        "problem": problem,
        "breadcrumbs": [*_REGISTER, {"text": "Propose a tolerance", "url": ""}],
    }
    return render(request, "savings/drivers/tolerance.html", context, status=status)


def _driver(code: str) -> Driver:
    found = Driver.objects.filter(code=code).first()
    if found is None:
        raise Http404("There is no such driver.")
    return found


_REGISTER = (
    {"text": "Agreements", "url": reverse_lazy("agreements")},
    {"text": "Drivers", "url": reverse_lazy("drivers")},
)


def _trail(found: Driver, *, here: bool = False) -> list[dict[str, Any]]:
    url = "" if here else reverse("driver", kwargs={"code": found.code})
    return [*_REGISTER, {"text": found.name, "url": url}]
