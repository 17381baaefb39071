"""The pages of a return's file: the template, the upload, its preview and its mistakes.

As on every page of a return, a look-up starts from what the person may see, and the page
shows a refusal. The request checks only what kind of file it is. A task does the rest, and
the page shows its progress.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django_htmx.http import HttpResponseClientRefresh

from savings.permissions.pages import SignedIn, page, refusals_on
from savings.permissions.rules import require
from savings.returns.actions import check_editable
from savings.returns.models import Return
from savings.returns.views import return_called, to_return, trail
from savings.uploads import actions, tasks
from savings.uploads.exports import FORMATS, XLSX, as_download, template_file
from savings.uploads.marking import marked_workbook
from savings.uploads.models import Upload
from savings.uploads.parts import content_of, nothing_came
from savings.uploads.reports import filled_template, mistakes_of, preview_of
from sovereignty.refusals import BadContent, FieldError, StaleVersion


@page("GET", "HEAD")
def template(request: SignedIn, council: str, period: str, extension: str) -> HttpResponse:
    """The return as a file to fill in."""
    parent = return_called(request, council, period)
    if extension not in FORMATS:
        raise Http404("There is no template of this kind.")
    return template_file(filled_template(parent), extension, for_people=True)


@page("GET", "HEAD", "POST")
def upload(request: SignedIn, council: str, period: str) -> HttpResponse:
    """Choose a file. A file of the wrong kind is refused at once; a task checks the rest."""
    parent = return_called(request, council, period)
    require(request.user, "savings.fill_return", parent)
    mistakes: list[FieldError] = []
    again = partial(_choose_page, request, parent, mistakes)
    with refusals_on(again, mistakes.extend):
        check_editable(parent)
        if request.method != "POST":
            return again()
        file = request.FILES.get("file")
        if file is None:
            raise BadContent([FieldError("file", nothing_came(request))])
        started = actions.start_upload(
            return_id=parent.id,
            filename=file.name or "",
            content=content_of(file),
            by=request.user,
            at=timezone.now(),
        )
    tasks.check_later(started.id)
    return _to_upload(parent, started)


@page("GET", "HEAD")
def show(request: SignedIn, council: str, period: str, upload_id: int) -> HttpResponse:
    """The progress of the check; then what the file would change, or its mistakes."""
    parent = return_called(request, council, period)
    kept = _upload(request, parent, upload_id)
    if not request.headers.get("HX-Request"):
        return _upload_page(request, parent, kept)
    if not kept.is_waiting:
        return HttpResponseClientRefresh()
    return render(request, "savings/uploads/progress.html", {"parent": parent, "upload": kept})


@page("GET", "HEAD", "POST")
def store(request: SignedIn, council: str, period: str, upload_id: int) -> HttpResponse:
    """Replace the draft's entries by the previewed rows."""
    parent = return_called(request, council, period)
    kept = _upload(request, parent, upload_id)
    if request.method != "POST":
        return _to_upload(parent, kept)
    with refusals_on(partial(_upload_page, request, parent, kept)):
        try:
            saved = actions.store_upload(upload_id=kept.id, by=request.user, at=timezone.now())
        except (BadContent, StaleVersion):
            tasks.check_later(kept.id)
            messages.warning(
                request,
                "The return was changed after the file was compared with it, so nothing was "
                "stored. Here is the file compared with the return as it is now.",
            )
            return _to_upload(parent, kept)
    messages.success(
        request, f"{parent.period} is saved as version {saved.version}, from {kept.filename}."
    )
    return to_return(parent)


@page("GET", "HEAD", "POST")
def discard(request: SignedIn, council: str, period: str, upload_id: int) -> HttpResponse:
    """Delete an upload. The return stays as it is."""
    parent = return_called(request, council, period)
    kept = _upload(request, parent, upload_id)
    if request.method != "POST":
        return _to_upload(parent, kept)
    with refusals_on(partial(_upload_page, request, parent, kept)):
        actions.discard_upload(upload_id=kept.id, by=request.user)
    messages.success(request, f"{kept.filename} has been discarded. The return has not changed.")
    return to_return(parent)


@page("GET", "HEAD")
def marked(request: SignedIn, council: str, period: str, upload_id: int) -> HttpResponse:
    """The person's own workbook, with its mistakes marked."""
    parent = return_called(request, council, period)
    kept = _upload(request, parent, upload_id)
    if kept.state != Upload.State.REFUSED:
        raise Http404("This upload has no mistakes to mark.")
    name = f"to-put-right-{parent.council_code}-{parent.period.code}.xlsx"
    return as_download(marked_workbook(*actions.look_again(upload_id=kept.id)), XLSX, name)


def _choose_page(
    request: SignedIn,
    parent: Return,
    mistakes: Sequence[FieldError],
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    # Only the first: a file that can't be read has nothing else to say.
    mistake = mistakes[0].message if mistakes else ""
    mine = Upload.objects.visible_to(request.user).unfinished().filter(by=request.user)
    context = {
        "parent": parent,
        "kept": mine.filter(parent=parent).defer("content").first(),
        "mistake": mistake,
        "errors": [{"message": mistake, "href": "#file"}] if mistake else [],
        "refused": problem,
        "breadcrumbs": trail(parent, "Fill in by file"),
    }
    return render(request, "savings/uploads/choose.html", context, status=status)


def _upload_page(
    request: SignedIn, parent: Return, kept: Upload, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, object] = {
        "parent": parent,
        "upload": kept,
        "problem": problem,
        "breadcrumbs": trail(parent, "Fill in by file"),
    }
    if kept.state == Upload.State.READY:
        context["preview"] = preview_of(kept)
        context["stale"] = kept.version != parent.version
    elif kept.state == Upload.State.REFUSED:
        context["mistakes"] = mistakes_of(kept)
    return render(request, "savings/uploads/upload.html", context, status=status)


def _upload(request: SignedIn, parent: Return, upload_id: int) -> Upload:
    """An upload of this return, for people who fill it in."""
    require(request.user, "savings.fill_return", parent)
    uploads = Upload.objects.visible_to(request.user).filter(parent=parent)
    return get_object_or_404(uploads.defer("content").select_related("by"), id=upload_id)


def _to_upload(parent: Return, kept: Upload) -> HttpResponse:
    council, period = parent.council_code, parent.period.code
    return redirect("upload", council=council, period=period, upload_id=kept.id)
