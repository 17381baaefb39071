"""What may be set against what: the measures of a promise and of its delivery. Pure.

A plan promises by year and councils report by quarter. Three measures bring the two together:

- **in the year**: the plan's figure for a year, beside what was certified in its quarters
- **a year's rate**: the plan's annual figure for a year, beside four times the recurring savings
  certified in one quarter
- **since the start**: the plan's figures for every year so far, added up, beside everything
  certified so far

Two figures may be set against each other only if both are of one measure. Otherwise there is no
percentage, no difference and no verdict, and `why_apart` says why in one sentence. A figure that a
measure can't give is never a 0: `Measured.pence` is None and `why` says why. Amounts are whole
pence. `docs/measures.md` has the same with examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from finance.periods import FinancialYear, Quarter


class Measure(StrEnum):
    """What a figure is a measure of; the value is what the API calls it."""

    TO_DATE = "to_date"
    IN_YEAR = "in_year"
    ANNUAL_RATE = "annual_rate"
    OVER_YEARS = "over_years"

    @property
    def label(self) -> str:
        """As people choose it from a list."""
        return {
            Measure.TO_DATE: "Since the start",
            Measure.IN_YEAR: "In the year",
            Measure.ANNUAL_RATE: "A year’s rate",
            Measure.OVER_YEARS: "Over several years",
        }[self]


#: The measures that a comparison can be made by. A plan may also speak of several years together.
CHOICES = (Measure.TO_DATE, Measure.IN_YEAR, Measure.ANNUAL_RATE)


@dataclass(frozen=True, slots=True)
class Measured:
    """An amount in pence and its measure; None, with the reason, where there is no such figure."""

    pence: int | None
    measure: Measure
    why: str = ""

    @property
    def amount(self) -> int:
        """For a bar of a chart, which has no length where there is no figure."""
        return self.pence or 0


@dataclass(frozen=True, slots=True)
class Promise:
    """What a plan has for a year, of one scope and set of councils, in pence.

    `annual` is the saving a year to be reached by then, `alone` what falls only in that year, and
    `over` what several years up to it save together. None means that the plan has no such line.
    """

    annual: int | None = None
    alone: int | None = None
    over: int | None = None

    @property
    def of_the_year(self) -> int | None:
        """The plan's figure for the year: both sorts of line that speak of a single year."""
        return _added((self.annual, self.alone))

    @property
    def whole(self) -> int | None:
        """All that the plan has under the year."""
        return _added((self.annual, self.alone, self.over))

    @property
    def measure(self) -> Measure:
        """What the whole figure is a measure of."""
        if self.over is not None:
            return Measure.OVER_YEARS
        return Measure.ANNUAL_RATE if self.alone is None else Measure.IN_YEAR


Promises = Mapping[FinancialYear, Promise]

NO_LINE = "The plan has no figure here for {year}."
SEVERAL = "The plan’s figure for {year} is for several years together, so it is not one year’s."
NOT_ANNUAL = "The plan’s figure for {year} is for that year only, so it is not a saving a year."
NOT_EVERY_YEAR = "The plan does not give a figure for every year up to {to}."
PART_OF_A_YEAR = "{to} is not the end of a financial year, and the plan gives whole years."
NOT_BEGUN = "No quarter has been closed yet."
BEFORE_THE_YEAR = "{year} begins after {to}, so nothing has been certified in it yet."
A_SUM_TO_DATE = "What was published for {to} is a sum to date, so it has no rate for a year."

_NAMED = {
    Measure.TO_DATE: "a total since the start",
    Measure.IN_YEAR: "the saving in one year",
    Measure.ANNUAL_RATE: "a saving a year",
    Measure.OVER_YEARS: "the saving in several years together",
}


def promised(promises: Promises, year: FinancialYear) -> Measured:
    """The plan's figure for a year, with the measure that it is of.

    >>> promised({FinancialYear(2014): Promise(annual=33_800_000_00)}, FinancialYear(2014))
    Measured(pence=3380000000, measure=<Measure.ANNUAL_RATE: 'annual_rate'>, why='')
    """
    found = promises.get(year, Promise())
    if found.whole is None:
        return Measured(None, Measure.ANNUAL_RATE, NO_LINE.format(year=year.label))
    return Measured(found.whole, found.measure)


def promised_in_year(promises: Promises, year: FinancialYear) -> Measured:
    """The target for a year: the plan's figure for it, of either sort."""
    found = promises.get(year, Promise())
    if found.of_the_year is None:
        why = NO_LINE if found.over is None else SEVERAL
        return Measured(None, Measure.IN_YEAR, why.format(year=year.label))
    return Measured(found.of_the_year, Measure.IN_YEAR)


def promised_a_year(promises: Promises, year: FinancialYear) -> Measured:
    """The annual saving that the plan promises for a year; none where a line is for one year only.

    >>> only_then = {FinancialYear(2011): Promise(alone=700_000_00)}
    >>> promised_a_year(only_then, FinancialYear(2011)).why
    'The plan’s figure for 2011/12 is for that year only, so it is not a saving a year.'
    """
    found = promises.get(year, Promise())
    if found.annual is not None and found.alone is None:
        return Measured(found.annual, Measure.ANNUAL_RATE)
    why = NO_LINE if found.whole is None else SEVERAL if found.alone is None else NOT_ANNUAL
    return Measured(None, Measure.ANNUAL_RATE, why.format(year=year.label))


