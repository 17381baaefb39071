"""What is reported.

A **period** is a quarter that councils report on, `open` or `closed`. A
**return** is one council's report for one period: `draft`, `submitted`,
`certified`; sent back means draft again, with a reason. The record's own
figures are a return of the partnership itself (no council). An **entry** is one
row of a return: a saving, an ongoing cost, a transition cost or a variance,
falling on the council alone (`own`) or on all who share the service (`shared`).

Certified figures never change: triggers in the database refuse to update or
delete a certified return or its entries, or to add to them, whoever asks and
however. A correction is a new entry in a later period that names what it
corrects.
"""

from __future__ import annotations

from collections import defaultdict

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from audit import chain
from audit.triggers import Protect, Trigger, no_truncate
from finance.money import to_pence
from finance.periods import Quarter
from savings.kit.provenance import Provenance
from savings.quarters.models import Period
from savings.returns.triggers import certified_stays
from services.models import Service
from sovereignty.models import Council, User

#: The partnership's own name where a council's code would stand, as its chain has it.
PARTNERSHIP = chain.PARTNERSHIP


class ReturnQuerySet(models.QuerySet["Return"]):
    def visible_to(self, user: User) -> ReturnQuerySet:
        """The returns that exist for a person.

        The programme office and auditors see all; a council's officers their own
        council's and the partnership's published one; a councillor those once
        certified. Another council's return does not exist for them.
        """
        published = Q(council__isnull=True, status=Return.Status.CERTIFIED)
        if user.sees_every_council:
            return self
        if user.council is None:
            return self.none()
        own = Q(council=user.council)
        if not user.handles_returns:
            own &= Q(status=Return.Status.CERTIFIED)
        return self.filter(own | published)


