"""What a template holds, and an upload's preview for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finance.money import read_json_money
from savings.filling.lines import stored_lines
from savings.returns.models import Entry, Return
from savings.returns.reports import PLURALS
from savings.returns.rows import COLUMNS
from savings.uploads.models import Upload
from savings.uploads.templates import ServiceLine, Template
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council

#: The most lines that a preview shows for each sort of change.
LINES_SHOWN = 100
MISTAKES_SHOWN = 200


def filled_template(parent: Return) -> Template:
    """A return to fill in, with its present rows."""
    tree = Service.objects.tree()
    return Template(
        council=parent.council_code,
        council_name=parent.council.name if parent.council else "The partnership",
        period=parent.period.code,
        quarter=parent.quarter.label,
        rows=[line.row for line in stored_lines(parent)],
        services=[
            ServiceLine(
                node.slug,
                node.name,
                tree.nodes[tree.programme(node.slug)].name,
                tree.participants(node.slug, parent.quarter),
            )
            for node, _ in tree.walk()
        ],
        councils=list(Council.objects.values_list("code", "name")),
    )


@dataclass(frozen=True, slots=True)
class KindChange:
    """The pence of a kind in the return now, and in the file."""

    label: str
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line that a file adds, changes or removes; `row` is its row in the file.

    `before` and `after` are in pence. `others` are the other columns that change: the name, the
    value before and the value after.
    """

    row: int | None
    service: str
    kind: str
    scope: str
    before: int | None
    after: int | None
    words: str
    others: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would do: how many lines of each sort of change, and the first of them.

    `warnings` are rows to check, each with its number. They count as they are.
    """

    added: int
    changed: int
    removed: int
    moved: bool
    kinds: Sequence[KindChange]
    added_lines: Sequence[LineChange]
    changed_lines: Sequence[LineChange]
    removed_lines: Sequence[LineChange]
    warnings: Sequence[tuple[int, str]] = ()

    @property
    def changes_nothing(self) -> bool:
        return not (self.added or self.changed or self.removed or self.moved)


def preview_of(upload: Upload) -> Preview:
    """The preview of an upload that has no mistakes."""
    outcome: Mapping[str, Any] = upload.outcome or {}
    tree = Service.objects.tree()
    lines = outcome["lines"]
    return Preview(
        added=outcome["added"],
        changed=outcome["changed"],
        removed=outcome["removed"],
        moved=outcome["moved"],
        kinds=[
            KindChange(
                label,
                read_json_money(outcome["before"][kind]),
                read_json_money(outcome["after"][kind]),
            )
            for kind, label in PLURALS.items()
        ],
        added_lines=_lines(lines["added"], tree),
        changed_lines=_lines(lines["changed"], tree),
        removed_lines=_lines(lines["removed"], tree),
        warnings=[(each["row"], each["message"]) for each in outcome.get("warnings", ())],
    )


def _lines(lines: Sequence[Mapping[str, Any]], tree: ServiceTree) -> list[LineChange]:
    return [_line(line, tree) for line in lines[:LINES_SHOWN]]


def _line(line: Mapping[str, Any], tree: ServiceTree) -> LineChange:
    before, after = line.get("before") or {}, line.get("after") or {}
    columns = after or before
    node = tree.nodes.get(columns["service"])
    others = [
        (column, _words(before.get(column)), _words(after.get(column)))
        for column in COLUMNS
        if column != "amount" and before and after and before.get(column) != after.get(column)
    ]
    return LineChange(
        row=line.get("row"),
        service=node.name if node else columns["service"],
        kind=str(Entry.Kind(columns["kind"]).label),
        scope=str(Entry.Scope(columns["scope"]).label),
        before=read_json_money(before["amount"]) if before else None,
        after=read_json_money(after["amount"]) if after else None,
        words=columns.get("note") or columns.get("evidence") or "",
        others=others,
    )


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The mistakes of a file that can't be stored: how many, and the first of them."""

    count: int
    shown: Sequence[Mapping[str, Any]]


def mistakes_of(upload: Upload) -> Mistakes:
    """The mistakes of an upload that was refused."""
    outcome: Mapping[str, Any] = upload.outcome or {}
    return Mistakes(outcome["mistakes"], outcome["errors"][:MISTAKES_SHOWN])
