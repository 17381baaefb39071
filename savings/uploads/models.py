"""A file on its way into a return.

An **upload** holds the file as it came and the result of checking it. A task checks
it and writes its progress. Then a preview shows what it would change. It is stored
only if the person says so, and only against the version of the return that was compared.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from savings.returns.models import Return
from sovereignty.models import User


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: User) -> UploadQuerySet:
        """The uploads for the returns that a person may see."""
        return self.filter(parent__in=Return.objects.visible_to(user))

    def unfinished(self) -> UploadQuerySet:
        """The uploads that have not been stored."""
        return self.exclude(state=Upload.State.STORED)

    def waiting(self) -> UploadQuerySet:
        """The uploads whose check is not finished."""
        return self.filter(state__in=[Upload.State.WAITING, Upload.State.CHECKING])


class Upload(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to be checked"
        CHECKING = "checking", "Being checked"
        REFUSED = "refused", "Has mistakes"
        READY = "ready", "Ready to be stored"
        STORED = "stored", "Stored"

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="uploads")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    filename = models.CharField(max_length=255)
    content = models.BinaryField(help_text="Emptied once the rows are stored.")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    rows = models.PositiveIntegerField(null=True, help_text="Rows of the file, once counted.")
    checked = models.PositiveIntegerField(default=0, help_text="Rows checked so far.")
    version = models.PositiveIntegerField(
        null=True, help_text="Version of the return that it was compared with."
    )
    outcome = models.JSONField(null=True, help_text="What was found: mistakes, or changes.")

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "checking"])
                | Q(outcome__isnull=False, rows__isnull=False),
                name="upload_checked_has_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} for {self.parent}: {self.get_state_display().lower()}"

    @property
    def is_waiting(self) -> bool:
        return self.state in (self.State.WAITING, self.State.CHECKING)
