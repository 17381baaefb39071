"""A template filled in as a person would, and read back without the code of uploads.

openpyxl for XLSX, the standard library for ODS and CSV. A row is a text for each column.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from xml.etree import ElementTree as ET

import openpyxl
from openpyxl.utils.escape import unescape

from savings.returns.rows import COLUMNS
from tests.savings.uploads.making import ODF

Row = tuple[str, ...]
AMOUNT = COLUMNS.index("amount")
NUMBERS = (AMOUNT, COLUMNS.index("corrects"))

_TABLE, _OFFICE, _TEXT = (f"{{{ODF}{name}:1.0}}" for name in ("table", "office", "text"))
_ROW, _CELL, _PARAGRAPH = f"{_TABLE}table-row", f"{_TABLE}table-cell", f"{_TEXT}p"
_ROWS_REPEATED = f"{_TABLE}number-rows-repeated"


def opened(extension: str, content: bytes) -> list[Row]:
    """All rows of a file's first sheet, the header among them; amounts with two decimals."""
    return {"xlsx": _opened_xlsx, "ods": _opened_ods, "csv": _opened_csv}[extension](content)


def filled(
    extension: str, content: bytes, amounts: Mapping[int, str], added: Sequence[Row]
) -> bytes:
    """A file with these amounts, by the row as a spreadsheet shows it, and these rows below."""
    fill = {"xlsx": _filled_xlsx, "ods": _filled_ods, "csv": _filled_csv}[extension]
    return fill(content, amounts, added)


def _opened_csv(content: bytes) -> list[Row]:
    return [tuple(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))]


def _filled_csv(content: bytes, amounts: Mapping[int, str], added: Sequence[Row]) -> bytes:
    rows = [list(row) for row in _opened_csv(content)]
    for number, amount in amounts.items():
        rows[number - 1][AMOUNT] = amount
    text = io.StringIO(newline="")
    csv.writer(text).writerows([*rows, *added])
    return text.getvalue().encode("utf-8-sig")


def _opened_xlsx(content: bytes) -> list[Row]:
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    rows = page.iter_rows(max_col=len(COLUMNS), values_only=True)
    return [tuple(map(_xlsx_value, range(len(COLUMNS)), cells)) for cells in rows]


def _xlsx_value(place: int, value: object) -> str:
    # Characters that XML can't have are written as numbers, and openpyxl leaves them like that.
    return "" if value is None else _number(place, unescape(str(value)))


def _filled_xlsx(content: bytes, amounts: Mapping[int, str], added: Sequence[Row]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    for number, amount in amounts.items():
        page.cell(number, AMOUNT + 1).value = Decimal(amount)
    for number, row in enumerate(added, start=len(_opened_xlsx(content)) + 1):
        for place, text in enumerate(row):
            if text:
                value = Decimal(text) if place in NUMBERS else text
                page.cell(number, place + 1).value = value
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def _opened_ods(content: bytes) -> list[Row]:
    table = _first_table(ET.fromstring(_part(content, "content.xml")))
    rows = [tuple(map(_ods_value, row.iter(_CELL))) for row in table.iter(_ROW)]
    return [
        tuple(_number(place, text) if text else "" for place, text in enumerate(row))
        for row in rows
        if any(row)
    ]


def _filled_ods(content: bytes, amounts: Mapping[int, str], added: Sequence[Row]) -> bytes:
    root = ET.fromstring(_part(content, "content.xml"))
    table = _first_table(root)
    rows = list(table.iter(_ROW))
    for number, amount in amounts.items():
        _put(list(rows[number - 1].iter(_CELL))[AMOUNT], AMOUNT, amount)
    (spare,) = (row for row in rows if _ROWS_REPEATED in row.attrib)
    place_of_spare = list(table).index(spare)
    for number, texts in enumerate(added):
        row = ET.fromstring(ET.tostring(spare))
        del row.attrib[_ROWS_REPEATED]
        for place, (cell, text) in enumerate(zip(row.iter(_CELL), texts, strict=True)):
            if text:
                _put(cell, place, text)
        table.insert(place_of_spare + number, row)
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(output, "w") as new:
        for member in old.infolist():
            part = old.read(member)
            new.writestr(member, ET.tostring(root) if member.filename == "content.xml" else part)
    return output.getvalue()


def _put(cell: ET.Element, place: int, text: str) -> None:
    number = place in NUMBERS
    cell.set(f"{_OFFICE}value-type", "float" if number else "string")
    if number:
        cell.set(f"{_OFFICE}value", text)
    for child in list(cell):
        cell.remove(child)
    ET.SubElement(cell, _PARAGRAPH).text = text


def _part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def _first_table(root: ET.Element) -> ET.Element:
    return next(root.iter(f"{_TABLE}table"))


def _ods_value(cell: ET.Element) -> str:
    value = cell.get(f"{_OFFICE}value")
    return value or "\n".join(map(_paragraph, cell.findall(_PARAGRAPH)))


def _paragraph(element: ET.Element) -> str:
    text = element.text or ""
    for child in element:
        if child.tag == f"{_TEXT}tab":
            text += "\t"
        elif child.tag == f"{_TEXT}s":
            text += " " * int(child.get(f"{_TEXT}c") or "1")
        text += child.tail or ""
    return text


def _number(place: int, text: str) -> str:
    """An amount with two decimals; anything else, such as the header, unchanged."""
    return f"{Decimal(text):.2f}" if place == AMOUNT and text != "amount" else text
