"""Why one entry falls as it does, with everything needed to work it out again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from finance.apportionment import split_pence
from finance.periods import Quarter
from savings.budgets.claims import councils_needed
from savings.budgets.models import TransitionApproval, known_claims_on
from savings.drivers.models import DriverValue
from savings.formulas.arithmetic import REASONS, Attribution, EntryFacts, Outcome
from savings.formulas.delivered import Reduction
from savings.formulas.models import AttributionRule
from savings.formulas.reports import current_attribution, facts_of
from savings.formulas.wording import Remainder, odd_pennies
from savings.kit.provenance import Provenance
from savings.returns.models import Entry, Return
from savings.rollup.models import Fact
from savings.rollup.reports import delivered, one_version
from services.tree import Spell
from sovereignty.models import User


@dataclass(frozen=True, slots=True)
class PartOfEntry:
    """One council's part: the exact fraction, the pence before rounding and after.

    `amount` is the council's, in pence. `remainder` is what rounding down left: from 0 to below 1,
    whatever the sign.
    """

    council: str
    share: Fraction
    amount: int
    exact_pence: Fraction
    floored_pence: int
    odd_pence: int

    @property
    def remainder(self) -> Fraction:
        return abs(self.exact_pence) - abs(self.floored_pence)


@dataclass(frozen=True, slots=True)
class Rounding:
    """Who got the pennies that were left over when every part was rounded down."""

    parts: tuple[PartOfEntry, ...]

    @property
    def left_over(self) -> int:
        return sum(abs(part.odd_pence) for part in self.parts)

    @property
    def order(self) -> list[str]:
        """The councils in the order in which they get left-over pennies."""
        return [p.council for p in sorted(self.parts, key=lambda p: (-p.remainder, p.council))]

    @property
    def reason(self) -> str:
        """Who got the odd penny and why, with councils by their codes."""
        return self.in_words()

    def in_words(self, names: Mapping[str, str] | None = None) -> str:
        """The same with councils by their names."""
        remainders = [Remainder(p.council, p.remainder, bool(p.odd_pence)) for p in self.parts]
        return odd_pennies(remainders, names)


@dataclass(frozen=True, slots=True)
class TransitionWorking:
    """How a claim on a transition budget is split.

    `needed` are the councils whose agreement it rests on; the reductions are those of
    `services` to the end of `quarter`, one for every council that takes part in the
    entry's service. `claimed` is what of all claims the reader may know, in pence: certified
    ones, and those in submitted returns that they may see.
    """

    budget: TransitionApproval
    needed: tuple[str, ...]
    claimed: int
    services: tuple[str, ...]
    quarter: Quarter
    reductions: tuple[Reduction, ...]

    @property
    def by_reduction(self) -> bool:
        """Whether any council has a net reduction. If none has, it is split as savings are."""
        return any(each.net > 0 for each in self.reductions)

    @property
    def left(self) -> int:
        return self.budget.ceiling_pence - self.claimed


@dataclass(frozen=True, slots=True)
class WaitingRule:
    """A rule that would be in force if the councils in `waiting_for` had agreed to it."""

    rule: AttributionRule
    waiting_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WithoutValue:
    """A driver and the councils that it has no value for, all by their codes."""

    driver: str
    councils: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an entry falls as it does, with everything needed to work it out again.

    `parts` is empty if the entry is unattributed. `rule`, `values`, `host` and `transition` are
    what was used. `participants` take part in the entry's service in its quarter,
    `rule_participants` in the rule's. It is `provisional` if it is not certified. If no rule is in
    force, `waiting` are those that councils have yet to agree to. It is `counted` if the totals
    have it exactly as explained here: not while it is provisional, nor while a rollup has yet to
    take up the entry or what splits it now.
    """

    entry: Entry
    facts: EntryFacts
    because: str
    reason: str
    parts: tuple[PartOfEntry, ...]
    participants: tuple[str, ...]
    rule: AttributionRule | None
    rule_participants: tuple[str, ...]
    values: tuple[DriverValue, ...]
    host: Spell | None
    transition: TransitionWorking | None
    illustrative_basis: bool
    provisional: bool
    counted: bool
    waiting: tuple[WaitingRule, ...] = ()

    @property
    def divided_at(self) -> datetime | None:
        """When the last council agreed to the rule that splits it, if that reaches back."""
        if self.rule is None or not self.rule.reaches_back:
            return None
        needed = {*self.participants, *self.rule_participants}
        given = self.rule.decision.consents.all()
        return max((each.at for each in given if each.council.code in needed), default=None)

    @property
    def without_value(self) -> tuple[WithoutValue, ...]:
        """Of each driver in use, the councils taking part that it has no value for by then."""
        if self.because != "no_value" or self.rule is None:
            return ()
        known = {(value.driver.code, value.council.code) for value in self.values}
        missing = (
            (driver, tuple(c for c in self.participants if (driver, c) not in known))
            for driver in sorted(self.rule.drivers_in_use)
        )
        return tuple(WithoutValue(driver, councils) for driver, councils in missing if councils)

    @property
    def pending(self) -> bool:
        """Whether it is certified, but the totals do not show it like this yet."""
        return not (self.provisional or self.counted)

    @property
    def illustrative(self) -> bool:
        return self.entry.provenance == Provenance.ILLUSTRATIVE or self.illustrative_basis

    @property
    def made_up(self) -> list[str]:
        """Which of these are illustrative, in words."""
        working = self.transition
        return [
            name
            for name, illustrative in (
                ("the entry itself", self.entry.provenance == Provenance.ILLUSTRATIVE),
                ("the rule", self.rule is not None and self.rule.is_illustrative),
                (
                    "a value of its driver",
                    any(v.provenance == Provenance.ILLUSTRATIVE for v in self.values),
                ),
                ("the host", self.host and self.host.provenance == Provenance.ILLUSTRATIVE),
                ("the transition budget", working and working.budget.is_illustrative),
                ("a net reduction", working and any(r.illustrative for r in working.reductions)),
            )
            if illustrative
        ]

    @property
    def rounding(self) -> Rounding | None:
        """Who got the odd pennies; None if there are no parts."""
        return Rounding(self.parts) if self.parts else None

    @property
    def claimed(self) -> dict[str, int]:
        """The pence claimed on the transition budget, by its code."""
        working = self.transition
        return {working.budget.code: working.claimed} if working else {}