class Return(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        CERTIFIED = "certified", "Certified"

    council = models.ForeignKey(
        Council, on_delete=models.PROTECT, related_name="returns", null=True, blank=True
    )
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="returns")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=0)
    fillers = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        help_text="Everybody who ever saved its figures, by id: never who certifies them.",
    )
    submitted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    certified_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    certified_at = models.DateTimeField(null=True, blank=True)
    sent_back_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    sent_back_at = models.DateTimeField(null=True, blank=True)
    sent_back_reason = models.TextField(blank=True)
    published_in = models.CharField(
        max_length=60,
        blank=True,
        help_text="For the partnership's own return: the document that published it.",
    )

    objects = ReturnQuerySet.as_manager()

    class Meta:
        ordering = ["-period__quarter", "council__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["council", "period"], name="return_once", nulls_distinct=False
            ),
            # A council's return is submitted and certified by two people; the
            # partnership's stands on the document that published it.
            models.CheckConstraint(
                condition=Q(council__isnull=True, status="certified", certified_at__isnull=False)
                & ~Q(published_in="")
                | Q(council__isnull=True, status="draft", certified_at__isnull=True)
                | Q(
                    council__isnull=False,
                    status="draft",
                    submitted_by__isnull=True,
                    submitted_at__isnull=True,
                    certified_by__isnull=True,
                    certified_at__isnull=True,
                )
                | Q(
                    council__isnull=False,
                    status="submitted",
                    submitted_by__isnull=False,
                    submitted_at__isnull=False,
                    certified_by__isnull=True,
                    certified_at__isnull=True,
                )
                | Q(
                    council__isnull=False,
                    status="certified",
                    submitted_by__isnull=False,
                    submitted_at__isnull=False,
                    certified_by__isnull=False,
                    certified_at__isnull=False,
                ),
                name="return_status_has_its_people",
            ),
            models.CheckConstraint(
                condition=Q(certified_by__isnull=True)
                | ~Q(certified_by=F("submitted_by")) & ~Q(fillers__contains=[F("certified_by")]),
                name="return_two_people",
            ),
            models.CheckConstraint(
                condition=Q(
                    sent_back_by__isnull=True, sent_back_at__isnull=True, sent_back_reason=""
                )
                | Q(sent_back_by__isnull=False, sent_back_at__isnull=False)
                & ~Q(sent_back_reason=""),
                name="return_sent_back_whole",
            ),
        ]
        triggers = [
            Protect(
                name="certified_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="certified"),
            ),
            # The partnership's own return is certified as it is made, from the record alone.
            Trigger(
                name="nothing_illustrative_certified",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__status="certified"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM savings_entry e
                        WHERE e.parent_id = NEW.id AND e.provenance = 'illustrative'
                        UNION ALL
                        SELECT 1 FROM savings_forecast f
                        WHERE f.parent_id = NEW.id AND f.provenance = 'illustrative'
                    ) THEN
                        RAISE EXCEPTION 'what is illustrative is never certified'
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Else whoever filled it in would only have to be forgotten first.
            Protect(
                name="fillers_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("NOT NEW.fillers @> OLD.fillers"),
            ),
            Trigger(
                name="nothing_unanswered_moves_on",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status__df=pgtrigger.F("new__status"))
                & ~pgtrigger.Q(new__status="draft"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM savings_question q
                        WHERE q.parent_id = NEW.id AND q.answered_at IS NULL
                    ) THEN
                        RAISE EXCEPTION 'a question on a line is not answered'
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.council or 'Partnership'} {self.period}"

    @property
    def council_code(self) -> str:
        return self.council.code if self.council else PARTNERSHIP

    @property
    def quarter(self) -> Quarter:
        return self.period.quarter

    @property
    def authors(self) -> set[int]:
        """Whoever has ever filled it in, and who submitted it, by id: they don't certify it."""
        return {id_ for id_ in (*self.fillers, self.submitted_by_id) if id_ is not None}

    @property
    def was_sent_back(self) -> bool:
        return self.status == self.Status.DRAFT and self.sent_back_at is not None


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user: User) -> EntryQuerySet:
        """The entries a person may open.

        Those of the returns visible to them; every certified entry of which a part falls
        on their council, once it is rolled up; and every shared one that falls on nobody
        yet, of a service that their council took part in that quarter.
        """
        visible = Q(parent__in=Return.objects.visible_to(user))
        if user.sees_every_council or user.council is None:
            return self.filter(visible)
        visible |= Q(pk__in=Entry.objects.filter(facts__council=user.council).values("pk"))
        nobodys = Entry.objects.filter(facts__isnull=False, facts__council__isnull=True)
        tree = Service.objects.tree()
        shared_in: dict[frozenset[str], list[Quarter]] = defaultdict(list)
        for quarter in Period.objects.values_list("quarter", flat=True):
            slugs = frozenset(
                slug for slug in tree.nodes if user.council.code in tree.participants(slug, quarter)
            )
            shared_in[slugs].append(quarter)
        for slugs, quarters in shared_in.items():
            visible |= Q(
                pk__in=nobodys.values("pk"),
                scope=Entry.Scope.SHARED,
                parent__period__quarter__in=quarters,
                service__slug__in=slugs,
            )
        return self.filter(visible)

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
            # Every page asks whether there is one at all.
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
        """The amount as everything but the database has it."""
        return to_pence(self.amount)


class DirtyReturn(models.Model):
    """A certified return whose facts must be worked out again."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.parent}, {self.marked_at:%Y-%m-%d %H:%M}"


class ForecastQuerySet(models.QuerySet["Forecast"]):
    def visible_to(self, user: User) -> ForecastQuerySet:
        """The forecasts a person may see: those of the returns visible to them."""
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


#: As many as are asked in one step, by page or by API.
MOST_QUESTIONS = 200


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, user: User) -> QuestionQuerySet:
        """The questions of the returns that a person may see."""
        return self.filter(parent__in=Return.objects.visible_to(user))

    def unanswered(self) -> QuestionQuerySet:
        return self.filter(answered_at__isnull=True)


class Question(models.Model):
    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="questions")
    entry = models.ForeignKey(
        Entry, on_delete=models.SET_NULL, related_name="questions", null=True, blank=True
    )
    line = models.JSONField(help_text="The line's columns when the question was asked.")
    text = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="question_says_something"),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True, answered_at__isnull=True, answer="")
                | Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(answer=""),
                name="question_answered_whole",
            ),
        ]
        triggers = [*certified_stays(), no_truncate()]

    def __str__(self) -> str:
        return f"{self.parent}: {self.text[:60]}"

    @property
    def is_answered(self) -> bool:
        return self.answered_at is not None