def promised_to_date(promises: Promises, to: Quarter | None) -> Measured:
    """The plan's figures for every year up to the end of `to`, added up.

    None where a year in between has no figure or `to` does not end a year: nothing is
    interpolated. A year counts once: an annual saving of £4 in place for two years is £8.

    >>> both = {year: Promise(annual=400) for year in map(FinancialYear, (2012, 2013))}
    >>> promised_to_date(both, Quarter.parse("2013-14-Q4")).pence
    800
    """
    years = sorted(year for year, promise in promises.items() if promise.of_the_year is not None)
    if to is None:
        return Measured(None, Measure.TO_DATE, NOT_BEGUN)
    if not years or to.year < years[0] or to.year > years[-1] or _gaps(years, to.year):
        return Measured(None, Measure.TO_DATE, NOT_EVERY_YEAR.format(to=to.year.label))
    if to.number != 4:
        return Measured(None, Measure.TO_DATE, PART_OF_A_YEAR.format(to=to.label))
    total = sum(promises[year].of_the_year or 0 for year in years if year <= to.year)
    return Measured(total, Measure.TO_DATE)


def _gaps(years: Sequence[FinancialYear], last: FinancialYear) -> bool:
    reached = [year for year in years if year <= last]
    return len(reached) != last.start - reached[0].start + 1


def certified_to_date(pence: int, to: Quarter | None) -> Measured:
    """Everything certified since the start. Before a quarter is closed there is no such figure."""
    return Measured(pence, Measure.TO_DATE) if to else Measured(None, Measure.TO_DATE, NOT_BEGUN)


def certified_in_year(pence: int, year: FinancialYear, to: Quarter | None) -> Measured:
    """What was certified in the quarters of a year, up to and including `to`."""
    if to is None:
        return Measured(None, Measure.IN_YEAR, NOT_BEGUN)
    if to < year.quarters[0]:
        why = BEFORE_THE_YEAR.format(year=year.label, to=to.label)
        return Measured(None, Measure.IN_YEAR, why)
    return Measured(pence, Measure.IN_YEAR)


def certified_a_year(recurring: int, to: Quarter | None, *, published: bool) -> Measured:
    """Four times the recurring savings certified in a quarter.

    `published` says that some of the quarter is a sum to date that a document published.

    >>> certified_a_year(100_00, Quarter.parse("2013-14-Q4"), published=False).pence
    40000
    """
    if to is None:
        return Measured(None, Measure.ANNUAL_RATE, NOT_BEGUN)
    if published:
        return Measured(None, Measure.ANNUAL_RATE, A_SUM_TO_DATE.format(to=to.label))
    return Measured(4 * recurring, Measure.ANNUAL_RATE)


@dataclass(frozen=True, slots=True)
class Pair:
    """A promise and a delivery of one scope and one set of councils."""

    planned: Measured
    delivered: Measured

    @property
    def why_apart(self) -> str:
        """Why the two can't be set against each other, in one sentence; empty where they can."""
        return why_apart(self.planned, self.delivered)

    @property
    def comparable(self) -> bool:
        return not self.why_apart

    @property
    def difference(self) -> int | None:
        """Delivered less planned; None where the two can't be set against each other."""
        if not self.comparable:
            return None
        return self.delivered.amount - self.planned.amount

    @property
    def percentage(self) -> str | None:
        """Delivered as a percentage of planned, to one decimal; None where there is none.

        >>> four = Measured(4_00, Measure.IN_YEAR)
        >>> Pair(four, four).percentage, Pair(four, Measured(8_00, Measure.TO_DATE)).percentage
        ('100.0', None)
        """
        if not self.comparable or not self.planned.pence:
            return None
        return percentage_of(self.planned.pence, self.delivered.amount)


def why_apart(planned: Measured, delivered: Measured) -> str:
    """Why two figures can't be set against each other; empty where they can.

    >>> a_year, since_the_start = Measured(1, Measure.ANNUAL_RATE), Measured(1, Measure.TO_DATE)
    >>> why_apart(a_year, a_year)
    ''
    >>> why_apart(a_year, since_the_start)[:74]
    'The promise is a saving a year and delivery is a total since the start, so'
    """
    if planned.pence is None:
        return planned.why
    if delivered.pence is None:
        return delivered.why
    if planned.measure == delivered.measure:
        return ""
    return (
        f"The promise is {_NAMED[planned.measure]} and delivery is {_NAMED[delivered.measure]}, "
        "so they can’t be compared."
    )


def percentage_of(planned: int, delivered: int) -> str:
    """To one decimal, halves away from 0, worked out in whole numbers; `planned` is not 0.

    >>> percentage_of(33_800_000_00, 9_920_000_00), percentage_of(100, -50)
    ('29.3', '-50.0')
    """
    tenths = (abs(delivered) * 2_000 + abs(planned)) // (2 * abs(planned))
    minus = "-" if delivered and (delivered < 0) != (planned < 0) else ""
    return f"{minus}{tenths // 10}.{tenths % 10}"


def added_by_year(every: Sequence[Promises]) -> Promises:
    """The promises of several services or councils, added up by year.

    >>> year = FinancialYear(2014)
    >>> added_by_year([{year: Promise(annual=3)}, {year: Promise(alone=2)}, {year: Promise(4)}])
    {FinancialYear(start=2014): Promise(annual=7, alone=2, over=None)}
    """
    years = sorted({year for promises in every for year in promises})
    return {
        year: Promise(
            _added(promises[year].annual for promises in every if year in promises),
            _added(promises[year].alone for promises in every if year in promises),
            _added(promises[year].over for promises in every if year in promises),
        )
        for year in years
    }


def _added(amounts: Iterable[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None
