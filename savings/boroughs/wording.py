"""What a council's figures say in words. Pure: pence and names in, sentences out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from finance.money import format_pounds


class AreaLine(Protocol):
    """An area's name and its amounts."""

    @property
    def area_name(self) -> str: ...
    @property
    def to_date(self) -> int: ...


def reading_of_areas(council: str, lines: Sequence[AreaLine]) -> str:
    """The savings by area in one sentence: how much in all, and where most of it came from."""
    total = sum(line.to_date for line in lines)
    most = max(lines, key=lambda line: line.to_date, default=None)
    if most is None or most.to_date <= 0:
        return f"{format_pounds(total)} falls on {council} to date."
    if len(lines) == 1:
        return f"All of the {format_pounds(total)} to date comes from {most.area_name}."
    return (
        f"Of the {format_pounds(total)} to date, most comes from {most.area_name}: "
        f"{format_pounds(most.to_date)}."
    )
