"""A driver's value as it was found to have been.

What was shared out by a value stays shared out: a value is never changed
(`savings.formulas.models`). A **restatement** says what it should have been. Where
that moves a council's part of certified figures by more than the tolerance that the
councils have agreed, the difference is put right by adjusting entries: a true-up.
"""

from __future__ import annotations

from fractions import Fraction

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from audit.triggers import append_only
from savings.agreements.unanimous import SHARE, Unanimous, UnanimousQuerySet
from savings.formulas.models import DriverValue
from savings.formulas.triggers import comes_before_its_answers
from savings.kit.provenance import Provenance
from sovereignty.models import User


class Restatement(models.Model):
    restates = models.ForeignKey(DriverValue, on_delete=models.PROTECT, related_name="restatements")
    value = models.DecimalField(max_digits=18, decimal_places=4)
    source = models.CharField(max_length=300)
    provenance = models.CharField(max_length=12, choices=Provenance)
    stated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    class Meta:
        ordering = ["stated_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value__gte=0) & Q(value__lt=10**14), name="restatement_in_bounds"
            ),
            models.CheckConstraint(condition=~Q(source=""), name="restatement_has_source"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.restates}, restated as {self.value}"


class Tolerance(Unanimous):
    """How much a restatement may move before it is put right, once every council agrees."""

    share = models.CharField(
        max_length=20,
        validators=[RegexValidator(SHARE, "Write it as 0.01 or 1/100.")],
        help_text="Of what was shared out, as a decimal or fraction: 0.01, 1/100.",
    )

    objects = UnanimousQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(share__regex=SHARE), name="tolerance_is_a_share"),
        ]
        # What a council agreed to stays what it agreed to: a changed tolerance is a new one.
        triggers = [*append_only(), comes_before_its_answers()]

    def __str__(self) -> str:
        return f"{self.share} of what was shared out"

    @property
    def as_share(self) -> Fraction:
        return Fraction(self.share)
