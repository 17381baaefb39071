"""Reading transition budgets: what is left of them, and which claims can't be made."""

from __future__ import annotations

from savings.budgets.claims import Budgets, Claim
from savings.budgets.models import TransitionApproval
from savings.returns.models import Entry, Return
from services.models import Service


def budgets_for(parent: Return) -> Budgets:
    """What the rows of this return may claim on: six queries."""
    found = TransitionApproval.objects.as_claimed_budgets(beside=parent)
    return Budgets(
        Service.objects.tree(),
        parent.quarter,
        {claimed.budget.code: claimed for claimed in found},
    )


def refused_claims(parent: Return) -> list[tuple[Entry, str]]:
    """The claims of a stored return that can't be made, each with the reason."""
    budgets = budgets_for(parent)
    entries = list(
        parent.entries.exclude(approval="")
        .select_related("service", "corrects__parent__period")
        .order_by("position")
    )
    refused: dict[int, str] = {}
    for entry in entries:
        corrected = entry.corrects.parent.quarter if entry.corrects else None
        why = budgets.why_not(entry.approval, entry.service.slug, corrected)
        if why:
            refused[entry.id] = why
    claims = {
        entry.id: Claim(entry.id, entry.approval, entry.pence)
        for entry in entries
        if entry.id not in refused
    }
    for claim, why in budgets.past_the_ceiling(list(claims.values())):
        refused[claim.row] = why
    return [(entry, refused[entry.id]) for entry in entries if entry.id in refused]
