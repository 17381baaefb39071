"""What a council expects an initiative to save, as part of its return for a quarter."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.triggers import no_truncate
from finance.money import to_pence
from savings.kit.provenance import Provenance
from savings.returns.models.returns import Return
from savings.returns.triggers import certified_stays
from services.models import Service
from sovereignty.models import User


class ForecastQuerySet(models.QuerySet["Forecast"]):
    def visible_to(self, user: User) -> ForecastQuerySet:
        """The forecasts in the returns that a person may see."""
        return self.filter(parent__in=Return.objects.visible_to(user))

    def illustrative(self) -> ForecastQuerySet:
        return self.filter(provenance=Provenance.ILLUSTRATIVE)


class Forecast(models.Model):
    class Status(models.TextChoices):
        DELIVERED = "delivered", "Delivered"
        ON_TRACK = "on_track", "On track"
        AT_RISK = "at_risk", "At risk"
        NOT_ACHIEVABLE = "not_achievable", "Not achievable"

    #: The statuses that need a reason, and what replaces the saving.
    IN_DOUBT = (Status.AT_RISK, Status.NOT_ACHIEVABLE)

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="forecasts")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    this_year = models.DecimalField(max_digits=16, decimal_places=2)
    full_year_effect = models.DecimalField(max_digits=16, decimal_places=2)
    status = models.CharField(max_length=14, choices=Status)
    starts_on = models.DateField(
        null=True, blank=True, help_text="When the saving starts, or started."
    )
    reason = models.TextField(blank=True)
    replacement = models.TextField(blank=True)
    provenance = models.CharField(max_length=12, choices=Provenance, default=Provenance.REPORTED)

    objects = ForecastQuerySet.as_manager()

    class Meta:
        ordering = ["parent", "service__position", "service__slug"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "service"], name="forecast_once"),
            models.CheckConstraint(
                condition=Q(status__in=["delivered", "on_track"])
                | ~Q(reason="") & ~Q(replacement=""),
                name="forecast_in_doubt_is_explained",
            ),
            models.CheckConstraint(
                condition=Q(this_year__gt=-100_000_000_000, this_year__lt=100_000_000_000)
                & Q(
                    full_year_effect__gt=-100_000_000_000,
                    full_year_effect__lt=100_000_000_000,
                ),
                name="forecast_amounts_in_bounds",
            ),
        ]
        triggers = [*certified_stays(), no_truncate()]

    def __str__(self) -> str:
        return f"{self.service} {self.parent}: {self.get_status_display().lower()}"

    @property
    def this_year_pence(self) -> int:
        return to_pence(self.this_year)

    @property
    def full_year_effect_pence(self) -> int:
        return to_pence(self.full_year_effect)
