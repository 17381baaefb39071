"""Figures of the record as they are looked for: by words, document, table, provenance and unit.

One row each for the page, the file and the API. Reading takes as many queries for one figure
as for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Expression, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Lower, NullIf

from finance.periods import FinancialYear
from savings.kit.provenance import Provenance
from savings.kit.wording import plain
from savings.record.dates import named_in
from savings.record.footing import POUNDS
from savings.record.models import Figure, RecordTable, SourceDocument
from savings.record.reports import CellReport, cell, date_label, named
from savings.record.words import IGNORED, patterns_of

#: The words that a figure of the record may have; what councils report is in their returns.
PROVENANCES = [
    (item.value, str(item.label))
    for item in (Provenance.PUBLISHED, Provenance.DERIVED, Provenance.ILLUSTRATIVE)
]
LONGEST_QUESTION = 200

#: All that words are looked for in. Of a derived figure, which is not printed, it is the value.
_WORDS = Func(
    Value(" "),
    F("row"),
    F("column"),
    F("section"),
    F("place"),
    F("note"),
    F("table__title"),
    F("table__code"),
    F("table__document__title"),
    F("table__document__code"),
    Coalesce(NullIf("printed", Value("")), Cast("value", TextField()), output_field=TextField()),
    function="concat_ws",
    output_field=TextField(),
)


@dataclass(frozen=True, slots=True)
class FigureReport:
    """One figure as data. `printed` and `value` are texts; `cell` is how a page shows it."""

    document: str
    document_title: str
    table: str
    table_title: str
    section: str
    row: str
    column: str
    printed: str
    value: str | None
    unit: str
    year: str | None
    date: str | None
    total: str
    provenance: str
    derivation: str
    place: str
    note: str
    label: str
    cell: CellReport

    @property
    def when(self) -> str:
        """The year or date as a page shows it."""
        if self.year:
            return FinancialYear.parse(self.year).label
        return date_label(self.date) if self.date else ""

    @property
    def illustrative(self) -> bool:
        return self.provenance == Provenance.ILLUSTRATIVE


@dataclass(frozen=True, slots=True)
class FiguresAsked:
    """Which figures are asked for; what is empty narrows nothing.

    Every word of `q` begins a word of the figure's label, section, table, place, document or
    note, or of what is printed.
    """

    q: str = ""
    document: str = ""
    table: str = ""
    provenance: str = ""
    unit: str = ""

    def figures(self) -> QuerySet[Figure]:
        """Those that are asked for, in the order of the record."""
        wanted = Q()
        for name, path in (
            ("document", "table__document__code"),
            ("table", "table__code"),
            ("provenance", "provenance"),
            ("unit", "unit"),
        ):
            if value := getattr(self, name):
                wanted &= Q(**{path: value})
        found = Figure.objects.filter(wanted)
        if patterns := patterns_of(self.q):
            found = found.filter(_Matches(folded_in_sql(_WORDS), patterns))
        return found.select_related("table__document").order_by(
            "table__position", "table__code", "position", "id"
        )


def described(figures: Iterable[Figure]) -> Iterator[FigureReport]:
    """Figures, read with their tables and documents, as data."""
    for figure in figures:
        table, document = figure.table, figure.table.document
        when = named_in(figure.column, figure.row, figure.section, table.title)
        yield FigureReport(
            document=document.code,
            document_title=document.title,
            table=table.code,
            table_title=table.title,
            section=figure.section,
            row=figure.row,
            column=figure.column,
            printed=figure.printed,
            value=None if figure.value is None else plain(figure.value),
            unit=figure.unit,
            year=when.year or None,
            date=when.date or None,
            total=figure.total,
            provenance=figure.provenance,
            derivation=figure.derivation,
            place=figure.place,
            note=figure.note,
            label=named(figure),
            cell=cell(figure, known_unit=""),
        )


@dataclass(frozen=True, slots=True)
class TableOfFigures:
    """A table with those of its figures that were found."""

    code: str
    title: str
    document: str
    document_title: str
    figures: tuple[FigureReport, ...]


def by_table(figures: Iterable[FigureReport]) -> list[TableOfFigures]:
    """Figures in the order of the record, under their tables."""
    found = []
    for code, of_table in groupby(figures, key=lambda figure: figure.table):
        first, *others = of_table
        found.append(
            TableOfFigures(
                code=code,
                title=first.table_title,
                document=first.document,
                document_title=first.document_title,
                figures=(first, *others),
            )
        )
    return found


# --- What can be asked for --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choices:
    """What the record has: documents and tables by code, in its order, and its units."""

    documents: dict[str, SourceDocument]
    tables: dict[str, RecordTable]
    units: list[str]

    def is_apart(self, document: str, table: str) -> bool:
        """Whether there are both, and the table is of another document."""
        return (
            document in self.documents
            and table in self.tables
            and self.tables[table].document.code != document
        )


def choices() -> Choices:
    """Units of money come first, from pounds up, then the others by the alphabet.

    In two queries.
    """
    found = RecordTable.objects.select_related("document").order_by("position", "code")
    tables = {table.code: table for table in found}
    units = set(
        Figure.objects.exclude(unit="").order_by().values_list("unit", flat=True).distinct()
    )
    money = [unit for unit in POUNDS if unit in units]
    return Choices(
        documents={table.document.code: table.document for table in tables.values()},
        tables=tables,
        units=[*money, *sorted(units.difference(money), key=str.casefold)],
    )


# --- Words in SQL -----------------------------------------------------------------------


def folded_in_sql(text: Expression) -> Func:
    """What `savings.record.words.folded` says of a text, said by the database."""
    apart = Func(text, function="normalize", template="%(function)s(%(expressions)s, NFKD)")
    return Lower(
        Func(
            apart,
            Value(IGNORED),
            Value(""),
            Value("g"),
            function="regexp_replace",
            output_field=TextField(),
        )
    )


class _Matches(Func):
    """Whether a text matches every one of a list of regular expressions."""

    template = "%(expressions)s::text[])"
    arg_joiner = " ~ ALL ("
    output_field = BooleanField()
    conditional = True

    def __init__(self, text: Expression, patterns: list[str]) -> None:
        super().__init__(text, Value(patterns, output_field=ArrayField(TextField())))
