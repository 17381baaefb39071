"""What a save would do to a return's lines: added, changed, removed, moved. Pure.

A line keeps its number (the entry's id) for as long as it is the same line, so that a question
asked on it, and its history, stay with it however often it is edited. A save of a form, a call of
the API and a file all use `compare`, and so does the preview of a file.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from savings.returns.rows import EntryRow


@dataclass(frozen=True, slots=True)
class Changed:
    """A line that stays the same line and has changed."""

    id: int
    before: EntryRow
    after: EntryRow


@dataclass(frozen=True, slots=True)
class Changes:
    """`ids` has for each new row the number of the line it continues, None for a new line.

    `removed` are lines that no new row continues. `moved` says whether the lines that stay are in
    another order.
    """

    ids: tuple[int | None, ...]
    added: tuple[EntryRow, ...]
    changed: tuple[Changed, ...]
    removed: tuple[tuple[int, EntryRow], ...]
    moved: bool

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.moved)


def compare(
    old: Sequence[tuple[int, EntryRow]], new: Sequence[tuple[int | None, EntryRow]]
) -> Changes:
    """Pair the new rows with the lines that they continue, in this order of preference.

    The line whose number the row names; an identical line; the first line left of the same service,
    kind and description, whose amount or words have changed. Each line is continued at most once. A
    number that names no line of this return is ignored. Rows of a file name no numbers.

    >>> a, b = (EntryRow("hr", "saving", "own", pence) for pence in (1, 2))
    >>> [c.after.amount for c in compare([(7, a)], [(None, b)]).changed]
    [2]
    """
    lines = dict(old)
    ids: list[int | None] = [None] * len(new)
    left = dict(lines)
    for place, (named, _) in enumerate(new):
        if named is not None and named in left:
            ids[place] = named
            del left[named]
    _pair(ids, new, left, lambda row: row)
    _pair(ids, new, left, _description)
    kept = [number for number in ids if number is not None]
    staying = set(kept)
    return Changes(
        ids=tuple(ids),
        added=tuple(row for number, (_, row) in zip(ids, new, strict=True) if number is None),
        changed=tuple(
            Changed(number, lines[number], row)
            for number, (_, row) in zip(ids, new, strict=True)
            if number is not None and lines[number] != row
        ),
        removed=tuple((number, row) for number, row in old if number not in staying),
        moved=kept != [number for number, _ in old if number in staying],
    )


def named_lines(raw: Iterable[tuple[int, Mapping[str, object]]]) -> list[int | None]:
    """The number of the line that each row names, if it names one."""
    return [_number(columns.get("id")) for _, columns in raw]


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _pair(
    ids: list[int | None],
    new: Sequence[tuple[int | None, EntryRow]],
    left: dict[int, EntryRow],
    alike: Callable[[EntryRow], Hashable],
) -> None:
    """Give each row that continues no line yet the first line left that is like it."""
    if not left:
        return
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for number, row in left.items():
        waiting[alike(row)].append(number)
    for place, (_, row) in enumerate(new):
        if ids[place] is None and (found := waiting.get(alike(row))):
            number = ids[place] = found.popleft()
            del left[number]


def _description(row: EntryRow) -> Hashable:
    return (
        row.service,
        row.kind,
        row.scope,
        row.recurrence,
        row.nature,
        row.cause,
        row.caused_by,
        row.corrects,
    )
