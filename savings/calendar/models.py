"""Who has been reminded of what: a row for each email sent, so that it is sent only once.

A council is reminded before a due date and after it, and told when a quarter is reopened.
The row is written in the transaction that sends the email: two workers can't both write
it, and without an email there is none.

The period (`savings.quarters.models`) has a quarter's dates (opening, due, closing) and its
reopening.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from audit.triggers import append_only
from savings.quarters.models import Period
from sovereignty.models import Council


class Reminder(models.Model):
    class Kind(models.TextChoices):
        BEFORE_DUE = "before_due", "Before the due date"
        AFTER_DUE = "after_due", "After the due date"
        REOPENED = "reopened", "The quarter is reopened"

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="reminders")
    council = models.ForeignKey(Council, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    due_on = models.DateField(
        null=True, blank=True, help_text="The due date that it reminds of: a new one is news."
    )
    of_status = models.CharField(
        max_length=10,
        choices=[("draft", "Draft"), ("submitted", "Submitted")],
        blank=True,
        help_text="What it reminds of: a draft to submit, or a submitted return to certify.",
    )
    reopened_at = models.DateTimeField(
        null=True, blank=True, help_text="The reopening that it tells of."
    )
    sent_to = ArrayField(models.EmailField())
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["sent_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "council", "kind", "due_on", "of_status"], name="reminder_once"
            ),
            models.UniqueConstraint(
                fields=["period", "council", "reopened_at"], name="reminder_of_reopening_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="reopened", reopened_at__isnull=False, due_on__isnull=True, of_status=""
                )
                | ~Q(kind="reopened")
                & Q(
                    reopened_at__isnull=True,
                    due_on__isnull=False,
                    of_status__in=["draft", "submitted"],
                ),
                name="reminder_of_one_thing",
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.period} {self.council}: {self.get_kind_display().lower()}"
