"""What the comparison says in words. Pure: pence, years and quarters in, sentences out.

A promise is an amount a year and delivery a sum to date, so nothing here speaks of a
shortfall: differences are worded as more or less.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from finance.money import MINUS, format_pounds
from finance.periods import FinancialYear, Quarter
from savings.kit.wording import end_of, short

FULL_YEAR, IN_YEAR = "full_year", "in_year"

#: Where an amount of an area or a service would stand that the plan promises only with others'.
NOT_DIVIDED = "not divided by area"

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Compared(Protocol):
    """Anything with a promised and a delivered amount."""

    @property
    def planned(self) -> int | None: ...
    @property
    def delivered(self) -> int: ...


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
    """What of the delivered is one council's; `code` None for what falls on none."""

    @property
    def code(self) -> str | None: ...
    @property
    def name(self) -> str: ...


def difference(planned: int | None, delivered: int) -> str:
    """How delivery stands beside the promise, neither praised nor blamed.

    >>> difference(10_500_000_00, 4_540_000_00)
    '£5,960,000.00 less'
    """
    if planned is None:
        return NOT_DIVIDED
    if delivered == planned:
        return "the same"
    way = "more" if delivered > planned else "less"
    return f"{format_pounds(abs(delivered - planned))} {way}"


def share(planned: int | None, delivered: int) -> str:
    """Delivered as a percentage of promised, to one decimal; empty where nothing was promised.

    >>> share(33_800_000_00, 9_920_000_00)
    '29.3%'
    """
    if not planned:
        return ""
    # Halves away from 0, in whole numbers.
    tenths = (abs(delivered) * 2_000 + abs(planned)) // (2 * abs(planned))
    minus = MINUS if delivered and (delivered < 0) != (planned < 0) else ""
    return f"{minus}{tenths // 10}.{tenths % 10}%"


def promised_label(year: FinancialYear, bases: Collection[str]) -> str:
    """What the promised amount is: a year's saving once in place, or one year's alone."""
    return f"Promised {_promised_when(year, bases)}"


def delivered_label(to: Quarter | None) -> str:
    return f"Delivered by {end_of(to)}" if to else "Delivered"


def compared(
    *,
    planned: int | None,
    delivered: int,
    year: FinancialYear,
    to: Quarter | None,
    bases: Collection[str],
) -> str:
    """The one sentence on what is compared, and on what the difference is not."""
    if planned is None:
        promise = f"What the plan promises for {year.label} is {NOT_DIVIDED}"
    elif not planned:
        promise = f"The plan promises nothing here for {year.label}"
    elif set(bases) == {IN_YEAR}:
        promise = f"The {short(planned)} is what was to be saved in {year.label} alone"
    elif IN_YEAR in bases:
        promise = f"The {short(planned)} is what was to be saved for {year.label}"
    else:
        promise = f"The {short(planned)} is an annual saving to be reached by {year.label}"
    if to is None:
        return f"{promise}; no quarter has been closed yet, so nothing counts as delivered."
    if not delivered:
        return f"{promise}, and nothing is certified as delivered by {end_of(to)}."
    achieved = f"the {short(delivered)} is what had been achieved by {end_of(to)}"
    if not planned:
        return f"{promise}; {achieved}."
    if ahead := _time_before(to, year):
        return f"{promise} and {achieved}, {ahead}, so the difference is not a shortfall."
    return (
        f"{promise} and {achieved}, everything since the start added up, so the difference "
        "is neither a shortfall nor a surplus."
    )


def reading_of_areas(
    lines: Sequence[Named], year: FinancialYear, bases: Collection[str], *, undivided: int
) -> str:
    """The chart by area in one sentence: who delivered most, who is furthest off, who passed.

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

    Where some is, the services' own figures are not all there is, and none is called behind.
    """
    if not undivided:
        return f"{_reading(lines, year, bases, 'services')}."
    largest = max(lines, key=_promise, default=None)
    sentence = f"{short(undivided)} was recorded for the area as a whole, not by service"
    if largest is None or not largest.planned:
        return f"{sentence}."
    return (
        f"{sentence}; the largest promise is {largest.name}, "
        f"{short(largest.planned)} {_promised_when(year, bases)}."
    )


def _promise(line: Named) -> int:
    """What is promised for it alone: 0 where the plan does not say."""
    return line.planned or 0


def _reading(
    lines: Sequence[Named], year: FinancialYear, bases: Collection[str], among: str
) -> str:
    promised = [line for line in lines if _promise(line) > 0]
    delivered = [line for line in lines if line.delivered > 0]
    if not promised and not delivered:
        return f"None of these {among} has a promise of its own, and nothing has been delivered"
    when = _promised_when(year, bases)
    if not delivered:
        largest = max(promised, key=_promise)
        return (
            f"Nothing has been delivered yet; the largest promise is {largest.name}, "
            f"{short(_promise(largest))} {when}"
        )
    most = max(delivered, key=lambda line: line.delivered)
    beside = f" beside {short(most.planned)} promised {when}" if most.planned else ""
    parts = [f"{most.name} has delivered the most, {short(most.delivered)}{beside}"]
    behind = [line for line in promised if line.delivered < _promise(line)]
    furthest = max(behind, key=lambda line: _promise(line) - line.delivered, default=None)
    if furthest is not None and furthest is not most:
        parts.append(
            f"{furthest.name} is furthest from its promise, "
            f"{short(furthest.delivered)} beside {short(_promise(furthest))}"
        )
    passed = [line for line in promised if line.delivered > _promise(line)]
    if len(passed) == 1:
        parts.append(
            f"{passed[0].name} has passed its promise, "
            f"{short(passed[0].delivered)} beside {short(_promise(passed[0]))}"
        )
    elif passed:
        parts.append(f"{_number(len(passed))} {among} have passed their promises")
    return "; ".join(parts)


def reading_of_councils(lines: Sequence[Part]) -> str:
    """On whom the saving falls, in one sentence, and how much falls on no council and why."""
    own = [line for line in lines if line.code is not None]
    unattributed = sum(line.delivered for line in lines if line.code is None)
    published = sum(line.published for line in lines if line.code is None)
    if not any(line.delivered for line in own):
        if not unattributed:
            return "Nothing has been delivered yet, so no borough has a part in it."
        why = _why_unattributed(unattributed, published, "the")
        return f"{why}, so none of it falls on any one borough."
    parts = _listed([f"{line.name}’s part is {short(line.delivered)}" for line in own])
    if not unattributed:
        return f"{parts}."
    why = _why_unattributed(unattributed, published, "the other")
    return f"{parts}; {why[:1].lower()}{why[1:]}, so it is no one borough’s."


def _why_unattributed(amount: int, published: int, which: str) -> str:
    whole = "was published for the partnership as a whole, not by borough"
    no_rule = "is shared by no rule that every council taking part has agreed to"
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
        return f"in {year.label} alone"
    return f"for {year.label}" if IN_YEAR in bases else f"a year by {year.label}"


def _time_before(to: Quarter, year: FinancialYear) -> str:
    quarters = year.quarters[-1].ordinal - to.ordinal
    if quarters <= 0:
        return ""
    years, rest = divmod(quarters, 4)
    if rest:
        plural = "" if quarters == 1 else "s"
        return f"{_number(quarters)} quarter{plural} before {year.label} ends"
    return f"{_number(years)} year{'' if years == 1 else 's'} earlier"


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
