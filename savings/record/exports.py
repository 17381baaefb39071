"""Figures of the record to take away: CSV, written as it is read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from savings.kit.exports import safe_cell
from savings.record.searching import FigureReport

#: Programs read the file by these: columns are added at the end, and none is removed.
COLUMNS = (
    "document",
    "document_title",
    "table",
    "table_title",
    "section",
    "row",
    "column",
    "printed",
    "value",
    "unit",
    "year",
    "date",
    "total",
    "provenance",
    "derivation",
    "place",
    "note",
)
FILE_NAME = "tri-borough-record-figures.csv"
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def as_csv(figures: Iterable[FigureReport]) -> Iterator[str]:
    """RFC 4180, UTF-8 with the mark by which Excel knows it; numbers are plain numbers."""
    read = attrgetter(*COLUMNS)
    yield _BYTE_ORDER_MARK + _line(COLUMNS)
    for figure in figures:
        yield _line([safe_cell(text or "") for text in read(figure)])


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
