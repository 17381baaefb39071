"""Who was reminded to answer what: a row for each reminder, so that it is sent only once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from audit.triggers import append_only
from sovereignty.models import Council, Decision


class AnswerReminder(models.Model):
    class Kind(models.TextChoices):
        BEFORE = "before", "Before the day to answer by"
        AFTER = "after", "After the day to answer by"

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    council = models.ForeignKey(Council, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind)
    sent_to = ArrayField(models.EmailField())
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["sent_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "council", "kind"], name="answer_reminder_once"
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.decision}, {self.council}: {self.get_kind_display().lower()}"
