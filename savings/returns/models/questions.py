"""Questions about an entry of a return that is not certified, and their answers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.triggers import no_truncate
from savings.returns.models.entries import Entry
from savings.returns.models.returns import Return
from savings.returns.triggers import certified_stays
from sovereignty.models import User

#: The most that can be asked in one step, on a page or by the API.
MOST_QUESTIONS = 200


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, user: User) -> QuestionQuerySet:
        """The questions about the returns that a person may see."""
        return self.filter(parent__in=Return.objects.visible_to(user))

    def unanswered(self) -> QuestionQuerySet:
        return self.filter(answered_at__isnull=True)


class Question(models.Model):
    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="questions")
    entry = models.ForeignKey(
        Entry, on_delete=models.SET_NULL, related_name="questions", null=True, blank=True
    )
    line = models.JSONField(help_text="The line's columns when the question was asked.")
    text = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="question_says_something"),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True, answered_at__isnull=True, answer="")
                | Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(answer=""),
                name="question_answered_whole",
            ),
        ]
        triggers = [*certified_stays(), no_truncate()]

    def __str__(self) -> str:
        return f"{self.parent}: {self.text[:60]}"

    @property
    def is_answered(self) -> bool:
        return self.answered_at is not None
