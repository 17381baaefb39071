"""Transition budgets, as councils are asked to agree to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet

from finance.money import format_pounds
from savings.agreements.subjects import Facts, Subject, register
from savings.budgets.models import TransitionApproval, claimed_on
from savings.returns import outbox
from sovereignty.models import Council
from sovereignty.refusals import WrongState


class BudgetSubject(Subject):
    kind = "budget"
    name = "transition approval"
    title = "transition budget"
    propose_at = "budget-propose"
    proposed_with = "savings.propose_budget"
    model = TransitionApproval
    of_a_service = True
    held_back = "nothing can be claimed on it"
    held_back_of_a_part = "no cost there can be claimed on this budget"
    keeps = ("service_id",)

    def rows(self) -> QuerySet[TransitionApproval]:
        return TransitionApproval.objects.select_related("service", "decision")

    def named(self, about: TransitionApproval) -> object:
        return about.code

    def facts(self, about: TransitionApproval, councils: Mapping[str, Council]) -> Facts:
        return (
            ("Pays for", f"One-off costs of changing {about.service.name} and all below it"),
            ("Falls on", "Each council in proportion to the net reduction in its spending"),
            ("Up to", format_pounds(about.ceiling_pence)),
            ("Code for claims", about.code),
            ("From", about.effective_from.label),
            ("Why", about.description),
        )

    def in_force_in_words(self, about: TransitionApproval, *, ended: bool) -> tuple[str, str]:
        return "costs can be claimed on it", f", up to {format_pounds(about.ceiling_pence)}"

    def lost(self, refused: set[str], asked_first: set[str]) -> set[str]:
        """Only a refusal by a council that was asked first ends a budget, not a later one."""
        return refused & asked_first

    def check_withdrawal(self, about: TransitionApproval) -> None:
        if claimed_on([about.code]):
            raise WrongState("Costs are claimed on this budget already, so it can't be withdrawn.")

    def answered(self, about: TransitionApproval, at: datetime) -> None:
        outbox.rework_from(about.effective_from, at)

    def wake(self) -> None:
        outbox.wake()


register(BudgetSubject())
