"""What councils agreed to spend on becoming one service.

A **transition budget** is money for the one-off costs of a service's change, from a quarter on and
up to a ceiling, once every participating council has consented to it. The contract calls it a
transition approval, and so does the model, because the table is named after it. Entries claim on it
by its code. A changed budget is a new one: none is ever edited.
"""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Prefetch, Q, Sum

from audit.triggers import append_only
from finance.money import to_pence
from savings.agreements.triggers import comes_before_its_answers
from savings.budgets.claims import Budget, ClaimedBudget
from savings.budgets.triggers import answers_in_time, claimed_on_stays, claims_fit
from savings.kit.provenance import Provenance
from savings.quarters.triggers import begins_in_an_open_quarter
from savings.returns.models import Entry, Return
from services.fields import QuarterField
from services.models import Service
from sovereignty.models import Consent, Decision, User

#: What a budget's code may be, so that it fits into a spreadsheet's cell and an address.
CODE = RegexValidator(
    r"^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*\Z",
    "Use letters and digits, with hyphens or underscores between them.",
)
LONGEST_CODE = 60


class TransitionApprovalQuerySet(models.QuerySet["TransitionApproval"]):
    def with_consents(self) -> TransitionApprovalQuerySet:
        """With all that is needed to show or use a budget: two queries."""
        consents = Consent.objects.select_related("council", "by")
        return self.select_related("service", "decision__proposed_by").prefetch_related(
            Prefetch("decision__consents", queryset=consents)
        )

    def as_budgets(self) -> list[Budget]:
        """Every budget as the pure module takes it, with who has agreed: two queries."""
        return [budget.as_budget() for budget in self.with_consents()]

    def as_claimed_budgets(self, *, beside: Return | None = None) -> list[ClaimedBudget]:
        """Every budget with what is claimed on it: three queries.

        `beside` leaves the claims of one return out, whose rows are held to what is left; its
        council knows of certified claims and of those that it has submitted itself.
        """
        budgets = list(self.with_consents())
        own = Q(parent__council=beside.council) if beside else Q()
        claims = _claims([budget.code for budget in budgets], own, beside=beside)
        return [
            ClaimedBudget(budget.as_budget(), *claims.get(budget.code, (0, 0)))
            for budget in budgets
        ]


class TransitionApproval(models.Model):
    code = models.CharField(
        max_length=LONGEST_CODE,
        unique=True,
        validators=[CODE],
    )
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="transition_approvals"
    )
    ceiling = models.DecimalField(max_digits=16, decimal_places=2)
    effective_from = QuarterField()
    description = models.TextField()
    provenance = models.CharField(max_length=12, choices=Provenance)
    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, related_name="transition_approval"
    )

    objects = TransitionApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ceiling__gt=0) & Q(ceiling__lt=100_000_000_000),
                name="transition_approval_ceiling_in_bounds",
            ),
            models.CheckConstraint(
                condition=~Q(description=""), name="transition_approval_says_what_for"
            ),
        ]
        # What a council agreed to never changes: a changed budget is a new one.
        triggers = [*append_only(), begins_in_an_open_quarter(), comes_before_its_answers("budget")]

    def __str__(self) -> str:
        return self.code

    @property
    def is_illustrative(self) -> bool:
        return self.provenance == Provenance.ILLUSTRATIVE

    @property
    def ceiling_pence(self) -> int:
        return to_pence(self.ceiling)

    def as_budget(self) -> Budget:
        return Budget(
            code=self.code,
            service=self.service.slug,
            ceiling=self.ceiling_pence,
            effective_from=self.effective_from,
            agreed_by=self.decision.agreed_by,
            illustrative=self.is_illustrative,
            withdrawn=self.decision.is_withdrawn,
            refused_by=self.decision.refused_by,
        )


def claimed_on(codes: list[str], *, beside: Return | None = None) -> dict[str, int]:
    """What is claimed on each of these codes, in pence: one query.

    Certified entries, and those above 0 in submitted returns: a submitted refund may still be sent
    back, and then the room it made would be gone. `savings_claimed_on` says the same in SQL, of one
    code.
    """
    return {code: claimed for code, (claimed, _) in _claims(codes, Q(), beside=beside).items()}


def known_claims_on(codes: list[str], reader: User | None) -> dict[str, int]:
    """Of what is claimed on each of these codes, in pence, what a person may know: one query.

    Certified entries, and what counts of submitted returns that the person may see. Without a
    reader certified entries alone.
    """
    seen = Q(parent__in=Return.objects.visible_to(reader)) if reader else Q(pk__in=())
    return {code: known for code, (_, known) in _claims(codes, seen).items()}


def _claims(
    codes: list[str], seen: Q, *, beside: Return | None = None
) -> dict[str, tuple[int, int]]:
    """All that counts as claimed on each code, and what of it is certified or `seen`."""
    entries = Entry.objects.filter(approval__in=codes).exclude(approval="")
    if beside is not None:
        entries = entries.exclude(parent=beside)
    certified = Q(parent__status=Return.Status.CERTIFIED)
    counted = certified | Q(parent__status=Return.Status.SUBMITTED, amount__gt=0)
    sums = (
        entries.filter(counted)
        .order_by("approval")
        .values("approval")
        .annotate(sum=Sum(F("amount")), known=Sum(F("amount"), filter=certified | seen))
        .values_list("approval", "sum", "known")
    )
    return {
        code: (to_pence(claimed), 0 if known is None else to_pence(known))
        for code, claimed, known in sums
    }


class ClaimingReturn(Return):
    """A return, as far as it claims on budgets."""

    class Meta:
        proxy = True
        triggers = [claims_fit()]


class ConsentToBudget(Consent):
    class Meta:
        proxy = True
        triggers = [answers_in_time()]


class DecisionClaimedOn(Decision):
    class Meta:
        proxy = True
        triggers = [claimed_on_stays()]