def explain(
    entry: Entry, attribution: Attribution | None = None, *, reader: User | None = None
) -> Explanation:
    """Explain one entry, read by `with_facts`: the same arithmetic as the rollup's.

    Who explains many one at a time hands on an `attribution` that knows all that was
    delivered, instead of having it read for each. `reader` is told of submitted claims that
    they may see; without one, of certified ones alone.
    """
    (explanation,) = explain_all([entry], attribution, reader=reader)
    return explanation


@one_version()
def explain_all(
    entries: Iterable[Entry],
    attribution: Attribution | None = None,
    *,
    reader: User | None = None,
) -> tuple[Explanation, ...]:
    """Explain entries, read by `with_facts`, in their order: at most sixteen queries for all."""
    shown = [(entry, facts_of(entry)) for entry in entries]
    if attribution is None:
        attribution = _attribution_for([facts for _, facts in shown])
    outcomes = [attribution.share_out(facts) for _, facts in shown]
    read = _Read.of([entry for entry, _ in shown], outcomes, reader)
    return tuple(
        _explanation(entry, facts, outcome, attribution, read)
        for (entry, facts), outcome in zip(shown, outcomes, strict=True)
    )


def _attribution_for(asked: Iterable[EntryFacts]) -> Attribution:
    """The current attribution, with what was delivered as far as any of these depends on it."""
    attribution = current_attribution()
    claims = [facts for facts in asked if facts.rests_on_others]
    if not claims:
        return attribution
    below = {slug for claim in claims for slug in attribution.tree.below(claim.service)}
    return attribution.knowing(delivered(below, max(claim.quarter for claim in claims)))


#: What the totals have of an entry: for each council, or None if it falls on none, the pence, the
#: rule, and whether it rests on anything illustrative.
_Counted = dict[str | None, tuple[int, int | None, bool]]


