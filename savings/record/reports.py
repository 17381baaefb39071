"""The record as typed rows for its pages: documents, tables as printed, differences, plans."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.db.models import Count, Min, Q

from finance.money import MINUS, format_pounds
from finance.periods import FinancialYear
from savings.kit.provenance import Provenance
from savings.plans.models import Plan, PlanLine
from savings.record.dates import MONTHS
from savings.record.footing import ONLY_COLUMN
from savings.record.models import Figure, FootingDifference, RecordTable, SourceDocument
from services.models import Participation, Service, ServiceState

_UNITS = {
    "GBP": "£",
    "GBP thousand": "£ thousand",
    "GBP million": "£ million",
    "GBP billion": "£ billion",
}
_BARE = re.compile(r"[-+]?[0-9.,]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document with its numbers of tables, figures and differences."""

    code: str
    title: str
    publisher: str
    published: str
    note: str
    tables: int
    figures: int
    differences: int


@dataclass(frozen=True, slots=True)
class CellReport:
    """One figure as a page shows it; `text` is what was printed, or the derived value."""

    text: str
    unit: str
    provenance: str


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """A column's heading; `unit` is the unit of its figures that don't print their own."""

    name: str
    unit: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class RowReport:
    """A row of a table: each column with its cell, or None if it has no cell there."""

    label: str
    cells: tuple[tuple[ColumnReport, CellReport | None], ...]
    is_total: bool
    place: str


@dataclass(frozen=True, slots=True)
class SectionReport:
    name: str
    rows: tuple[RowReport, ...]


@dataclass(frozen=True, slots=True)
class Derivation:
    what: str
    how: str


@dataclass(frozen=True, slots=True)
class DifferenceReport:
    """A printed figure and the derived one, both as text."""

    what: str
    printed: str
    derived: str
    difference: str
    unit: str
    reason: str
    listed: bool


@dataclass(frozen=True, slots=True)
class TableReport:
    """A table as printed, with its place, its derivations, notes and differences.

    `unit` is the unit of the figures that don't print their own, if it is the same for all;
    otherwise a column or a cell has it. `has_places` if the figures of one table come from
    several places.
    """

    code: str
    title: str
    place: str
    note: str
    unit: str
    columns: tuple[ColumnReport, ...]
    sections: tuple[SectionReport, ...]
    has_places: bool
    is_list: bool
    derivations: tuple[Derivation, ...]
    notes: tuple[Derivation, ...]
    differences: tuple[DifferenceReport, ...]

    @property
    def width(self) -> int:
        """How many columns a page needs."""
        return 1 + len(self.columns) + self.has_places

    @property
    def is_wide(self) -> bool:
        return self.width > 5 or self.has_places


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A line of a plan: an amount in pence for each of the plan's years, or None.

    `council` is empty where it is for all that share it; `inside` the label of the line that
    it is a part of, and empty where it counts by itself.
    """

    label: str
    service: Service | None
    council: str
    inside: str
    amounts: tuple[int | None, ...]
    provenance: str
    place: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan with its years, its lines and their sum in each year.

    `costs` is what getting there costs in each year, as amounts below 0, and `nets` what is
    left; both are empty for a plan without costs. A line inside another is in no total.
    """

    plan: Plan
    years: tuple[tuple[FinancialYear, str], ...]
    rows: tuple[PlanRow, ...]
    totals: tuple[int, ...]
    costs: tuple[int, ...]
    nets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """A shared service, the services below it, and the participants recorded for it itself."""

    service: Service
    below: tuple[str, ...]
    participation: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProgrammeReport:
    """A root of the tree with its services."""

    programme: ServiceReport
    services: tuple[ServiceReport, ...]


def unit_label(unit: str) -> str:
    """A unit as pages show it: ``GBP million`` is £ million."""
    return _UNITS.get(unit, unit)


def date_label(published: str) -> str:
    """A date known to the year, the month or the day: ``2011-02`` is February 2011."""
    year, *rest = published.split("-")
    if not rest:
        return year
    month = f"{MONTHS[int(rest[0]) - 1]} {year}"
    return f"{int(rest[1])} {month}" if len(rest) > 1 else month


def document_summaries() -> list[DocumentSummary]:
    """Every document, oldest first, in one query."""
    documents = SourceDocument.objects.annotate(
        table_count=Count("tables", distinct=True),
        figure_count=Count("tables__figures", distinct=True),
        difference_count=Count("tables__differences", distinct=True),
        # The order of the tables is the order of the documents; not all of them have a month.
        first_table=Min("tables__position"),
    ).order_by("first_table")
    return [
        DocumentSummary(
            code=document.code,
            title=document.title,
            publisher=document.publisher,
            published=date_label(document.published),
            note=document.note,
            tables=document.table_count,
            figures=document.figure_count,
            differences=document.difference_count,
        )
        for document in documents
    ]


