"""A council's report for one period, with the people who submitted and certified it."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from audit import chain
from audit.triggers import Protect, Trigger, no_truncate
from finance.periods import Quarter
from savings.quarters.models import Period
from savings.returns import visibility
from sovereignty.models import Council, User

#: The partnership's name in place of a council's code, the same as its chain's.
PARTNERSHIP = chain.PARTNERSHIP


class ReturnQuerySet(models.QuerySet["Return"]):
    def visible_to(self, user: User) -> ReturnQuerySet:
        """The returns that a person may see: `visibility` says which."""
        return self.filter(visibility.of_returns(user))


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
            # A council's return is submitted and certified by two people. The
            # partnership's comes from the document that published it.
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
            # The partnership's own return is certified when it is made, and only from the record.
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
            # Otherwise removing a person from the fillers would let them certify.
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
        """The ids of everybody who filled it in or submitted it: they may not certify it."""
        return {id_ for id_ in (*self.fillers, self.submitted_by_id) if id_ is not None}

    @property
    def was_sent_back(self) -> bool:
        return self.status == self.Status.DRAFT and self.sent_back_at is not None
