"""What a council's figures say in words. Pure: pence and names in, sentences out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from finance.money import format_pounds
from finance.periods import Quarter


class AreaLine(Protocol):
    """An area's name and its amounts."""

    @property
    def area_name(self) -> str: ...
    @property
    def to_date(self) -> int | None: ...


class Waiting(Protocol):
    """A certified return that is being added: whose, of which quarter, and since when."""

    @property
    def council(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def quarter(self) -> Quarter: ...
    @property
    def certified_at(self) -> datetime: ...


#: In a table, instead of a figure that is not known yet.
BEING_ADDED = "being added"


def being_added(council: str, waiting: Sequence[Waiting], when: Callable[[datetime], str]) -> str:
    """What is certified and not in a council's figures yet, in a few sentences.

    `when` words the moment of a certification: “at 10:30 on 1 July 2013”, “3 minutes ago”.
    Empty if nothing waits.
    """
    told = [
        f"{one.name}’s return for {one.quarter.label} was certified {when(one.certified_at)}, "
        "and its figures are being added."
        for one in waiting
        if one.council == council
    ]
    others = [
        f"{one.name}’s return for {one.quarter.label}, certified {when(one.certified_at)}"
        for one in waiting
        if one.council != council
    ]
    if others:
        told.append(f"Not in these figures yet, but being added: {'; '.join(others)}.")
    return " ".join(told)


def falls(council: str, *, by_rule: bool, budget: str, own_change: bool) -> str:
    """How an entry falls on a council, in a few words.

    `budget` is the code of the transition budget that it falls under, if any; `own_change`
    where the council changed a specification.

    >>> falls("Westminster", by_rule=False, budget="moves", own_change=False)
    'By net reduction in spending, under the transition budget “moves”'
    """
    if budget:
        by = "As savings are split" if by_rule else "By net reduction in spending"
        return f"{by}, under the transition budget “{budget}”"
    if by_rule:
        return "Split by a rule"
    return f"{council} alone, which changed its specification" if own_change else f"{council} alone"


def reading_of_areas(council: str, lines: Sequence[AreaLine]) -> str:
    """The savings by area in one sentence: how much in all, and where most of it came from."""
    known = [(line.area_name, line.to_date) for line in lines if line.to_date is not None]
    total = sum(amount for _, amount in known)
    name, most = max(known, key=lambda line: line[1], default=("", 0))
    if most <= 0:
        return f"{format_pounds(total)} falls on {council} to date."
    if len(lines) == 1:
        return f"All of the {format_pounds(total)} to date comes from {name}."
    return f"Of the {format_pounds(total)} to date, most comes from {name}: {format_pounds(most)}."
