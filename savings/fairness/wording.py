"""What fairness says in words. Pure: tracks and names in, sentences out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from finance.money import MINUS, format_pounds
from finance.periods import Quarter
from savings.fairness.fairness import Criterion, Point, Track, Warned, is_open

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def percent(share: Fraction | None) -> str:
    """A share to one decimal, halves rounded away from 0; a dash if there is none.

    >>> percent(Fraction(1, 3)), percent(Fraction(-1, 8)), percent(None)
    ('33.3%', '−12.5%', '–')
    """
    if share is None:
        return "–"
    tenths = (abs(share) * 2_000 + 1) // 2
    return f"{MINUS if share < 0 and tenths else ''}{tenths // 10}.{tenths % 10}%"


def times(ratio: Fraction | None) -> str:
    """Share of net over share of contribution, as a page says it.

    >>> times(Fraction(1, 2)), times(None)
    ('0.50', '–')
    """
    if ratio is None:
        return "–"
    hundredths = (abs(ratio) * 200 + 1) // 2
    return f"{MINUS if ratio < 0 and hundredths else ''}{hundredths // 100}.{hundredths % 100:02d}"


def quarter_of(quarter: Quarter, closed: Quarter | None) -> str:
    """A quarter by its name, saying if it is still open.

    >>> q1, q2 = Quarter.parse("2013-14-Q1"), Quarter.parse("2013-14-Q2")
    >>> quarter_of(q1, q1), quarter_of(q2, q1)
    ('2013/14 Q1', '2013/14 Q2, still open')
    """
    return f"{quarter.label}, still open" if is_open(quarter, closed) else quarter.label


def unfinished(closed: Quarter | None) -> str:
    """Says that figures of open quarters are counted, and how they may still change."""
    until = f"every quarter after {closed.label}" if closed else "every quarter"
    return (
        f"Unfinished: {until} is still open. Some councils may have certified figures there while "
        "others have none yet, so these amounts and shares can change whenever a return is "
        "certified. Only closed quarters can cause a warning."
    )


def nothing_of(first: Quarter | None, to: Quarter | None, reopened: Quarter | None = None) -> str:
    """Why nothing is counted if no quarter is; empty if some are.

    `first` is the first asked for, `to` the last that is counted, if any; `reopened` was closed
    and is open again.
    """
    if to is None and reopened is not None:
        return f"{reopened.label} is open again, and fairness is shown for closed quarters."
    if to is None:
        return "No quarter is closed yet, and fairness is shown for closed quarters."
    if first is not None and to < first:
        return (
            f"No quarter from {first.label} on is closed yet, and fairness is shown for closed "
            "quarters."
        )
    return ""


def rule_of(criterion: Criterion) -> str:
    """The agreed rule with its parameters, in full."""
    return (
        f"A council gains little if its share of the net to date is below {criterion.below} of its "
        "share of the contribution to date. It does so persistently if that is so at the end of "
        f"{_count(criterion.quarters, 'quarter')} with figures in a row, up to the latest closed "
        "one."
    )


def warning_of(warned: Sequence[Warned], names: Mapping[str, str]) -> str:
    """Who persistently gains little, and since when; empty if nobody does."""
    if not warned:
        return ""
    runs = [
        f"{names[each.council]} has gained little for what it puts in for "
        f"{_count(each.run, 'quarter')} in a row"
        for each in warned
    ]
    return f"{_listed(runs)}."


def reading_of_net(tracks: Sequence[Track], names: Mapping[str, str]) -> str:
    """Who has gained the most to date, and who the least."""
    nets = {
        t.council: t.latest.to_date.net
        for t in tracks
        if t.latest and not t.is_empty and t.takes_part
    }
    if not nets and not all(track.is_empty for track in tracks):
        return "Nothing certified has fallen on a council that takes part yet."
    if not nets:
        return "Nothing certified has fallen on any council yet."
    most = max(nets, key=lambda council: (nets[council], council))
    least = min(nets, key=lambda council: (nets[council], council))
    if nets[most] == nets[least]:
        return f"To date every council’s net is {format_pounds(nets[most])}."
    return (
        f"To date {names[most]} has gained the most, {format_pounds(nets[most])}, and "
        f"{names[least]} the least, {format_pounds(nets[least])}."
    )


def reading_of_shares(tracks: Sequence[Track], names: Mapping[str, str]) -> str:
    """Who gains least for what it puts in."""
    latest = {track.council: track.latest for track in tracks if track.latest}
    if not latest:
        return "Nothing certified has fallen on any council yet."
    first = next(iter(latest.values()))
    if first.share_of_contribution is None:
        return "No council has put anything in yet, so there is nothing to compare the gain with."
    if first.share_of_net is None:
        return "The councils together have not gained on balance yet, so there are no shares of it."
    naming = {track.council for track in tracks if track.takes_part}
    ratios = {c: r for c, p in latest.items() if c in naming and (r := p.ratio) is not None}
    if not ratios:
        return "No council that takes part has put anything in yet, so there is nothing to compare."
    least = min(ratios, key=lambda council: (ratios[council], council))
    if len(set(ratios.values())) == 1:
        return "Every council that puts something in gains in proportion to it."
    point = latest[least]
    return (
        f"{names[least]} gains least for what it puts in: {percent(point.share_of_net)} of the "
        f"net for {percent(point.share_of_contribution)} of the contribution."
    )


def break_even_of(track: Track) -> str:
    """When a council's gains made up for what it paid, and how far behind it was."""
    if track.is_empty or track.latest is None:
        return "No figures yet"
    deepest = track.deepest
    if deepest is None:
        return "Never behind"
    if track.break_even is None:
        return f"Not yet: {format_pounds(-track.latest.to_date.net)} behind"
    behind = f"{format_pounds(-deepest.to_date.net)} behind by the end of {deepest.quarter.label}"
    return f"{track.break_even.label}, after being {behind}"


def gains_little_of(point: Point, criterion: Criterion | None, closed: Quarter | None) -> str:
    """Whether a council gains little at the end of a quarter, by the agreed rule."""
    if criterion is None:
        return ""
    if is_open(point.quarter, closed):
        return "still open"
    if point.share_of_net is None or point.share_of_contribution is None:
        return "not known"
    return "yes" if point.gains_little(criterion.below) else "no"


def _count(number: int, what: str) -> str:
    said = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    return f"{said} {what}{'' if number == 1 else 's'}"


def _listed(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
