"""The record's files as typed rows, or every row's errors at once.

`fixtures/record/` holds CSV in UTF-8. `documents`, `tables` and `figures/` (one
file for each document) hold what was published; `checks` and `known_differences`
how it is added up; `councils`, `services`, `participation`, `states`,
`drivers`, `plans`, `plan_lines` and `delivery` what the rest of the system starts from. Reads only
files, never the database.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from finance.money import MoneyError, from_pence, parse_money
from finance.periods import FinancialYear, Quarter
from savings.record.footing import Cell, Check, Known
from services.states import LABELS, State

_TOTALS = ("", "down", "across", "both", "memo")
_DERIVED, _PUBLISHED = "derived", "published"
_YES_OR_NO = {"yes": True, "no": False}
Row = dict[str, str]
T = TypeVar("T")


class RecordError(ValueError):
    """The files can't be read as a record; `errors` has a sentence for each error."""

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors
        super().__init__("\n".join(errors))


@dataclass(frozen=True, slots=True)
class Document:
    code: str
    title: str
    publisher: str
    published: str
    note: str


@dataclass(frozen=True, slots=True)
class Table:
    code: str
    document: str
    title: str
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class FigureRow:
    document: str
    cell: Cell
    provenance: str
    derivation: str
    place: str
    note: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.cell.table, self.cell.section, self.cell.row, self.cell.column


@dataclass(frozen=True, slots=True)
class CouncilRow:
    code: str
    name: str
    full_name: str


@dataclass(frozen=True, slots=True)
class ServiceRow:
    slug: str
    name: str
    parent: str
    category: str
    document: str
    place: str
    description: str


@dataclass(frozen=True, slots=True)
class ParticipationRow:
    service: str
    council: str
    from_quarter: Quarter
    to_quarter: Quarter | None
    document: str
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class StateRow:
    service: str
    state: State
    from_quarter: Quarter
    to_quarter: Quarter | None
    settled_by: str
    document: str
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class DriverRow:
    """A driver's value for a council: a figure of the record, and the year that it is of."""

    driver: str
    name: str
    unit: str
    council: str
    effective_from: Quarter
    table: str
    section: str
    row: str
    column: str
    note: str

    @property
    def figure(self) -> tuple[str, str, str, str]:
        return self.table, self.section, self.row, self.column


@dataclass(frozen=True, slots=True)
class PlanRow:
    code: str
    name: str
    kind: str
    adopted: bool
    document: str
    place: str
    description: str


@dataclass(frozen=True, slots=True)
class PlanLineRow:
    """A line of a plan. `council` empty for all together; `inside` a label of its plan and year."""

    plan: str
    label: str
    service: str
    council: str
    category: str
    year: FinancialYear
    low: Decimal
    middle: Decimal
    high: Decimal
    cost: Decimal
    basis: str
    phasing: str
    derivation: str
    inside: str
    provenance: str
    document: str
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    period: Quarter
    label: str
    service: str
    kind: str
    scope: str
    amount: Decimal
    recurrence: str
    nature: str
    provenance: str
    document: str
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class Record:
    """Everything in the folder, checked against itself."""

    documents: tuple[Document, ...]
    tables: tuple[Table, ...]
    figures: tuple[FigureRow, ...]
    checks: tuple[Check, ...]
    known: tuple[Known, ...]
    councils: tuple[CouncilRow, ...]
    services: tuple[ServiceRow, ...]
    participation: tuple[ParticipationRow, ...]
    states: tuple[StateRow, ...]
    drivers: tuple[DriverRow, ...]
    plans: tuple[PlanRow, ...]
    plan_lines: tuple[PlanLineRow, ...]
    delivery: tuple[DeliveryRow, ...]

    def cells(self) -> list[Cell]:
        """The figures, followed by the plans and the delivered totals as tables.

        A plan is the table ``plan:<code>`` with a row for each label and a section
        for each programme; a line inside another is in no sum. What getting there costs is
        in columns of its own, such as ``2011/12 cost``, and what is for one council again in
        a row of its code, beside the sums. The partnership's entries are the table ``delivery``.
        """
        return [row.cell for row in self.figures] + self._planned() + self._delivered()

    def programme(self, slug: str) -> str:
        """The root of the tree above a service; empty if no service is given."""
        parents = {service.slug: service.parent for service in self.services}
        while parents.get(slug):
            slug = parents[slug]
        return slug

    def levels(self) -> list[list[tuple[int, ServiceRow]]]:
        """The services with their places in the file, level by level from the roots."""
        depths = {"": -1}
        levels: dict[int, list[tuple[int, ServiceRow]]] = defaultdict(list)
        for place, service in enumerate(self.services):
            depths[service.slug] = depths[service.parent] + 1
            levels[depths[service.slug]].append((place, service))
        return [levels[depth] for depth in sorted(levels)]

    def _planned(self) -> list[Cell]:
        cells = []
        for line in self.plan_lines:
            beside = "memo" if line.inside else ""
            found = [(line.label, line.year.label, line.middle, beside)]
            if line.cost:
                found.append((line.label, f"{line.year.label} cost", line.cost, beside))
            if line.council and not line.inside:
                found.append((line.council, line.year.label, line.middle, "memo"))
            for row, column, value, total in found:
                table, section = f"plan:{line.plan}", self.programme(line.service)
                cells.append(Cell(table, section, row, column, "", value, "GBP", total))
        return cells

    def _delivered(self) -> list[Cell]:
        return [
            Cell("delivery", "", row.label, "Amount", "", row.amount, "GBP", "")
            for row in self.delivery
        ]


