"""What a what-if says in words: what is asked, and who gains and who loses. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from finance.money import format_pounds
from savings.formulas.arithmetic import SAVING

#: A kind's name in the middle of a sentence.
KINDS = {
    "saving": "savings",
    "ongoing_cost": "ongoing costs",
    "transition_cost": "transition costs",
    "variance": "variances",
}


class Moved(Protocol):
    """How much more or less falls on a council then than today."""

    @property
    def council(self) -> str | None: ...
    @property
    def difference(self) -> int: ...


class MovedOfAKind(Moved, Protocol):
    @property
    def kind(self) -> str: ...


def gains(lines: Iterable[MovedOfAKind]) -> dict[str, int]:
    """By how many pence each council would be better off: more savings, or less of a cost.

    What falls on no council is not a gain. Councils without a change are left out.
    """
    found: dict[str, int] = {}
    for line in lines:
        if line.council is not None:
            sign = 1 if line.kind == SAVING else -1
            found[line.council] = found.get(line.council, 0) + sign * line.difference
    return {council: gain for council, gain in found.items() if gain}


def who_gains(lines: Iterable[MovedOfAKind], names: Mapping[str, str], *, of: str) -> str:
    """Who gains and who loses, in a sentence or two, with the largest change first.

    `of` says what is counted, such as “Of what is certified to date”.
    """
    lines = list(lines)
    kinds = {line.kind for line in lines if line.difference}
    if not kinds:
        return f"{of}, nothing would fall differently."
    found = gains(lines)
    if kinds == {SAVING}:
        verb, up, down = "would have", "more of the savings", "less"
    elif SAVING not in kinds:
        verb, up, down = "would bear", "less of the costs", "more"
    else:
        verb, up, down = "would be", "better off", "worse off"
    parts = _sides(found, names, verb, up, down)
    sentences = [f"{of}, {parts}."] if parts else []
    freed = sum(-line.difference for line in lines if line.council is None)
    if freed:
        whose = "that falls on no council today" if freed > 0 else "more"
        becomes = "would fall on the councils" if freed > 0 else "would fall on no council"
        start = "" if sentences else f"{of}, "
        sentences.append(f"{start}{format_pounds(abs(freed))} {whose} {becomes}.")
    return " ".join(sentences) or f"{of}, no council would gain or lose on balance."


def _sides(
    found: Mapping[str, int], names: Mapping[str, str], verb: str, up: str, down: str
) -> str:
    order = sorted(found, key=lambda council: (-abs(found[council]), council))
    sides = []
    for councils, word in (
        ([c for c in order if found[c] > 0], up),
        ([c for c in order if found[c] < 0], down),
    ):
        if not councils:
            continue
        first, *others = councils
        said = [f"{names[first]} {verb} {format_pounds(abs(found[first]))} {word}"]
        said += [f"{names[other]} {format_pounds(abs(found[other]))}" for other in others]
        sides.append(_listed(said))
    return "; ".join(sides)


def of_one_quarter(quarter: str, *, closed: bool) -> str:
    """A sentence about figures that are all for one quarter."""
    if closed:
        return (
            f"All of it is for {quarter}, which is closed and stands: this is what would have "
            "happened."
        )
    return f"All of it is for {quarter}, which is still open."


def number(value: Fraction | str) -> str:
    """A driver's value as a person writes it.

    >>> number("2000"), number("1,163.50"), number(Fraction(9, 4))
    ('2,000', '1,163.5', '2.25')
    """
    exact = Decimal(value.replace(",", "")) if isinstance(value, str) else _decimal(value)
    return f"{exact:,f}".rstrip("0").rstrip(".") if exact % 1 else f"{exact:,.0f}"


def _decimal(value: Fraction) -> Decimal:
    """Exact: a value has at most four decimals."""
    return Decimal(int(value * 10_000)).scaleb(-4)


def asked_of_rule(
    *,
    service: str,
    kind: str,
    method: str,
    shares: Mapping[str, str],
    driver: str,
    weights: Mapping[str, str],
    to_host: bool,
) -> str:
    """A rule in words, for the middle of a sentence, from names and shares."""
    what = f"the {KINDS[kind]} of {service} and the services below it were split"
    if method == "fixed":
        how = "by fixed shares, " + _listed([f"{name} {share}" for name, share in shares.items()])
    elif method == "driver":
        how = f"by {driver}"
    else:
        parts = _listed([f"{weight} of {name}" for name, weight in weights.items()])
        how = f"by a blend, {parts}"
    host = ", with variances in indirect costs left to the host" if to_host else ""
    return f"{what} {how}{host}"


def _listed(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
