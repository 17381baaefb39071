"""The page on which a draft is filled in: saved by its button, or as the person types.

The page is a plain form; what its script sends (a draft as it is typed, a block that was pasted) is
that same form, read by the same code and answered as JSON. If the return has changed meanwhile,
both versions are shown side by side and nothing is stored until the person has chosen.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone

from savings.certification.views import return_page
from savings.filling import actions
from savings.filling.beside import beside
from savings.filling.blocks import PastedBlock, words_of
from savings.filling.comparing import ChoosingForm
from savings.filling.controls import Lists, lists_of
from savings.filling.corrections import entry_to_correct
from savings.filling.rows import read_rows
from savings.filling.shareable import Shareable
from savings.filling.sheet import EntriesForm, typed_correction
from savings.filling.stale import meanwhile
from savings.permissions.pages import SignedIn, page, refusals_on
from savings.permissions.rules import require
from savings.returns.actions import check_editable
from savings.returns.models import Return
from savings.returns.questions.reports import orphans_of, with_questions
from savings.returns.reports import PLURALS, sums_of_rows
from savings.returns.views import NOT_WHOLE, as_it_stands, return_called, to_return, trail
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council
from sovereignty.refusals import BadContent, FieldError, StaleVersion, WrongState

#: As many are said after a save; the form has all of them.
MOST_WARNINGS = 5
CHANGED_MEANWHILE = "This return has changed since you opened it."


class Filling:
    """A draft, who fills it in, and what every row of its form offers."""

    def __init__(self, request: SignedIn, council: str, period: str) -> None:
        self.request = request
        self.parent = return_called(request, council, period)
        require(request.user, "savings.fill_return", self.parent)
        self.tree: ServiceTree = Service.objects.tree()
        self.councils = list(Council.objects.all())
        self.lists: Lists = lists_of(self.tree, self.councils)

    def sent(self) -> EntriesForm:
        return EntriesForm.of_post(self.request.POST, self.lists)

    def save(self, form: EntriesForm, version: int | None = None) -> Return:
        return actions.replace_entries(
            return_id=self.parent.id,
            version=(form.version or 0) if version is None else version,
            rows=form.raw_rows(),
            by=self.request.user,
            at=timezone.now(),
        )

    def again(self) -> None:
        """Read the return again: somebody has changed it."""
        self.parent = as_it_stands(self.request, self.parent)

    def refusals_on_page(self, form: EntriesForm) -> AbstractContextManager[None]:
        """If an action is refused, show the form again for the return as it is by then."""

        def again(*, problem: str = "", status: int) -> HttpResponse:
            self.again()
            return self.page(form, problem=problem, status=status)

        return refusals_on(again, form.add_errors)

    def is_editable(self) -> bool:
        try:
            check_editable(self.parent)
        except WrongState:
            return False
        return True

    def warnings(self, form: EntriesForm) -> list[FieldError]:
        """Savings in services that others share and this council takes no part in."""
        names = {council.code: council.name for council in self.councils}
        shareable = Shareable(self.tree, self.parent.quarter, names)
        return shareable.warnings(form.raw_rows(), self.parent.council_code)

    # --- Its pages -----------------------------------------------------------------

    def page(
        self, form: EntriesForm, *, problem: str = "", stale: bool = False, status: int = 200
    ) -> HttpResponse:
        made_up = self.parent.entries.illustrative().select_related("service", "caused_by")
        form.mark_illustrative(made_up)
        asked = self.parent.entries.filter(questions__isnull=False).distinct()
        form.put_questions(with_questions(asked))
        said = list(form.said())
        context = {
            "parent": self.parent,
            "form": form,
            "beside": beside(self.parent, self.tree, said),
            "sums": sums_of_rows((kind, f.amount, f.illustrative) for _, kind, f in said),
            "kinds": PLURALS.items(),
            "problem": problem,
            "warnings": self.warnings(form),
            "stale": stale,
            "orphans": orphans_of(self.parent),
            "locked": not self.is_editable(),
            "breadcrumbs": trail(self.parent, "Fill in"),
        }
        return render(self.request, "savings/returns/edit.html", context, status=status)

    def blank_page(self) -> HttpResponse:
        """What is stored, with a row begun if `?service=` or `?corrects=` asks for one."""
        try:
            check_editable(self.parent)
        except WrongState as refusal:
            return return_page(self.request, self.parent, problem=str(refusal), status=409)
        entries = list(self.parent.entries.select_related("service", "caused_by"))
        form = EntriesForm.of_entries(entries, self.parent.version, self.lists)
        if len(entries) > form.most_rows:
            return return_page(
                self.request,
                self.parent,
                problem=f"This return has {len(entries):,} entries, more than the form can hold "
                f"({form.most_rows:,}): change it by file or through the API.",
                status=409,
            )
        if (slug := self.request.GET.get("service", "")) in self.tree.nodes:
            form.begin_row({"service": slug})
        if "corrects" in self.request.GET:
            number = self.request.GET["corrects"]
            corrected = entry_to_correct(self.parent, number, self.request.user)
            if corrected is None:
                raise Http404("There is no such entry for this return to correct.")
            form.begin_row(typed_correction(corrected))
        return self.page(form)

    def stale_page(self, form: EntriesForm, *, again: bool = False) -> HttpResponse:
        """Both versions side by side; first the mistakes of what was typed, if there are any."""
        self.again()
        if not self.is_editable():
            return self.page(form, stale=True, status=409)
        try:
            found = meanwhile(self.parent, form.version or 0, form.raw_rows())
        except BadContent as refusal:
            form.add_errors(refusal.errors)
            return self.page(form, stale=True, status=409)
        data = self.request.POST if again else None
        choosing = ChoosingForm(found, self.tree, self.lists, data)
        moved = again and self.request.POST.get("against") != str(self.parent.version)
        context = {
            "parent": self.parent,
            "form": form,
            "choosing": choosing,
            "moved": moved,
            "breadcrumbs": trail(self.parent, "Fill in"),
        }
        status = 409 if moved or not again else 422
        return render(self.request, "savings/returns/compare.html", context, status=status)

    def save_choices(self, form: EntriesForm) -> HttpResponse:
        """Store what was chosen, if the two versions are still those that were shown."""
        self.again()
        if self.request.POST.get("against") != str(self.parent.version) or not self.is_editable():
            return self.stale_page(form, again=True)
        with self.refusals_on_page(form):
            found = meanwhile(self.parent, form.version or 0, form.raw_rows())
        choosing = ChoosingForm(found, self.tree, self.lists, self.request.POST)
        if not choosing.is_complete:
            return self.stale_page(form, again=True)
        merged = found.comparison.merged(choosing.choices)
        form = EntriesForm.of_rows(merged, self.parent.version, self.lists)
        with self.refusals_on_page(form):
            try:
                saved = self.save(form)
            except StaleVersion:
                return self.stale_page(form, again=True)
        messages.success(self.request, f"Saved as version {saved.version}, as you chose.")
        code = self.parent.council_code
        return redirect("return-edit", council=code, period=self.parent.period.code)


@page("GET", "HEAD", "POST")
def edit(request: SignedIn, council: str, period: str) -> HttpResponse:
    """The form of a draft; saving replaces all of its entries, or none."""
    filling = Filling(request, council, period)
    if request.method != "POST":
        return filling.blank_page()
    form = filling.sent()
    if not form.whole:
        return filling.page(form, problem=NOT_WHOLE, status=422)
    if "more" in request.POST:
        form.add_rows()
        return filling.page(form)
    if "add" in request.POST:
        form.begin_row({"service": request.POST["add"]})
        return filling.page(form)
    if "against" in request.POST:
        return filling.save_choices(form)
    with filling.refusals_on_page(form):
        try:
            saved = filling.save(form)
        except StaleVersion:
            return filling.stale_page(form)
    messages.success(request, f"{saved.period} is saved as version {saved.version}.")
    for warning in filling.warnings(form)[:MOST_WARNINGS]:
        messages.info(request, f"Row {warning.row}: {warning.message}")
    return to_return(saved)


# --- What the page's script asks -----------------------------------------------------


@page("POST")
def save_as_you_go(request: SignedIn, council: str, period: str) -> HttpResponse:
    """Save the form as it is typed: its new version and its rows' lines, or why it was not.

    422 with every mistake, 409 if the return has changed or moved on.
    """
    filling = Filling(request, council, period)
    form = filling.sent()
    if not form.whole:
        return JsonResponse({"problem": NOT_WHOLE, "mistakes": []}, status=422)
    try:
        with transaction.atomic():  # so that the lines are those of this save
            saved = filling.save(form)
            lines = list(saved.entries.order_by("position").values_list("id", flat=True))
    except BadContent as refusal:
        form.add_errors(refusal.errors)
        return JsonResponse({"problem": str(refusal), "mistakes": _mistakes(form)}, status=422)
    except StaleVersion:
        return JsonResponse({"problem": CHANGED_MEANWHILE, "stale": True}, status=409)
    except WrongState as refusal:
        return JsonResponse({"problem": str(refusal), "stale": False}, status=409)
    numbers = [number for number, _ in form.raw_rows()]
    return JsonResponse(
        {
            "version": saved.version,
            "time": timezone.localtime().strftime("%H:%M"),
            "lines": dict(zip(numbers, lines, strict=True)),
        }
    )


@page("POST")
def paste(request: SignedIn, council: str, period: str) -> HttpResponse:
    """What a pasted block would put into which cells, or every mistake in it; stores nothing.

    Takes the form together with what `PastedBlock` reads. 409 if the return is locked.
    """
    filling = Filling(request, council, period)
    form = filling.sent()
    if not form.whole:
        return JsonResponse({"problem": NOT_WHOLE}, status=422)
    try:
        check_editable(filling.parent)
    except WrongState as refusal:
        return JsonResponse({"problem": str(refusal)}, status=409)
    words = words_of(filling.tree, filling.lists, filling.councils)
    pasted = PastedBlock(form, request.POST, words)
    if pasted.problem:
        return JsonResponse({"problem": pasted.problem}, status=422)
    rows = pasted.raw_rows()
    _, errors = read_rows(rows, actions.reference_for(filling.parent, rows))
    by_number = {row.number: row for row in pasted.rows}
    for error in filter(pasted.concerns, errors):
        row = by_number[error.row or 0]
        if error.field not in row.errors:
            row.add_error(error)
    if bad_cells := pasted.bad_cells():
        table = render_to_string("savings/returns/bad_cells.html", {"bad_cells": bad_cells})
        return JsonResponse({"count": len(bad_cells), "table": table}, status=422)
    return JsonResponse({"rows": pasted.values()})


def _mistakes(form: EntriesForm) -> list[dict[str, object]]:
    """Every mistake of a form, for the script that shows it beside its cell."""
    return [
        {
            "row": mistake.row,
            "column": mistake.column,
            "said": mistake.said,
        }
        for mistake in form.mistakes
    ]