def document_tables(document: SourceDocument) -> list[TableReport]:
    """A document's tables with every figure and difference, in three queries."""
    tables = document.tables.prefetch_related("figures", "differences")
    return [_table(table) for table in tables]


def differences_by_document() -> list[
    tuple[SourceDocument, list[tuple[RecordTable, list[DifferenceReport]]]]
]:
    """Every difference under its document and table, in one query."""
    found = FootingDifference.objects.select_related("table__document").order_by(
        "table__position", "position"
    )
    return [
        (
            document,
            [
                (table, [_difference(item) for item in of_table])
                for table, of_table in groupby(of_document, key=lambda item: item.table)
            ],
        )
        for document, of_document in groupby(found, key=lambda item: item.table.document)
    ]


def plans() -> list[PlanReport]:
    """Every plan with its lines, in two queries."""
    lines = PlanLine.objects.select_related("service", "council", "inside").order_by("id")
    by_plan: dict[int, list[PlanLine]] = defaultdict(list)
    for line in lines:
        by_plan[line.plan_id].append(line)
    return [_plan(plan, by_plan[plan.id]) for plan in Plan.objects.all()]


def programmes() -> list[ProgrammeReport]:
    """The service tree from its roots, with who takes part and what became of it: three queries."""
    below: dict[int | None, list[Service]] = defaultdict(list)
    for service in Service.objects.order_by("position", "slug"):
        below[service.parent_id].append(service)
    spells: dict[int, list[Participation]] = defaultdict(list)
    for spell in Participation.objects.select_related("council").order_by("council__name"):
        spells[spell.service_id].append(spell)
    states: dict[int, list[ServiceState]] = defaultdict(list)
    for state in ServiceState.objects.order_by("from_quarter"):
        states[state.service_id].append(state)

    def names_below(service: Service) -> tuple[str, ...]:
        return tuple(
            name for child in below[service.id] for name in (child.name, *names_below(child))
        )

    def report(service: Service) -> ServiceReport:
        return ServiceReport(
            service=service,
            below=names_below(service),
            participation=(
                *_taking_part(spells[service.id]),
                *(_becoming(state) for state in states[service.id]),
            ),
            sources=tuple(
                dict.fromkeys(
                    [
                        *(spell.source for spell in spells[service.id]),
                        *(state.as_spell().source for state in states[service.id]),
                    ]
                )
            ),
        )

    return [
        ProgrammeReport(report(root), tuple(report(service) for service in below[root.id]))
        for root in below[None]
    ]


def counted() -> dict[str, str]:
    """The numbers of figures, of published and derived ones, and of differences, as text."""
    numbers = Figure.objects.aggregate(
        figures=Count("id"),
        published=Count("id", filter=Q(provenance=Provenance.PUBLISHED)),
        derived=Count("id", filter=Q(provenance=Provenance.DERIVED)),
    )
    numbers["differences"] = FootingDifference.objects.count()
    return {name: f"{number:,}" for name, number in numbers.items()}


def _plan(plan: Plan, lines: list[PlanLine]) -> PlanReport:
    bases = {line.year: line.get_basis_display() for line in lines}
    years = sorted(bases)
    by_row: dict[tuple[str, int | None, int | None], list[PlanLine]] = defaultdict(list)
    for line in lines:
        by_row[line.label, line.service_id, line.council_id].append(line)
    counted = [line for line in lines if line.counts]
    totals = [sum(line.middle_pence for line in counted if line.year == year) for year in years]
    costs = [-sum(line.cost_pence for line in counted if line.year == year) for year in years]
    has_costs = any(costs)
    return PlanReport(
        plan=plan,
        years=tuple((FinancialYear.parse(year), bases[year]) for year in years),
        rows=tuple(_plan_row(of_row, years) for of_row in by_row.values()),
        totals=tuple(totals),
        costs=tuple(costs) if has_costs else (),
        nets=tuple(map(sum, zip(totals, costs, strict=True))) if has_costs else (),
    )


def _plan_row(lines: list[PlanLine], years: list[str]) -> PlanRow:
    amounts = {line.year: line.middle_pence for line in lines}
    ranges = [
        f"{FinancialYear.parse(line.year).label}: {format_pounds(line.low_pence)} "
        f"to {format_pounds(line.high_pence)}."
        for line in lines
        if line.low != line.high
    ]
    costs = [
        f"{FinancialYear.parse(line.year).label}: costs {format_pounds(line.cost_pence)}."
        for line in lines
        if line.cost
    ]
    derivations = [
        f"{FinancialYear.parse(line.year).label}: {line.derivation}."
        for line in lines
        if line.derivation
    ]
    around = next((line.inside for line in lines if line.inside), None)
    return PlanRow(
        label=lines[0].label,
        service=lines[0].service,
        council=lines[0].council.name if lines[0].council else "",
        inside=around.label if around else "",
        amounts=tuple(amounts.get(year) for year in years),
        provenance="" if lines[0].provenance == Provenance.PUBLISHED else lines[0].provenance,
        place=lines[0].place,
        notes=(
            *ranges,
            *costs,
            *derivations,
            *dict.fromkeys(line.note for line in lines if line.note),
        ),
    )


