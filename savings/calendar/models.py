"""Who has been reminded of what: a row for each reminder sent, so that it is sent once.

A quarter's own dates (opening, due, closing) and its reopening stand on the period,
in `savings.returns.models`.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from audit.triggers import append_only
from savings.returns.models import Period
from sovereignty.models import Council


class Reminder(models.Model):
    class Kind(models.TextChoices):
        BEFORE_DUE = "before_due", "Before the due date"
        AFTER_DUE = "after_due", "After the due date"

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="reminders")
    council = models.ForeignKey(Council, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    due_on = models.DateField(help_text="The due date that it reminds of: a new one is news.")
    sent_to = ArrayField(models.EmailField())
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["sent_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "council", "kind", "due_on"], name="reminder_once"
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.period} {self.council}: {self.get_kind_display().lower()}"
