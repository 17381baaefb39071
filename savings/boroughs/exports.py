"""A council's figures as CSV, as a workbook and as JSON, all from the same rows; and how
they were worked out, as an annex.

Pence become exact pounds: text with two decimals in CSV and JSON, numbers in the workbook, which
gets them as decimals and never as floats.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time
from typing import Any

import xlsxwriter
from django.utils import timezone
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from finance.money import from_pence, json_money
from finance.periods import Quarter
from savings.attribution.explaining import Explanation, PartOfEntry
from savings.boroughs.annex import Annex
from savings.boroughs.annex_sheets import annex_sheets, pennies
from savings.boroughs.reports import BoroughFigures, FigureLine
from savings.boroughs.sheets import Cell, Column, Sheet, last_day, sheets_of, why_pending
from savings.kit.exports import safe_text
from savings.kit.wording import plain
from sovereignty.models import Council

CSV_COLUMNS = (
    "council",
    "period",
    "area",
    "service",
    "service_name",
    "kind",
    "quarter",
    "year_to_date",
    "to_date",
    "illustrative",
    "pending_since",
)

#: Fractions are two columns of whole numbers, because a spreadsheet reads 1/3 as a date.
ANNEX_COLUMNS = (
    "council",
    "period",
    "entry",
    "service",
    "service_name",
    "kind",
    "amount",
    "because",
    "reason",
    "rule",
    "rule_service",
    "rule_kind",
    "rule_version",
    "rule_effective_from",
    "rule_agreed",
    "driver_values",
    "attributed_in",
    "falls_on",
    "share_numerator",
    "share_denominator",
    "exact_pence_numerator",
    "exact_pence_denominator",
    "floored_pence",
    "odd_pence",
    "attributed",
    "odd_penny",
    "counted",
    "illustrative",
    "pending_since",
)

_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"

_POUNDS = "[$£-809]#,##0.00;-[$£-809]#,##0.00"
#: A cell of a workbook can hold this much. Longer text is cut off.
_LONGEST_TEXT = 32_767
_PINE = "#0e4543"
#: The height of a line of text in points, and of the tallest row that there can be.
_LINE, _TALLEST = 15, 405


def file_name(council: Council, quarter: Quarter, ending: str) -> str:
    """What a download is called: `tri-borough-WCC-2013-14-Q1.csv`, with the ending `.csv`."""
    return f"tri-borough-{council.code}-{quarter.code}{ending}"


def as_csv(figures: BoroughFigures, *, byte_order_mark: bool = False) -> bytes:
    """One row for each service and kind (RFC 4180, UTF-8), amounts as plain numbers.

    `byte_order_mark` is for people who open it in Excel, which reads UTF-8 correctly only with one.
    Programs would read the mark as part of the first column's name.

    `pending_since` is when the first of the returns that are being added was certified. An amount
    of 0 that they may still change is empty. If there is no line, one row says only that.
    """
    since = _moment(figures.pending_since)
    rows: list[tuple[str, ...]] = [
        (
            figures.council.code,
            figures.quarter.code,
            line.area,
            line.service,
            safe_text(line.service_name),
            line.kind,
            *(amount or "" for amount in _amounts(line).values()),
            _true_or_false(line.illustrative),
            since,
        )
        for line in figures.lines
    ]
    if since and not rows:
        rows.append(_only_pending(CSV_COLUMNS, figures.council, figures.quarter, since))
    return _csv(CSV_COLUMNS, rows, byte_order_mark=byte_order_mark)


def annex_as_csv(annex: Annex, *, byte_order_mark: bool = False) -> bytes:
    """One row for each entry and council with a share of it; one row if it falls on none.

    The `attributed` of the council's own rows adds up, by kind, to its figures for the quarter,
    except for rows that are not `counted` yet. `pending_since` is as in `as_csv`.
    """
    since = _moment(annex.pending_since)
    rows = [
        (*row, since)
        for explanation in annex.explanations
        for row in _annex_rows(annex, explanation)
    ]
    if since and not rows:
        rows.append(_only_pending(ANNEX_COLUMNS, annex.council, annex.quarter, since))
    return _csv(ANNEX_COLUMNS, rows, byte_order_mark=byte_order_mark)


def _annex_rows(annex: Annex, explanation: Explanation) -> Iterator[tuple[str | int, ...]]:
    entry, rule = explanation.entry, explanation.rule
    agreed = [
        f"{consent.council.code} {timezone.localtime(consent.at):%Y-%m-%d} "
        f"({consent.minute_reference})"
        for consent in (rule.decision.consents.all() if rule else ())
        if consent.agree
    ]
    values = [
        f"{value.driver.code} {value.council.code} {plain(value.value)} from "
        f"{value.effective_from.code} ({value.source})"
        for value in explanation.values
    ]
    before: tuple[str | int, ...] = (
        annex.council.code,
        annex.quarter.code,
        entry.id,
        entry.service.slug,
        safe_text(entry.service.name),
        entry.kind,
        json_money(entry.pence),
        explanation.because,
        explanation.reason,
        *(
            (
                rule.id,
                rule.service.slug,
                rule.kind,
                rule.version,
                rule.effective_from.code,
            )
            if rule
            else ("",) * 5
        ),
        safe_text("; ".join(agreed)),
        safe_text("; ".join(values)),
        explanation.facts.quarter.code,
    )
    after = (
        pennies(explanation, {}),
        _true_or_false(explanation.counted),
        _true_or_false(explanation.illustrative),
    )
    if not explanation.parts:
        yield (*before, *("",) * 8, *after)
    for part in explanation.parts:
        yield (*before, *_part(part), *after)


def _part(part: PartOfEntry) -> tuple[str | int, ...]:
    return (
        part.council,
        part.share.numerator,
        part.share.denominator,
        part.exact_pence.numerator,
        part.exact_pence.denominator,
        part.floored_pence,
        part.odd_pence,
        json_money(part.amount),
    )


def _moment(moment: datetime | None) -> str:
    """As JSON has it, in UTC; empty for none."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else ""