def _taking_part(spells: list[Participation]) -> Iterable[str]:
    """Councils that take part in the same quarters, together in one phrase."""
    together: dict[str, list[str]] = defaultdict(list)
    for spell in spells:
        until = f" to {spell.to_quarter.label}" if spell.to_quarter else ""
        together[f"from {spell.from_quarter.label}{until}"].append(spell.council.name)
    for when, names in together.items():
        yield f"{', '.join(names)}, {when}"


def _becoming(state: ServiceState) -> str:
    """What becomes of a service over some quarters, in a phrase."""
    until = f" to {state.to_quarter.label}" if state.to_quarter else ""
    return f"{state.get_state_display()}, from {state.from_quarter.label}{until}"


def _table(table: RecordTable) -> TableReport:
    figures = list(table.figures.all())
    names = list(dict.fromkeys(figure.column for figure in figures))
    is_list = names == [ONLY_COLUMN]
    # In a list every figure has its own unit.
    unit = "" if is_list else _shared_unit(figures)
    columns = [_column(name, figures, unit or is_list) for name in names]
    return TableReport(
        code=table.code,
        title=table.title,
        place=table.place,
        note=table.note,
        unit=unit,
        columns=tuple(columns),
        sections=tuple(
            SectionReport(name, tuple(_rows(list(group), columns, unit)))
            for name, group in groupby(figures, key=lambda figure: figure.section)
        ),
        has_places=any(figure.place != table.place for figure in figures),
        is_list=is_list,
        derivations=tuple(
            Derivation(named(figure), figure.derivation) for figure in figures if figure.derivation
        ),
        notes=tuple(Derivation(named(figure), figure.note) for figure in figures if figure.note),
        differences=tuple(_difference(item) for item in table.differences.all()),
    )


def _shared_unit(figures: list[Figure]) -> str:
    """The unit of the figures that don't print their own, if it is the same for all."""
    units = {figure.unit for figure in figures if _is_bare(figure)}
    return unit_label(units.pop()) if len(units) == 1 else ""


def _column(name: str, figures: list[Figure], unit_is_known: object) -> ColumnReport:
    of_column = [figure for figure in figures if figure.column == name]
    return ColumnReport(
        name=name,
        unit="" if unit_is_known else _shared_unit(of_column),
        numeric=any(figure.value is not None for figure in of_column),
    )


def _is_bare(figure: Figure) -> bool:
    """Whether a figure shows only a number: many print their unit, such as £3.75m or 50%."""
    return figure.value is not None and _BARE.fullmatch(_text(figure)) is not None


def _text(figure: Figure) -> str:
    return figure.printed or ("" if figure.value is None else plain(figure.value))


def _rows(
    figures: list[Figure], columns: list[ColumnReport], table_unit: str
) -> Iterable[RowReport]:
    # A row is where it was first named, even if its figures are given column by column.
    by_row: dict[str, dict[str, Figure]] = defaultdict(dict)
    for figure in figures:
        by_row[figure.row][figure.column] = figure
    for label, cells in by_row.items():
        yield RowReport(
            label=label,
            cells=tuple(
                (
                    column,
                    cell(cells[column.name], table_unit or column.unit)
                    if column.name in cells
                    else None,
                )
                for column in columns
            ),
            is_total=any(
                figure.total in (Figure.Total.DOWN, Figure.Total.BOTH) for figure in cells.values()
            ),
            place=next(iter(cells.values())).place,
        )


def cell(figure: Figure, known_unit: str) -> CellReport:
    """A figure as a page shows it, without a unit that the page has said already."""
    unit = unit_label(figure.unit) if _is_bare(figure) else ""
    return CellReport(
        text=_text(figure),
        unit="" if unit == known_unit else unit,
        provenance="" if figure.provenance == Provenance.PUBLISHED else figure.provenance,
    )


def _difference(found: FootingDifference) -> DifferenceReport:
    return DifferenceReport(
        what=found.what,
        printed=found.printed,
        derived=found.derived.replace("-", MINUS, 1),
        difference=found.difference.replace("-", MINUS, 1),
        unit=unit_label(found.unit),
        reason=found.reason,
        listed=found.listed,
    )


def plain(value: Decimal) -> str:
    """A number without unnecessary zeros: 95008.0000 is 95,008."""
    return f"{value.normalize():,f}"


def named(figure: Figure) -> str:
    """A figure by its row and column; by its row alone in a list of single figures."""
    return figure.row if figure.column == ONLY_COLUMN else f"{figure.row}, {figure.column}"
