"""The quarters that councils report on.

A **period** is a quarter with its dates, `open` or `closed`. Once it is closed, its figures stand.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q

from audit.triggers import ReadOnly
from finance.periods import Quarter
from savings.quarters.triggers import reopened_openly
from services.fields import QuarterField
from sovereignty.models import User


def latest_closed_of(periods: Iterable[Period]) -> Quarter | None:
    """The last of these quarters that is closed; None where none of them is."""
    return max((period.quarter for period in periods if not period.is_open), default=None)


def usual_of(periods: Iterable[Period]) -> Quarter | None:
    """The quarter that delivery is counted to unless another is asked for.

    It is the latest that was closed, even if it is open again: what is certified in it stays.
    None if no quarter was ever closed. `PeriodQuerySet.usual_quarter` is its twin.
    """
    return max((p.quarter for p in periods if not p.is_open or p.is_open_again), default=None)


class PeriodQuerySet(models.QuerySet["Period"]):
    def latest_closed(self) -> Period | None:
        return self.filter(status=Period.Status.CLOSED).order_by("-quarter").first()

    def latest_closed_quarter(self) -> Quarter | None:
        """The latest quarter whose figures stand; None if none has been closed yet."""
        closed = self.latest_closed()
        return closed.quarter if closed else None

    def usual_quarter(self) -> Quarter | None:
        """As `usual_of`, of every quarter there is."""
        once_closed = Q(status=Period.Status.CLOSED) | Q(reopened_at__isnull=False)
        return self.filter(once_closed).aggregate(latest=models.Max("quarter"))["latest"]

    def latest_open(self) -> Period | None:
        return self.filter(status=Period.Status.OPEN).order_by("-quarter").first()


class Period(models.Model):
    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    quarter = QuarterField(unique=True)
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN)
    opens_on = models.DateField(null=True, blank=True, help_text="First day for returns.")
    due_on = models.DateField(null=True, blank=True, help_text="Last day to submit one.")
    closes_on = models.DateField(null=True, blank=True, help_text="When all is to be certified.")
    reopened_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopened_reason = models.TextField(blank=True)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        ordering = ["quarter"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_on__isnull=True, due_on__isnull=True, closes_on__isnull=True)
                | Q(
                    opens_on__isnull=False,
                    due_on__isnull=False,
                    closes_on__isnull=False,
                    opens_on__lte=F("due_on"),
                    due_on__lte=F("closes_on"),
                ),
                name="period_dates_in_order",
                violation_error_message="Give opening, due and closing dates in that order.",
            ),
            models.CheckConstraint(
                condition=Q(reopened_by__isnull=True, reopened_at__isnull=True, reopened_reason="")
                | Q(reopened_by__isnull=False, reopened_at__isnull=False) & ~Q(reopened_reason=""),
                name="period_reopened_whole",
            ),
        ]
        triggers = [
            # Certified returns would move to another quarter with it.
            ReadOnly(name="quarter_stays", fields=["quarter"]),
            reopened_openly(),
        ]

    def __str__(self) -> str:
        return self.quarter.label

    @property
    def code(self) -> str:
        return self.quarter.code

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def is_open_again(self) -> bool:
        """Whether it was closed and then reopened."""
        return self.is_open and self.reopened_at is not None