def read_record(folder: Path) -> Record:
    """The record in a folder. Raises RecordError with every error found."""
    reader = _Reader(folder)
    documents = reader.rows("documents.csv", lambda row: Document(**row))
    record = Record(
        documents=documents,
        tables=reader.rows("tables.csv", lambda row: Table(**row)),
        figures=tuple(
            figure
            for document in documents
            for figure in reader.rows(f"figures/{document.code}.csv", _figure)
        ),
        checks=reader.rows("checks.csv", _check),
        known=reader.rows("known_differences.csv", lambda row: Known(**row)),
        councils=reader.rows("councils.csv", lambda row: CouncilRow(**row)),
        services=reader.rows("services.csv", lambda row: ServiceRow(**row)),
        participation=reader.rows("participation.csv", _participation),
        states=reader.rows("states.csv", _state),
        drivers=reader.rows("drivers.csv", _driver),
        plans=reader.rows("plans.csv", _plan),
        plan_lines=reader.rows("plan_lines.csv", _plan_line),
        delivery=reader.rows("delivery.csv", _delivery),
    )
    for path in sorted((folder / "figures").glob("*.csv")):
        if path.stem not in {document.code for document in documents}:
            reader.errors.append(f"figures/{path.name}: documents.csv names no such document.")
    errors = reader.errors or [
        *_faults(record),
        *faults_of_inside(record.plan_lines, reader.lines["plan_lines.csv"]),
    ]
    if errors:
        raise RecordError(errors)
    return record


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.errors: list[str] = []
        #: The line of its file that each row of it ends on, in their order.
        self.lines: dict[str, list[int]] = {}

    def rows(self, name: str, build: Callable[[Row], T]) -> tuple[T, ...]:
        try:
            with (self.folder / name).open(encoding="utf-8", newline="") as file:
                return tuple(self._built(name, csv.DictReader(file, strict=True), build))
        except (OSError, csv.Error, UnicodeDecodeError) as error:
            self.errors.append(f"{name}: {error}")
            return ()

    def _built(
        self, name: str, rows: csv.DictReader[str], build: Callable[[Row], T]
    ) -> Iterator[T]:
        for row in rows:
            try:
                if None in row or None in row.values():
                    raise ValueError("the row has more or fewer cells than there are columns.")
                built = build(row)
                self.lines.setdefault(name, []).append(rows.line_num)
                yield built
            except (ValueError, KeyError, TypeError, InvalidOperation) as error:
                self.errors.append(f"{name}, line {rows.line_num}: {error}")


def _figure(row: Row) -> FigureRow:
    value = Decimal(row["value"]) if row["value"] else None
    if value is not None and not value.is_finite():
        raise ValueError(f"value “{row['value']}” is not a number.")
    if row["total"] not in _TOTALS:
        raise ValueError(f"total “{row['total']}” is not one of {', '.join(_TOTALS[1:])}.")
    if value is not None and not row["unit"]:
        raise ValueError("the figure has a value but no unit.")
    if row["provenance"] not in (_PUBLISHED, _DERIVED):
        raise ValueError("provenance is neither published nor derived.")
    if (row["provenance"] == _DERIVED) != bool(row["derivation"]):
        raise ValueError("derivation is only for a derived figure, which must have one.")
    if not row["place"]:
        raise ValueError("the figure has no place in its document.")
    cell = Cell(
        table=row["table"],
        section=row["section"],
        row=row["row"],
        column=row["column"],
        printed=row["printed"],
        value=value,
        unit=row["unit"],
        total=row["total"],
    )
    return FigureRow(
        row["document"], cell, row["provenance"], row["derivation"], row["place"], row["note"]
    )


