"""Files for the tests of uploads, right and wrong: made when needed, the same every time.

Workbooks are put together here as text, part by part, so that each can be wrong in a way that no
spreadsheet program would allow.
"""

from __future__ import annotations

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from savings.returns.rows import COLUMNS
from savings.uploads.sheets import column_letters

HEADER: tuple[str, ...] = COLUMNS
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"

Part = str | bytes


def a_row(**changed: str) -> tuple[str, ...]:
    """A right row, with a text for each column."""
    row = {
        "service": "library-service",
        "kind": "saving",
        "scope": "shared",
        "amount": "1234.50",
        "recurrence": "recurring",
        "nature": "cashable",
        "evidence": "Ledger 7",
        **changed,
    }
    return tuple(row.get(column, "") for column in HEADER)


def many_rows(count: int, seed: int = 2013) -> Iterable[tuple[str, ...]]:
    """Rows as a return has them, of every kind, each with its own amount and words."""
    random = Random(seed)
    slugs = ("library-service", "libraries", "youth-offending", "childrens", "cex")
    kinds = ("saving", "ongoing_cost", "transition_cost", "variance")
    for number in range(count):
        kind = random.choices(kinds, (60, 20, 10, 10))[0]
        saving, variance = kind == "saving", kind == "variance"
        yield a_row(
            service=random.choice(slugs),
            kind=kind,
            scope=random.choice(("own", "shared")),
            amount=f"{random.randrange(-100_000, 90_000_000) / 100:.2f}",
            recurrence=random.choice(("recurring", "one_off")) if saving else "",
            nature=random.choice(("cashable", "avoided")) if saving else "",
            cause="demand" if variance else "",
            tupe="LBHF,WCC" if kind == "ongoing_cost" and number % 3 == 0 else "",
            evidence=f"Ledger {number}",
            note=f"Why line {number} differs from what was expected" if number % 2 else "",
        )


# --- CSV --------------------------------------------------------------------------------


