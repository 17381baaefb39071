"""The record's files as typed rows, or every row's errors at once.

`fixtures/record/` holds CSV in UTF-8: `documents`, `tables` and `figures/` (one
file a document) are what was published; `checks` and `known_differences` say how
it is footed; `councils`, `services`, `participation`, `states`, `plans`,
`plan_lines` and `delivery` are what the rest of the system starts from. Reads files only, never
the database.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from finance.money import from_pence, parse_money
from finance.periods import FinancialYear, Quarter
from savings.record.footing import Cell, Check, Known
from services.states import LABELS, State

_TOTALS = ("", "down", "across", "both", "memo")
_DERIVED, _PUBLISHED = "derived", "published"
_YES_OR_NO = {"yes": True, "no": False}
Row = dict[str, str]
T = TypeVar("T")


class RecordError(ValueError):
    """The files can't be read as a record; `errors` has a sentence for every fault."""

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
class PlanRow:
    code: str
    name: str
    adopted: bool
    document: str
    place: str
    description: str


@dataclass(frozen=True, slots=True)
class PlanLineRow:
    plan: str
    label: str
    service: str
    category: str
    year: FinancialYear
    low: Decimal
    middle: Decimal
    high: Decimal
    basis: str
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
    plans: tuple[PlanRow, ...]
    plan_lines: tuple[PlanLineRow, ...]
    delivery: tuple[DeliveryRow, ...]

    def cells(self) -> list[Cell]:
        """The figures, and the plans and the delivered totals as tables beside them.

        A plan stands as table ``plan:<code>``, a row for each label, a section for
        each programme; the partnership's entries as table ``delivery``.
        """
        return [row.cell for row in self.figures] + self._planned() + self._delivered()

    def programme(self, slug: str) -> str:
        """The root of the tree above a service; empty for none."""
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
        return [
            Cell(
                table=f"plan:{line.plan}",
                section=self.programme(line.service),
                row=line.label,
                column=line.year.label,
                printed="",
                value=line.middle,
                unit="GBP",
                total="",
            )
            for line in self.plan_lines
        ]

    def _delivered(self) -> list[Cell]:
        return [
            Cell("delivery", "", row.label, "Amount", "", row.amount, "GBP", "")
            for row in self.delivery
        ]


def read_record(folder: Path) -> Record:
    """The record in a folder; raises RecordError with every fault found."""
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
        plans=reader.rows("plans.csv", _plan),
        plan_lines=reader.rows("plan_lines.csv", _plan_line),
        delivery=reader.rows("delivery.csv", _delivery),
    )
    for path in sorted((folder / "figures").glob("*.csv")):
        if path.stem not in {document.code for document in documents}:
            reader.errors.append(f"figures/{path.name}: documents.csv names no such document.")
    errors = reader.errors or list(_faults(record))
    if errors:
        raise RecordError(errors)
    return record


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.errors: list[str] = []

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
                    raise ValueError("has more or fewer cells than there are columns.")
                yield build(row)
            except (ValueError, KeyError, TypeError, InvalidOperation) as error:
                self.errors.append(f"{name}, line {rows.line_num}: {error}")


def _figure(row: Row) -> FigureRow:
    value = Decimal(row["value"]) if row["value"] else None
    if value is not None and not value.is_finite():
        raise ValueError(f"value “{row['value']}” is no number.")
    if row["total"] not in _TOTALS:
        raise ValueError(f"total “{row['total']}” is none of {', '.join(_TOTALS[1:])}.")
    if value is not None and not row["unit"]:
        raise ValueError("has a value and no unit.")
    if row["provenance"] not in (_PUBLISHED, _DERIVED):
        raise ValueError("provenance is neither published nor derived.")
    if (row["provenance"] == _DERIVED) != bool(row["derivation"]):
        raise ValueError("a derived figure says how it is derived; a published one doesn't.")
    if not row["place"]:
        raise ValueError("has no place in its document.")
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


def _plan(row: Row) -> PlanRow:
    if row["adopted"] not in _YES_OR_NO:
        raise ValueError("adopted is neither yes nor no.")
    kept = {name: text for name, text in row.items() if name != "adopted"}
    return PlanRow(adopted=_YES_OR_NO[row["adopted"]], **kept)


def _plan_line(row: Row) -> PlanLineRow:
    low, middle, high = (from_pence(parse_money(row[name])) for name in ("low", "middle", "high"))
    if not low <= middle <= high:
        raise ValueError("low, middle and high are not in order.")
    kept = {name: text for name, text in row.items() if name not in _PLAN_LINE_TYPED}
    year = FinancialYear.parse(row["financial_year"])
    return PlanLineRow(year=year, low=low, middle=middle, high=high, **kept)


_PLAN_LINE_TYPED = ("financial_year", "low", "middle", "high")


def _delivery(row: Row) -> DeliveryRow:
    kept = {name: text for name, text in row.items() if name not in ("period", "amount")}
    return DeliveryRow(
        period=Quarter.parse(row["period"]), amount=from_pence(parse_money(row["amount"])), **kept
    )


def _faults(record: Record) -> Iterator[str]:
    """Names that are given twice, and names that refer to nothing."""
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
        (f"{i.plan} {i.year.code} {i.label} {i.service}" for i in record.plan_lines),
    )
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
    # Who names whom: what stands in a row, and where it must be found.
    named = [
        *((item.document, documents) for item in record.tables),
        *((item.document, documents) for item in record.services),
        *((item.service, services) for item in record.participation),
        *((item.council, councils) for item in record.participation),
        *((item.document, documents) for item in record.participation),
        *((item.service, services) for item in record.states),
        *((item.document, documents) for item in record.states),
        *((item.document, documents) for item in record.plans),
        *((item.plan, plans) for item in record.plan_lines),
        *((item.service, services) for item in record.plan_lines if item.service),
        *((item.document, documents) for item in record.plan_lines),
        *((item.service, services) for item in record.delivery),
        *((item.document, documents) for item in record.delivery),
    ]
    for name, where in named:
        if name not in where:
            yield f"“{name}” is named, but isn't there."


def _twice(kind: str, names: Iterator[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{kind.capitalize()} “{name}” is given {count} times."
