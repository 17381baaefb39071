"""A restatement's page: what it moves, how far it is put right, and the button that adds."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from savings.drivers.models import Restatement
from savings.drivers.reports import restatements
from savings.permissions.pages import partnership_page, person, refusals_on
from savings.permissions.rules import may
from savings.returns.forms import VersionForm
from savings.returns.models import Entry, Return
from savings.trueup import actions, wording
from savings.trueup.reports import (
    PutRight,
    Restatements,
    Side,
    draft_to_add_to,
    due_before,
    restatements_for,
)
from savings.trueup.trueup import Part
from savings.whatif.wording import gains
from sovereignty.models import User
from sovereignty.refusals import BadContent

NOT_WHOLE = (
    "The form did not arrive complete, so nothing was added. Open the restatement and try again."
)


@require_safe
@partnership_page
def restatement(request: HttpRequest, code: str, restatement_id: int) -> HttpResponse:
    """What a value should have been, what that moves, and each council's adjusting entries."""
    return _page(request, _found(code, restatement_id))


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_page
def add(request: HttpRequest, code: str, restatement_id: int) -> HttpResponse:
    """Add the adjusting entries of the person's own council to its draft."""
    found = _found(code, restatement_id)
    if request.method != "POST":
        return redirect("restatement", code=code, restatement_id=restatement_id)
    user = person(request)
    form = VersionForm(request.POST)
    parent = (
        Return.objects.visible_to(user)
        .filter(id=_number(request.POST.get("return")), council__isnull=False)
        .first()
    )
    if parent is None or not form.is_valid():
        return _page(request, found, problem=NOT_WHOLE, status=422)
    with refusals_on(partial(_page, request, found)):
        try:
            saved = actions.add_adjusting_entries(
                restatement_id=found.id,
                return_id=parent.id,
                version=form.cleaned_data["version"],
                by=user,
                at=timezone.now(),
            )
        except BadContent as refusal:
            said = "; ".join(f"row {e.row}, {e.field}: {e.message}" for e in refusal.errors[:3])
            problem = f"Nothing was added: first correct these rows of your draft ({said})"
            return _page(request, found, problem=problem, status=422)
    messages.success(
        request, f"The adjusting entries are in {saved.period}, version {saved.version}."
    )
    return redirect("return", council=saved.council_code, period=saved.period.code)


# --- What the page says ----------------------------------------------------------------


def _page(
    request: HttpRequest, row: Restatement, *, problem: str = "", status: int = 200
) -> HttpResponse:
    user = person(request)
    every = restatements_for(user)
    found = every.found.get(row.id)
    driver = row.restates.driver
    context: dict[str, Any] = {
        "restatement": row,
        "driver": driver,
        "tolerance": every.tolerance,
        "waiting": every.waiting,
        "may_propose": may(user, "savings.propose_tolerance"),
        "problem": problem,
        "breadcrumbs": [
            {"text": "Agreements", "url": reverse("agreements")},
            {"text": "Drivers", "url": reverse("drivers")},
            {"text": driver.name, "url": reverse("driver", kwargs={"code": driver.code})},
            {"text": f"Restatement {row.id}", "url": ""},
        ],
    }
    if found is not None:
        context |= _told(found, every)
        context |= _mine(found, user) if found.counts else {}
    return render(request, "savings/trueup/restatement.html", context, status=status)


def _told(found: PutRight, every: Restatements) -> dict[str, Any]:
    moved, names = found.true_up.moved, every.names
    in_favour, beyond = gains(moved.parts), moved.is_beyond(every.allowed)
    tolerance = every.tolerance.share if every.tolerance else ""
    return {
        "found": found,
        "moves": wording.moves(moved, names),
        "measured": wording.measured(moved, tolerance, beyond=beyond) if moved.parts else "",
        "carried_through": found.counts and not beyond,
        "left_out": wording.left_out(moved.left_out),
        "sides": [(side, in_favour.get(side.council.code, 0)) for side in found.sides],
        "lines": [_line(part, every) for part in moved.parts],
    }


def _line(part: Part, every: Restatements) -> dict[str, Any]:
    return {
        "part": part,
        "service": every.services[part.line.service],
        "kind": Entry.Kind(part.kind).label,
        "council": every.names[part.council],
    }


def _mine(found: PutRight, user: User) -> dict[str, Any]:
    """The side of the reader's own council, if they fill in its return."""
    side = found.side_of(user.council) if user.council else None
    draft = draft_to_add_to(user.council) if side and side.due and not side.in_hand else None
    if side is None or not _fills(side, user):
        return {}
    return {
        "mine": side,
        "draft": draft,
        "to_add": due_before(side, draft.quarter) if draft else (),
    }


def _fills(side: Side, user: User) -> bool:
    return may(user, "savings.fill_return", Return(council=side.council))


def _found(code: str, restatement_id: int) -> Restatement:
    return get_object_or_404(restatements(), id=restatement_id, restates__driver__code=code)


def _number(text: str | None) -> int:
    """An id as a form sends it; 0 if it is not one."""
    said = text or ""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 18 else 0
