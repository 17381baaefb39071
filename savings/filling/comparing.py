"""The form in which a person chooses, line by line, between two versions of a return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from finance.money import format_pounds
from savings.filling.controls import BY_NAME, Lists
from savings.filling.merging import Deed, Difference, Side
from savings.filling.stale import Meanwhile
from savings.returns.rows import COLUMNS, EntryRow
from services.tree import ServiceTree

#: What one side did to a line, in a sentence for the page.
MINE = {
    Deed.ADDED: "You added this line.",
    Deed.CHANGED: "You changed this line.",
    Deed.REMOVED: "You removed this line.",
    Deed.NOTHING: "",
    None: "",
}
THEIRS = {
    Deed.ADDED: "They added this line.",
    Deed.CHANGED: "They changed this line.",
    Deed.REMOVED: "They removed this line.",
    Deed.NOTHING: "",
    None: "",
}


@dataclass(frozen=True, slots=True)
class ComparedCell:
    """A column of a line on both sides, in words; `differs` if they are not the same."""

    label: str
    mine: str
    theirs: str
    differs: bool


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A line that differs, as the page shows it, and whether theirs is illustrative."""

    difference: Difference
    name: str
    cells: Sequence[ComparedCell]
    choice: str
    illustrative: bool
    error: str = ""

    @property
    def key(self) -> str:
        return self.difference.key

    @property
    def said(self) -> str:
        """Who did what, in a sentence or two."""
        line = self.difference
        said = f"{MINE[line.mine_did]} {THEIRS[line.theirs_did]}".strip()
        if said:
            return said
        if line.mine is None:
            return "Only they have this line."
        return "Only you have this line." if line.theirs is None else ""


class ChoosingForm:
    """The choices between the lines that differ; left open if both sides did something."""

    def __init__(
        self, meanwhile: Meanwhile, tree: ServiceTree, lists: Lists, data: QueryDict | None = None
    ) -> None:
        self.comparison = meanwhile.comparison
        self.deeds = meanwhile.deeds
        self._made_up = {f"line-{number}" for number in meanwhile.illustrative}
        self.asked = data is not None
        self._names = {slug: node.name for slug, node in tree.nodes.items()}
        self._words: dict[str, Mapping[str, str]] = {
            column: dict(options) for column, options in lists.choices().items()
        }
        self.choices = self._chosen(data)

    def _chosen(self, data: QueryDict | None) -> dict[str, Side]:
        differences = self.comparison.differences
        if data is None:
            return {line.key: line.suggested for line in differences if line.suggested}
        if (every := data.get("all")) in list(Side):
            return {line.key: Side(every) for line in differences}
        said = {line.key: data.get(f"choice-{line.key}") for line in differences}
        return {key: Side(choice) for key, choice in said.items() if choice in list(Side)}

    @property
    def is_complete(self) -> bool:
        return not self.comparison.undecided(self.choices)

    @property
    def lines(self) -> list[ComparedLine]:
        return [self._line(line) for line in self.comparison.differences]

    @property
    def error_links(self) -> list[dict[str, str]]:
        return [
            {"message": f"{line.name}: {line.error}", "href": f"#choice-{line.key}-mine"}
            for line in self.lines
            if line.error
        ]

    def _line(self, line: Difference) -> ComparedLine:
        row = line.mine or line.theirs
        if row is None:
            raise ValueError("a difference has a line on one side at least")
        service, kind = self._said(row, "service"), self._said(row, "kind")
        choice = self.choices.get(line.key)
        missing = self.asked and choice is None
        return ComparedLine(
            difference=line,
            name=f"{service}, {kind[:1].lower()}{kind[1:]}",
            cells=self._cells(line),
            choice=choice or "",
            illustrative=line.key in self._made_up,
            error="Choose yours or theirs." if missing else "",
        )

    def _cells(self, line: Difference) -> list[ComparedCell]:
        cells = []
        for column in COLUMNS:
            mine, theirs = self._said(line.mine, column), self._said(line.theirs, column)
            if mine or theirs:
                label = BY_NAME[column].label
                cells.append(ComparedCell(label, mine, theirs, column in line.columns))
        return cells

    def _said(self, row: EntryRow | None, column: str) -> str:
        """What a line says in a column, in the page's words."""
        if row is None:
            return ""
        if column == "amount":
            return format_pounds(row.amount)
        value = getattr(row, column)
        if column == "service":
            return self._names.get(value, value)
        if column == "tupe":
            return ", ".join(self._words[column].get(code, code) for code in value)
        if value in ("", None):
            return ""
        return self._words.get(column, {}).get(value, str(value))