def _only_pending(
    columns: Sequence[str], council: Council, quarter: Quarter, since: str
) -> tuple[str, ...]:
    """A row that says whose figures are being added and since when, and nothing else."""
    said = {"council": council.code, "period": quarter.code, "pending_since": since}
    return tuple(said.get(column, "") for column in columns)


def _true_or_false(value: bool) -> str:
    return "true" if value else "false"


def _csv(
    columns: Sequence[str], rows: Iterable[Sequence[str | int]], *, byte_order_mark: bool
) -> bytes:
    text = io.StringIO(newline="")
    if byte_order_mark:
        text.write(_BYTE_ORDER_MARK)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def as_json(figures: BoroughFigures) -> dict[str, Any]:
    """The figures as plain JSON values, money as text with two decimals.

    `totals` are sums of `lines` by kind; `entries` are only those of the quarter, and their
    attributed parts add up to its amounts. An amount is None while a return is being added to it:
    `pending_since` and `why` say which, and since when.
    """
    return {
        "council": figures.council.code,
        "period": figures.quarter.code,
        "certified": figures.certified,
        "pending_since": _moment(figures.pending_since) or None,
        "why": why_pending(figures.council, figures.waiting),
        "illustrative": figures.illustrative,
        "rollup": {"version": figures.version, "digest": figures.digest},
        "totals": [{"kind": kind, **_amounts(figures.total(kind))} for kind in figures.kinds],
        "lines": [
            {
                "area": line.area,
                "service": line.service,
                "service_name": line.service_name,
                "kind": line.kind,
                **_amounts(line),
                "illustrative": line.illustrative,
            }
            for line in figures.lines
        ],
        "entries": [
            {
                "id": entry.entry,
                "reported_by": entry.reported_by,
                "service": entry.service,
                "kind": entry.kind,
                "scope": entry.scope,
                "amount": json_money(entry.amount),
                "attributed": json_money(entry.attributed),
                "recurrence": entry.recurrence,
                "nature": entry.nature,
                "rule": entry.rule,
                "illustrative": entry.illustrative,
                "evidence": entry.evidence,
                "note": entry.note,
                "approval": entry.approval,
                "falls": entry.falls,
            }
            for entry in figures.entries
        ],
        "not_attributed": [
            {
                "kind": undivided.kind,
                "published": _json_or_none(undivided.published),
                "reported": _json_or_none(undivided.reported),
            }
            for undivided in figures.undivided
        ],
        "divided_later": [
            {
                "rule": divided.rule.id,
                "decision": divided.rule.decision_id,
                "service": divided.rule.service.slug,
                "kind": divided.rule.kind,
                "from": divided.rule.effective_from.code,
                "to": str(divided.rule.reaches_back_until),
                "divided_at": _moment(divided.at),
                "amount": json_money(divided.pence),
            }
            for divided in figures.divided
        ],
    }


