"""Reading attribution: the rules in force as the pure module takes them, and explanations."""

from __future__ import annotations

from savings.attribution.arithmetic import Attribution, EntryFacts
from savings.attribution.models import AttributionRule, DriverValue
from savings.returns.models import Entry
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
