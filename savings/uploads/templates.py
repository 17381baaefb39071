"""A return's template in any format: columns, choices, notes and lists. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from savings.kit.opendocument import Cell, Column, Options, Sheet
from savings.returns.rows import CAUSES, COLUMNS, KINDS, NATURES, RECURRENCES, SCOPES, EntryRow
from savings.uploads.sheets import MOST_ROWS

#: Empty rows with drop-downs in an ODS file, where each row costs something.
SPARE_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Guide:
    """What a column takes, and when it is needed."""

    needed: str
    takes: str
    width: int


GUIDES = {
    "service": Guide("Always", "The service, by its short name: see the sheet Services.", 34),
    "kind": Guide("Always", "saving, ongoing_cost, transition_cost or variance.", 17),
    "scope": Guide(
        "Always",
        "own: falls only on your council. shared: is split by the rule that the councils "
        "taking part have agreed to, and is only for a service that two or more councils share.",
        10,
    ),
    "amount": Guide(
        "Always",
        "Pounds, such as 1234.50. As text also £1,234, (1,234) for minus, 45k, £1.2m, and - for "
        "nil. A saving is positive when spending falls, a cost or a variance when it rises. No "
        "formulas.",
        16,
    ),
    "recurrence": Guide("For a saving", "recurring or one_off.", 13),
    "nature": Guide("For a saving", "cashable, non_cashable or avoided.", 14),
    "cause": Guide(
        "For a variance", "indirect, demand, quality, direct or specification_change.", 22
    ),
    "caused_by": Guide(
        "For the cause specification_change",
        "The council that changed its specification, by its code: see the sheet Councils.",
        11,
    ),
    "tupe": Guide(
        "No",
        "For an ongoing cost: the codes of the only councils that it may fall on, separated by "
        "commas.",
        14,
    ),
    "approval": Guide(
        "No",
        "For a transition cost: the code of a transition budget that every council taking part "
        "has agreed to.",
        14,
    ),
    "corrects": Guide(
        "No", "The number of your council's certified earlier entry that it corrects.", 11
    ),
    "evidence": Guide("No", "A document or place that shows it.", 28),
    "note": Guide("No", "Anything else that a reader should know.", 44),
}
_CHOICES = {
    "kind": KINDS,
    "scope": SCOPES,
    "recurrence": RECURRENCES,
    "nature": NATURES,
    "cause": CAUSES,
}
_HOLDS = {"amount": "money", "corrects": "whole"}


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A service to choose: its slug, its name, and who takes part in it in the quarter."""

    slug: str
    name: str
    programme: str
    participants: Sequence[str]


@dataclass(frozen=True, slots=True)
class Template:
    """A return to fill in: its council, quarter and rows, and what the rows may refer to."""

    council: str
    council_name: str
    period: str
    quarter: str
    rows: Sequence[EntryRow]
    services: Sequence[ServiceLine]
    councils: Sequence[tuple[str, str]]

    @property
    def title(self) -> str:
        return f"{self.council_name}: return for {self.quarter}"

    def file_name(self, extension: str) -> str:
        """The name of a download: `return-WCC-2013-14-Q1.xlsx`."""
        return f"return-{self.council}-{self.period}.{extension}"


def cells_of(row: EntryRow) -> tuple[Cell, ...]:
    """A row as a person would type it, with a cell for each of COLUMNS. The amount is in pence."""
    return (
        row.service,
        row.kind,
        row.scope,
        row.amount,
        row.recurrence,
        row.nature,
        row.cause,
        row.caused_by,
        ",".join(row.tupe),
        row.approval,
        row.corrects,
        row.evidence,
        row.note,
    )


def sheets_of(template: Template) -> tuple[Sheet, ...]:
    """The rows to fill in, and sheets to look up services, councils and columns."""
    return (
        Sheet(
            "Return",
            [_column(name, template) for name in COLUMNS],
            (cells_of(row) for row in template.rows),
            spare=min(SPARE_ROWS, MOST_ROWS - len(template.rows)),
        ),
        Sheet(
            "Services",
            [
                Column("service", 38),
                Column("Name", 46),
                Column("Programme", 40),
                Column(f"Takes part in {template.quarter}", 30),
            ],
            [
                (line.slug, line.name, line.programme, ", ".join(line.participants))
                for line in template.services
            ],
            locked=True,
        ),
        Sheet(
            "Councils", [Column("council", 12), Column("Name", 40)], template.councils, locked=True
        ),
        Sheet(
            "Columns",
            [Column("column", 14), Column("Needed", 34), Column("What it takes", 110)],
            [(name, guide.needed, guide.takes) for name, guide in GUIDES.items()],
            locked=True,
        ),
    )


def _column(name: str, template: Template) -> Column:
    guide = GUIDES[name]
    options = None
    if name == "service":
        options = Options(sheet="Services", count=len(template.services))
    elif name == "caused_by":
        options = Options(sheet="Councils", count=len(template.councils))
    elif name in _CHOICES:
        options = Options(values=_CHOICES[name])
    needed = "Not needed." if guide.needed == "No" else f"Needed: {guide.needed.lower()}."
    return Column(
        name,
        guide.width,
        holds=_HOLDS.get(name, "text"),
        note=f"{needed} {guide.takes}",
        options=options,
        remedy=f"Choose one from the list. {guide.takes}"[:250],
    )
