"""Whose a figure is: the contract's attribution as pure arithmetic.

Reads against the public contract, "Attribution", rule by rule. Everything is
plain values: entries, rules and driver values in; exact fractions and whole
pence out. The rollup, the explanation of an entry and the provisional figures
of a draft all call `share_out`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from finance.apportionment import ShareError, blended, restricted, scaled_to_one
from finance.periods import Quarter
from services.tree import ServiceTree

SAVING, ONGOING_COST, TRANSITION_COST, VARIANCE = (
    "saving",
    "ongoing_cost",
    "transition_cost",
    "variance",
)
OWN, SHARED = "own", "shared"
FIXED, DRIVER, BLEND = "fixed", "driver", "blend"


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What attribution needs to know of an entry.

    `quarter` is the return's, or for an entry that corrects another the
    corrected entry's. `council` is the return's, None for the partnership.
    """

    service: str
    kind: str
    scope: str
    quarter: Quarter
    council: str | None
    cause: str = ""
    caused_by: str | None = None
    tupe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of an attribution rule, with the councils that have agreed to it."""

    id: int
    service: str
    kind: str
    method: str
    effective_from: Quarter
    agreed_by: frozenset[str]
    shares: Mapping[str, Fraction] = field(default_factory=dict)
    driver: str | None = None
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    indirect_variance_to_host: bool = False
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class ValueOfDriver:
    """A driver's value for a council from a quarter on; `id` leads back to its source."""

    id: int
    driver: str
    council: str
    effective_from: Quarter
    value: Fraction


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an entry falls: shares by council (empty where unattributed), and why.

    `because` is a code from `REASONS`; `rule` and `values` are what was used.
    """

    shares: Mapping[str, Fraction]
    because: str
    rule: Rule | None = None
    values: tuple[ValueOfDriver, ...] = ()

    @property
    def illustrative(self) -> bool:
        return self.rule is not None and self.rule.illustrative


#: Why an entry falls as it does, in plain words.
REASONS = {
    "own": "The entry is the reporting council's own, so it falls wholly on that council.",
    "unapproved_transition": (
        "A transition cost that claims on no agreed budget falls wholly on the council "
        "that reports it."
    ),
    "specification_change": (
        "The variance comes from one council's changed specification, so that council bears it."
    ),
    "indirect_host": (
        "The rule leaves variances in indirect costs with the council that hosts the service."
    ),
    "rule": "The rule in force splits it between the councils that take part in the service.",
    "tupe": (
        "The rule's shares, restricted to the councils named for the transferred staff and "
        "scaled up to the whole."
    ),
    "no_rule": (
        "No rule that every participating council has agreed to was in force, so the entry "
        "is not attributed to anyone."
    ),
    "no_participants": "No council took part in the service in that quarter.",
    "nothing_to_share_by": (
        "The rule in force leaves nothing to share by: every share is nought, or a driver has "
        "no values above nought."
    ),
    "no_host": "The rule leaves the variance with the host, but no council hosted the service.",
}


class Attribution:
    """The rules and driver values in force, asked entry by entry.

    Holds what rules say, so that a rollup of many entries works each combination of
    service, kind and quarter out once.
    """

    def __init__(
        self, tree: ServiceTree, rules: Iterable[Rule], values: Iterable[ValueOfDriver]
    ) -> None:
        self.tree = tree
        self._rules: dict[tuple[str, str], list[Rule]] = defaultdict(list)
        for rule in sorted(rules, key=lambda r: (r.effective_from, r.id), reverse=True):
            self._rules[rule.service, rule.kind].append(rule)
        self._values: dict[tuple[str, str], list[ValueOfDriver]] = defaultdict(list)
        for value in sorted(values, key=lambda v: (v.effective_from, v.id), reverse=True):
            self._values[value.driver, value.council].append(value)
        self._by_rule_answers: dict[tuple[str, str, Quarter], Outcome] = {}

    def share_out(self, entry: EntryFacts) -> Outcome:
        """How an entry falls on the councils.

        >>> from services.tree import Node, ServiceTree, Spell
        >>> q = Quarter.parse("2013-14-Q1")
        >>> tree = ServiceTree.of([Node("hr", "HR", participation=(
        ...     Spell("LBHF", q), Spell("WCC", q)))])
        >>> halves = Rule(1, "hr", "saving", "fixed", q, frozenset({"LBHF", "WCC"}),
        ...     shares={"LBHF": Fraction(1, 2), "WCC": Fraction(1, 2)})
        >>> Attribution(tree, [halves], []).share_out(
        ...     EntryFacts("hr", "saving", "shared", q, "WCC")).shares["LBHF"]
        Fraction(1, 2)
        """
        # Rule 1: an own entry falls wholly on its return's council.
        if entry.scope == OWN and entry.council is not None:
            return _wholly(entry.council, "own")
        # Rule 6: so does a transition cost without an approval, whatever its scope.
        if entry.kind == TRANSITION_COST:
            if entry.council is None:
                return Outcome({}, "no_rule")
            return _wholly(entry.council, "unapproved_transition")
        # Rule 4: a changed specification falls on the council that changed it.
        if entry.kind == VARIANCE and entry.cause == "specification_change" and entry.caused_by:
            return _wholly(entry.caused_by, "specification_change")
        # Rules 2 and 3: by the rule in force; variances follow the ongoing cost.
        outcome = self.by_rule(
            entry.service, SAVING if entry.kind == SAVING else ONGOING_COST, entry.quarter
        )
        if (
            entry.kind == VARIANCE
            and entry.cause == "indirect"
            and outcome.rule is not None
            and outcome.rule.indirect_variance_to_host
        ):
            host = self.tree.host(entry.service, entry.quarter)
            if host is None:
                return Outcome({}, "no_host", outcome.rule)
            return Outcome({host: Fraction(1)}, "indirect_host", outcome.rule)
        # Rule 5: staff who transferred under TUPE.
        if entry.kind == ONGOING_COST and entry.tupe and outcome.shares:
            shares = restricted(outcome.shares, entry.tupe)
            because = "tupe" if shares else "nothing_to_share_by"
            return Outcome(shares, because, outcome.rule, outcome.values)
        return outcome

    def by_rule(self, service: str, kind: str, quarter: Quarter) -> Outcome:
        """How a shared figure falls by the rule in force: each worked out once."""
        asked = (service, kind, quarter)
        if asked not in self._by_rule_answers:
            self._by_rule_answers[asked] = self._by_rule(*asked)
        return self._by_rule_answers[asked]

    def _by_rule(self, service: str, kind: str, quarter: Quarter) -> Outcome:
        participants = self.tree.participants(service, quarter)
        if not participants:
            return Outcome({}, "no_participants")
        rule = self.rule_in_force(service, kind, quarter)
        if rule is None:
            return Outcome({}, "no_rule")
        shares, values = self._shares(rule, participants, quarter)
        return Outcome(shares, "rule" if shares else "nothing_to_share_by", rule, values)

    def rule_in_force(self, service: str, kind: str, quarter: Quarter) -> Rule | None:
        """The rule of the nearest service at or above that has one in force in the quarter.

        A rule is in force from its effective quarter in every quarter in which each
        council that takes part in the rule's service has agreed to it.
        """
        for node in self.tree.path(service):
            needed = frozenset(self.tree.participants(node, quarter))
            for rule in self._rules.get((node, kind), ()):
                if rule.effective_from <= quarter and needed and needed <= rule.agreed_by:
                    return rule
        return None

    def _shares(
        self, rule: Rule, participants: tuple[str, ...], quarter: Quarter
    ) -> tuple[dict[str, Fraction], tuple[ValueOfDriver, ...]]:
        if rule.method == FIXED:
            return restricted(rule.shares, participants), ()
        if rule.method == DRIVER and rule.driver is not None:
            weights: Mapping[str, Fraction] = {rule.driver: Fraction(1)}
        elif rule.method == BLEND:
            weights = rule.weights
        else:
            raise ShareError(f"Rule {rule.id} has an unknown method, “{rule.method}”.")
        by_driver: dict[str, dict[str, Fraction]] = {}
        used: list[ValueOfDriver] = []
        for driver, weight in weights.items():
            if not weight:
                continue
            values = [
                value
                for council in participants
                if (value := self.value_in_force(driver, council, quarter)) is not None
            ]
            by_driver[driver] = scaled_to_one({v.council: v.value for v in values})
            used.extend(values)
        return {c: s for c, s in blended(weights, by_driver).items() if s}, tuple(used)

    def value_in_force(self, driver: str, council: str, quarter: Quarter) -> ValueOfDriver | None:
        """The driver's latest value for a council with an effective quarter at or before."""
        for value in self._values.get((driver, council), ()):
            if value.effective_from <= quarter:
                return value
        return None


def _wholly(council: str, because: str) -> Outcome:
    return Outcome({council: Fraction(1)}, because)
