"""Reading the forecasts of all councils for a quarter, with a row for each initiative.

Forecasts are compared with a plan only if those of all councils are added up, because a plan is for
all councils together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from finance.periods import Quarter
from savings.forecasts.initiatives import Initiative, topmost
from savings.forecasts.reconciling import Lead, to_the_comparison, to_the_report
from savings.forecasts.remarks import Remark, RemarkKind
from savings.forecasts.reports import (
    ForecastLine,
    ForecastsOfReturn,
    Saved,
    below,
    certified_to,
    forecasts_of_returns,
    is_illustrative,
    savings_of,
    visible_returns,
)
from savings.forecasts.rows import IN_DOUBT
from savings.quarters.models import Period, usual_of
from savings.returns.models import Forecast
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council, User


@dataclass(frozen=True, slots=True)
class Row:
    """An initiative with the lines of the councils asked for, and their sums in pence.

    `delivered` is what those councils have certified and, if all are asked for, what was published
    for the partnership. `pending` if something is still being added to it.
    """

    initiative: Initiative
    lines: tuple[ForecastLine, ...]
    delivered: int
    delivered_this_year: int
    pending: bool

    @property
    def name(self) -> str:
        return self.initiative.name

    @property
    def planned(self) -> int:
        return self.initiative.planned

    @property
    def forecasts(self) -> list[Forecast]:
        return [line.forecast for line in self.lines if line.forecast]

    @property
    def this_year(self) -> int:
        return sum(forecast.this_year_pence for forecast in self.forecasts)

    @property
    def full_year_effect(self) -> int:
        return sum(forecast.full_year_effect_pence for forecast in self.forecasts)

    @property
    def expected(self) -> int:
        """The forecast to compare with `planned`: a year's saving, or the year's own."""
        return self.this_year if self.initiative.full_year is None else self.full_year_effect

    @property
    def illustrative(self) -> bool:
        return any(map(is_illustrative, self.forecasts))


@dataclass(frozen=True, slots=True)
class Overview:
    """Forecasts of a quarter, by initiative, of every council whose return one may see.

    `all_councils` is true if none was chosen and all may be seen: only then is a sum of forecasts
    compared with a plan, which is for all councils together. `remarks` are those on the lines
    shown. `lead` goes from `delivered` to the figure of the comparison or, if one council was
    chosen, of its report; None if only some lines are shown.
    """

    quarter: Quarter
    rows: tuple[Row, ...]
    by_return: tuple[ForecastsOfReturn, ...]
    all_councils: bool
    status: str
    remarks: tuple[tuple[Council, Remark], ...]
    lead: Lead | None

    @property
    def lead_of(self) -> Council | None:
        """The council that the lead is of; None if it is of all."""
        councils = [one.parent.council for one in self.by_return if one.parent.council]
        return None if self.all_councils or len(councils) != 1 else councils[0]

    @property
    def beside_plan(self) -> bool:
        """Whether forecasts may be compared with a plan: only those of all councils."""
        return self.all_councils and not self.status

    @property
    def lines(self) -> list[ForecastLine]:
        return [line for row in self.rows for line in row.lines]

    @property
    def all_counts(self) -> Counter[str]:
        """How many lines have each status, including those that were not asked for."""
        return sum((one.counts for one in self.by_return), Counter())

    @property
    def in_doubt(self) -> list[ForecastLine]:
        return [line for line in self.lines if line.forecast and line.status in IN_DOUBT]

    @property
    def planned(self) -> int:
        return sum(row.planned for row in self.rows)

    @property
    def expected(self) -> int:
        return sum(row.expected for row in self.rows)

    @property
    def this_year(self) -> int:
        return sum(row.this_year for row in self.rows)

    @property
    def full_year_effect(self) -> int:
        return sum(row.full_year_effect for row in self.rows)

    @property
    def delivered(self) -> int:
        """What is certified for any of the initiatives, each pound once."""
        top = topmost(row.initiative for row in self.rows)
        return sum(row.delivered for row in self.rows if row.initiative.service in top)

    @property
    def pending(self) -> bool:
        """Whether something certified is being added to any of them."""
        return any(row.pending for row in self.rows)

    @property
    def illustrative(self) -> bool:
        return any(row.illustrative for row in self.rows)

    @property
    def counts(self) -> Counter[str]:
        return Counter(line.status for line in self.lines)


def quarters_to_choose(user: User) -> list[Period]:
    """The periods with a return that the person may see, latest first."""
    returns = visible_returns(user)
    return list(Period.objects.filter(returns__in=returns).distinct().order_by("-quarter"))


def first_choice(user: User, periods: Sequence[Period]) -> Quarter | None:
    """The latest that was closed, as everywhere, if the person may see a return for it.

    Otherwise the latest with a forecast, or the earliest open one, or the latest of all.
    """
    usual = usual_of(periods)
    if usual is not None:
        return usual
    latest = (
        Forecast.objects.visible_to(user)
        .order_by("-parent__period__quarter")
        .values_list("parent__period__quarter", flat=True)
        .first()
    )
    if latest is not None:
        return latest
    quarters = [period.quarter for period in periods if period.is_open]
    if quarters:
        return min(quarters)
    return max((period.quarter for period in periods), default=None)


def overview_of(
    user: User, quarter: Quarter, today: date, *, council: str = "", status: str = ""
) -> Overview:
    """The forecasts of a quarter that the person may see, or those of one council or status."""
    tree = Service.objects.tree()
    asked = visible_returns(user).filter(period__quarter=quarter).order_by("council__code")
    if council:
        asked = asked.filter(council__code=council)
    found = forecasts_of_returns(user, list(asked), quarter, tree, today)
    whole = user.sees_every_council and not council
    published = savings_of(user, quarter)[None] if whole and not status else {}
    by_slug: dict[str, list[ForecastLine]] = defaultdict(list)
    for one in found:
        for line in one.lines:
            if status in ("", line.status):
                by_slug[line.initiative.service].append(line)
    return Overview(
        quarter=quarter,
        rows=tuple(
            _row(lines, below(tree, node.slug, published))
            for node, _ in tree.walk()
            if (lines := by_slug.get(node.slug))
        ),
        by_return=tuple(found),
        all_councils=whole,
        status=status,
        remarks=_sorted_remarks(found, status),
        lead=None if status else _lead(found, quarter, tree, whole=whole, council=council),
    )


def _lead(
    found: Sequence[ForecastsOfReturn],
    quarter: Quarter,
    tree: ServiceTree,
    *,
    whole: bool,
    council: str,
) -> Lead | None:
    """From what is delivered in the initiatives asked of these councils to other pages' figure."""
    owed = {
        one.parent.council.code: {step for slug in one.owed for step in tree.below(slug)}
        for one in found
        if one.parent.council
    }
    shown = set().union(*owed.values())

    def counted(code: str | None, slug: str) -> bool:
        return slug in (shown if code is None else owed.get(code, set()))

    def takes_part(code: str, slug: str) -> bool:
        return code in tree.participants(slug, quarter)

    if whole:
        return to_the_comparison(certified_to(quarter), counted, takes_part)
    if not council:
        council = next(iter(owed)) if len(owed) == 1 else ""
    if not council:
        return None
    return to_the_report(council, certified_to(quarter), counted, takes_part)


def _row(lines: Sequence[ForecastLine], published: Saved) -> Row:
    saved = sum((line.saved for line in lines), published)
    return Row(
        initiative=lines[0].initiative,
        lines=tuple(lines),
        delivered=saved.delivered,
        delivered_this_year=saved.this_year,
        pending=saved.pending,
    )


def _sorted_remarks(
    found: Iterable[ForecastsOfReturn], status: str
) -> tuple[tuple[Council, Remark], ...]:
    """Remarks on the lines of a status, by kind, then in the order of the councils."""
    return tuple(
        (line.council, remark)
        for kind in RemarkKind
        for one in found
        for line in one.lines
        if status in ("", line.status)
        for remark in line.remarks
        if remark.kind == kind
    )
