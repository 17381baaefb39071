"""One event for each thing done: never changed, never deleted, each tied to the one before.

Events form chains: one for each council, and one (``partnership``) for what
concerns all of them, so that councils don't wait for each other to write. An event
names people and records by their codes and ids, not by foreign keys: this floor
knows nothing about those above, and an event outlives what it is about.
"""

from __future__ import annotations

from django.db import models

from audit.chain import first_break
from audit.triggers import append_only


class EventQuerySet(models.QuerySet["Event"]):
    def about(self, subject: str, subject_id: object) -> EventQuerySet:
        """The events of one record, oldest first."""
        return self.filter(subject=subject, subject_id=str(subject_id)).order_by("id")

    def first_break(self, chain: str) -> int | None:
        """The position of the first event in a chain that was tampered with; None if whole."""
        return first_break(
            (event.previous_hash, event.hash, event.content())
            for event in self.filter(chain=chain).order_by("id").iterator()
        )


class Event(models.Model):
    chain = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.CharField(max_length=150, help_text="The person's username, or “system”.")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=60, help_text="Kind of record, as “return”.")
    # The longest has the codes of a driver, a council and a quarter, between slashes.
    subject_id = models.CharField(max_length=120)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            # A chain never forks: two events cannot follow the same one.
            models.UniqueConstraint(fields=["chain", "previous_hash"], name="audit_chain_unforked"),
        ]
        indexes = [models.Index(fields=["subject", "subject_id"])]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.by} {self.action} {self.subject} {self.subject_id}"

    def content(self) -> dict[str, object]:
        """What the hash covers: everything but the hashes."""
        return {
            "chain": self.chain,
            "at": self.at.isoformat(),
            "by": self.by,
            "action": self.action,
            "subject": self.subject,
            "subject_id": self.subject_id,
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
        }
