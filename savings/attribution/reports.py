"""Reading attribution: the rules in force as the pure module takes them, and explanations."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet

from finance.apportionment import split_pence
from finance.money import from_pence, to_pence
from savings.attribution.arithmetic import REASONS, Attribution, EntryFacts
from savings.attribution.models import AttributionRule, DriverValue
from savings.provenance import Provenance
from savings.returns.models import Entry, Return
from services.models import Service


def current_attribution() -> Attribution:
    """All rules, consents, driver values and the tree as they stand: six queries."""
    return Attribution(
        Service.objects.tree(),
        AttributionRule.objects.as_rules(),
        DriverValue.objects.as_values(),
    )


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
    )


@dataclass(frozen=True, slots=True)
class PartOfEntry:
    """One council's part: the exact fraction, the pence before rounding and after."""

    council: str
    share: Fraction
    amount: Decimal
    exact_pence: Fraction
    floored_pence: int
    odd_pence: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an entry falls as it does, with everything needed to work it out again.

    `parts` is empty where the entry is unattributed; `rule`, `consents` and `values`
    are what was used. `provisional` where the entry is not certified.
    """

    entry: Entry
    facts: EntryFacts
    because: str
    reason: str
    parts: tuple[PartOfEntry, ...]
    rule: AttributionRule | None
    values: tuple[DriverValue, ...]
    provisional: bool

    @property
    def illustrative(self) -> bool:
        return self.entry.provenance == Provenance.ILLUSTRATIVE or (
            self.rule is not None and self.rule.is_illustrative
        )


def with_facts(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """The entries with all that `facts_of` and a page about them read: one query."""
    return entries.select_related(
        "service", "caused_by", "parent__council", "parent__period", "corrects__parent__period"
    )


def explain(entry: Entry) -> Explanation:
    """Explain one entry, read by `with_facts`: the same arithmetic as the rollup's."""
    facts = facts_of(entry)
    outcome = current_attribution().share_out(facts)
    parts = split_pence(to_pence(entry.amount), outcome.shares) if outcome.shares else {}
    rules = AttributionRule.objects.with_consents()
    values = DriverValue.objects.select_related("driver", "council")
    return Explanation(
        entry=entry,
        facts=facts,
        because=outcome.because,
        reason=REASONS[outcome.because],
        parts=tuple(
            PartOfEntry(
                council=code,
                share=part.share,
                amount=from_pence(part.pence),
                exact_pence=part.exact_pence,
                floored_pence=part.floored_pence,
                odd_pence=part.odd_pence,
            )
            for code, part in parts.items()
        ),
        rule=rules.get(id=outcome.rule.id) if outcome.rule else None,
        values=tuple(values.filter(id__in=[value.id for value in outcome.values])),
        provisional=entry.parent.status != Return.Status.CERTIFIED,
    )
