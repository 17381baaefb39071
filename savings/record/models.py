"""The published record as data.

A **document** is one of the published sources. A **table** is a set of figures
that are together at one place in it. A **figure** is one cell: as printed, its
value and unit, its exact place, and whether it was `published` or is `derived`
(then with the sum that derives it). A **difference** is a printed figure that
does not match the figures around it. Both are kept, with a likely reason if
there is one.

Only `savings.record.loading` writes them, from `fixtures/record/`.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from savings.kit.provenance import Provenance


class SourceDocument(models.Model):
    code = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    publisher = models.CharField(max_length=200)
    published = models.CharField(
        max_length=10, help_text="As far as it is known: 2010-07-06, 2011-02 or 2012."
    )
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["published", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(published__regex=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"),
                name="document_published_is_a_date",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RecordTable(models.Model):
    code = models.SlugField(max_length=80, unique=True)
    document = models.ForeignKey(SourceDocument, on_delete=models.PROTECT, related_name="tables")
    title = models.CharField(max_length=200)
    place = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(condition=~Q(place=""), name="record_table_has_place"),
        ]

    def __str__(self) -> str:
        return self.title


class Figure(models.Model):
    class Total(models.TextChoices):
        ITEM = "", "A figure of its own"
        DOWN = "down", "Sum of the rows of its section, or of the table"
        ACROSS = "across", "Sum of the columns of its row"
        BOTH = "both", "Sum of rows and of columns"
        MEMO = "memo", "Beside the table, in no sum"

    table = models.ForeignKey(RecordTable, on_delete=models.CASCADE, related_name="figures")
    section = models.CharField(max_length=120, blank=True)
    row = models.CharField(max_length=160)
    column = models.CharField(max_length=120)
    printed = models.CharField(
        max_length=160, blank=True, help_text="As printed; empty where the cell is empty."
    )
    value = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, blank=True, help_text="In `unit`."
    )
    unit = models.CharField(max_length=40, blank=True)
    total = models.CharField(max_length=6, choices=Total, default=Total.ITEM, blank=True)
    provenance = models.CharField(max_length=12, choices=Provenance)
    derivation = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["table", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["table", "section", "row", "column"], name="figure_once"
            ),
            models.CheckConstraint(
                condition=Q(provenance="published", derivation="")
                | (Q(provenance="derived") & ~Q(derivation=""))
                | Q(provenance="illustrative"),
                name="figure_derived_says_how",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | ~Q(unit=""), name="figure_value_has_unit"
            ),
            models.CheckConstraint(condition=~Q(place=""), name="figure_has_place"),
            models.CheckConstraint(
                condition=Q(total__in=["", "down", "across", "both", "memo"]),
                name="figure_total_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.row}, {self.column}"


class FootingDifference(models.Model):
    code = models.CharField(max_length=300, unique=True)
    table = models.ForeignKey(RecordTable, on_delete=models.CASCADE, related_name="differences")
    what = models.CharField(max_length=400)
    printed = models.CharField(max_length=160)
    derived = models.CharField(max_length=160)
    difference = models.CharField(max_length=160, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True, help_text="Why, as far as can be told.")
    listed = models.BooleanField(help_text="Whether the fixtures list it as known.")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return f"{self.what}: {self.printed} printed, {self.derived} derived"
