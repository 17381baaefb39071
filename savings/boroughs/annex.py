"""How a council's figures for a quarter were worked out: every entry behind them, explained.

The arithmetic is that of the page about one entry, and of the rollup. The parts that fall
on the council add up to the quarter's figures, unless a rollup has yet to take up a change:
an explanation that is not `counted` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from finance.periods import Quarter
from savings.attribution.explaining import Explanation, explain_all
from savings.boroughs.reports import BoroughFigures, entry_facts, figures_of, waiting_for
from savings.budgets.models import TransitionApproval
from savings.drivers.models import DriverValue
from savings.formulas.models import AttributionRule
from savings.formulas.reports import with_facts
from savings.returns.models import Entry
from savings.rollup.reports import BeingAdded, one_version
from sovereignty.models import Council, User


@dataclass(frozen=True, slots=True)
class Annex:
    """The explanations of a council's entries for a quarter, by entry.

    `names` has all councils' names by code. What splits several entries is there once. `waiting`
    are the returns of the quarter that are being added: their entries are not there yet.
    """

    council: Council
    quarter: Quarter
    names: Mapping[str, str]
    explanations: tuple[Explanation, ...]
    waiting: tuple[BeingAdded, ...]

    @property
    def pending_since(self) -> datetime | None:
        """When the first of what is being added was certified."""
        return min((one.certified_at for one in self.waiting), default=None)

    @property
    def rules(self) -> list[AttributionRule]:
        found = {each.rule.id: each.rule for each in self.explanations if each.rule}
        return [found[rule_id] for rule_id in sorted(found)]

    @property
    def values(self) -> list[DriverValue]:
        """The driver values used, by driver, council and quarter."""
        found = {value.id: value for each in self.explanations for value in each.values}
        return sorted(
            found.values(), key=lambda v: (v.driver.code, v.council.code, v.effective_from)
        )

    @property
    def claims(self) -> list[Explanation]:
        """The entries that claim on a transition budget."""
        return [each for each in self.explanations if each.transition]

    @property
    def budgets(self) -> list[TransitionApproval]:
        found = {
            each.transition.budget.code: each.transition.budget
            for each in self.explanations
            if each.transition
        }
        return [found[code] for code in sorted(found)]

    @property
    def claimed(self) -> dict[str, int]:
        """The pence claimed on each budget used, by its code."""
        return {code: sum_ for each in self.claims for code, sum_ in each.claimed.items()}

    @property
    def pending(self) -> bool:
        """Whether the totals do not show one of them as explained yet."""
        return any(each.pending for each in self.explanations)

    @property
    def illustrative(self) -> bool:
        return any(each.illustrative for each in self.explanations)


def annex_of(council: Council, quarter: Quarter, user: User) -> Annex:
    """The annex, with the entries that a person may open: as many queries for few as for many."""
    waiting = tuple(one for one in waiting_for(council, quarter) if one.quarter == quarter)
    entries = (
        Entry.objects.visible_to(user)
        .filter(pk__in=entry_facts(council, quarter).order_by().values("entry"))
        .order_by("id")
    )
    return Annex(
        council=council,
        quarter=quarter,
        names=dict(Council.objects.values_list("code", "name")),
        explanations=explain_all(with_facts(entries), reader=user),
        waiting=waiting,
    )


@one_version()
def figures_with_annex(
    council: Council, quarter: Quarter, user: User
) -> tuple[BoroughFigures, Annex]:
    """A council's figures and how they were worked out, of one version."""
    return figures_of(council, quarter), annex_of(council, quarter, user)
