"""The calendar's emails, in plain text, each with a link to its page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from savings.quarters.dates import due_in_words
from savings.returns.models import Return
from savings.returns.questions.reports import unanswered_counts


def of_due(parent: Return, kind: str, *, to: Sequence[str], today: date) -> EmailMessage:
    """The reminder before or after the due date: what is waiting, and when it is due."""
    due = due_in_words(parent.period.due_on, today)
    waits = "a return is waiting for you to certify it"
    what = waits if parent.status == Return.Status.SUBMITTED else f"your return is {due}"
    return _mail(
        f"{parent.period}: {what}",
        f"savings/calendar/{kind}.txt",
        parent,
        to,
        due=due,
        questions=unanswered_counts([parent.id]).get(parent.id, 0),
    )


def of_reopening(parent: Return, *, to: Sequence[str]) -> EmailMessage:
    """The news that a quarter is reopened: by whom and why."""
    subject = f"{parent.period} is open again"
    return _mail(subject, "savings/calendar/reopened.txt", parent, to)


def _mail(
    subject: str, template: str, parent: Return, to: Sequence[str], **more: object
) -> EmailMessage:
    path = reverse("return", args=[parent.council_code, parent.period.code])
    context = {"parent": parent, "period": parent.period, "link": f"{settings.SITE_URL}{path}"}
    return EmailMessage(subject, render_to_string(template, {**context, **more}), to=list(to))