def a_csv(*rows: Sequence[str], header: Sequence[str] = HEADER, delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([header, *rows])
    return text.getvalue().encode()


# --- Zipped parts -----------------------------------------------------------------------


def zipped(parts: Mapping[str, Part], *, stored: Iterable[str] = ()) -> bytes:
    """A zip of these parts, in their order; those of `stored` are not packed."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, content in parts.items():
            member = zipfile.ZipInfo(name, (2013, 7, 1, 9, 30, 0))
            packed = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(member, content, packed)
    return output.getvalue()


def zipped_lying(name: str, content: bytes, claimed: int, others: Mapping[str, Part]) -> bytes:
    """A zip in which one part claims to unpack to fewer bytes than it does."""
    file = bytearray(zipped({**others, name: content}))
    checksum = zlib.crc32(content[:claimed])
    for signature, at_crc, at_size, at_length, at_name in (
        (b"PK\x03\x04", 14, 22, 26, 30),
        (b"PK\x01\x02", 16, 24, 28, 46),
    ):
        place = -1
        while (place := file.find(signature, place + 1)) >= 0:
            (length,) = struct.unpack_from("<H", file, place + at_length)
            if bytes(file[place + at_name : place + at_name + length]) == name.encode():
                struct.pack_into("<I", file, place + at_crc, checksum)
                struct.pack_into("<I", file, place + at_size, claimed)
    return bytes(file)


# --- XLSX -------------------------------------------------------------------------------


def text_cell(reference: str, text: str, more: str = "") -> str:
    preserved = f'<t xml:space="preserve">{escape(text)}</t>'
    return f'<c r="{reference}" t="inlineStr"{more}><is>{preserved}</is></c>'


def number_cell(reference: str, number: str, more: str = "") -> str:
    return f'<c r="{reference}"{more}><v>{number}</v></c>'


def sheet_row(number: int, values: Sequence[str], **instead: str) -> str:
    """A row of texts, its amount as a number; `instead` has cells by column, as XML."""
    cells = []
    for place, value in enumerate(values):
        column = HEADER[place] if place < len(HEADER) else ""
        reference = f"{column_letters(place)}{number}"
        if column in instead:
            cells.append(instead[column].replace("@", reference))
        elif column == "amount" and value.lstrip("-").replace(".", "", 1).isdigit():
            cells.append(number_cell(reference, value))
        elif value:
            cells.append(text_cell(reference, value))
    return f'<row r="{number}">{"".join(cells)}</row>'


def a_sheet(*rows: str, after: str = "", before: str = "", namespace: str = MAIN) -> str:
    return (
        f'{HEAD}<worksheet xmlns="{namespace}">{before}<sheetData>{"".join(rows)}</sheetData>'
        f"{after}</worksheet>"
    )


def sheet_of(*rows: Sequence[str], **instead: str) -> str:
    """A header and rows; `instead` changes cells of the first row below the header."""
    return a_sheet(
        sheet_row(1, HEADER),
        *(
            sheet_row(number, row, **(instead if number == 2 else {}))
            for number, row in enumerate(rows, start=2)
        ),
    )


def workbook_xml(*sheets: str, more: str = "") -> str:
    return (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONSHIPS}">{more}<sheets>'
        f"{''.join(sheets)}</sheets></workbook>"
    )


def sheet_entry(number: int = 1, state: str = "") -> str:
    hidden = f' state="{state}"' if state else ""
    return f'<sheet name="Sheet{number}" sheetId="{number}"{hidden} r:id="rId{number}"/>'


def relationships(*links: tuple[str, str, str], external: bool = False) -> str:
    mode = ' TargetMode="External"' if external else ""
    return (
        f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="{name}" Type="{kind}" Target={quoteattr(target)}{mode}/>'
            for name, kind, target in links
        )
        + "</Relationships>"
    )


#: Style 1 is a date of every workbook's own formats, style 2 one of its own, style 3 is money.
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="dd\\ mmmm\\ yyyy"/>'
    '<numFmt numFmtId="165" formatCode="[$£-809]#,##0.00;[Red]-[$£-809]#,##0.00"/></numFmts>'
    '<cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs><cellXfs count="4">'
    '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>'
    "</styleSheet>"
)


_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
CONTENT_TYPES = (
    f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    + "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
        for name, kind in (
            ("workbook", "sheet.main"),
            ("worksheets/sheet1", "worksheet"),
            ("styles", "styles"),
            ("sharedStrings", "sharedStrings"),
        )
    )
    + "</Types>"
)


def xlsx_parts(sheet: Part) -> dict[str, Part]:
    """The parts of a workbook with one sheet."""
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": relationships(
            ("rId1", f"{RELATIONSHIPS}/officeDocument", "xl/workbook.xml")
        ),
        "xl/workbook.xml": workbook_xml(sheet_entry()),
        "xl/_rels/workbook.xml.rels": relationships(
            ("rId1", f"{RELATIONSHIPS}/worksheet", "worksheets/sheet1.xml"),
            ("rId8", f"{RELATIONSHIPS}/styles", "styles.xml"),
            ("rId9", f"{RELATIONSHIPS}/sharedStrings", "sharedStrings.xml"),
        ),
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": shared_strings(),
        "xl/worksheets/sheet1.xml": sheet,
    }


def an_xlsx(sheet: Part, parts: Mapping[str, Part] | None = None) -> bytes:
    return zipped(xlsx_parts(sheet) | dict(parts or {}))


def shared_strings(*items: str) -> str:
    return f'{HEAD}<sst xmlns="{MAIN}">{"".join(items)}</sst>'


# --- ODS --------------------------------------------------------------------------------


def ods_cell(text: str, more: str = "") -> str:
    if not text:
        return f"<table:table-cell{more}/>"
    return (
        f'<table:table-cell office:value-type="string"{more}><text:p>{escape(text)}</text:p>'
        "</table:table-cell>"
    )


def ods_number(number: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="float" office:value="{number}"{more}/>'


def ods_row(values: Sequence[str], repeated: int = 1, **instead: str) -> str:
    cells = [
        instead.get(HEADER[place] if place < len(HEADER) else "") or ods_cell(value)
        for place, value in enumerate(values)
    ]
    times = f' table:number-rows-repeated="{repeated}"' if repeated > 1 else ""
    return f"<table:table-row{times}>{''.join(cells)}</table:table-row>"


def ods_table(*rows: str, style: str = "", name: str = "Sheet1") -> str:
    styled = f' table:style-name="{style}"' if style else ""
    return f'<table:table table:name="{name}"{styled}>{"".join(rows)}</table:table>'


def ods_content(*tables: str, styles: str = "", before: str = "", doctype: str = "") -> str:
    prefixes = ("office", "table", "text", "style", "draw:drawing", "script")
    spaces = " ".join(
        f'xmlns:{prefix.partition(":")[0]}="{ODF}{prefix.rpartition(":")[2]}:1.0"'
        for prefix in prefixes
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<office:document-content {spaces} '
        'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:calcext="urn:org:documentfoundation:'
        'names:experimental:calc:xmlns:calcext:1.0" office:version="1.3">'
        f"{before}<office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )


def an_ods(content: Part, parts: Mapping[str, Part] | None = None) -> bytes:
    manifest = (
        f'<manifest:manifest xmlns:manifest="{ODF}manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>'
        "</manifest:manifest>"
    )
    every = {"mimetype": ODS_TYPE, "META-INF/manifest.xml": manifest, "content.xml": content}
    return zipped(every | dict(parts or {}), stored=["mimetype"])


def ods_of(*rows: Sequence[str], **instead: str) -> bytes:
    """A header and rows; `instead` has cells of the first row, as XML."""
    instead_of: dict[str, Any] = dict(instead)
    return an_ods(
        ods_content(
            ods_table(
                ods_row(HEADER),
                *(
                    ods_row(row, **given)
                    for row, given in zip(rows, [instead_of, *[{}] * len(rows)], strict=False)
                ),
            )
        )
    )