def _check(row: Row) -> Check:
    if row["compare"] not in ("sum", "words"):
        raise ValueError("compare is neither sum nor words.")
    rounded_to = Decimal(row["rounded_to"]) if row["rounded_to"] else None
    return Check(
        code=row["code"],
        table=row["table"],
        figures=row["figures"],
        compare=row["compare"],
        terms=row["terms"],
        over=row["over"],
        rounded_to=rounded_to,
        what=row["what"],
    )


def _participation(row: Row) -> ParticipationRow:
    return ParticipationRow(
        service=row["service"],
        council=row["council"],
        from_quarter=Quarter.parse(row["from_quarter"]),
        to_quarter=Quarter.parse(row["to_quarter"]) if row["to_quarter"] else None,
        document=row["document"],
        place=row["place"],
        note=row["note"],
    )


def _state(row: Row) -> StateRow:
    if row["state"] not in LABELS:
        raise ValueError(f"state “{row['state']}” is none of {', '.join(LABELS)}.")
    if not row["settled_by"] or not row["place"]:
        raise ValueError("does not say who settled it, or where.")
    kept = {name: text for name, text in row.items() if name not in _STATE_TYPED}
    return StateRow(
        state=State(row["state"]),
        from_quarter=Quarter.parse(row["from_quarter"]),
        to_quarter=Quarter.parse(row["to_quarter"]) if row["to_quarter"] else None,
        **kept,
    )


_STATE_TYPED = ("state", "from_quarter", "to_quarter")


def _driver(row: Row) -> DriverRow:
    if not row["name"] or not row["unit"]:
        raise ValueError("give the driver's name and unit.")
    kept = {name: text for name, text in row.items() if name != "effective_from"}
    return DriverRow(effective_from=Quarter.parse(row["effective_from"]), **kept)


def _plan(row: Row) -> PlanRow:
    if row["adopted"] not in _YES_OR_NO:
        raise ValueError("adopted is neither yes nor no.")
    if row["kind"] not in _KINDS:
        raise ValueError(f"kind “{row['kind']}” is none of {', '.join(_KINDS)}.")
    kept = {name: text for name, text in row.items() if name != "adopted"}
    return PlanRow(adopted=_YES_OR_NO[row["adopted"]], **kept)


def _plan_line(row: Row) -> PlanLineRow:
    low, middle, high = (_money(row, name) for name in ("low", "middle", "high"))
    if not low <= middle <= high:
        raise ValueError("low, middle and high are not in ascending order.")
    cost = _money(row, "cost") if row["cost"] else Decimal(0)
    if cost < 0:
        raise ValueError(f"cost “{row['cost']}” is below 0: give what getting there costs.")
    for name, choices in (("basis", _BASES), ("phasing", _PHASINGS)):
        if row[name] not in choices:
            raise ValueError(f"{name} “{row[name]}” is none of {', '.join(choices)}.")
    if (row["phasing"] == _DERIVED) != bool(row["derivation"]):
        raise ValueError("a derived phasing says in derivation how; another doesn't.")
    kept = {name: text for name, text in row.items() if name not in _PLAN_LINE_TYPED}
    year = FinancialYear.parse(row["financial_year"])
    return PlanLineRow(year=year, low=low, middle=middle, high=high, cost=cost, **kept)


def _money(row: Row, column: str) -> Decimal:
    try:
        return from_pence(parse_money(row[column]))
    except MoneyError as error:
        raise ValueError(f"{column}: {error}") from error


_PLAN_LINE_TYPED = ("financial_year", "low", "middle", "high", "cost")
_KINDS = ("proposal", "target", "option", "profile")
_BASES = ("full_year", "in_year", "over_years")
_PHASINGS = (_PUBLISHED, _DERIVED, "reported")


def _delivery(row: Row) -> DeliveryRow:
    kept = {name: text for name, text in row.items() if name not in ("period", "amount")}
    return DeliveryRow(
        period=Quarter.parse(row["period"]), amount=from_pence(parse_money(row["amount"])), **kept
    )


