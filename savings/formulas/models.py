"""The rules that councils agreed; drivers are a separate subject.

An **attribution rule** splits a service's savings or ongoing costs by
fixed shares, by a driver or by a blend of drivers, from an effective quarter on,
once every participating council has consented to it. A changed rule is a new
rule: none is ever edited. One that **reaches back** splits only what no rule had
divided in some closed quarters.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Prefetch, Q

from audit.triggers import append_only
from finance.apportionment import parse_share
from savings.agreements.triggers import comes_before_its_answers
from savings.drivers.models import Driver
from savings.formulas import arithmetic
from savings.formulas.triggers import (
    answers_in_time,
    driver_has_values,
    in_use_stays,
    keeps_what_became_of_it,
    keeps_who_hosts,
    keeps_who_takes_part,
    reaches_over_closed_quarters,
    refused_before_it_holds,
    shares_are_whole,
    stays_in_the_tree,
)
from savings.kit.provenance import Provenance
from savings.quarters.triggers import begins_in_an_open_quarter
from services.fields import QuarterField
from services.models import Hosting, Participation, Service, ServiceState
from sovereignty.models import Consent, Decision


class AttributionRuleQuerySet(models.QuerySet["AttributionRule"]):
    def illustrative(self) -> AttributionRuleQuerySet:
        return self.filter(provenance=Provenance.ILLUSTRATIVE)

    def with_consents(self) -> AttributionRuleQuerySet:
        """With all that is needed to show or use a rule: two queries."""
        consents = Consent.objects.select_related("council", "by")
        return self.select_related("service", "driver", "decision").prefetch_related(
            Prefetch("decision__consents", queryset=consents)
        )

    def as_rules(self) -> list[arithmetic.Rule]:
        """Every rule as the pure module takes it, with what was answered: two queries."""
        return [rule.as_rule() for rule in self.with_consents()]


class AttributionRule(models.Model):
    class Kind(models.TextChoices):
        SAVING = "saving", "Savings"
        ONGOING_COST = "ongoing_cost", "Ongoing costs"

    class Method(models.TextChoices):
        FIXED = "fixed", "Fixed shares"
        DRIVER = "driver", "By a driver"
        BLEND = "blend", "By a blend of drivers"

    class IndirectVariance(models.TextChoices):
        HOST = "host", "The host council's"
        SHARED = "shared", "Shared"

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="rules")
    kind = models.CharField(max_length=12, choices=Kind)
    method = models.CharField(max_length=6, choices=Method)
    effective_from = QuarterField()
    reaches_back_until = QuarterField(
        null=True,
        blank=True,
        help_text="The last closed quarter that it reaches back over; empty if it goes on.",
    )
    shares = models.JSONField(default=dict, help_text="Council code to share, as text.")
    driver = models.ForeignKey(
        Driver, on_delete=models.PROTECT, related_name="rules", null=True, blank=True
    )
    weights = models.JSONField(default=dict, help_text="Driver code to weight, as text.")
    indirect_variance = models.CharField(
        max_length=6, choices=IndirectVariance, default=IndirectVariance.SHARED
    )
    version = models.PositiveIntegerField()
    basis = models.TextField(help_text="Why these shares: the reason or the document.")
    provenance = models.CharField(max_length=12, choices=Provenance)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="rule")

    objects = AttributionRuleQuerySet.as_manager()

    class Meta:
        ordering = ["service", "kind", "effective_from", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "kind", "version"], name="attribution_rule_version_once"
            ),
            models.CheckConstraint(
                condition=Q(method="fixed", driver__isnull=True, weights={}) & ~Q(shares={})
                | Q(method="driver", driver__isnull=False, shares={}, weights={})
                | Q(method="blend", driver__isnull=True, shares={}) & ~Q(weights={}),
                name="attribution_rule_has_its_method",
            ),
            models.CheckConstraint(
                condition=Q(reaches_back_until__isnull=True)
                | Q(reaches_back_until__gte=F("effective_from")),
                name="attribution_rule_reaches_over_quarters",
            ),
            models.CheckConstraint(
                # Empty if a program gave none.
                condition=Q(basis="") | Q(basis__regex=r"\S"),
                name="attribution_rule_says_why",
            ),
        ]
        # What a council agreed to never changes: a changed rule is a new one.
        triggers = [
            *append_only(),
            begins_in_an_open_quarter(unless_reaching_back=True),
            reaches_over_closed_quarters(),
            comes_before_its_answers("rule"),
            shares_are_whole(),
            driver_has_values(),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.get_kind_display().lower()}, version {self.version}"

    @property
    def is_illustrative(self) -> bool:
        return self.provenance == Provenance.ILLUSTRATIVE

    @property
    def reaches_back(self) -> bool:
        """Whether it splits only what lay undivided in closed quarters."""
        return self.reaches_back_until is not None

    @property
    def drivers_in_use(self) -> frozenset[str]:
        """Codes of the drivers that it uses: one with weight 0 is not in use."""
        if self.driver:
            return frozenset({self.driver.code})
        return frozenset(code for code, weight in self.weights.items() if parse_share(weight))

    def as_rule(self) -> arithmetic.Rule:
        return arithmetic.Rule(
            id=self.id,
            service=self.service.slug,
            kind=self.kind,
            method=self.method,
            effective_from=self.effective_from,
            agreed_by=self.decision.agreed_by,
            shares={code: parse_share(share) for code, share in self.shares.items()},
            driver=self.driver.code if self.driver else None,
            weights={code: parse_share(weight) for code, weight in self.weights.items()},
            indirect_variance_to_host=self.indirect_variance == self.IndirectVariance.HOST,
            illustrative=self.is_illustrative,
            given_up=self.decision.is_withdrawn or bool(self.decision.refused_by),
            reaches_back_until=self.reaches_back_until,
            turns=self.decision.turns,
        )


# --- What attribution rests on, of the floors below ----------------------------------
#
# They know nothing of closed quarters, so this floor keeps their rows as they were in one.


class ConsentToRule(Consent):
    class Meta:
        proxy = True
        triggers = [answers_in_time(), refused_before_it_holds()]


class DecisionInUse(Decision):
    class Meta:
        proxy = True
        triggers = [in_use_stays()]


class SharingParticipation(Participation):
    class Meta:
        proxy = True
        triggers = keeps_who_takes_part()


class SharingHosting(Hosting):
    class Meta:
        proxy = True
        triggers = keeps_who_hosts()


class SharingState(ServiceState):
    class Meta:
        proxy = True
        triggers = keeps_what_became_of_it()


class SharedService(Service):
    class Meta:
        proxy = True
        triggers = [stays_in_the_tree()]
