"""Two versions of a return side by side, and one merged from both as chosen. Pure.

Two people began from the same version and both changed it; the first has saved. What the second
typed (`mine`) is compared, line by line, with what is stored now (`theirs`). What both began from
(`base`) shows who did what. Nothing is decided here: each line on which the two differ takes the
side that a person chooses.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from finance.money import read_json_money
from savings.returns.rows import COLUMNS, EntryRow

Lines = Sequence[tuple[int, EntryRow]]
Typed = Sequence[tuple[int | None, EntryRow]]


class Side(StrEnum):
    MINE = "mine"
    THEIRS = "theirs"


class Deed(StrEnum):
    """What one side did to a line since both began."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    NOTHING = "left as it was"


@dataclass(frozen=True, slots=True)
class Difference:
    """A line that differs between the two versions; None if a version doesn't have it.

    If it is not known what both began from, `mine_did` and `theirs_did` have no value. `suggested`
    is the side that did something if the other did nothing, and None if both did.
    """

    key: str
    mine: EntryRow | None
    theirs: EntryRow | None
    mine_did: Deed | None = None
    theirs_did: Deed | None = None
    suggested: Side | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in which they differ; if one has no line, those that are not empty."""
        return tuple(
            column for column in COLUMNS if _cell(self.mine, column) != _cell(self.theirs, column)
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """`mine` with the number of the line that each row continues, `theirs` in its order."""

    mine: Typed
    theirs: Lines
    differences: tuple[Difference, ...]
    same: int

    def undecided(self, choices: Mapping[str, Side]) -> tuple[Difference, ...]:
        """The lines for which no side is chosen yet."""
        return tuple(line for line in self.differences if line.key not in choices)

    def merged(self, choices: Mapping[str, Side]) -> list[tuple[int | None, EntryRow]]:
        """The lines of both, each as chosen; raises KeyError for a line without a choice.

        They are in the order of `theirs`. A line that only I have follows the line it followed in
        mine.
        """
        chosen = {line.key: choices[line.key] for line in self.differences}
        by_me = {number: row for number, row in self.mine if number is not None}
        merged: list[tuple[int | None, EntryRow]] = []
        for number, row in self.theirs:
            if chosen.get(_key(number)) is not Side.MINE:
                merged.append((number, row))
            elif number in by_me:
                merged.append((number, by_me[number]))
        stored = {number for number, _ in self.theirs}
        place = 0  # where the next line of mine is put in
        for mine_place, (mine, row) in enumerate(self.mine, start=1):
            if mine in stored:
                places = [spot for spot, (kept, _) in enumerate(merged, 1) if kept == mine]
                place = places[0] if places else place
            elif chosen[_key(mine, mine_place)] is Side.MINE:
                merged.insert(place, (None, row))
                place += 1
        return merged


def put_side_by_side(base: Mapping[int, EntryRow] | None, mine: Typed, theirs: Lines) -> Comparison:
    """Every line on which mine and theirs differ, those of mine first, in its order.

    A row of mine is the line whose number it names. If both added an identical one, it is one line;
    if they are only similar, they are two, so that both can be kept. `base` is None if it is not
    known what both began from.

    >>> a, b = (EntryRow("hr", "saving", "own", pence) for pence in (1, 2))
    >>> found = put_side_by_side({7: a}, [(7, a)], [(7, b)])
    >>> [(line.key, line.suggested.value) for line in found.differences]
    [('line-7', 'theirs')]
    """
    rows = _paired(base, mine, theirs)
    stored = dict(theirs)
    listed = {number for number, _ in rows}
    sides: list[tuple[str, int | None, EntryRow | None, EntryRow | None]] = [
        (_key(number, place), number, row, None if number is None else stored.get(number))
        for place, (number, row) in enumerate(rows, start=1)
    ]
    sides += [(_key(number), number, None, row) for number, row in theirs if number not in listed]
    return Comparison(
        mine=rows,
        theirs=theirs,
        differences=tuple(
            _difference(key, number, base, mine_row, their_row)
            for key, number, mine_row, their_row in sides
            if mine_row != their_row
        ),
        same=sum(1 for _, _, mine_row, their_row in sides if mine_row == their_row),
    )


def before_saves(
    lines: Mapping[int, EntryRow],
    saves: Iterable[tuple[Mapping[str, object], Mapping[str, object]]],
) -> dict[int, EntryRow]:
    """The lines as they were before these saves, the latest first, each as (before, after).

    `before` and `after` are what the event of a save holds: under `entries`, the lines as they were
    and as they became. Raises KeyError or ValueError if they hold something else.
    """
    found = dict(lines)
    for before, after in saves:
        for number, _ in _said(after):
            found.pop(number, None)
        found.update(_said(before))
    return found


def _said(half: Mapping[str, object]) -> list[tuple[int, EntryRow]]:
    entries = half["entries"]
    if not isinstance(entries, list):
        raise ValueError("the event of a save lists its entries")
    return [(entry["id"], _row(entry)) for entry in entries]


def _row(said: Mapping[str, object]) -> EntryRow:
    """The row of a line as an event describes it, leaving out what is empty."""
    values: dict[str, object] = {column: said[column] for column in COLUMNS if column in said}
    values["amount"] = read_json_money(str(said["amount"]))
    tupe = values.pop("tupe", ())
    codes = tuple(str(code) for code in tupe) if isinstance(tupe, list | tuple) else ()
    return EntryRow(**values, tupe=codes)  # type: ignore[arg-type]


def _paired(base: Mapping[int, EntryRow] | None, mine: Typed, theirs: Lines) -> Typed:
    stored = dict(theirs)
    known = stored.keys() | (base or {}).keys()
    numbers: list[int | None] = []
    for named, _ in mine:
        numbers.append(named if named in known and named not in numbers else None)
    added: dict[EntryRow, deque[int]] = defaultdict(deque)
    for number, row in theirs:
        if number not in numbers and number not in (base or {}):
            added[row].append(number)
    for place, (_, row) in enumerate(mine):
        if numbers[place] is None and added[row]:
            numbers[place] = added[row].popleft()
    return [(number, row) for number, (_, row) in zip(numbers, mine, strict=True)]


def _difference(
    key: str,
    number: int | None,
    base: Mapping[int, EntryRow] | None,
    mine: EntryRow | None,
    theirs: EntryRow | None,
) -> Difference:
    if base is None:
        return Difference(key, mine, theirs)
    before = None if number is None else base.get(number)
    suggested = None
    if mine == before:
        suggested = Side.THEIRS
    elif theirs == before:
        suggested = Side.MINE
    return Difference(key, mine, theirs, _deed(before, mine), _deed(before, theirs), suggested)


def _deed(before: EntryRow | None, after: EntryRow | None) -> Deed:
    if before == after:
        return Deed.NOTHING
    if before is None:
        return Deed.ADDED
    return Deed.REMOVED if after is None else Deed.CHANGED


def _key(number: int | None, place: int = 0) -> str:
    return f"new-{place}" if number is None else f"line-{number}"


def _cell(row: EntryRow | None, column: str) -> object:
    value = getattr(row, column, "")
    return "" if value is None or value == () else value
