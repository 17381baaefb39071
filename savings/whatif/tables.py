"""The lines of a what-if as the tables of a page, in pence, with sums. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from finance.periods import Quarter
from savings.whatif.whatif import WhatIfLine


class Splits(Protocol):
    """What falls on a council, today and then."""

    @property
    def council(self) -> str | None: ...
    @property
    def today(self) -> int: ...
    @property
    def then(self) -> int: ...
    @property
    def illustrative(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One council's amounts in pence. `code` is None for what falls on no council, and for sums."""

    code: str | None
    name: str
    today: int
    then: int
    illustrative: bool

    @property
    def difference(self) -> int:
        return self.then - self.today


@dataclass(frozen=True, slots=True)
class Table:
    """A row for each council that has any part, and their sum."""

    rows: tuple[Row, ...]
    total: Row


NOBODY = "No council: not attributed"


def table_of(lines: Iterable[Splits], councils: Sequence[tuple[str, str]]) -> Table:
    """The lines added up by council. `councils` are codes and names, in order."""
    sums: dict[str | None, tuple[int, int, bool]] = {}
    for line in lines:
        today, then, made_up = sums.get(line.council, (0, 0, False))
        sums[line.council] = (today + line.today, then + line.then, made_up or line.illustrative)
    rows = [_row(code, name, *sums.get(code, (0, 0, False))) for code, name in councils]
    if None in sums and any(sums[None][:2]):
        rows.append(_row(None, NOBODY, *sums[None]))
    everything = [sum(each[place] for each in sums.values()) for place in (0, 1)]
    total = _row(None, "Total", everything[0], everything[1], False)
    return Table(tuple(rows), total)


def by_quarter(
    lines: Sequence[WhatIfLine], councils: Sequence[tuple[str, str]]
) -> list[tuple[Quarter, Table]]:
    """A table for each quarter that has lines, earliest first."""
    quarters = sorted({line.quarter for line in lines})
    return [
        (quarter, table_of((line for line in lines if line.quarter == quarter), councils))
        for quarter in quarters
    ]


def councils_in(lines: Iterable[Splits], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The code and name of every council in the lines, in order of code."""
    codes = {line.council for line in lines if line.council is not None}
    return [(code, names[code]) for code in sorted(codes)]


def _row(code: str | None, name: str, today: int, then: int, illustrative: bool) -> Row:
    return Row(code, name, today, then, illustrative)
