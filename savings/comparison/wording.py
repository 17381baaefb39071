"""What the comparison says in words. Pure: pence, years and quarters in, sentences out.

A percentage, a difference or a word like “passed” stands only where `Pair.why_apart` is empty.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from finance.money import MINUS, format_pounds
from finance.periods import FinancialYear, Quarter
from savings.kit.wording import end_of, short
from savings.plans.measures import Measure, Measured, Pair

FULL_YEAR, IN_YEAR, OVER_YEARS = "full_year", "in_year", "over_years"

BY_RULES = (
    "A line of the plan that names no council is split by the rule in force for its service. What "
    "no rule splits is not attributed to a council."
)

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Compared(Protocol):
    """Anything with a promised and a delivered amount, and what may be set against what."""

    @property
    def pair(self) -> Pair: ...
    @property
    def planned(self) -> int: ...
    @property
    def delivered(self) -> int: ...
    @property
    def set_against(self) -> Pair: ...


class Measurable(Compared, Protocol):
    """A compared thing with what the plan promises since the start, if the measure has it."""

    @property
    def to_date(self) -> Measured | None: ...


class Named(Compared, Protocol):
    """A compared thing with a name, such as an area."""

    @property
    def name(self) -> str: ...


class WithPublished(Protocol):
    """A delivered amount, part of which may have been published for the partnership."""

    @property
    def delivered(self) -> int: ...
    @property
    def published(self) -> int: ...


class Part(WithPublished, Protocol):
    """The part of the delivered that falls on one council; `code` is None for no council."""

    @property
    def achieved(self) -> Measured: ...
    @property
    def code(self) -> str | None: ...
    @property
    def name(self) -> str: ...


def difference(pair: Pair) -> str:
    """How delivery compares with the promise; empty where the two can't be compared.

    >>> four, six = Measured(4_00, Measure.IN_YEAR), Measured(6_00, Measure.IN_YEAR)
    >>> difference(Pair(four, six)), difference(Pair(six, four)), difference(Pair(six, six))
    ('£2.00 more', '£2.00 less', 'the same')
    """
    if pair.difference is None:
        return ""
    if not pair.difference:
        return "the same"
    return f"{format_pounds(abs(pair.difference))} {'more' if pair.difference > 0 else 'less'}"


def share(pair: Pair) -> str:
    """Delivered as a percentage of promised; empty where there is none.

    >>> share(Pair(Measured(-4_00, Measure.IN_YEAR), Measured(1_00, Measure.IN_YEAR)))
    '−25.0%'
    """
    return f"{pair.percentage.replace('-', MINUS)}%" if pair.percentage else ""


def promised_label(year: FinancialYear, bases: Collection[str], measure: Measure) -> str:
    """What the promised amount is: a year's saving once in place, or one year's."""
    if measure == Measure.IN_YEAR:
        return f"Promised for {year.label}"
    return f"Promised {_promised_when(year, bases)}"


def delivered_label(to: Quarter | None, year: FinancialYear, measure: Measure) -> str:
    """What the delivered amount is.

    >>> q3, year = Quarter.parse("2013-14-Q3"), FinancialYear(2013)
    >>> [delivered_label(q3, year, measure) for measure in list(Measure)[:3]]
    ['Delivered by the end of December 2013', 'Certified in 2013/14', 'Rate a year in 2013/14 Q3']
    """
    if to is None:
        return "Delivered"
    if measure == Measure.IN_YEAR:
        return f"Certified in {year.label}"
    if measure == Measure.ANNUAL_RATE:
        return f"Rate a year in {to.label}"
    return f"Delivered by {end_of(to)}"


def counted_in(to: Quarter | None, year: FinancialYear, measure: Measure) -> str:
    """The quarters whose entries a measure counts, in words.

    >>> q3, year = Quarter.parse("2013-14-Q3"), FinancialYear(2013)
    >>> [counted_in(q3, year, measure) for measure in list(Measure)[:3]]
    ['by the end of December 2013', 'in 2013/14', 'in 2013/14 Q3']
    """
    if to is None:
        return "so far"
    if measure == Measure.IN_YEAR:
        return f"in {year.label}"
    return f"in {to.label}" if measure == Measure.ANNUAL_RATE else f"by {end_of(to)}"


def compared(line: Measurable, *, year: FinancialYear, to: Quarter | None) -> str:
    """What is promised, what was delivered, and what may be said of the two: three sentences."""
    planned, delivered = line.pair.planned, line.pair.delivered
    said = [_promise(planned, year), _delivery(delivered, year, to)]
    if planned.pence is None or delivered.pence is None:
        return " ".join(said)
    against = line.set_against
    if against.why_apart:
        return " ".join([*said, against.why_apart])
    if line.to_date is not None and against.planned is line.to_date:
        up_to = to.year.label if to else ""
        said.append(f"The plan’s years up to {up_to} add up to {short(against.planned.amount)}.")
    if part := share(against):
        said.append(f"Delivery is {part} of that.")
    return " ".join(said)


def note(whole: Compared, lines: Sequence[Compared]) -> str:
    """What a dash in the table means, and why there is no percentage in it."""
    missing = [
        figure.why
        for line in (whole, *lines)
        for figure in (line.pair.planned, line.pair.delivered)
        if figure.pence is None
    ]
    said = [f"– means: {why}" for why in dict.fromkeys(missing)]
    apart = whole.set_against.why_apart
    return " ".join([*said, *([apart] if apart not in missing else [])]).strip()


def _promise(planned: Measured, year: FinancialYear) -> str:
    if planned.pence is None:
        return planned.why
    if planned.measure == Measure.ANNUAL_RATE:
        return f"The promise is {short(planned.pence)} a year by {year.label}."
    if planned.measure == Measure.OVER_YEARS:
        return f"The promise is {short(planned.pence)} over the years to {year.label}."
    return f"The promise for {year.label} is {short(planned.pence)}."


def _delivery(delivered: Measured, year: FinancialYear, to: Quarter | None) -> str:
    if delivered.pence is None or to is None:
        return delivered.why
    amount = short(delivered.pence)
    if delivered.measure == Measure.ANNUAL_RATE:
        return f"The recurring savings certified in {to.label} are {amount} a year."
    if delivered.measure == Measure.IN_YEAR:
        until = "" if to >= year.quarters[-1] else f" up to {end_of(to)}"
        return f"{amount} was certified in {year.label}{until}."
    if not delivered.pence:
        return f"Nothing is certified as delivered by {end_of(to)}."
    return f"{amount} had been delivered by {end_of(to)}."


def reading_of_areas(
    lines: Sequence[Named], year: FinancialYear, bases: Collection[str], *, undivided: int
) -> str:
    """The chart by area in one sentence: which delivered most, is furthest off or has passed.

    `undivided` is what the plan promises without saying for which area.
    """
    sentence = _reading(lines, year, bases, "areas")
    if not undivided:
        return f"{sentence}."
    return f"{sentence}; {short(undivided)} of the promise is not divided by area."


def reading_of_services(
    lines: Sequence[Named], year: FinancialYear, bases: Collection[str], *, undivided: int
) -> str:
    """The same inside an area; `undivided` is what was delivered for the area as a whole.

    If there is some, the services' figures are not complete, and none is called behind.
    """
    if not undivided:
        return f"{_reading(lines, year, bases, 'services')}."
    largest = max(lines, key=lambda line: line.planned, default=None)
    sentence = f"{short(undivided)} was recorded for the area as a whole, not by service"
    if largest is None or not largest.planned:
        return f"{sentence}."
    return (
        f"{sentence}; the largest promise is {largest.name}, "
        f"{short(largest.planned)} {_promised_when(year, bases)}."
    )


def _reading(
    lines: Sequence[Named], year: FinancialYear, bases: Collection[str], among: str
) -> str:
    promised = [line for line in lines if line.planned > 0]
    delivered = [line for line in lines if line.delivered > 0]
    if not promised and not delivered:
        return f"None of these {among} has a promise, and nothing has been delivered"
    when = _promised_when(year, bases)
    if not delivered:
        largest = max(promised, key=lambda line: line.planned)
        return (
            f"Nothing has been delivered yet; the largest promise is {largest.name}, "
            f"{short(largest.planned)} {when}"
        )
    most = max(delivered, key=lambda line: line.delivered)
    parts = [f"{most.name} has delivered the most, {short(most.delivered)}"]
    known = [(line, line.set_against) for line in promised if line.set_against.comparable]
    if not known:
        parts.extend(
            f"the largest promise is {line.name}, {short(line.planned)} {when}"
            for line in sorted(promised, key=lambda line: -line.planned)[:1]
        )
        return "; ".join(parts)
    behind = [(line, pair) for line, pair in known if (pair.difference or 0) < 0]
    if behind:
        line, pair = min(behind, key=lambda found: found[1].difference or 0)
        parts.append(f"{line.name} is furthest from its promise, {_both(pair)}")
    passed = [(line, pair) for line, pair in known if (pair.difference or 0) > 0]
    if len(passed) == 1:
        only, pair = passed[0]
        parts.append(f"{only.name} has passed its promise, {_both(pair)}")
    elif passed:
        parts.append(f"{_number(len(passed))} {among} have passed their promises")
    return "; ".join(parts)


def _both(pair: Pair) -> str:
    return f"{short(pair.delivered.amount)} compared with {short(pair.planned.amount)}"


def reading_of_councils(lines: Sequence[Part]) -> str:
    """Who the saving falls on, in one sentence, and how much falls on no council and why."""
    own = [line for line in lines if line.code is not None]
    unattributed = sum(line.delivered for line in lines if line.code is None)
    published = sum(line.published for line in lines if line.code is None)
    if not any(line.delivered for line in own):
        if not unattributed:
            return "Nothing has been delivered yet, so no council has a part in it."
        why = _why_unattributed(unattributed, published, "the")
        return f"{why}, so none of it falls on any one council."
    parts = _listed([f"{line.name}’s part is {short(line.delivered)}" for line in own])
    if not unattributed:
        return f"{parts}."
    why = _why_unattributed(unattributed, published, "the other")
    return f"{parts}; {why[:1].lower()}{why[1:]}, so it falls on no council."


def _why_unattributed(amount: int, published: int, which: str) -> str:
    whole = "was published for the partnership as a whole, not by council"
    no_rule = "is not split by any rule that every council taking part has agreed to"
    if published == amount:
        return f"{which.capitalize()} {short(amount)} {whole}"
    if not published:
        return f"{which.capitalize()} {short(amount)} {no_rule}"
    return (
        f"Of {which} {short(amount)}, {short(published)} {whole} and "
        f"{short(amount - published)} {no_rule}"
    )


def _promised_when(year: FinancialYear, bases: Collection[str]) -> str:
    if set(bases) == {IN_YEAR}:
        return f"in {year.label} only"
    if set(bases) == {OVER_YEARS}:
        return f"over the years to {year.label}"
    apart = set(bases) & {IN_YEAR, OVER_YEARS}
    return f"for {year.label}" if apart else f"a year by {year.label}"


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
