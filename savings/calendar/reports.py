"""The calendar of quarters as a person reads it, and the board of who has submitted what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from finance.periods import FinancialYear, Quarter
from savings.quarters.dates import due_in_words
from savings.quarters.models import Period
from savings.returns.models import Return
from savings.returns.questions.reports import unanswered_counts
from savings.returns.reports import Sums, days_late_of, sums_of
from sovereignty.models import Council, User

# --- The calendar --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FirstToOpen:
    """The quarter to open next: `only` that one, or that one or a later one.

    `quarter` is None if there is no quarter yet, so any may be the first.
    """

    quarter: Quarter | None
    only: bool


def first_to_open() -> FirstToOpen:
    """The quarter after the latest that councils have reported on.

    If they have not reported on any, the first after the published record.
    """
    reported = Period.objects.filter(returns__council__isnull=False).order_by("-quarter").first()
    if reported:
        return FirstToOpen(reported.quarter.following, only=True)
    published = Period.objects.order_by("-quarter").first()
    return FirstToOpen(published.quarter.following if published else None, only=False)


@dataclass(frozen=True, slots=True)
class CalendarLine:
    """A quarter, and what a person may see of its returns.

    `own` is the return of the person's own council; `certified` of `returns` are counted
    for people who see every council's, and None for the others.
    """

    period: Period
    due: str
    own: Return | None
    certified: int | None
    returns: int | None


def calendar_lines(user: User, periods: Sequence[Period], today: date) -> list[CalendarLine]:
    """The quarters as this person sees them, in the order given."""
    found: dict[int, list[Return]] = defaultdict(list)
    for parent in (
        Return.objects.visible_to(user)
        .filter(council__isnull=False, period__in=periods)
        .select_related("council", "period")
    ):
        found[parent.period_id].append(parent)
    return [_calendar_line(user, period, found[period.id], today) for period in periods]


def _calendar_line(user: User, period: Period, visible: list[Return], today: date) -> CalendarLine:
    due = due_in_words(period.due_on, today) if period.is_open else ""
    if not user.sees_every_council:
        return CalendarLine(period, due, visible[0] if visible else None, None, None)
    certified = sum(parent.status == Return.Status.CERTIFIED for parent in visible)
    return CalendarLine(period, due, None, certified, len(visible))


@dataclass(frozen=True, slots=True)
class Moves:
    """What the programme office may do to the calendar next.

    `waiting` are the returns that must be certified before the quarter to close can be closed.
    """

    to_open: FirstToOpen
    to_close: Period | None
    waiting: list[Return] = field(default_factory=list)
    to_reopen: Period | None = None


def calendar_moves() -> Moves:
    """Quarters are opened and closed in order, and only the latest closed one is reopened."""
    to_close = Period.objects.filter(status=Period.Status.OPEN).order_by("quarter").first()
    waiting = (
        list(
            to_close.returns.filter(council__isnull=False)
            .exclude(status=Return.Status.CERTIFIED)
            .select_related("council")
            .order_by("council__code")
        )
        if to_close
        else []
    )
    return Moves(first_to_open(), to_close, waiting, Period.objects.latest_closed())


# --- The board ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BoardLine:
    """Where one council's return for one quarter stands.

    `days_late` counts from the due date to the day of submission or, while it is not submitted, to
    today; None if no due date is set.
    """

    parent: Return
    days_late: int | None
    questions: int
    sums: Sums

    @property
    def period(self) -> Period:
        return self.parent.period

    @property
    def council(self) -> Council:
        if self.parent.council is None:
            raise ValueError("The board does not show the partnership's own return.")
        return self.parent.council


@dataclass(frozen=True, slots=True)
class Board:
    """A year's returns: `quarters` in order, `councils` by name, `lines` by quarter, council."""

    year: FinancialYear
    lines: list[BoardLine]

    @property
    def quarters(self) -> list[tuple[Period, list[BoardLine]]]:
        found: dict[Period, list[BoardLine]] = defaultdict(list)
        for line in self.lines:
            found[line.period].append(line)
        return list(found.items())

    @property
    def councils(self) -> list[tuple[Council, list[BoardLine | None]]]:
        """Each council with its line for every quarter of the board, None if it has none."""
        periods = [period for period, _ in self.quarters]
        found: dict[Council, dict[Period, BoardLine]] = defaultdict(dict)
        for line in self.lines:
            found[line.council][line.period] = line
        return [
            (council, [lines.get(period) for period in periods])
            for council, lines in sorted(found.items(), key=lambda item: item[0].code)
        ]


def board_returns(user: User, year: FinancialYear) -> QuerySet[Return]:
    """The councils' returns of a year that the person may see, by quarter and council."""
    return (
        Return.objects.visible_to(user)
        .filter(council__isnull=False, period__quarter__in=year.quarters)
        .select_related("council", "period", "submitted_by", "certified_by", "sent_back_by")
        .order_by("period__quarter", "council__code")
    )


def board_of(user: User, year: FinancialYear, today: date) -> Board:
    """Who has submitted what in a year, as far as this person may see it."""
    return Board(year, board_lines(board_returns(user, year), today))


def board_lines(returns: Iterable[Return], today: date) -> list[BoardLine]:
    """The returns with how late they are, their open questions and sums: three queries."""
    found = list(returns)
    ids = [parent.id for parent in found]
    sums, questions = sums_of(ids), unanswered_counts(ids)
    return [
        BoardLine(parent, days_late_of(parent, today), questions.get(parent.id, 0), sums[parent.id])
        for parent in found
    ]


def board_years() -> list[FinancialYear]:
    """The years that councils report on, the latest first."""
    quarters = (
        Period.objects.filter(returns__council__isnull=False)
        .order_by("-quarter")
        .distinct()
        .values_list("quarter", flat=True)
    )
    return list(dict.fromkeys(quarter.year for quarter in quarters))


def current_board_year() -> FinancialYear | None:
    """The year of the earliest open quarter; if none is open, the latest."""
    first = (
        Period.objects.filter(status=Period.Status.OPEN, returns__council__isnull=False)
        .order_by("quarter")
        .first()
    )
    if first:
        return first.quarter.year
    years = board_years()
    return years[0] if years else None
