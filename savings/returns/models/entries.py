"""A row of a return: an amount of one kind, of one service."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from audit.triggers import no_truncate
from finance.money import to_pence
from savings.kit.provenance import Provenance
from savings.returns import visibility
from savings.returns.models.returns import Return
from savings.returns.triggers import certified_stays
from services.models import Service
from sovereignty.models import Council, User


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user: User) -> EntryQuerySet:
        """The entries a person may open: `visibility` says which."""
        returns = Return.objects.visible_to(user)
        return self.filter(visibility.of_entries(user, Entry.objects.all(), returns))

    def illustrative(self) -> EntryQuerySet:
        return self.filter(provenance=Provenance.ILLUSTRATIVE)


class Entry(models.Model):
    class Kind(models.TextChoices):
        SAVING = "saving", "Saving"
        ONGOING_COST = "ongoing_cost", "Ongoing cost"
        TRANSITION_COST = "transition_cost", "Transition cost"
        VARIANCE = "variance", "Variance"

    class Scope(models.TextChoices):
        OWN = "own", "This council alone"
        SHARED = "shared", "Shared"

    class Recurrence(models.TextChoices):
        RECURRING = "recurring", "Recurring"
        ONE_OFF = "one_off", "One-off"

    class Nature(models.TextChoices):
        CASHABLE = "cashable", "Cashable"
        NON_CASHABLE = "non_cashable", "Non-cashable"
        AVOIDED = "avoided", "Cost avoided"

    class Cause(models.TextChoices):
        INDIRECT = "indirect", "Indirect cost of the host"
        DEMAND = "demand", "Demand"
        QUALITY = "quality", "Quality"
        DIRECT = "direct", "Direct cost"
        SPECIFICATION_CHANGE = "specification_change", "One council's changed specification"

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="entries")
    position = models.PositiveIntegerField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=15, choices=Kind)
    scope = models.CharField(max_length=6, choices=Scope)
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    recurrence = models.CharField(max_length=9, choices=Recurrence, blank=True)
    nature = models.CharField(max_length=12, choices=Nature, blank=True)
    cause = models.CharField(max_length=20, choices=Cause, blank=True)
    caused_by = models.ForeignKey(
        Council, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    tupe = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    approval = models.CharField(max_length=60, blank=True)
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="corrections", null=True, blank=True
    )
    evidence = models.TextField(blank=True)
    note = models.TextField(blank=True)
    provenance = models.CharField(max_length=12, choices=Provenance, default=Provenance.REPORTED)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["parent", "position"]
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "position"],
                name="entry_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=~Q(kind="saving") | ~Q(recurrence="") & ~Q(nature=""),
                name="entry_saving_is_described",
            ),
            models.CheckConstraint(
                condition=Q(kind="variance") & ~Q(cause="") | ~Q(kind="variance") & Q(cause=""),
                name="entry_variance_has_cause",
            ),
            models.CheckConstraint(
                condition=Q(cause="specification_change", caused_by__isnull=False)
                | ~Q(cause="specification_change") & Q(caused_by__isnull=True),
                name="entry_specification_has_council",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=-100_000_000_000) & Q(amount__lt=100_000_000_000),
                name="entry_amount_in_bounds",
            ),
        ]
        indexes = [
            # Every page asks whether there is one.
            models.Index(
                fields=["parent"],
                condition=Q(provenance="illustrative"),
                name="entry_illustrative",
            ),
            # Few entries claim, and every rollup and submission asks which.
            models.Index(fields=["approval"], condition=~Q(approval=""), name="entry_claims"),
        ]
        triggers = [*certified_stays(), no_truncate()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount} {self.service}"

    @property
    def pence(self) -> int:
        """The amount in pence, as everywhere outside the database."""
        return to_pence(self.amount)
