"""What is counted for each council, and what it was found to have been.

A **driver** is something counted for each council (children in the system, posts, net budget); a
**driver value** is its value from a quarter on, with its source. What a value has split stays as it
is: a value is never changed. A **restatement** says what it should have been. If that moves a
council's part of certified figures by more than the **tolerance** that the councils have agreed,
adjusting entries put the difference right: a true-up.
"""

from __future__ import annotations

from fractions import Fraction

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from audit.triggers import ReadOnly, append_only
from savings.agreements.triggers import comes_before_its_answers
from savings.agreements.unanimous import SHARE, Unanimous, UnanimousQuerySet
from savings.drivers.values import ValueOfDriver
from savings.kit.provenance import Provenance
from savings.quarters.triggers import begins_in_an_open_quarter
from services.fields import QuarterField
from sovereignty.models import Council, User


class Driver(models.Model):
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=60)

    class Meta:
        ordering = ["code"]
        triggers = [
            # Rules weigh drivers by their codes.
            ReadOnly(name="code_stays", fields=["code"]),
        ]

    def __str__(self) -> str:
        return self.name


class DriverValueQuerySet(models.QuerySet["DriverValue"]):
    def as_values(self) -> list[ValueOfDriver]:
        """Every value as the pure module takes it: one query."""
        return [
            ValueOfDriver(
                id=value.id,
                driver=value.driver.code,
                council=value.council.code,
                effective_from=value.effective_from,
                value=Fraction(value.value),
                illustrative=value.provenance == Provenance.ILLUSTRATIVE,
            )
            for value in self.select_related("driver", "council")
        ]


class DriverValue(models.Model):
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, related_name="values")
    council = models.ForeignKey(Council, on_delete=models.PROTECT, related_name="+")
    effective_from = QuarterField()
    value = models.DecimalField(max_digits=18, decimal_places=4)
    source = models.CharField(max_length=300)
    provenance = models.CharField(max_length=12, choices=Provenance)

    objects = DriverValueQuerySet.as_manager()

    class Meta:
        ordering = ["driver", "council", "effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["driver", "council", "effective_from"], name="driver_value_once"
            ),
            # Below the column's limit, and so a number: NaN is above all numbers.
            models.CheckConstraint(
                condition=Q(value__gte=0) & Q(value__lt=10**14), name="driver_value_in_bounds"
            ),
        ]
        # Figures that are already split rest on it: a changed value is a later one.
        triggers = [*append_only(), begins_in_an_open_quarter()]

    def __str__(self) -> str:
        return f"{self.driver} {self.council} {self.effective_from}: {self.value}"


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
        # What a council agreed to never changes: a changed tolerance is a new one.
        triggers = [*append_only(), comes_before_its_answers("tolerance")]

    def __str__(self) -> str:
        return f"{self.share} of what was split"

    @property
    def as_share(self) -> Fraction:
        return Fraction(self.share)
