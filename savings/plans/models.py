"""What was promised.

A **plan** is a published promise. A **line** of it is an amount for a service in
a financial year: the middle of a range if one was published, with its low
and high. `full_year` is the saving a year once everything is in place;
`in_year` is the saving in that year only. A line without a service belongs to
no area. Each line names its document and its place there.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, Sum

from finance.money import to_pence
from finance.periods import FinancialYear
from savings.kit.provenance import Provenance
from services.models import Service


class Plan(models.Model):
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    adopted = models.BooleanField(
        default=False, help_text="Councils hold themselves to it; an option was only considered."
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class PlanLineQuerySet(models.QuerySet["PlanLine"]):
    def by_service(self, plan: Plan, year: FinancialYear) -> dict[str | None, int]:
        """Pence planned for a year, by slug of the service each line names."""
        rows = (
            self.filter(plan=plan, year=year.code)
            .values_list("service__slug")
            .annotate(planned=Sum("middle"))
        )
        return {slug: to_pence(planned) for slug, planned in rows}


class PlanLine(models.Model):
    class Basis(models.TextChoices):
        FULL_YEAR = "full_year", "Full-year effect"
        IN_YEAR = "in_year", "In the year alone"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="lines")
    label = models.CharField(max_length=120)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="plan_lines", null=True, blank=True
    )
    category = models.CharField(max_length=60, blank=True)
    year = models.CharField(max_length=7, help_text="Financial year, as 2014-15.")
    low = models.DecimalField(max_digits=16, decimal_places=2)
    middle = models.DecimalField(max_digits=16, decimal_places=2)
    high = models.DecimalField(max_digits=16, decimal_places=2)
    basis = models.CharField(max_length=10, choices=Basis)
    provenance = models.CharField(max_length=12, choices=Provenance)
    document = models.CharField(max_length=60)
    place = models.CharField(max_length=200)
    note = models.TextField(blank=True)

    objects = PlanLineQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "year", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "year", "label", "service"],
                name="plan_line_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(low__lte=F("middle"), middle__lte=F("high")),
                name="plan_line_range_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.year}"

    @property
    def low_pence(self) -> int:
        return to_pence(self.low)

    @property
    def middle_pence(self) -> int:
        return to_pence(self.middle)

    @property
    def high_pence(self) -> int:
        return to_pence(self.high)
