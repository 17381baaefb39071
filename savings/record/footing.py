"""Does the record add up? Compares printed figures with the sums of the figures around them.

Pure Python on exact decimals: no Django, no files, no clock. There are two kinds of check:

* every figure marked `down`, `across` or `both` is a total, and is compared with
  the sum of its section's rows (its table's rows, if it is in no section), with
  the sum of its row's columns, or with both;
* a `Check` compares printed figures with an expression on other figures, of the
  same table or another: net with gross less costs, a middle with its range, one
  document with another. Checks are data (`fixtures/record/checks.csv`).

An expression is a list of terms separated by ``;``, each a product of numbers
and references: ``0.5 * Insurance saving, low | Figure``. A reference is
``[table !] [section >] row | column``. ``all`` means every row that is not a total
(or every column), and ``same`` the row or column of the figure being checked. If a
reference ending in ``?`` is missing, it counts as 0. Amounts in thousands and millions
are converted to pounds first.

A printed figure agrees if the derived one, rounded half up to as many decimals as
were printed (or to the check's `rounded_to`), is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ALL, SAME = "all", "same"
#: The column of a list of single figures, which is left out of labels.
ONLY_COLUMN = "Figure"
#: Pounds in one of each unit of money; figures in other units are not converted.
POUNDS = {
    "GBP": Decimal(1),
    "GBP thousand": Decimal(1_000),
    "GBP million": Decimal(1_000_000),
    "GBP billion": Decimal(1_000_000_000),
}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_SPARE_DECIMALS = 2


class FootingError(ValueError):
    """A check that can't be worked out: it names a figure the record doesn't have."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: its place, what is printed, and its value in `unit` (None: not a number)."""

    table: str
    section: str
    row: str
    column: str
    printed: str
    value: Decimal | None
    unit: str
    total: str

    @property
    def is_row_total(self) -> bool:
        return self.total in ("down", "both", "memo")

    @property
    def base(self) -> Decimal:
        """The value in pounds, or unconverted if it isn't money; an empty cell is 0."""
        if self.value is None:
            if self.printed:
                raise FootingError(f"“{self.printed}” is not a number ({self.name}).")
            return Decimal(0)
        return self.value * scale(self.unit)

    @property
    def label(self) -> str:
        """Row and column; only the row in a list of single figures."""
        return self.row if self.column == ONLY_COLUMN else f"{self.row}, {self.column}"

    @property
    def name(self) -> str:
        return f"{self.table}: {self.label}"


