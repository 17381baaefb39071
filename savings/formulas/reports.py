"""What splits figures, as the arithmetic takes it, and when a rule is in force."""

from __future__ import annotations

from django.db.models import (
    QuerySet,
)

from finance.periods import Quarter
from savings.budgets.models import TransitionApproval
from savings.drivers.models import DriverValue
from savings.formulas.arithmetic import Attribution, EntryFacts
from savings.formulas.models import AttributionRule
from savings.quarters.models import Period
from savings.returns.models import Entry
from services.models import Service


def current_attribution() -> Attribution:
    """All rules, budgets, consents, driver values and the tree as they are now: eight queries.

    Tell it what was delivered (`Attribution.knowing`) before you ask about a claim on a transition
    budget.
    """
    return Attribution(
        Service.objects.tree(),
        AttributionRule.objects.as_rules(),
        DriverValue.objects.as_values(),
        TransitionApproval.objects.as_budgets(),
    )


def quarters_in_force(rule: AttributionRule) -> list[Quarter]:
    """The quarters in which it is in force, of its first one and those that returns are made for.

    A later rule that replaces it makes no difference. `savings_quarters_in_force` says the same in
    SQL.
    """
    alone = Attribution(Service.objects.tree(), [rule.as_rule()], [])
    return [
        quarter
        for quarter in sorted(
            {rule.effective_from, *Period.objects.values_list("quarter", flat=True)}
        )
        if alone.rule_in_force(rule.service.slug, rule.kind, quarter)
    ]


def facts_of(entry: Entry) -> EntryFacts:
    """What attribution needs of an entry.

    Reads entry.service, caused_by, parent.council, parent.period and
    corrects.parent.period. A correction is attributed as in the corrected quarter.
    """
    corrected = entry.corrects
    return EntryFacts(
        service=entry.service.slug,
        kind=entry.kind,
        scope=entry.scope,
        quarter=(corrected or entry).parent.period.quarter,
        council=entry.parent.council.code if entry.parent.council else None,
        cause=entry.cause,
        caused_by=entry.caused_by.code if entry.caused_by else None,
        tupe=tuple(entry.tupe),
        budget=entry.approval,
    )


def with_facts(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """The entries with all that `facts_of` and a page about them read: one query."""
    return entries.select_related(
        "service", "caused_by", "parent__council", "parent__period", "corrects__parent__period"
    )