def as_xlsx(figures: BoroughFigures, annex: Annex) -> bytes:
    """A workbook to print or to work on: Summary, Figures, Entries, Notes, and the annex.

    Each sheet has its title in A1, says what it holds, and has one table with a header
    row and no merged cells. Nothing is a formula. The same figures of the same rollup
    give the same bytes.
    """
    output = io.BytesIO()
    book = xlsxwriter.Workbook(
        output,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    name = figures.council.name
    book.set_properties(
        {
            "title": f"{name}: savings and costs, {figures.quarter.label}",
            "subject": f"Certified figures to {last_day(figures)}",
            "author": "Tri-borough",
            "category": "Savings",
            "keywords": f"{figures.council.code}, {figures.quarter.code}",
            "comments": f"Rollup version {figures.version}, digest {figures.digest or 'none'}.",
            "created": (figures.rolled_up_at or _midnight(figures)).replace(tzinfo=None),
        }
    )
    styles = _Styles(book)
    for sheet in (*sheets_of(figures), *annex_sheets(annex)):
        _write(book, styles, sheet, figures)
    book.close()
    return output.getvalue()


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        body: dict[str, object] = {"font_name": "Arial", "font_size": 11, "valign": "top"}
        header: dict[str, object] = {
            **body,
            "bold": True,
            "text_wrap": True,
            "valign": "bottom",
            "bottom": 2,
            "bottom_color": _PINE,
        }
        total = {"bold": True, "top": 1, "bottom": 1, "top_color": _PINE, "bottom_color": _PINE}
        self.title = book.add_format(
            {**body, "bold": True, "font_size": 16, "font_color": _PINE, "valign": "vcenter"}
        )
        self.line = book.add_format(body)
        holds: dict[str, dict[str, object]] = {
            "text": {},
            # Next to a column of money, which ends at its right edge.
            "flag": {"align": "left", "indent": 1},
            "prose": {"text_wrap": True},
            "money": {"num_format": _POUNDS},
            "whole": {"num_format": "0", "align": "left"},
        }
        beside: dict[str, dict[str, object]] = {
            "money": {"align": "right"},
            "flag": {"align": "left", "indent": 1},
        }
        self.header = {name: book.add_format({**header, **beside.get(name, {})}) for name in holds}
        self.cell = {name: book.add_format({**body, **more}) for name, more in holds.items()}
        self.total = {
            name: book.add_format({**body, **more, **total}) for name, more in holds.items()
        }


def _amounts(line: FigureLine) -> dict[str, str | None]:
    return {
        "quarter": _json_or_none(line.quarter),
        "year_to_date": _json_or_none(line.year_to_date),
        "to_date": _json_or_none(line.to_date),
    }


def _json_or_none(pence: int | None) -> str | None:
    return None if pence is None else json_money(pence)


def _midnight(figures: BoroughFigures) -> datetime:
    return datetime.combine(figures.quarter.last_day, time())


def _write(book: Workbook, styles: _Styles, sheet: Sheet, figures: BoroughFigures) -> None:
    page: Worksheet = book.add_worksheet(sheet.name)
    page.hide_gridlines(2)
    page.set_row(0, 26)
    page.write_string(0, 0, sheet.title, styles.title)
    for row, line in enumerate(sheet.introduction, start=1):
        page.write_string(row, 0, line, styles.line)
    top = len(sheet.introduction) + 1
    _set_up_print(page, sheet, figures, top)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
    if not sheet.rows:
        page.write_string(top, 0, sheet.when_empty, styles.line)
        return
    page.add_table(
        top,
        0,
        top + len(sheet.rows),
        len(sheet.columns) - 1,
        {
            "name": f"{sheet.name.replace(' ', '')}Table",
            "columns": [
                {
                    "header": column.header,
                    "header_format": styles.header[column.holds],
                }
                for column in sheet.columns
            ],
            "style": None,
            "autofilter": sheet.filters,
        },
    )
    page.set_row(top, 2 * _LINE + 4)
    page.freeze_panes(top + 1, 0)
    for place, values in enumerate(sheet.rows):
        formats = styles.total if place in sheet.sums else styles.cell
        page.set_row(top + 1 + place, _height(sheet, values))
        for across, (value, column) in enumerate(zip(values, sheet.columns, strict=True)):
            _write_cell(page, top + 1 + place, across, value, column, formats[column.holds])


def _height(sheet: Sheet, values: Sequence[Cell]) -> int:
    """In points, because not every program makes room for text that wraps."""
    lines = [
        sum(-(-len(part) // column.width) or 1 for part in str(value).split("\n"))
        for value, column in zip(values, sheet.columns, strict=True)
        if column.holds == "prose"
    ]
    return min(_LINE * max(lines, default=1), _TALLEST)


def _write_cell(
    page: Worksheet, row: int, place: int, value: Cell, column: Column, style: Format
) -> None:
    if isinstance(value, str):
        page.write_string(row, place, _as_cell_text(value), style)
    else:
        number = from_pence(value) if column.holds == "money" else value
        page.write_number(row, place, number, style)


def _as_cell_text(text: str) -> str:
    text = text[:_LONGEST_TEXT]
    # The writer takes text in these tags for its own mark-up and writes it unchanged.
    return f"{text[:-1]}> " if text.startswith("<r>") and text.endswith("</r>") else text


def _set_up_print(page: Worksheet, sheet: Sheet, figures: BoroughFigures, top: int) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    page.repeat_rows(top)
    # An ampersand begins a code in a footer, so a real one is written twice.
    title = sheet.title.replace("&", "&&")
    page.set_footer(f"&L{title}&RPage &P of &N")
