"""A comparison as rows: a promise and a delivery, by area and by council. Pure.

Amounts are whole pence. What may be set against what is decided in `savings.plans.measures`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from finance.periods import FinancialYear, Quarter
from savings.plans.measures import Measure, Measured, Pair
from savings.plans.models import Plan

NOT_DIVIDED = "The plan does not divide its figure by area."
NOT_DIVIDED_BY_COUNCIL = (
    "Some of it was published for all councils together, so the part of these councils is not "
    "known."
)
NO_FORECAST = "The councils have not all certified a forecast for {year}."
NOT_BY_COUNCIL = "Forecasts are not divided by the councils that savings fall on."
UNDIVIDED = "Some of it falls on no council, so a council’s parts can’t be compared."
WIDER = "The plan is for some services only, and what was delivered is of others too."
BY_SERVICE = "What was delivered is recorded by service, so none of it is undivided."


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What savings are made of, in pence; and the ongoing costs that came with them.

    The two recurrences add up to the savings, and so do the three natures. `not_known` is the part
    whose totals were added up before totals told savings apart.
    """

    recurring: int = 0
    one_off: int = 0
    cashable: int = 0
    non_cashable: int = 0
    avoided: int = 0
    not_known: int = 0
    ongoing_costs: int = 0

    @property
    def gross(self) -> int:
        return self.recurring + self.one_off + self.not_known

    @property
    def net(self) -> int:
        """Savings less ongoing costs."""
        return self.gross - self.ongoing_costs


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """One area or service. `slug` is None for what a plan doesn't divide by area.

    `pair` is what the plan promises and what was delivered, each with its measure. `to_date` is the
    promise since the start, which only the measure of that name has. `published` is the part of
    `delivered` that a document published for the whole partnership; councils reported the rest.
    `illustrative` if an illustrative rule splits any of it: the sum itself does not depend on how
    it is split. `promised_illustrative` if one splits the promise, of which this is a council's
    part. `apart` is why the two can't be compared although they are of one measure: something falls
    on no council, or what was delivered is of more services than the plan.
    """

    slug: str | None
    name: str
    pair: Pair
    to_date: Measured | None
    made_of: MadeOf
    published: int
    transition_costs: int
    illustrative: bool
    promised_illustrative: bool = False
    apart: str = ""

    @property
    def planned(self) -> int:
        return self.pair.planned.amount

    @property
    def delivered(self) -> int:
        return self.pair.delivered.amount

    @property
    def set_against(self) -> Pair:
        """The promise and the delivery that a percentage may be of: see `Pair.why_apart`."""
        if self.apart and self.pair.planned.pence is not None:
            return Pair(replace(self.pair.planned, pence=None, why=self.apart), self.pair.delivered)
        if self.to_date is None or self.to_date.pence is None:
            return self.pair
        return Pair(self.to_date, self.pair.delivered)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A plan's amount for `year` beside what was delivered to the end of `to`, by one measure.

    `to` is None if no quarter has been closed yet. `whole` is everything together; `lines` are the
    areas (or, for one area, the services in it), whose amounts add up to it exactly. `councils` are
    those that both sides are of; None for all of them, and for what falls on none.
    """

    plan: Plan
    year: FinancialYear
    to: Quarter | None
    measure: Measure
    councils: frozenset[str] | None
    whole: ComparisonLine
    lines: tuple[ComparisonLine, ...]

    @property
    def planned(self) -> int:
        return self.whole.planned

    @property
    def delivered(self) -> int:
        return self.whole.delivered

    @property
    def published(self) -> int:
        return self.whole.published

    @property
    def transition_costs(self) -> int:
        return self.whole.transition_costs

    @property
    def illustrative(self) -> bool:
        return self.whole.illustrative


@dataclass(frozen=True, slots=True)
class CouncilLine:
    """One council's part of the promise and of what was delivered, each with its measure.

    `code` is None for the part of no council: what no rule splits. `undivided` says that there is
    such a part on either side, so that a verdict on a council's would be of another scope.
    `promised_illustrative` if an illustrative rule splits the promise. `published` is the part of
    `delivered` that a document published for the whole partnership.
    """

    code: str | None
    name: str
    promised: Measured
    promised_illustrative: bool
    undivided: bool
    achieved: Measured
    published: int
    transition_costs: int
    illustrative: bool

    @property
    def delivered(self) -> int:
        return self.achieved.amount

    @property
    def pair(self) -> Pair:
        """The two to be set against each other, as far as they can."""
        if self.undivided and self.promised.pence is not None:
            return Pair(replace(self.promised, pence=None, why=UNDIVIDED), self.achieved)
        return Pair(self.promised, self.achieved)


@dataclass(frozen=True, slots=True)
class QuarterLine:
    """Savings certified in one quarter, and whether its period is still open."""

    quarter: Quarter
    is_open: bool
    delivered: int
