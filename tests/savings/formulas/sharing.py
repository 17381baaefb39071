"""All entries together: those that fall by themselves first, then those that rest on them.

As the rollup does with a database in between, but for worlds outside a database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from finance.apportionment import split_pence
from finance.periods import Quarter
from savings.formulas.arithmetic import Attribution, EntryFacts, Outcome
from savings.formulas.delivered import AttributedSum, Delivered


@dataclass(frozen=True, slots=True)
class Reported:
    """A certified entry: the facts that attribution asks for, its pence and its return's quarter.

    For a correction, `facts.quarter` is that of what it corrects and `quarter` its own.
    """

    id: int
    facts: EntryFacts
    pence: int
    quarter: Quarter


@dataclass(frozen=True, slots=True)
class Fallen:
    """How an entry fell, and each council's pence; no pence where it is unattributed."""

    outcome: Outcome
    pence: Mapping[str, int]


def share_all(entries: Collection[Reported], attribution: Attribution) -> dict[int, Fallen]:
    """How each entry falls, by id; the parts of every attributed entry add up to its amount."""
    fallen: dict[int, Fallen] = {}
    sums: dict[tuple[str, Quarter, str, str], tuple[int, bool]] = defaultdict(lambda: (0, False))
    for entry in entries:
        if entry.facts.rests_on_others:
            continue
        found = fallen[entry.id] = _fall(entry, attribution)
        if found.outcome.reached_back:
            continue
        for council, pence in found.pence.items():
            key = (entry.facts.service, entry.quarter, council, entry.facts.kind)
            before, made_up = sums[key]
            sums[key] = (before + pence, made_up or found.outcome.illustrative)
    informed = attribution.knowing(
        Delivered(AttributedSum(*key, pence, made_up) for key, (pence, made_up) in sums.items())
    )
    for entry in entries:
        if entry.facts.rests_on_others:
            fallen[entry.id] = _fall(entry, informed)
    return fallen


def _fall(entry: Reported, attribution: Attribution) -> Fallen:
    outcome = attribution.share_out(entry.facts)
    if not outcome.shares:
        return Fallen(outcome, {})
    parts = split_pence(entry.pence, outcome.shares)
    return Fallen(outcome, {code: part.pence for code, part in parts.items()})
