"""Claims on transition budgets: what a row may claim on, and how much is left. Pure.

A return's rows are checked as they are entered, and again when the return is submitted and
certified. Source: the public contract, "Attribution", rule 6, and
`docs/adr/0021-transition-costs-by-net-reduction.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from finance.money import format_pounds
from finance.periods import Quarter
from savings.agreements.consent import not_agreed
from services.tree import ServiceTree


@dataclass(frozen=True, slots=True)
class Budget:
    """A transition budget, with what councils answered. `ceiling` in pence."""

    code: str
    service: str
    ceiling: int
    effective_from: Quarter
    agreed_by: frozenset[str]
    illustrative: bool = False
    withdrawn: bool = False
    refused_by: frozenset[str] = frozenset()


def councils_needed(
    budget: Budget, tree: ServiceTree, service: str, quarter: Quarter
) -> tuple[str, ...]:
    """The councils whose agreement a claim needs, in alphabetical order.

    They take part in the budget's service, or in the claim's, so that the cost may fall on them.
    """
    return tuple(
        sorted(
            {
                *tree.participants(budget.service, quarter),
                *tree.participants(service, quarter),
            }
        )
    )


def why_not(budget: Budget, tree: ServiceTree, service: str, quarter: Quarter) -> str:
    """Why a cost of a service in a quarter can't be claimed on a budget; empty if it can."""
    if budget.withdrawn:
        return f"The transition budget “{budget.code}” was withdrawn: leave this empty."
    if budget.service not in tree.path(service):
        return (
            f"The transition budget “{budget.code}” is for {budget.service} and the services below "
            f"it, not {service}: use another, or leave this empty."
        )
    if quarter < budget.effective_from:
        return (
            f"The transition budget “{budget.code}” begins in {budget.effective_from.label}: "
            "claim on it from then on, or leave this empty."
        )
    needed = councils_needed(budget, tree, service, quarter)
    if not needed:
        return f"No council took part in {service} in {quarter.label}: leave this empty."
    missing = not_agreed(needed, budget.agreed_by)
    if missing:
        return (
            f"Not every council taking part has agreed to the transition budget "
            f"“{budget.code}”: {', '.join(missing)} {'has' if len(missing) == 1 else 'have'} "
            "not. Leave this empty, or wait until all have agreed."
        )
    # A council that took part when it was to begin has refused it for good, even if it left since.
    refusing = budget.refused_by.intersection(
        councils_needed(budget, tree, service, budget.effective_from)
    )
    if refusing:
        return (
            f"The transition budget “{budget.code}” was refused by "
            f"{', '.join(sorted(refusing))}: leave this empty."
        )
    return ""


def no_such(code: str) -> str:
    """What to do about a code that no budget has."""
    return (
        f"There is no transition budget “{code[:60]}”: use the code of one that every council "
        "taking part has agreed to, or leave this empty."
    )


@dataclass(frozen=True, slots=True)
class ClaimedBudget:
    """A budget with the pence of it that others have claimed.

    Others' claims are certified entries, and what is above 0 in submitted
    returns: a submitted refund may yet be sent back. `known` is what of it the council that
    claims may be told of, if not all: another council's claim is its own affair until it is
    certified.
    """

    budget: Budget
    claimed: int = 0
    known: int | None = None

    @property
    def left(self) -> int:
        return self.budget.ceiling - self.claimed

    @property
    def left_as_known(self) -> int:
        return self.left if self.known is None else self.budget.ceiling - self.known


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that claims: its number, the code it names, and its pence."""

    row: int
    code: str
    pence: int


@dataclass(frozen=True)
class Budgets:
    """The transition budgets that the rows of one return, of this quarter, may claim on."""

    tree: ServiceTree
    quarter: Quarter
    by_code: Mapping[str, ClaimedBudget]

    def why_not(self, code: str, service: str, corrected: Quarter | None = None) -> str:
        """Why a row can't name this budget; empty if it can, whatever its amount.

        `corrected` is the quarter of what the row corrects, if it corrects anything.
        """
        budget = self.by_code.get(code)
        if budget is None:
            return no_such(code)
        return why_not(budget.budget, self.tree, service, corrected or self.quarter)

    def past_the_ceiling(self, claims: Collection[Claim]) -> list[tuple[Claim, str]]:
        """The claims that a ceiling has no room for, each with what to do about it.

        What a return gives back counts before what it claims. Then its rows are taken in order, and
        one that does not fit leaves its room to those after it.
        """
        left = {code: budget.left for code, budget in self.by_code.items()}
        as_known = {code: budget.left_as_known for code, budget in self.by_code.items()}
        for code, pence in _refunds(claims).items():
            if code in left:
                left[code] -= pence
                as_known[code] -= pence
        refused = []
        for claim in claims:
            if claim.pence <= 0 or claim.code not in left:
                continue
            if claim.pence > left[claim.code]:
                ceiling = self.by_code[claim.code].budget.ceiling
                hidden = claim.pence <= as_known[claim.code]
                why = _too_much(claim.code, as_known[claim.code], ceiling, hidden=hidden)
                refused.append((claim, why))
            else:
                left[claim.code] -= claim.pence
                as_known[claim.code] -= claim.pence
        return refused


def _refunds(claims: Iterable[Claim]) -> dict[str, int]:
    refunds: dict[str, int] = defaultdict(int)
    for claim in claims:
        if claim.pence < 0:
            refunds[claim.code] += claim.pence
    return refunds


def _too_much(code: str, left: int, ceiling: int, *, hidden: bool = False) -> str:
    """A claim that does not fit, in a sentence; `left` is what is left as far as one may know.

    `hidden` where the claim would fit into that: it does not fit beside what other councils
    have submitted, of which the sentence does not give the amount.

    >>> _too_much("MOVE-1", 100, 500)
    'This would pass the ceiling of “MOVE-1”: £1.00 of £5.00 is left. Claim no more than that.'
    """
    if hidden:
        return (
            f"This would pass the ceiling of “{code}”. {format_pounds(left)} of "
            f"{format_pounds(ceiling)} is left by what is certified and what your council has "
            "submitted, but other councils have submitted claims that are not certified yet. "
            "Claim less, or ask the programme office how much is left."
        )
    room = (
        f"{format_pounds(left)} of {format_pounds(ceiling)} is left. Claim no more than that."
        if left > 0
        else f"nothing of {format_pounds(ceiling)} is left. Leave out the budget's code: then the "
        "cost falls on the council that reports it."
    )
    return f"This would pass the ceiling of “{code}”: {room}"