@dataclass(frozen=True, slots=True)
class Check:
    """Compares printed `figures` of a table with `terms`, divided by `over` if that is given."""

    code: str
    table: str
    figures: str
    compare: str  # "sum", or "words" to compare the texts as printed
    terms: str
    over: str
    rounded_to: Decimal | None
    what: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A printed figure that differs from the derived one; both in `unit`, as text."""

    code: str
    table: str
    what: str
    printed: str
    derived: str
    difference: str
    unit: str
    reason: str = ""


def scale(unit: str) -> Decimal:
    """Pounds in one of a unit of money; 1 for anything else."""
    return POUNDS.get(unit, Decimal(1))


def foot(cells: Iterable[Cell], checks: Iterable[Check]) -> list[Difference]:
    """Every difference, table by table: first totals, then the checks in their order.

    Raises FootingError for a check or total that refers to nothing.
    """
    book = _Book(cells)
    found = [*_totals(book)]
    for check in checks:
        found.extend(_checked(book, check))
    order = {table: place for place, table in enumerate(book.tables)}
    return sorted(found, key=lambda item: order[item.table])


class _Book:
    def __init__(self, cells: Iterable[Cell]) -> None:
        self.cells = list(cells)
        self.tables: dict[str, list[Cell]] = {}
        for cell in self.cells:
            self.tables.setdefault(cell.table, []).append(cell)

    def find(self, reference: str, table: str, at: Cell | None = None) -> list[Cell]:
        """The cells that a reference names: at least one, unless it ends in ``?``."""
        text = reference.strip()
        optional = text.endswith("?")
        text = text.removesuffix("?").strip()
        if "!" in text:
            table, text = (part.strip() for part in text.split("!", 1))
        section = None
        if ">" in text:
            section, text = (part.strip() for part in text.split(">", 1))
        try:
            row, column = (part.strip() for part in text.split("|"))
        except ValueError:
            raise FootingError(f"“{reference}” is not a reference: write row | column.") from None
        if at is not None:
            row = at.row if row == SAME else row
            column = at.column if column == SAME else column
        found = [
            cell
            for cell in self.tables.get(table, [])
            if (section is None or cell.section == section)
            and (not cell.is_row_total if row == ALL else cell.row == row)
            and (column in (ALL, cell.column))
        ]
        if not found and not optional:
            raise FootingError(f"Nothing in the record is “{reference}” (table {table}).")
        return found


def _totals(book: _Book) -> Iterator[Difference]:
    for cell in book.cells:
        table = book.tables[cell.table]
        if cell.total in ("down", "both"):
            rows = [
                other
                for other in table
                if other.column == cell.column
                and not other.is_row_total
                and other.value is not None
                and (not cell.section or other.section == cell.section)
            ]
            yield from _total(cell, rows, "down", "the sum of its column")
        if cell.total in ("across", "both"):
            columns = [
                other
                for other in table
                if (other.section, other.row) == (cell.section, cell.row)
                and other.total in ("", "down")
                and other.value is not None
            ]
            yield from _total(cell, columns, "across", "the sum of its row")


def _total(cell: Cell, parts: list[Cell], way: str, against: str) -> Iterator[Difference]:
    if not parts:
        raise FootingError(f"{cell.name} is marked as a total, but has nothing to add up.")
    expected = sum((part.base for part in parts), Decimal(0)) / scale(cell.unit)
    yield from _compared(
        cell, expected, None, _code(cell.table, way, cell), f"{cell.label}: {against}"
    )


def _checked(book: _Book, check: Check) -> Iterator[Difference]:
    for reference in check.figures.split(";"):
        for cell in book.find(reference, check.table):
            code = _code(check.table, check.code, cell)
            what = f"{cell.label}: {check.what}"
            if check.compare == "words":
                yield from _worded(book, check, cell, code, what)
                continue
            expected = _sum(book, check.terms, check.table, cell)
            if check.over:
                divisor = _sum(book, check.over, check.table, cell)
                if not divisor:
                    raise FootingError(f"Check {check.code} divides {cell.name} by 0.")
                expected /= divisor
            yield from _compared(cell, expected / scale(cell.unit), check.rounded_to, code, what)


def _sum(book: _Book, terms: str, table: str, at: Cell) -> Decimal:
    values = [_product(book, term, table, at) for term in terms.split(";")]
    known = [value for value in values if value is not None]
    if not known:
        raise FootingError(f"Nothing in the record answers “{terms}” for {at.name}.")
    return sum(known, Decimal(0))


def _product(book: _Book, term: str, table: str, at: Cell) -> Decimal | None:
    result = Decimal(1)
    for factor in term.split(" * "):
        if _NUMBER.fullmatch(factor.strip()):
            result *= Decimal(factor.strip())
            continue
        cells = book.find(factor, table, at)
        if not cells:
            return None
        result *= sum((cell.base for cell in cells), Decimal(0))
    return result


def _worded(book: _Book, check: Check, cell: Cell, code: str, what: str) -> Iterator[Difference]:
    for other in book.find(check.terms, check.table, cell):
        if other.printed != cell.printed:
            yield Difference(code, cell.table, what, cell.printed, other.printed, "", "")


def _compared(
    cell: Cell, expected: Decimal, rounded_to: Decimal | None, code: str, what: str
) -> Iterator[Difference]:
    printed = cell.value if cell.value is not None else Decimal(0)
    if cell.value is None and cell.printed:
        raise FootingError(
            f"“{cell.printed}” is not a number, so it can't be checked ({cell.name})."
        )
    # An empty cell is compared without rounding: it has no decimals to round to.
    step = rounded_to or (Decimal(1).scaleb(_exponent(printed)) if cell.value is not None else None)
    if printed == (_rounded(expected, step) if step else expected):
        return
    shown = _shown(expected, printed)
    yield Difference(
        code=code,
        table=cell.table,
        what=what,
        printed="nothing" if cell.value is None else _text(printed, cell.unit),
        derived=_text(shown, cell.unit),
        difference=f"{printed - shown:+,}",
        unit=cell.unit,
    )


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0


def _shown(expected: Decimal, printed: Decimal) -> Decimal:
    """The derived figure with up to two more decimals than printed, and no unnecessary zeros."""
    fewest = _exponent(printed)
    shown = _rounded(expected, Decimal(1).scaleb(fewest - _SPARE_DECIMALS))
    spare = max(_exponent(shown.normalize()), fewest - _SPARE_DECIMALS)
    return shown.quantize(Decimal(1).scaleb(min(spare, fewest)))


def _text(value: Decimal, unit: str) -> str:
    return str(value) if unit == "year" else f"{value:,}"


def _code(table: str, check: str, cell: Cell) -> str:
    parts = (cell.section, cell.row, cell.column)
    words = (re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in parts if part)
    return "/".join((table, check, *words))


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that is listed as known, with its two figures and a likely reason."""

    code: str
    printed: str
    derived: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Differences listed as known (with their reasons), others, and known ones that are gone."""

    listed: tuple[Difference, ...]
    unlisted: tuple[Difference, ...]
    gone: tuple[Known, ...]

    @property
    def is_clean(self) -> bool:
        return not self.unlisted and not self.gone


def reconcile(differences: Iterable[Difference], known: Iterable[Known]) -> Reconciliation:
    """Match differences with the known ones, by code and by both figures."""
    expected: Mapping[tuple[str, str, str], Known] = {
        (item.code, item.printed, item.derived): item for item in known
    }
    listed, unlisted, seen = [], [], set()
    for item in differences:
        key = (item.code, item.printed, item.derived)
        if key not in expected:
            unlisted.append(item)
            continue
        seen.add(key)
        listed.append(
            Difference(
                item.code,
                item.table,
                item.what,
                item.printed,
                item.derived,
                item.difference,
                item.unit,
                expected[key].reason,
            )
        )
    gone = tuple(item for key, item in expected.items() if key not in seen)
    return Reconciliation(tuple(listed), tuple(unlisted), gone)