@dataclass(frozen=True, slots=True)
class _Read:
    """The rows behind all outcomes, each read once: by id, and budgets by their code."""

    rules: Mapping[int, AttributionRule]
    values: Mapping[int, DriverValue]
    budgets: Mapping[str, TransitionApproval]
    claimed: Mapping[str, int]
    counted: Mapping[int, _Counted]

    @classmethod
    def of(cls, entries: list[Entry], outcomes: list[Outcome], reader: User | None) -> _Read:
        rules = {outcome.rule.id for outcome in outcomes if outcome.rule}
        rules |= {rule.id for outcome in outcomes for rule, _ in outcome.waiting}
        values = {value.id for outcome in outcomes for value in outcome.values}
        codes = sorted({outcome.budget.code for outcome in outcomes if outcome.budget})
        with_consents = AttributionRule.objects.with_consents()
        budgets = TransitionApproval.objects.with_consents()
        counted: dict[int, _Counted] = defaultdict(dict)
        for entry_id, code, pence, rule_id, illustrative in Fact.objects.filter(
            entry__in=[entry.id for entry in entries]
        ).values_list("entry_id", "council__code", "pence", "rule_id", "illustrative"):
            counted[entry_id][code] = (pence, rule_id, illustrative)
        return cls(
            rules=with_consents.select_related("decision__proposed_by").in_bulk(rules),
            values=DriverValue.objects.select_related("driver", "council").in_bulk(values),
            budgets={budget.code: budget for budget in budgets.filter(code__in=codes)}
            if codes
            else {},
            claimed=known_claims_on(codes, reader) if codes else {},
            counted=counted,
        )


def _explanation(
    entry: Entry, facts: EntryFacts, outcome: Outcome, attribution: Attribution, read: _Read
) -> Explanation:
    tree, quarter = attribution.tree, facts.quarter
    rule = read.rules[outcome.rule.id] if outcome.rule else None
    parts = _parts(entry, outcome)
    certified = entry.parent.status == Return.Status.CERTIFIED
    return Explanation(
        entry=entry,
        facts=facts,
        because=outcome.because,
        reason=REASONS[outcome.because],
        parts=parts,
        participants=tree.participants(facts.service, quarter),
        rule=rule,
        rule_participants=tree.participants(rule.service.slug, quarter) if rule else (),
        values=tuple(
            sorted(
                (read.values[value.id] for value in outcome.values),
                key=lambda value: (value.driver.code, value.council.code),
            )
        ),
        host=outcome.host,
        transition=_transition(attribution, facts, outcome, read),
        illustrative_basis=outcome.illustrative,
        provisional=not certified,
        counted=certified and read.counted.get(entry.id) == _to_count(entry, outcome, parts),
        waiting=tuple(
            WaitingRule(read.rules[rule.id], councils) for rule, councils in outcome.waiting
        ),
    )


def _to_count(entry: Entry, outcome: Outcome, parts: Iterable[PartOfEntry]) -> _Counted:
    """What a rollup would put in the totals for the entry now."""
    rule = outcome.rule.id if outcome.rule else None
    pence: dict[str | None, int] = {part.council: part.amount for part in parts}
    return {
        code: (part, rule, outcome.illustrative)
        for code, part in (pence or {None: entry.pence}).items()
    }


def _parts(entry: Entry, outcome: Outcome) -> tuple[PartOfEntry, ...]:
    if not outcome.shares:
        return ()
    return tuple(
        PartOfEntry(
            council=code,
            share=part.share,
            amount=part.pence,
            exact_pence=part.exact_pence,
            floored_pence=part.floored_pence,
            odd_pence=part.odd_pence,
        )
        for code, part in split_pence(entry.pence, outcome.shares).items()
    )


def _transition(
    attribution: Attribution, facts: EntryFacts, outcome: Outcome, read: _Read
) -> TransitionWorking | None:
    if outcome.budget is None:
        return None
    code = outcome.budget.code
    return TransitionWorking(
        budget=read.budgets[code],
        needed=councils_needed(outcome.budget, attribution.tree, facts.service, facts.quarter),
        claimed=read.claimed.get(code, 0),
        services=tuple(sorted(attribution.tree.below(facts.service))),
        quarter=facts.quarter,
        reductions=outcome.reductions,
    )
