"""Which councils a figure falls on: the contract's attribution as pure arithmetic.

It follows the public contract, "Attribution", rule by rule: `Attribution.share_out` takes rules 1
to 6 in order, `finance.apportionment` has the proportions of rule 3 and the pennies of rule 7, and
the caller follows rule 8: what is not certified is marked as provisional and added to nothing.
Everything is plain values: entries, rules, driver values, budgets and what was delivered in; exact
fractions out. The rollup, the explanation of an entry and the provisional figures of a draft all
come through here.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from finance.apportionment import ShareError, blended, restricted, scaled_to_one
from finance.periods import Quarter
from savings.agreements.consent import not_agreed
from savings.budgets.claims import Budget, why_not
from savings.drivers.values import ValueOfDriver, held_by_council, without_value
from savings.formulas.delivered import Delivered, Reduction
from services.tree import ServiceTree, Spell

SAVING, ONGOING_COST, TRANSITION_COST, VARIANCE = (
    "saving",
    "ongoing_cost",
    "transition_cost",
    "variance",
)
OWN, SHARED = "own", "shared"
FIXED, DRIVER, BLEND = "fixed", "driver", "blend"
INDIRECT, SPECIFICATION_CHANGE = "indirect", "specification_change"
ILLUSTRATIVE = "illustrative"


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
    budget: str = ""

    @property
    def rests_on_others(self) -> bool:
        """Whether its split depends on how others fell: a claim on a transition budget."""
        alone = self.scope == OWN and self.council is not None
        return self.kind == TRANSITION_COST and bool(self.budget) and not alone


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of an attribution rule, with the councils that have agreed to it.

    `given_up`: it was withdrawn, or a council refused it. One that reaches back has the last
    closed quarter that it reaches, and the turn in which each council agreed to it.
    """

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
    given_up: bool = False
    reaches_back_until: Quarter | None = None
    turns: Mapping[str, int] = field(default_factory=dict)

    @property
    def reaches_back(self) -> bool:
        """Whether it splits only what lay undivided in closed quarters."""
        return self.reaches_back_until is not None

    def covers(self, quarter: Quarter) -> bool:
        """Whether it has begun by a quarter, and has not ended before it."""
        until = self.reaches_back_until
        return self.effective_from <= quarter and (until is None or quarter <= until)

    def agreed_in_turn(self, councils: Iterable[str]) -> tuple[tuple[bool, int], int]:
        """When the last of these agreed, to be compared: who has no turn yet comes last."""
        turns = ((code not in self.turns, self.turns.get(code, 0)) for code in councils)
        return max(turns, default=(True, 0)), self.id


