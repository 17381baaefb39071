"""What each sheet of a council's workbook says, before it is formatted.

Each sheet has a title, a few lines that say what it holds, and one table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finance.money import format_pounds
from savings.boroughs.reports import BoroughFigures, EntryLine, FigureLine
from savings.boroughs.wording import BEING_ADDED, being_added
from savings.kit.wording import moment_in_words
from savings.returns.models import Entry
from savings.returns.reports import PLURALS
from savings.rollup.reports import BeingAdded
from sovereignty.models import Council

#: A number is pence in a column of money and a whole number in others.
Cell = str | int


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: `holds` is text, prose (that wraps), flag, money or whole."""

    header: str
    width: int
    holds: str = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: lines of introduction, then one table; `sums` are the places of total rows."""

    name: str
    title: str
    introduction: Sequence[str]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    when_empty: str = ""
    filters: bool = False
    sums: frozenset[int] = frozenset()


def sheets_of(figures: BoroughFigures) -> tuple[Sheet, ...]:
    """Summary, Figures, Entries and Notes, in that order."""
    return (_summary(figures), _figures(figures), _entries(figures), _notes(figures))


def _summary(figures: BoroughFigures) -> Sheet:
    council = figures.council
    rows: list[Sequence[Cell]] = []
    sums = set()
    for kind in figures.kinds:
        rows.extend(
            (PLURALS[kind], line.area_name, *_money(line), _yes(line.illustrative))
            for line in (*figures.areas(kind), figures.total(kind))
        )
        sums.add(len(rows) - 1)
    return Sheet(
        name="Summary",
        title=f"{council.name}: savings and costs, {figures.quarter.label}",
        introduction=[
            f"Certified to {last_day(figures)}, in pounds: what falls on {council.full_name}.",
            _standing(figures),
            *_warnings(figures),
            "The sheets: Summary by area, Figures by service, Entries, Notes; the annex follows.",
        ],
        columns=(
            Column("Kind", 18),
            Column("Area", 30),
            *_money_columns(figures),
            Column("Rests on an illustrative rule", 16, "flag"),
        ),
        rows=rows,
        when_empty=_none_yet(figures),
        sums=frozenset(sums),
    )


def _figures(figures: BoroughFigures) -> Sheet:
    return Sheet(
        name="Figures",
        title=f"{figures.council.name}: figures by service and kind, {figures.quarter.label}",
        introduction=["One row for each service and kind. Do not add kinds together."],
        columns=(
            Column("Area", 24),
            Column("Service", 36),
            Column("Service code", 28),
            Column("Kind", 18),
            *_money_columns(figures),
            Column("Rests on an illustrative rule", 16, "flag"),
        ),
        rows=[
            (
                line.area_name,
                line.service_name,
                line.service,
                Entry.Kind(line.kind).label,
                *_money(line),
                _yes(line.illustrative),
            )
            for line in figures.lines
        ],
        when_empty=_none_yet(figures),
        filters=True,
    )


def _entries(figures: BoroughFigures) -> Sheet:
    return Sheet(
        name="Entries",
        title=f"{figures.council.name}: entries behind {figures.quarter.label}",
        introduction=[
            "Each certified entry for the quarter that falls on the council, in full or in part.",
            "An empty cell means that it does not apply.",
        ],
        columns=(
            Column("Entry", 8, "whole"),
            Column("Reported by", 23),
            Column("Service", 30),
            Column("Kind", 16),
            Column("Falls on", 17),
            Column("Full amount (£)", 16, "money"),
            Column(f"{figures.council.code}'s part (£)", 16, "money"),
            Column("Recurrence", 12, "flag"),
            Column("Nature", 13),
            Column("Rule", 7, "whole"),
            Column("Rests on an illustrative rule", 13),
            Column("Evidence", 24, "prose"),
            Column("Note", 42, "prose"),
            Column("How it falls", 36, "prose"),
        ),
        rows=[_entry_row(entry) for entry in figures.entries],
        when_empty=why_pending(figures.council, figures.waiting)
        or "No certified entry for the quarter falls on this council.",
        filters=True,
    )


def _entry_row(entry: EntryLine) -> Sequence[Cell]:
    return (
        entry.entry,
        entry.reporter,
        entry.service_name,
        entry.kind_name,
        Entry.Scope(entry.scope).label,
        entry.amount,
        entry.attributed,
        Entry.Recurrence(entry.recurrence).label if entry.recurrence else "",
        Entry.Nature(entry.nature).label if entry.nature else "",
        entry.rule if entry.rule is not None else "",
        _yes(entry.illustrative),
        entry.evidence,
        entry.note,
        entry.falls,
    )


def _notes(figures: BoroughFigures) -> Sheet:
    council, quarter = figures.council.name, figures.quarter
    counted = (
        "Entries of returns that a section 151 officer has certified, from the first quarter to "
        f"{quarter.label}. Drafts and submitted returns are not counted."
    )
    whose = (
        f"What {council} reports as its own falls wholly on it. A shared entry, whichever council "
        "reports it, is split by the rule that every council taking part has agreed to. The part "
        f"that falls on {council} is shown."
    )
    signs = (
        "A saving is positive when spending falls. A cost, or a variance, is positive when "
        "spending rises. Kinds are shown separately and never added together."
    )
    pennies = (
        "Each shared entry is split in whole pence, so that the councils' parts add up to it "
        "exactly. Every total is a plain sum: nothing here has been rounded."
    )
    columns = (
        f"{quarter.label} is {quarter.months}. {quarter.year.label} to Q{quarter.number} runs from "
        "1 April to the end of that quarter. All quarters is everything certified up to then."
    )
    illustrative = (
        "A figure marked illustrative was split by a rule that was made up to show how the service "
        "works, not by one that the councils published or reported."
    )
    source = (
        f"Version {figures.version} of the rollup of certified returns, whose digest is "
        f"{figures.digest or 'not yet made'}. The same version gives the same figures."
    )
    return Sheet(
        name="Notes",
        title="Notes: what is counted, and what is not",
        introduction=["These notes apply to every sheet of this workbook."],
        columns=(Column("Subject", 26), Column("What to know", 100, "prose")),
        rows=[
            ("What is counted", counted),
            ("Who it falls on", whose),
            ("Signs", signs),
            ("Pennies", pennies),
            ("The columns", columns),
            ("Illustrative", illustrative),
            *_undivided_notes(figures),
            ("Where it comes from", source),
        ],
    )


def _undivided_notes(figures: BoroughFigures) -> list[tuple[str, str]]:
    notes = []
    for undivided in figures.undivided:
        name = PLURALS[undivided.kind]
        if undivided.published:
            text = (
                f"{name} of {format_pounds(undivided.published)} were published for the "
                "partnership as a whole, not by council. They are in no council's figures."
            )
            notes.append(("Published for all councils together", text))
        if undivided.reported:
            text = (
                f"{name} of {format_pounds(undivided.reported)} were reported as shared, but no "
                "rule that every council has agreed to splits them. They are in no council's "
                "figures."
            )
            notes.append(("Waiting for a rule", text))
    return notes


def _warnings(figures: BoroughFigures) -> list[str]:
    lines = []
    if figures.illustrative:
        lines.append(
            "Illustrative: rows marked Yes in the last column were split by a made-up rule."
        )
    if figures.undivided:
        lines.append(
            f"Not in any council's figures: {format_pounds(figures.not_attributed)} of savings "
            "(see Notes)."
        )
    return lines


def why_pending(council: Council, waiting: Sequence[BeingAdded]) -> str:
    """What is certified and being added, with when it was certified; empty where nothing is."""
    return being_added(council.code, waiting, lambda at: f"at {moment_in_words(at)}")


def _none_yet(figures: BoroughFigures) -> str:
    return (
        why_pending(figures.council, figures.waiting)
        or "There are no certified figures for this council yet."
    )


def _standing(figures: BoroughFigures) -> str:
    council, quarter = figures.council.name, figures.quarter.label
    if figures.waiting:
        return why_pending(figures.council, figures.waiting)
    if figures.certified:
        return f"{council}'s own return for {quarter} is certified and included."
    return f"{council}'s own return for {quarter} is not certified yet and not included."


def _money_columns(figures: BoroughFigures) -> tuple[Column, Column, Column]:
    quarter = figures.quarter
    return (
        Column(f"{quarter.label} (£)", 17, "money"),
        Column(f"{quarter.year.label} to Q{quarter.number} (£)", 17, "money"),
        Column(f"All quarters to {quarter.label} (£)", 17, "money"),
    )


def _money(line: FigureLine) -> tuple[Cell, ...]:
    amounts = (line.quarter, line.year_to_date, line.to_date)
    return tuple(BEING_ADDED if amount is None else amount for amount in amounts)


def _yes(value: bool) -> str:
    return "Yes" if value else "No"


def last_day(figures: BoroughFigures) -> str:
    day = figures.quarter.last_day
    return f"{day.day} {day:%B %Y}"
