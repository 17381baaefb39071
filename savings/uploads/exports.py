"""A return's template as a workbook, as OpenDocument and as CSV, all from the same sheets.

Amounts are exact: numbers in a workbook, text with two decimals in CSV. Text is written so
that it comes back the same: as text in a workbook, and in CSV with an apostrophe before what
a spreadsheet would read as a formula (`savings.uploads.delimited` removes it again).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

import xlsxwriter
from django.http import HttpResponse
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from finance.money import from_pence, json_money
from savings.kit.opendocument import MEDIA_TYPE, Cell, Column, Sheet, as_ods
from savings.uploads.delimited import safe_text
from savings.uploads.sheets import LONGEST_CELL, MOST_ROWS
from savings.uploads.templates import Template, sheets_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
AUTHOR = "Tri-borough"

_FONT: dict[str, object] = {"font_name": "Arial", "font_size": 11}
_NUMBER_FORMATS = {"text": "@", "money": "#,##0.00", "whole": "0"}
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
#: The most characters of a list that is written into the validation itself.
_LONGEST_LIST = 255


def template_csv(template: Template) -> bytes:
    """Only the rows (RFC 4180, UTF-8), as they are sent back, with nothing to look up."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    rows = sheets_of(template)[0]
    writer.writerow([column.header for column in rows.columns])
    for row in rows.rows:
        writer.writerow(map(_csv_value, row, rows.columns))
    return text.getvalue().encode()


def template_csv_for_people(template: Template) -> bytes:
    """The same with the mark that tells Excel it is UTF-8. Programs would read it as text."""
    return _BYTE_ORDER_MARK.encode() + template_csv(template)


def _csv_value(value: Cell, column: Column) -> str:
    if isinstance(value, int) and column.holds == "money":
        return json_money(value)
    return "" if value is None else safe_text(str(value))


def template_ods(template: Template) -> bytes:
    """Every sheet of the template, with lists and notes. Sheets to look things up are locked."""
    return as_ods(sheets_of(template), title=template.title)


def template_xlsx(template: Template) -> bytes:
    """The same as an Excel workbook."""
    output = io.BytesIO()
    book = new_workbook(output)
    book.set_properties({"title": template.title, "author": AUTHOR})
    head = book.add_format({**_FONT, "bold": True, "bottom": 2, "bottom_color": "#0e4543"})
    formats = {
        holds: book.add_format({**_FONT, "num_format": code, "valign": "top"})
        for holds, code in _NUMBER_FORMATS.items()
    }
    for sheet in sheets_of(template):
        _write_sheet(book, sheet, head, formats)
    book.close()
    return output.getvalue()


def new_workbook(output: io.BytesIO) -> Workbook:
    """A workbook to write row by row, in which text stays text. Rows go to a file at once."""
    return xlsxwriter.Workbook(
        output,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )


def write_text(page: Worksheet, row: int, column: int, text: str, style: Format | None) -> None:
    """Write text exactly, and no more of it than a cell can hold."""
    text = text[:LONGEST_CELL]
    if text.startswith("<r>") and text.endswith("</r>"):
        # The writer would read a text in these tags as its own markup; in parts it does not.
        page.write_rich_string(row, column, "<", "r", text[2:], *([style] if style else []))
    else:
        page.write_string(row, column, text, style)


def _write_sheet(book: Workbook, sheet: Sheet, head: Format, formats: dict[str, Format]) -> None:
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(1, 0)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width, formats[column.holds])
        page.write_string(0, place, column.header, head)
        if column.note:
            page.write_comment(
                0, place, column.note, {"author": AUTHOR, "width": 280, "height": 120}
            )
        if column.options:
            page.data_validation(1, place, MOST_ROWS, place, _validation(column))
    for number, row in enumerate(sheet.rows, start=1):
        for place, (value, column) in enumerate(zip(row, sheet.columns, strict=True)):
            if isinstance(value, str):
                if value:
                    write_text(page, number, place, value, formats[column.holds])
            elif value is not None:
                figure = from_pence(value) if column.holds == "money" else value
                page.write_number(number, place, figure, formats[column.holds])
    if sheet.locked:
        page.protect()


def _validation(column: Column) -> dict[str, object]:
    options = column.options
    source: object = list(options.values) if options else []
    if options and options.sheet:
        source = f"={options.sheet}!$A$2:$A${options.count + 1}"
    return {
        "validate": "list",
        "source": source,
        "error_title": column.header,
        "error_message": column.remedy[:_LONGEST_LIST],
    }


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A file format: its name in HTTP, and what makes it, for programs and for people."""

    content_type: str
    make: Callable[[Template], bytes]
    make_for_people: Callable[[Template], bytes]


FORMATS = {
    "xlsx": FileFormat(XLSX, template_xlsx, template_xlsx),
    "ods": FileFormat(MEDIA_TYPE, template_ods, template_ods),
    "csv": FileFormat(CSV, template_csv, template_csv_for_people),
}


def template_file(template: Template, extension: str, *, for_people: bool = False) -> HttpResponse:
    """A template as a download."""
    form = FORMATS[extension]
    make = form.make_for_people if for_people else form.make
    return as_download(make(template), form.content_type, template.file_name(extension))


def as_download(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
