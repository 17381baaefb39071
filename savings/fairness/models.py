"""When a council gains too little for too long: a test that every council has agreed.

A **fairness test** says what is little (a share of net below so much of the share of
contribution) and what is persistent (so many quarters in a row). It is agreed like any
other decision, by every council of the partnership, and changes no figure: it decides
when a page warns. A changed test is a new one: none is ever edited.
"""

from __future__ import annotations

from fractions import Fraction

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from audit.triggers import Trigger, append_only
from savings.agreements.triggers import comes_before_its_answers
from savings.agreements.unanimous import SHARE, Unanimous, UnanimousQuerySet
from savings.fairness import fairness

MOST_QUARTERS = 40


class FairnessTest(Unanimous):
    below = models.CharField(
        max_length=20,
        validators=[RegexValidator(SHARE, "Write it as 0.5 or 1/2.")],
        help_text="Of the share of contribution, as a decimal or fraction: 0.5, 1/2.",
    )
    quarters = models.PositiveSmallIntegerField(help_text="How many in a row are persistent.")

    objects = UnanimousQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(below__regex=SHARE), name="fairness_test_below_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(quarters__gte=1) & Q(quarters__lte=MOST_QUARTERS),
                name="fairness_test_quarters_in_bounds",
            ),
        ]
        # What a council agreed to never changes: a changed test is a new one.
        triggers = [
            *append_only(),
            comes_before_its_answers("test"),
            # After the checks, so that it can be read as a fraction.
            Trigger(
                name="below_is_a_part",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[
                    ("part", "numeric := split_part(NEW.below, '/', 1)"),
                    (
                        "whole",
                        "numeric := coalesce(nullif(split_part(NEW.below, '/', 2), ''), '1')",
                    ),
                ],
                func="""
                    IF part <= 0 OR part > whole THEN
                        RAISE EXCEPTION '“%” is not above 0 and at most the whole', NEW.below
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"below {self.below} of its share, {self.quarters} quarters in a row"

    def as_criterion(self) -> fairness.Criterion:
        return fairness.Criterion(Fraction(self.below), self.quarters)
