"""Two pages: ask about a line of a return, and answer."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from savings.permissions.pages import SignedIn, page, refusals_on
from savings.permissions.rules import require
from savings.returns.models import Entry, Question, Return
from savings.returns.questions import actions
from savings.returns.questions.forms import AnswerForm, QuestionForm
from savings.returns.questions.reports import in_words, questions_of, with_people
from savings.returns.views import return_called, trail


@page("GET", "HEAD", "POST")
def ask(request: SignedIn, council: str, period: str, entry_id: int) -> HttpResponse:
    """Ask about one line of a return that is submitted or was sent back."""
    parent = return_called(request, council, period)
    require(request.user, "savings.ask_question", parent)
    entry = get_object_or_404(
        parent.entries.select_related(
            "service", "caused_by", "corrects__parent__period", "corrects__parent__council"
        ),
        id=entry_id,
    )
    form = QuestionForm(request.POST if request.method == "POST" else None)
    again = partial(_ask_page, request, parent, entry, form)
    with refusals_on(again, form.add_errors):
        if request.method != "POST":
            actions.check_askable(parent)
            return again()
        question = actions.ask(
            return_id=parent.id,
            entry_id=entry.id,
            text=form.typed(),
            by=request.user,
            at=timezone.now(),
        )
    messages.success(request, "Your question has been sent to the finance officer.")
    return redirect(f"{_address(parent)}#question-{question.id}")


@page("GET", "HEAD", "POST")
def answer(request: SignedIn, question_id: int) -> HttpResponse:
    """Answer a question about a line of the person's own council's return."""
    question = get_object_or_404(
        with_people(Question.objects.visible_to(request.user)), id=question_id
    )
    require(request.user, "savings.answer_question", question.parent)
    if request.method != "POST":
        if question.is_answered:
            return redirect(f"{_address(question.parent)}#question-{question.id}")
        return _answer_page(request, question, AnswerForm())
    form = AnswerForm(request.POST)
    with refusals_on(partial(_answer_page, request, question, form), form.add_errors):
        actions.answer(
            question_id=question.id, text=form.typed(), by=request.user, at=timezone.now()
        )
    left = questions_of(question.parent).unanswered().count()
    if left:
        messages.success(request, f"Answered. {left} more to answer before it can be submitted.")
    else:
        messages.success(request, f"Answered. {_what_is_next(question.parent)}")
    return redirect(f"{_address(question.parent)}#question-{question.id}")


def _what_is_next(parent: Return) -> str:
    if parent.status == Return.Status.SUBMITTED:
        return "The section 151 officer or deputy certifies the return next."
    return "Submit the return when it is complete."


def _ask_page(
    request: SignedIn,
    parent: Return,
    entry: Entry,
    form: QuestionForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "parent": parent,
        "entry": entry,
        "form": form,
        "problem": problem,
        "breadcrumbs": trail(parent, "Ask a question"),
    }
    return render(request, "savings/questions/ask.html", context, status=status)


def _answer_page(
    request: SignedIn,
    question: Question,
    form: AnswerForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "asked": in_words([question])[0],
        "parent": question.parent,
        "form": form,
        "problem": problem,
        "breadcrumbs": trail(question.parent, "Answer"),
    }
    return render(request, "savings/questions/answer.html", context, status=status)


def _address(parent: Return) -> str:
    return reverse("return", args=[parent.council_code, parent.period.code])
