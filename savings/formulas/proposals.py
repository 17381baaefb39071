"""Rules, as councils are asked to agree to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet

from finance.periods import Quarter
from savings.agreements.subjects import Facts, Subject, register
from savings.formulas.models import AttributionRule
from savings.formulas.reports import quarters_in_force
from savings.formulas.wording import quarters_in_words
from savings.returns import outbox
from sovereignty.models import Council
from sovereignty.refusals import WrongState


class RuleSubject(Subject):
    kind = "rule"
    name = "attribution rule"
    title = "rule"
    propose_at = "agreement-propose"
    proposed_with = "savings.propose_rule"
    model = AttributionRule
    of_a_service = True
    refused_in_part = False
    held_back = "it splits nothing"
    held_back_of_a_part = "this rule splits nothing there"
    seen_beforehand_at = "what-if"
    keeps = ("service_id", "kind")

    def rows(self) -> QuerySet[AttributionRule]:
        return AttributionRule.objects.select_related("service", "driver", "decision")

    def facts(self, about: AttributionRule, councils: Mapping[str, Council]) -> Facts:
        facts = [("Splits", f"{about.get_kind_display()} of {about.service.name} and all below it")]
        if about.method == AttributionRule.Method.FIXED:
            shares = ", ".join(
                f"{councils[code].name} {share}" for code, share in sorted(about.shares.items())
            )
            facts.append(("By fixed shares", shares))
        elif about.driver:
            facts.append(("By a driver", f"{about.driver.name} ({about.driver.unit})"))
        else:
            weights = ", ".join(
                f"{code} {weight}" for code, weight in sorted(about.weights.items())
            )
            facts.append(("By a blend of drivers", weights))
        if about.kind == AttributionRule.Kind.ONGOING_COST:
            facts.append(("Variances in indirect costs", about.get_indirect_variance_display()))
        if about.reaches_back_until is not None:
            over = quarters_in_words(about.effective_from, about.reaches_back_until)
            when = ("Reaches back over", f"{over}: only what no rule in force has divided")
        else:
            when = ("From", about.effective_from.label)
        return (*facts, when, ("Why", about.basis))

    def last_quarter(self, about: AttributionRule) -> Quarter | None:
        return about.reaches_back_until

    def in_force_in_words(self, about: AttributionRule, *, ended: bool) -> tuple[str, str]:
        if about.reaches_back:
            return "it divides what no rule in force had divided", ""
        return super().in_force_in_words(about, ended=ended)

    def check_refusal(
        self, about: AttributionRule, council: Council, *, a_part_alone: bool
    ) -> None:
        if a_part_alone:
            raise WrongState(
                f"{council} takes part only in services below {about.service}, so it does not need "
                "to refuse: until it agrees, this rule does not apply to anything that it shares."
            )
        if about.reaches_back and quarters_in_force(about):
            raise WrongState(
                "Every council that took part has agreed to this, so what it has divided stays "
                "divided and it can no longer be refused."
            )
        if quarters_in_force(about):
            raise WrongState(
                "This is in force in quarters in which every council taking part has agreed to it, "
                f"so it can no longer be refused. In the quarters in which {council} takes part, "
                f"it splits nothing until {council} agrees too."
            )

    def check_withdrawal(self, about: AttributionRule) -> None:
        if about.reaches_back and quarters_in_force(about):
            raise WrongState(
                "Every council that took part has agreed to this, so what it has divided stays "
                "divided."
            )
        if quarters := quarters_in_force(about):
            raise WrongState(
                f"This is in force in {quarters[0].label}, where every council taking part has "
                "agreed to it, so it stands. Propose another from a later quarter instead."
            )

    def answered(self, about: AttributionRule, at: datetime) -> None:
        outbox.rework_from(about.effective_from, at)

    def wake(self) -> None:
        outbox.wake()


register(RuleSubject())
