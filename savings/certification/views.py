"""The pages of the quarterly returns: read, submit, withdraw, send back, certify."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from savings.certification import actions, reports
from savings.certification.forms import CertifyForm, ReasonForm, SendBackForm, WithdrawForm
from savings.certification.statement import since_last_certified, statement_of
from savings.permissions.pages import SignedIn, page, refusals_on
from savings.permissions.rules import may, require
from savings.quarters.dates import due_in_words
from savings.quarters.models import Period
from savings.record.reports import date_label
from savings.returns import outbox
from savings.returns.actions import check_version
from savings.returns.forms import VersionForm
from savings.returns.models import Return
from savings.returns.questions.forms import LineQuestions
from savings.returns.questions.reports import in_words, orphans_of, questions_of, unanswered_counts
from savings.returns.reports import PLURALS, days_late_of, made_up_in, sums_of
from savings.returns.views import NOT_WHOLE, as_it_stands, return_called, to_return, trail
from services.models import Service
from sovereignty.refusals import WrongState

PERIODS_A_PAGE = 12


@page("GET", "HEAD")
def returns(request: SignedIn) -> HttpResponse:
    """Every return the person may see, and what they are to do next."""
    require(request.user, "sovereignty.see_partnership")
    today = timezone.localdate()
    visible = Return.objects.visible_to(request.user)
    periods = Paginator(
        Period.objects.filter(returns__in=visible)
        .select_related("reopened_by")
        .distinct()
        .order_by("-quarter"),
        PERIODS_A_PAGE,
    ).get_page(request.GET.get("page"))
    context: dict[str, object] = {
        "page": periods,
        "quarters": reports.returns_by_quarter(request.user, list(periods), today),
        "kinds": list(PLURALS.values()),
        "steps": reports.next_steps(request.user, today),
    }
    return render(request, "savings/returns/returns.html", context)


@page("GET", "HEAD")
def show(request: SignedIn, council: str, period: str) -> HttpResponse:
    """One return: how far it is, what can be done with it, and its entries."""
    return return_page(request, return_called(request, council, period))


@page("GET", "HEAD", "POST")
def submit_return(request: SignedIn, council: str, period: str) -> HttpResponse:
    """Hand the draft to the section 151 officer."""
    parent = return_called(request, council, period)
    if request.method != "POST":
        return to_return(parent)
    form = VersionForm(request.POST)
    if not form.is_valid():
        return return_page(request, parent, problem=NOT_WHOLE, status=422)
    with refusals_on(_as_it_stands_now(return_page, request, parent)):
        actions.submit(
            return_id=parent.id,
            version=form.cleaned_data["version"],
            by=request.user,
            at=timezone.now(),
        )
    messages.success(
        request,
        f"{parent.period} is submitted. The section 151 officer or deputy certifies it next.",
    )
    return to_return(parent)


@page("GET", "HEAD", "POST")
def withdraw_return(request: SignedIn, council: str, period: str) -> HttpResponse:
    """Say what withdrawing does, and make a submitted return a draft again."""
    parent = return_called(request, council, period)
    require(request.user, "savings.withdraw_return", parent)
    if request.method != "POST":
        if parent.status != Return.Status.SUBMITTED:
            return to_return(parent)
        return _withdraw_page(request, parent, WithdrawForm(), str(parent.version))
    form, version = WithdrawForm(request.POST), VersionForm(request.POST)
    read_at = request.POST.get("version", "")
    if not version.is_valid():
        return _withdraw_page(request, parent, form, read_at, problem=NOT_WHOLE, status=422)
    again = _as_it_stands_now(_withdraw_page, request, parent, form, read_at)
    with refusals_on(again, form.add_errors):
        actions.withdraw(
            return_id=parent.id,
            version=version.cleaned_data["version"],
            reason=form.text(),
            by=request.user,
            at=timezone.now(),
        )
    messages.success(request, f"{parent.period} is withdrawn and is a draft again.")
    return to_return(parent)


@page("GET", "HEAD", "POST")
def send_back_return(request: SignedIn, council: str, period: str) -> HttpResponse:
    """Ask for a reason and for questions on lines, and make the return a draft again."""
    parent = return_called(request, council, period)
    require(request.user, "savings.send_back_return", parent)
    lines = _line_questions(parent, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        if parent.status != Return.Status.SUBMITTED:
            return to_return(parent)
        return _send_back_page(request, parent, SendBackForm(), lines, str(parent.version))
    form, version = SendBackForm(request.POST), VersionForm(request.POST)
    read_at = request.POST.get("version", "")
    if not version.is_valid():
        return _send_back_page(request, parent, form, lines, read_at, problem=NOT_WHOLE, status=422)
    if lines.mark_mistakes():
        if not form.text().strip():
            form.add_error("reason", "Say what has to change.")
        return _send_back_page(request, parent, form, lines, read_at, status=422)
    again = _as_it_stands_now(_send_back_page, request, parent, form, lines, read_at)
    with refusals_on(again, lambda errors: form.add_errors(lines.take_errors(errors))):
        actions.send_back(
            return_id=parent.id,
            version=version.cleaned_data["version"],
            reason=form.text(),
            asked=lines.asked(),
            by=request.user,
            at=timezone.now(),
        )
    messages.success(request, f"{parent.period} is sent back to the finance officer.")
    return to_return(parent)


@page("GET", "HEAD", "POST")
def certify_return(request: SignedIn, council: str, period: str) -> HttpResponse:
    """The statement and the totals, to be read and confirmed; then the figures never change."""
    parent = return_called(request, council, period)
    require(request.user, "savings.certify_return", parent)
    if request.method != "POST":
        try:
            actions.check_certifiable(parent)
        except WrongState:
            return to_return(parent)
        return _certify_page(request, parent, CertifyForm(initial={"version": parent.version}))
    form = CertifyForm(request.POST)
    confirmed = form.is_valid()
    if form.has_error("version"):
        return return_page(request, parent, problem=NOT_WHOLE, status=422)
    version = form.cleaned_data["version"]
    with refusals_on(_as_it_stands_now(return_page, request, parent)):
        if not confirmed:
            check_version(parent, version)
            actions.check_certifiable(parent)
            return _certify_page(request, parent, form, status=422)
        actions.certify(return_id=parent.id, version=version, by=request.user, at=timezone.now())
    outbox.wake()
    messages.success(request, f"{parent.period} is certified. Its savings count as delivered.")
    return to_return(parent)


def _as_it_stands_now(
    page: Callable[..., HttpResponse], request: SignedIn, parent: Return, *args: object
) -> Callable[..., HttpResponse]:
    """A page of the return as it is when the page is shown."""

    def again(**said: object) -> HttpResponse:
        return page(request, as_it_stands(request, parent), *args, **said)

    return again


def _certify_page(
    request: SignedIn, parent: Return, form: CertifyForm, *, status: int = 200
) -> HttpResponse:
    sums = sums_of([parent.id])[parent.id]
    context = {
        "parent": parent,
        "form": form,
        "sums": sums,
        "since": since_last_certified(parent, sums),
        "statement": statement_of(parent),
        "questions": in_words(questions_of(parent)),
        "breadcrumbs": trail(parent, "Certify"),
    }
    return render(request, "savings/returns/certify.html", context, status=status)


def _withdraw_page(
    request: SignedIn,
    parent: Return,
    form: ReasonForm,
    version: str,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "parent": parent,
        "form": form,
        "version": version,
        "problem": problem,
        "breadcrumbs": trail(parent, "Withdraw"),
    }
    return render(request, "savings/returns/withdraw.html", context, status=status)


def return_page(
    request: SignedIn, parent: Return, *, problem: str = "", status: int = 200
) -> HttpResponse:
    user = request.user
    sums = sums_of([parent.id])[parent.id]
    made_up = made_up_in(parent)
    draft = parent.status == Return.Status.DRAFT and parent.period.is_open
    submitted = parent.status == Return.Status.SUBMITTED
    sends_back = may(user, "savings.send_back_return", parent)
    certifies = may(user, "savings.certify_return", parent)
    document = reports.document_of(parent)
    today = timezone.localdate()
    unanswered = unanswered_counts([parent.id]).get(parent.id, 0)
    open_to_questions = parent.period.is_open and (submitted or parent.was_sent_back)
    context = {
        "parent": parent,
        "sums": sums,
        "made_up": made_up,
        "groups": reports.entries_by_kind(parent, sums, Service.objects.tree()),
        "numbered": parent.council_id and parent.status == Return.Status.CERTIFIED,
        "problem": problem,
        "document": document,
        "published": date_label(document.published) if document else "",
        "may_fill": draft and may(user, "savings.fill_return", parent),
        "may_withdraw": submitted and may(user, "savings.withdraw_return", parent),
        "may_ask": open_to_questions and may(user, "savings.ask_question", parent),
        "may_answer": bool(unanswered) and may(user, "savings.answer_question", parent),
        "unanswered": unanswered,
        "orphans": orphans_of(parent),
        "due": due_in_words(parent.period.due_on, today) if draft else "",
        "days_late": 0 if draft else days_late_of(parent, today),
        "may_send_back": submitted and sends_back,
        "may_certify": submitted and not made_up and not unanswered and certifies,
        "own_work": submitted and sends_back and not certifies,
        "breadcrumbs": trail(parent),
    }
    return render(request, "savings/returns/return.html", context, status=status)


def _send_back_page(
    request: SignedIn,
    parent: Return,
    form: ReasonForm,
    lines: LineQuestions,
    version: str,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "parent": parent,
        "form": form,
        "lines": lines,
        "version": version,
        "problem": problem,
        "breadcrumbs": trail(parent, "Send back"),
    }
    return render(request, "savings/returns/send_back.html", context, status=status)


def _line_questions(parent: Return, data: QueryDict | None) -> LineQuestions:
    """The lines to ask on, as many as one page can hold."""
    entries = list(parent.entries.select_related("service")[: LineQuestions.most])
    total = len(entries) if len(entries) < LineQuestions.most else parent.entries.count()
    return LineQuestions(entries, total, data)
