"""Files of services and of drivers: to typed rows, or every mistake at once. Pure.

`Known` says what is there already, so that nothing here reads the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from finance.periods import PeriodError, Quarter
from savings.drivers.imports import ValueRow, read_row
from savings.setup.tables import SHOWN, Column, Reading
from sovereignty.refusals import FieldError

SERVICE_COLUMNS = (
    Column(
        "slug",
        True,
        "A short name of small letters, digits and hyphens, such as waste-collection. It stays.",
    ),
    Column("name", True, "The name that pages show. No two services have the same."),
    Column(
        "parent",
        False,
        "The short name of the service above, in this file or on the site. Empty for an area.",
    ),
    Column(
        "councils",
        False,
        "The councils that take part, by code or name, with commas between them. If empty, those "
        "of the service above.",
    ),
    Column(
        "from_quarter",
        False,
        "The first quarter in which they take part, such as 2026-27-Q1. Needed with councils.",
    ),
    Column("source", False, "Where that was settled. Needed with councils."),
    Column("description", False, "More about it."),
)
DRIVER_COLUMNS = (
    Column("driver", True, "A short name of letters, digits and hyphens, such as residents."),
    Column("name", False, "What is counted. Needed in the first row of a new driver."),
    Column("unit", False, "What it is counted in, such as people. Needed there too."),
    Column("council", True, "The council that the value is of, by code or name."),
    Column("effective_from", True, "The quarter from which it applies, such as 2026-27-Q1."),
    Column("value", True, "A number of 0 or more, with at most four decimals."),
    Column("source", True, "Where the value comes from."),
)
LONGEST_SLUG, LONGEST_NAME, LONGEST_SOURCE, LONGEST_TEXT = 80, 120, 200, 2000
LONGEST_CODE, LONGEST_UNIT = 60, 60
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
QUARTER = "Write the quarter as 2026-27-Q1."


@dataclass(frozen=True, slots=True)
class Known:
    """What there is: codes of councils by what names them, services, drivers, what is closed.

    `councils` has codes and names in small letters. `services` has names by slug, `drivers` name
    and unit by code. `retired` has the slugs of retired services, with the first quarter of that.
    """

    councils: Mapping[str, str]
    services: Mapping[str, str] = field(default_factory=dict)
    drivers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    retired: Mapping[str, str] = field(default_factory=dict)
    closed: Quarter | None = None


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service of the file. `parent` is empty for an area; `first` is None without councils."""

    row: int
    slug: str
    name: str
    parent: str
    councils: tuple[str, ...]
    first: Quarter | None
    source: str
    description: str


@dataclass(frozen=True, slots=True)
class DriverRow:
    """A driver's value, with what it says of the driver; `name` and `unit` may be empty."""

    driver: str
    name: str
    unit: str
    value: ValueRow


def services_in(reading: Reading, known: Known) -> tuple[list[ServiceRow], list[FieldError]]:
    """The services of a file, each after the one above it, and every mistake."""
    judge = _Judge(reading, known)
    slugs = {columns["slug"] for _, columns in reading.rows if columns.get("slug")}
    rows = [judge.service(number, columns, slugs) for number, columns in reading.rows]
    by_slug = {row.slug: row for row in rows if row.slug}
    ordered: list[ServiceRow] = []
    placed: set[str] = set()
    for row in rows:
        path: list[ServiceRow] = []
        step: ServiceRow | None = row
        while step and step.slug not in placed and step not in path:
            path.append(step)
            step = by_slug.get(step.parent)
        if step and step in path:
            judge.wrong(step.row, "parent", "This service would be below itself.", step.parent)
        for each in reversed(path):
            placed.add(each.slug)
            ordered.append(each)
    return ordered, judge.found()


def drivers_in(reading: Reading, known: Known) -> tuple[list[DriverRow], list[FieldError]]:
    """The drivers' values of a file, and every mistake."""
    judge = _Judge(reading, known)
    rows = [judge.driver(number, columns) for number, columns in reading.rows]
    return [row for row in rows if row], judge.found()


