"""What was delivered, added up.

A **fact** is one certified entry's part for one council, in pence; no council
means the entry is unattributed. A **total** sums facts by return, service,
council and kind, and savings by recurrence and nature, so that a page reads a few
hundred rows however many entries there are, and a certified return replaces only its
own totals. A replaced total stays, retired: it says from when to when it was in
force, so that any sum can be read as it stood at a moment. A **dirty return** is a
row of the outbox: certification writes it in the same transaction, and the rollup removes it in its
own. A **rolled return** holds the digest of its facts. **RollupState** is the one
row that says which version readers see, with the digest of everything.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from savings.returns.models import Entry, Return
from savings.rollup.triggers import retired_and_no_more
from services.fields import QuarterField
from services.models import Service
from sovereignty.models import Council

# Only the rollup writes facts and totals, from rows that can't be deleted. So the database
# does not check each foreign key, which would take longer than everything else.


class Fact(models.Model):
    entry = models.ForeignKey(
        Entry, on_delete=models.DO_NOTHING, related_name="facts", db_constraint=False
    )
    parent = models.ForeignKey(
        Return, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    council = models.ForeignKey(
        Council,
        on_delete=models.DO_NOTHING,
        related_name="+",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    pence = models.BigIntegerField()
    rule_id = models.BigIntegerField(null=True, help_text="The attribution rule used, if any.")
    illustrative = models.BooleanField(help_text="Whether it rests on anything illustrative.")

    def __str__(self) -> str:
        return f"{self.entry_id} {self.council_id}: {self.pence}"


class TotalQuerySet(models.QuerySet["Total"]):
    """Read totals by one of these two methods; `all()` mixes current and retired ones."""

    def current(self) -> TotalQuerySet:
        """The totals in force."""
        return self.filter(until__isnull=True)

    def as_at(self, moment: datetime | None) -> TotalQuerySet:
        """The totals that were in force at a moment; without a moment, those in force now."""
        if moment is None:
            return self.current()
        return self.filter(Q(until__isnull=True) | Q(until__gt=moment), since__lte=moment)


class Total(models.Model):
    parent = models.ForeignKey(
        Return, on_delete=models.DO_NOTHING, related_name="totals", db_constraint=False
    )
    quarter = QuarterField()
    service = models.ForeignKey(
        Service, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    council = models.ForeignKey(
        Council,
        on_delete=models.DO_NOTHING,
        related_name="+",
        null=True,
        blank=True,
        db_constraint=False,
    )
    kind = models.CharField(max_length=15, choices=Entry.Kind)
    recurrence = models.CharField(
        max_length=9,
        choices=Entry.Recurrence,
        blank=True,
        help_text="Of a saving. Empty in totals that version 1.0.0 added up.",
    )
    nature = models.CharField(
        max_length=12,
        choices=Entry.Nature,
        blank=True,
        help_text="Of a saving. Empty in totals that version 1.0.0 added up.",
    )
    pence = models.BigIntegerField()
    entries = models.PositiveIntegerField()
    illustrative = models.BooleanField(help_text="Whether any of it does.")
    since = models.DateTimeField(help_text="When a rollup put it in force.")
    until = models.DateTimeField(
        null=True, blank=True, help_text="When a rollup retired it; empty while it is in force."
    )

    objects = TotalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "service", "council", "kind", "recurrence", "nature"],
                name="total_once",
                condition=Q(until__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="total_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "quarter"], condition=Q(until__isnull=True), name="total_current"
            ),
            models.Index(fields=["kind", "quarter", "since"], name="total_as_it_stood"),
        ]
        triggers = retired_and_no_more()

    def __str__(self) -> str:
        return f"{self.quarter} {self.service_id} {self.council_id} {self.kind}: {self.pence}"


class RolledReturn(models.Model):
    """A return whose facts are in the rollup, with the digest of those facts."""

    parent = models.OneToOneField(Return, on_delete=models.CASCADE, related_name="rolled")
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.parent}: {self.digest[:12]}"


class RollupState(models.Model):
    """One row: the version that readers see, and the digest of everything in it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="rollup_state_one_row")]

    def __str__(self) -> str:
        return f"version {self.version}, {self.digest[:12]}"