def _faults(record: Record) -> Iterator[str]:
    """Errors: names that are given twice, and names that refer to nothing."""
    documents = {item.code for item in record.documents}
    tables = {item.code: item.document for item in record.tables}
    services = {item.slug for item in record.services}
    councils = {item.code for item in record.councils}
    plans = {item.code for item in record.plans}
    yield from _twice("document", (item.code for item in record.documents))
    yield from _twice("table", (item.code for item in record.tables))
    yield from _twice("service", (item.slug for item in record.services))
    yield from _twice("plan", (item.code for item in record.plans))
    yield from _twice("known difference", (item.code for item in record.known))
    yield from _twice(
        "figure",
        (
            f"{item.cell.table}: {item.cell.section} > {item.cell.row} | {item.cell.column}"
            for item in record.figures
        ),
    )
    yield from _twice(
        "plan line",
        (f"{i.plan} {i.year.code} {i.label} {i.service} {i.council}" for i in record.plan_lines),
    )
    yield from _faults_of_drivers(record)
    for figure in record.figures:
        if tables.get(figure.cell.table) != figure.document:
            yield f"{figure.cell.name}: no such table in document “{figure.document}”."
    for table in record.tables:
        if not any(figure.cell.table == table.code for figure in record.figures):
            yield f"Table “{table.code}” has no figures."
    above: set[str] = {""}
    for service in record.services:
        if service.parent not in above:
            yield f"Service “{service.slug}” must come after “{service.parent}”, which it is below."
        above.add(service.slug)
    # References: the name in a row, and the names where it must be found.
    named = [
        *((item.document, documents) for item in record.tables),
        *((item.document, documents) for item in record.services),
        *((item.service, services) for item in record.participation),
        *((item.council, councils) for item in record.participation),
        *((item.document, documents) for item in record.participation),
        *((item.service, services) for item in record.states),
        *((item.document, documents) for item in record.states),
        *((item.council, councils) for item in record.drivers),
        *((item.document, documents) for item in record.plans),
        *((item.plan, plans) for item in record.plan_lines),
        *((item.service, services) for item in record.plan_lines if item.service),
        *((item.council, councils) for item in record.plan_lines if item.council),
        *((item.document, documents) for item in record.plan_lines),
        *((item.service, services) for item in record.delivery),
        *((item.document, documents) for item in record.delivery),
    ]
    for name, where in named:
        if name not in where:
            yield f"“{name}” is named, but does not exist."


def _faults_of_drivers(record: Record) -> Iterator[str]:
    values = {figure.key for figure in record.figures if figure.cell.value is not None}
    yield from _twice(
        "driver value", (f"{i.driver} {i.council} {i.effective_from.code}" for i in record.drivers)
    )
    called: dict[str, tuple[str, str]] = {}
    for item in record.drivers:
        if item.figure not in values:
            yield (
                f"drivers.csv: {item.driver} for {item.council}: there is no figure with a value "
                f"in table “{item.table}”, section “{item.section}”, row “{item.row}”, column "
                f"“{item.column}”."
            )
        if called.setdefault(item.driver, (item.name, item.unit)) != (item.name, item.unit):
            yield f"drivers.csv: “{item.driver}” has two names or units: keep one."


def faults_of_inside(lines: Sequence[PlanLineRow], rows: Sequence[int]) -> Iterator[str]:
    """What is wrong with the lines that say they are inside another, with the row of each.

    The label names one line of the same plan and year, no other line has it there, and no
    chain of them leads back to where it began. `rows` are the rows of the lines in their file.
    """
    inside: dict[int, int] = {}
    for index, line in enumerate(lines):
        if not line.inside:
            continue
        where = f"plan_lines.csv, line {rows[index]}, column inside: “{line.inside}”"
        found = lines_called(lines, line)
        if index in found:
            yield f"{where} is the line itself. Name another line, or leave it empty."
        elif not found:
            when = f"plan {line.plan} for {line.year.code}"
            yield f"{where} is the label of no line of {when}. Name one of the same plan and year."
        elif len(found) > 1:
            both = " and ".join(str(rows[other]) for other in found)
            yield f"{where} is the label of lines {both}. Give the one that is meant its own label."
        else:
            inside[index] = found[0]
    for index, around in inside.items():
        seen, step = {index}, around
        while step in inside and step not in seen:
            seen.add(step)
            step = inside[step]
        if step == index:
            yield (
                f"plan_lines.csv, line {rows[index]}, column inside: “{lines[index].inside}” is, "
                "by way of others, inside this line again. Leave it empty in one of them."
            )


def lines_called(lines: Sequence[PlanLineRow], line: PlanLineRow) -> list[int]:
    """The places of the lines that a line's `inside` names: of its plan and year, by label."""
    return [
        index
        for index, other in enumerate(lines)
        if (other.plan, other.year, other.label) == (line.plan, line.year, line.inside)
    ]


def _twice(kind: str, names: Iterator[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{kind.capitalize()} “{name}” is given {count} times."