class _Judge:
    """Reads rows, and collects what is wrong: a cell with a mistake of the file gets no second."""

    def __init__(self, reading: Reading, known: Known) -> None:
        self.reading, self.known = reading, known
        self.mistakes: list[FieldError] = []
        self.seen: dict[object, int] = {}
        self.called: dict[str, tuple[str, str]] = dict(known.drivers)
        self.names = {name.casefold(): f"“{slug}”" for slug, name in known.services.items()}

    def wrong(self, row: int, column: str, message: str, value: str = "") -> None:
        if column not in self.reading.missing and not self.reading.blames(row, column):
            self.mistakes.append(FieldError(column, message, value[:SHOWN], row))

    def found(self) -> list[FieldError]:
        return sorted([*self.reading.mistakes, *self.mistakes], key=lambda each: each.row or 0)

    # --- Services ------------------------------------------------------------------------

    def service(self, row: int, columns: Mapping[str, str], slugs: set[str]) -> ServiceRow:
        slug, parent = columns.get("slug", ""), columns.get("parent", "")
        name = " ".join(columns.get("name", "").split())
        self._slug(row, slug)
        self._name(row, name)
        if parent and parent not in slugs and parent not in self.known.services:
            remedy = "There is no such service, here or on the site. Use a short name that exists."
            self.wrong(row, "parent", remedy, parent)
        elif since := self.known.retired.get(parent):
            remedy = f"This service is retired since {since}. Choose another."
            self.wrong(row, "parent", remedy, parent)
        councils = self._councils(row, columns.get("councils", ""))
        source, first = columns.get("source", ""), None
        if columns.get("councils"):
            first = self._first(row, columns.get("from_quarter", ""))
            if not source:
                self.wrong(row, "source", "Say where it was settled who takes part.")
        elif columns.get("from_quarter"):
            remedy = "Name the councils that take part from then on, or empty this cell."
            self.wrong(row, "from_quarter", remedy, columns["from_quarter"])
        self._length(row, "source", source, LONGEST_SOURCE)
        self._length(row, "description", columns.get("description", ""), LONGEST_TEXT)
        return ServiceRow(
            row, slug, name, parent, councils, first, source, columns.get("description", "")
        )

    def _slug(self, row: int, slug: str) -> None:
        if not slug:
            self.wrong(row, "slug", "Give it a short name, such as waste-collection.")
        elif not _SLUG.fullmatch(slug):
            remedy = "Use small letters, digits and single hyphens, such as waste-collection."
            self.wrong(row, "slug", remedy, slug)
        elif slug in self.known.services:
            remedy = "There is a service of this short name. Choose another, or remove this row."
            self.wrong(row, "slug", remedy, slug)
        elif (first := self.seen.setdefault(("slug", slug), row)) != row:
            self.wrong(row, "slug", f"Row {first} has this short name too. Keep one.", slug)
        else:
            self._length(row, "slug", slug, LONGEST_SLUG)

    def _name(self, row: int, name: str) -> None:
        if not name:
            self.wrong(row, "name", "Give the service a name.")
        elif taken := self.names.get(name.casefold()):
            remedy = f"{taken} is called this already. Choose another name."
            self.wrong(row, "name", remedy, name)
        else:
            self.names[name.casefold()] = f"Row {row}"
            self._length(row, "name", name, LONGEST_NAME)

    def _councils(self, row: int, text: str) -> tuple[str, ...]:
        codes: list[str] = []
        for given in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
            code = self.known.councils.get(given.casefold())
            if code is None:
                self.wrong(row, "councils", self._no_council(), given)
            elif code in codes:
                self.wrong(row, "councils", "This council is named twice. Keep one.", given)
            else:
                codes.append(code)
        return tuple(codes)

    def _no_council(self) -> str:
        codes = ", ".join(sorted(set(self.known.councils.values())))
        return f"There is no such council. Use the codes {codes}, with commas between them."

    def _first(self, row: int, text: str) -> Quarter | None:
        try:
            quarter = Quarter.parse(text)
            _ = (quarter.preceding, quarter.following)
        except PeriodError:
            self.wrong(row, "from_quarter", QUARTER, text)
            return None
        closed = self.known.closed
        if closed and quarter <= closed:
            remedy = f"{quarter.label} is closed. Choose a quarter after {closed.label}."
            self.wrong(row, "from_quarter", remedy, text)
        return quarter

    def _length(self, row: int, column: str, text: str, longest: int) -> None:
        if len(text) > longest:
            self.wrong(row, column, f"Shorten this to {longest:,} characters.", text)

    # --- Drivers -------------------------------------------------------------------------

    def driver(self, row: int, columns: Mapping[str, str]) -> DriverRow | None:
        code = columns.get("driver", "")
        name, unit = columns.get("name", ""), columns.get("unit", "")
        if not _CODE.fullmatch(code):
            remedy = "Give a short name of letters, digits and hyphens, such as residents."
            self.wrong(row, "driver", remedy, code)
        self._length(row, "driver", code, LONGEST_CODE)
        self._called(row, code, name, unit)
        asked = {key: columns.get(key, "") for key in ("effective_from", "value", "source")}
        council = self.known.councils.get(columns.get("council", "").casefold())
        codes = set(self.known.councils.values())
        shown = council or columns.get("council", "")
        value, mistakes = read_row(row, {**asked, "council": shown}, codes)
        for mistake in mistakes:
            self.wrong(row, mistake.field, mistake.message, mistake.value)
        if value is None:
            return None
        first = self.seen.setdefault((code, value.council, value.effective_from), row)
        if first != row:
            remedy = (
                f"Row {first} gives this driver a value for this council and quarter. Keep one."
            )
            self.wrong(row, "effective_from", remedy, value.effective_from.code)
        return DriverRow(code, name, unit, value)

    def _called(self, row: int, code: str, name: str, unit: str) -> None:
        there = self.called.get(code)
        if there is None:
            for column, text in (("name", name), ("unit", unit)):
                if not text:
                    self.wrong(row, column, "Enter this in the first row of a new driver.")
            self._length(row, "name", name, LONGEST_NAME)
            self._length(row, "unit", unit, LONGEST_UNIT)
            self.called[code] = name, unit
            return
        for column, text, said in (("name", name, there[0]), ("unit", unit, there[1])):
            if text and text != said:
                remedy = f"This driver’s {column} is “{said}”. Use that, or leave it empty."
                self.wrong(row, column, remedy, text)
