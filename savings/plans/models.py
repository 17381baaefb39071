"""What was promised.

A **plan** is a published promise. A **line** of it is an amount for a service in
a financial year: the middle of a range if one was published, with its low
and high. `full_year` is the saving a year once everything is in place;
`in_year` is the saving in that year only; `over_years` is what several years up
to that one save together. A line without a service belongs to no one area; a line
without a council is for all the councils that share the service together. Each line
says where in which document it stands, and how it came to its year: its **phasing**.

A line that is **inside** another of the same plan and year is a part of it that is
shown by itself. Every total counts it once: `PlanLineQuerySet.counted` says how.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q, Sum

from finance.money import to_pence
from finance.periods import FinancialYear
from savings.kit.provenance import Provenance
from savings.plans.triggers import inside_its_own_plan
from services.models import Service
from sovereignty.models import Council


class Plan(models.Model):
    class Kind(models.TextChoices):
        PROPOSAL = "proposal", "Proposal: what each service is to save"
        TARGET = "target", "Target: a sum to be reached, however it is made up"
        OPTION = "option", "Option: one of several, of which one would be chosen"
        PROFILE = "profile", "Profile: one service by year, by council or by part"

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PROPOSAL)
    source = models.CharField(
        max_length=60, blank=True, help_text="Code of the document that it stands in."
    )
    adopted = models.BooleanField(
        default=False, help_text="Councils hold themselves to it; an option was only considered."
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class PlanLineQuerySet(models.QuerySet["PlanLine"]):
    def counted(self) -> PlanLineQuerySet:
        """The lines that a total adds up: not one that is inside another, whose amount has it.

        Whatever adds up lines of plans begins here; whatever shows lines shows all of them.
        Of adults' overheads of £8.9m with ICT's £2.7m inside, the first line alone counts.
        """
        return self.filter(inside__isnull=True)

    def of_one_year(self) -> PlanLineQuerySet:
        """The lines that speak of a single year: not those of several years together."""
        return self.exclude(basis=PlanLine.Basis.OVER_YEARS)

    def by_service(self, plan: Plan, year: FinancialYear) -> dict[str | None, int]:
        """Pence planned for a year, by slug of the service that each counted line names."""
        rows = (
            self.counted()
            .filter(plan=plan, year=year.code)
            .values_list("service__slug")
            .annotate(planned=Sum("middle"))
        )
        return {slug: to_pence(planned) for slug, planned in rows}


class PlanLine(models.Model):
    class Basis(models.TextChoices):
        FULL_YEAR = "full_year", "Full-year effect"
        IN_YEAR = "in_year", "In the year alone"
        OVER_YEARS = "over_years", "Over the years up to it"

    class Phasing(models.TextChoices):
        PUBLISHED = "published", "The document gives the amount for the year"
        DERIVED = "derived", "Worked out from what the document gives"
        REPORTED = "reported", "Said later, in a report on progress"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="lines")
    label = models.CharField(max_length=120)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="plan_lines", null=True, blank=True
    )
    council = models.ForeignKey(
        Council,
        on_delete=models.PROTECT,
        related_name="plan_lines",
        null=True,
        blank=True,
        help_text="Empty for all the councils that share it, together.",
    )
    category = models.CharField(max_length=60, blank=True)
    year = models.CharField(max_length=7, help_text="Financial year, as 2014-15.")
    low = models.DecimalField(max_digits=16, decimal_places=2)
    middle = models.DecimalField(max_digits=16, decimal_places=2)
    high = models.DecimalField(max_digits=16, decimal_places=2)
    cost = models.DecimalField(
        max_digits=16,
        decimal_places=2,
        default=Decimal(0),
        help_text="What getting there costs in the year: investment, or cost that goes on.",
    )
    basis = models.CharField(max_length=10, choices=Basis)
    phasing = models.CharField(max_length=9, choices=Phasing, default=Phasing.PUBLISHED)
    derivation = models.CharField(
        max_length=300, blank=True, help_text="In words, the sum that a derived phasing comes from."
    )
    inside = models.ForeignKey(
        "self",
        on_delete=models.RESTRICT,
        related_name="contains",
        null=True,
        blank=True,
        help_text="The line, of the same plan and year, whose amount has this one's in it.",
    )
    provenance = models.CharField(max_length=12, choices=Provenance)
    document = models.CharField(max_length=60)
    place = models.CharField(max_length=200)
    note = models.TextField(blank=True)

    objects = PlanLineQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "year", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "year", "label", "service", "council"],
                name="plan_line_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(low__lte=F("middle"), middle__lte=F("high")),
                name="plan_line_range_in_order",
            ),
            models.CheckConstraint(condition=Q(cost__gte=0), name="plan_line_cost_is_a_cost"),
            models.CheckConstraint(
                condition=~Q(phasing="derived") | ~Q(derivation=""),
                name="plan_line_derived_says_how",
            ),
            models.CheckConstraint(
                condition=Q(phasing__in=["published", "derived", "reported"]),
                name="plan_line_phasing_is_known",
            ),
            models.CheckConstraint(
                condition=Q(inside__isnull=True) | ~Q(inside=F("id")),
                name="plan_line_not_inside_itself",
            ),
        ]
        triggers = [inside_its_own_plan()]

    def __str__(self) -> str:
        return f"{self.label} {self.year}"

    @property
    def counts(self) -> bool:
        """Whether totals add it up: the same for one line as `counted` for many."""
        return self.inside_id is None

    @property
    def low_pence(self) -> int:
        return to_pence(self.low)

    @property
    def middle_pence(self) -> int:
        return to_pence(self.middle)

    @property
    def high_pence(self) -> int:
        return to_pence(self.high)

    @property
    def cost_pence(self) -> int:
        return to_pence(self.cost)

    @property
    def net_pence(self) -> int:
        """What is left of the middle once what getting there costs in the year is paid."""
        return self.middle_pence - self.cost_pence