#: A rule, and the councils that have yet to agree to it, in alphabetical order.
Waiting = tuple[Rule, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an entry falls: shares by council (empty if unattributed), and why.

    `because` is a code from `REASONS`; the rest is what was used: the rule with its driver values,
    the host, the transition budget with every participant's reduction. If no rule is in force,
    `waiting` are those that councils have yet to agree to.
    """

    shares: Mapping[str, Fraction]
    because: str
    rule: Rule | None = None
    values: tuple[ValueOfDriver, ...] = ()
    host: Spell | None = None
    budget: Budget | None = None
    reductions: tuple[Reduction, ...] = ()
    waiting: tuple[Waiting, ...] = ()

    @property
    def reached_back(self) -> bool:
        """Whether a rule that reaches back divides what lay undivided."""
        return self.rule is not None and self.rule.reaches_back

    @property
    def illustrative(self) -> bool:
        """Whether anything that it rests on was made up."""
        return (
            (self.rule is not None and self.rule.illustrative)
            or any(value.illustrative for value in self.values)
            or (self.host is not None and self.host.provenance == ILLUSTRATIVE)
            or (self.budget is not None and self.budget.illustrative)
            or any(reduction.illustrative for reduction in self.reductions)
        )


#: Why an entry falls as it does, in plain words.
REASONS = {
    "own": "The entry is the reporting council's own, so it falls wholly on that council.",
    "unapproved_transition": (
        "A transition cost that claims on no agreed budget falls wholly on the council "
        "that reports it."
    ),
    "specification_change": (
        "The variance comes from one council's changed specification, so it falls on that council."
    ),
    "indirect_host": (
        "The rule leaves variances in indirect costs with the council that hosts the service."
    ),
    "rule": "The rule in force splits it between the councils that take part in the service.",
    "reached_back": (
        "No rule was in force when its quarter was closed. Since then every council that took part "
        "has agreed to a rule that reaches back to it and splits it between them."
    ),
    "tupe": (
        "It falls only on the councils named for the transferred staff, by the rule's shares "
        "scaled up to the whole."
    ),
    "no_rule": (
        "No rule that every participating council has agreed to was in force, so the entry is not "
        "attributed to any council."
    ),
    "no_participants": "No council took part in the service in that quarter.",
    "no_value": (
        "The rule in force uses a driver that has no value yet for a council taking part, so the "
        "entry is not attributed to any council: to give that council nothing would be a guess."
    ),
    "nothing_to_share_by": (
        "The rule in force leaves nothing to share by: every share is 0, or a driver has "
        "no values above 0."
    ),
    "no_host": "The rule leaves the variance with the host, but no council hosted the service.",
    "net_reduction": (
        "It claims on a transition budget that every council has agreed to, so it falls on each in "
        "proportion to the net reduction in its spending so far. None of it falls on a council "
        "without one."
    ),
    "no_reduction": (
        "It claims on a transition budget that every council has agreed to, but no council has a "
        "net reduction in spending yet, so it is split as the savings are."
    ),
    "approval_not_in_force": (
        "It claims on a transition budget that does not apply to this service and quarter, or "
        "that not every council taking part has agreed to, so it falls wholly on the council "
        "that reports it."
    ),
}


class Attribution:
    """The rules, driver values and transition budgets, asked entry by entry.

    Keeps what rules say, so that a rollup of many entries works out each combination of service,
    kind and quarter once. `delivered` is needed only for claims on transition budgets
    (`EntryFacts.rests_on_others`), which come after all other entries.
    """

    def __init__(
        self,
        tree: ServiceTree,
        rules: Iterable[Rule],
        values: Iterable[ValueOfDriver],
        budgets: Iterable[Budget] = (),
        delivered: Delivered | None = None,
    ) -> None:
        self.tree = tree
        self._rules: dict[tuple[str, str], list[Rule]] = defaultdict(list)
        for rule in sorted(rules, key=lambda r: (r.effective_from, r.id), reverse=True):
            self._rules[rule.service, rule.kind].append(rule)
        self._values: dict[tuple[str, str], list[ValueOfDriver]] = defaultdict(list)
        for value in sorted(values, key=lambda v: (v.effective_from, v.id), reverse=True):
            self._values[value.driver, value.council].append(value)
        self._budgets = {budget.code: budget for budget in budgets}
        self._delivered = delivered
        self._by_rule_answers: dict[tuple[str, str, Quarter], Outcome] = {}

    def knowing(self, delivered: Delivered) -> Attribution:
        """A copy that knows what was delivered, so that it can be asked about claims as well."""
        informed = copy.copy(self)
        informed._delivered = delivered  # noqa: SLF001 - another of our own
        return informed

    @property
    def beginnings(self) -> frozenset[Quarter]:
        """The quarters from which its rules and transition budgets are to be in force."""
        rules = [rule for found in self._rules.values() for rule in found]
        return frozenset(
            {rule.effective_from for rule in rules}
            | {rule.reaches_back_until.following for rule in rules if rule.reaches_back_until}
            | {budget.effective_from for budget in self._budgets.values()}
        )

    def share_out(self, entry: EntryFacts) -> Outcome:
        """How an entry falls on the councils. Raises ShareError if it can't be worked out.

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
        # Rules 2 and 3, for a saving: by the rule in force for savings.
        if entry.kind == SAVING:
            return self.by_rule(entry.service, SAVING, entry.quarter)
        # Rule 4: a variance by its cause.
        if entry.kind == VARIANCE:
            return self._variance(entry)
        # Rule 5: an ongoing cost, of transferred staff or not.
        if entry.kind == ONGOING_COST:
            return self._ongoing_cost(entry)
        # Rule 6: a transition cost by an agreed budget; without one, on the reporting council.
        return self._transition_cost(entry)

    def _variance(self, entry: EntryFacts) -> Outcome:
        if entry.cause == SPECIFICATION_CHANGE and entry.caused_by:
            return _wholly(entry.caused_by, "specification_change")
        outcome = self.by_rule(entry.service, ONGOING_COST, entry.quarter)
        rule = outcome.rule
        if entry.cause != INDIRECT or rule is None or not rule.indirect_variance_to_host:
            return outcome
        host = self.tree.hosting(entry.service, entry.quarter)
        if host is None:
            return Outcome({}, "no_host", rule)
        return Outcome({host.council: Fraction(1)}, "indirect_host", rule, host=host)

    def _ongoing_cost(self, entry: EntryFacts) -> Outcome:
        outcome = self.by_rule(entry.service, ONGOING_COST, entry.quarter)
        if not entry.tupe or not outcome.shares:
            return outcome
        shares = restricted(outcome.shares, entry.tupe)
        because = "tupe" if shares else "nothing_to_share_by"
        return Outcome(shares, because, outcome.rule, outcome.values)

    def _transition_cost(self, entry: EntryFacts) -> Outcome:
        budget = self.budget_in_force(entry.budget, entry.service, entry.quarter)
        if budget is None:
            if entry.council is None:
                return Outcome({}, "no_rule")
            because = "approval_not_in_force" if entry.budget else "unapproved_transition"
            return _wholly(entry.council, because)
        if self._delivered is None:
            raise ShareError("A claim on a transition budget comes after savings and costs.")
        reductions = self._delivered.reductions(
            self.tree.below(entry.service),
            entry.quarter,
            self.tree.participants(entry.service, entry.quarter),
        )
        gains = {each.council: each.net for each in reductions if each.net > 0}
        if gains:
            return Outcome(
                scaled_to_one(gains), "net_reduction", budget=budget, reductions=reductions
            )
        savings = self.by_rule(entry.service, SAVING, entry.quarter)
        return Outcome(
            savings.shares,
            "no_reduction" if savings.shares else savings.because,
            savings.rule,
            savings.values,
            budget=budget,
            reductions=reductions,
            waiting=savings.waiting,
        )

    def budget_in_force(self, code: str, service: str, quarter: Quarter) -> Budget | None:
        """The transition budget with this code, if it can split a cost of the service then.

        It is for the service or one above it, it has begun, and every council that takes
        part in either has agreed to it.
        """
        budget = self._budgets.get(code)
        if budget is None or why_not(budget, self.tree, service, quarter):
            return None
        return budget

    def budgets_in_force(self, service: str, quarter: Quarter) -> tuple[Budget, ...]:
        """The transition budgets that can split a cost of the service in a quarter."""
        return tuple(
            budget
            for budget in self._budgets.values()
            if not why_not(budget, self.tree, service, quarter)
        )

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
            return Outcome({}, "no_rule", waiting=self.waiting(service, kind, quarter))
        if rule.method == FIXED:
            shares = restricted(rule.shares, participants)
            return Outcome(shares, _because(rule, shares), rule)
        return self._by_drivers(rule, participants, quarter)

    def rule_in_force(self, service: str, kind: str, quarter: Quarter) -> Rule | None:
        """The rule of the nearest service, at or above this one, that has one in force then.

        From its effective quarter on, a rule is in force in every quarter in which all councils
        that take part in its service or in the one asked about have agreed to it. One that is given
        up never is, even if a council leaves the service later.

        If there is none, it is the first that all agreed to of those that reach back to the
        quarter: what one of them has divided stays divided.
        """
        for rule, missing in self._rules_begun(service, kind, quarter):
            if not missing:
                return rule
        agreed = [
            (rule.agreed_in_turn(needed), rule)
            for rule, needed, missing in self._rules_reaching(service, kind, quarter)
            if not missing
        ]
        return min(agreed, key=lambda each: each[0])[1] if agreed else None

    def waiting(self, service: str, kind: str, quarter: Quarter) -> tuple[Waiting, ...]:
        """The rules that would be in force if all had agreed, and the councils that have not.

        It stops at the rule in force, which none further up could replace. The nearest and latest
        come first, councils in alphabetical order.
        """
        found = []
        for rule, missing in self._rules_begun(service, kind, quarter):
            if not missing:
                break
            found.append((rule, tuple(sorted(missing))))
        else:
            found.extend(
                (rule, tuple(sorted(missing)))
                for rule, _, missing in self._rules_reaching(service, kind, quarter)
            )
        return tuple(found)

    def _rules_begun(
        self, service: str, kind: str, quarter: Quarter
    ) -> Iterator[tuple[Rule, frozenset[str]]]:
        """Rules that have begun, the nearest and latest first, with who has yet to agree."""
        for rule, _, missing in self._rules_covering(service, kind, quarter):
            if not rule.reaches_back:
                yield rule, missing

    def _rules_reaching(
        self, service: str, kind: str, quarter: Quarter
    ) -> Iterator[tuple[Rule, frozenset[str], frozenset[str]]]:
        """Rules that reach back to the quarter, with who is needed and who has yet to agree."""
        for rule, needed, missing in self._rules_covering(service, kind, quarter):
            if rule.reaches_back:
                yield rule, needed, missing

    def _rules_covering(
        self, service: str, kind: str, quarter: Quarter
    ) -> Iterator[tuple[Rule, frozenset[str], frozenset[str]]]:
        taking_part = frozenset(self.tree.participants(service, quarter))
        for node in self.tree.path(service):
            needed = frozenset(self.tree.participants(node, quarter))
            for rule in self._rules.get((node, kind), ()):
                # If no council takes part in it, not everybody has agreed.
                if needed and not rule.given_up and rule.covers(quarter):
                    everybody = needed | taking_part
                    yield rule, everybody, frozenset(not_agreed(everybody, rule.agreed_by))

    def _by_drivers(self, rule: Rule, participants: tuple[str, ...], quarter: Quarter) -> Outcome:
        if rule.method == DRIVER and rule.driver is not None:
            weights: Mapping[str, Fraction] = {rule.driver: Fraction(1)}
        elif rule.method == BLEND:
            weights = rule.weights
        else:
            raise ShareError(f"Rule {rule.id} has an unknown method, “{rule.method}”.")
        by_driver: dict[str, dict[str, Fraction]] = {}
        used: list[ValueOfDriver] = []
        missing = False
        for driver, weight in weights.items():
            if not weight:
                continue
            values = [
                value
                for council in participants
                if (value := self.value_in_force(driver, council, quarter)) is not None
            ]
            held = {value.council: value.value for value in values}
            by_driver[driver] = scaled_to_one(held)
            used.extend(values)
            missing = missing or bool(without_value(held, participants))
        if missing:
            return Outcome({}, "no_value", rule, tuple(used))
        shares = {c: s for c, s in blended(weights, by_driver).items() if s}
        return Outcome(shares, _because(rule, shares), rule, tuple(used))

    def value_in_force(self, driver: str, council: str, quarter: Quarter) -> ValueOfDriver | None:
        """The driver's value for a council that holds in a quarter."""
        return held_by_council(self._values.get((driver, council), ()), quarter).get(council)


def _because(rule: Rule, shares: Mapping[str, Fraction]) -> str:
    if not shares:
        return "nothing_to_share_by"
    return "reached_back" if rule.reaches_back else "rule"


def _wholly(council: str, because: str) -> Outcome:
    return Outcome({council: Fraction(1)}, because)
