"""The outbox: what a certification leaves for the rollup to do."""

from __future__ import annotations

from django.db import models

from savings.returns.models.returns import Return


class DirtyReturn(models.Model):
    """A certified return whose facts must be worked out again."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.parent}, {self.marked_at:%Y-%m-%d %H:%M}"
