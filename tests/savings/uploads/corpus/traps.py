"""Traps in the XML of a workbook, and what it carries beside its cells."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from savings.uploads import excel, guards, imports, markup, sheets
from tests.savings.uploads.corpus.bad import (
    at_once,
    ods_with_part,
    whole,
    xlsx_with_part,
)
from tests.savings.uploads.making import (
    HEAD,
    HEADER,
    MAIN,
    ODS_TYPE,
    RELATIONSHIPS,
    a_row,
    a_sheet,
    an_ods,
    an_xlsx,
    ods_content,
    ods_row,
    ods_table,
    relationships,
    shared_strings,
    sheet_entry,
    sheet_of,
    sheet_row,
    text_cell,
    workbook_xml,
    zipped,
)

# --- Traps in the XML ---------------------------------------------------------------------

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def with_declaration(xml: str, declaration: str) -> str:
    return xml.replace(HEAD, f"{HEAD}{declaration}", 1)


def blocks() -> Iterator[str]:
    """Five thousand texts of a hundred letters, all different."""
    random = Random(7)
    for _ in range(5_000):
        yield "".join(random.choices("abcdefghijklmnop", k=100))


TRAPS = [
    whole(
        "nested entities in a sheet",
        lambda: an_xlsx(with_declaration(sheet_of(a_row(note="&i;")), LAUGHS)),
        markup.DOCUMENT_TYPE,
    ),
    whole(
        "an external entity",
        lambda: an_xlsx(
            sheet_of(a_row()),
            {
                "xl/sharedStrings.xml": with_declaration(
                    shared_strings("<si><t>&a;</t></si>"), OUTSIDE
                )
            },
        ),
        markup.DOCUMENT_TYPE,
    ),
    whole(
        "entities in an ODS",
        lambda: an_ods(ods_content(ods_table(ods_row(HEADER)), doctype=LAUGHS)),
        markup.DOCUMENT_TYPE,
    ),
    whole(
        "a document type in a part that is not read",
        xlsx_with_part("docProps/app.xml", f"{HEAD}{OUTSIDE}<Properties/>"),
        markup.DOCUMENT_TYPE,
    ),
    whole(
        "a document type across two chunks",
        xlsx_with_part("docProps/app.xml", " " * 65_531 + OUTSIDE),
        markup.DOCUMENT_TYPE,
    ),
    whole(
        "a sheet in UTF-16",
        lambda: an_xlsx(sheet_of(a_row()).encode("utf-16")),
        markup.UNUSUAL,
    ),
    whole("a sheet that ends early", lambda: an_xlsx(sheet_of(a_row())[:-40]), sheets.DAMAGED),
    whole("a sheet that is not XML", lambda: an_xlsx("service,kind"), sheets.DAMAGED),
    whole("a sheet of another kind", lambda: an_xlsx(f'<x xmlns="{MAIN}"/>'), sheets.DAMAGED),
    whole("an ODS that ends early", lambda: an_ods(ods_content()[:-30]), sheets.DAMAGED),
    whole("an ODS without its content", lambda: zipped({"mimetype": ODS_TYPE}), sheets.DAMAGED),
    whole(
        "a workbook without its sheet",
        xlsx_with_part(
            "xl/_rels/workbook.xml.rels",
            relationships(("rId1", f"{RELATIONSHIPS}/worksheet", "worksheets/sheet9.xml")),
        ),
        sheets.DAMAGED,
    ),
    whole(
        "a workbook that is nowhere",
        xlsx_with_part(
            "_rels/.rels",
            relationships(("rId1", f"{RELATIONSHIPS}/officeDocument", "xl/other.xml")),
        ),
        sheets.DAMAGED,
    ),
    whole(
        "endless levels",
        lambda: an_xlsx(a_sheet(before="<x>" * 100_000)),
        markup.UNUSUAL,
    ),
    whole(
        "an endless tag",
        lambda: an_xlsx(a_sheet(before=f'<x y="{"z" * 1_000_000}"/>')),
        markup.UNUSUAL,
    ),
    whole(
        "an endless comment",
        lambda: an_xlsx(a_sheet(before=f"<!-- {'> ' * 500_000} -->")),
        markup.UNUSUAL,
    ),
    whole(
        "thousands of names",
        lambda: an_xlsx(a_sheet(before="".join(f"<n{n}/>" for n in range(50_000)))),
        markup.UNUSUAL,
    ),
    whole(
        "thousands of prefixes",
        lambda: an_xlsx(a_sheet(before="".join(f'<x xmlns:p{n}="urn:x"/>' for n in range(50_000)))),
        markup.UNUSUAL,
    ),
    whole(
        "a shared text that is missing",
        lambda: an_xlsx(
            sheet_of(a_row(), note='<c r="@" t="s"><v>7</v></c>'),
            {"xl/sharedStrings.xml": shared_strings("<si><t>One</t></si>")},
        ),
        sheets.DAMAGED,
    ),
    whole(
        "rows out of order",
        lambda: an_xlsx(a_sheet(sheet_row(3, HEADER), sheet_row(2, a_row()))),
        markup.UNUSUAL,
    ),
    whole(
        "cells out of order",
        lambda: an_xlsx(
            a_sheet(f'<row r="1">{text_cell("B1", "kind")}{text_cell("A1", "x")}</row>')
        ),
        markup.UNUSUAL,
    ),
    whole(
        "a cell in another's row",
        lambda: an_xlsx(a_sheet(f'<row r="1">{text_cell("A7", "service")}</row>')),
        markup.UNUSUAL,
    ),
    whole(
        "more text than a return has room for",
        lambda: an_xlsx(
            sheet_of(a_row()),
            {
                "xl/sharedStrings.xml": shared_strings(
                    *(f"<si><t>é{block * 40}</t></si>" for block in blocks())
                )
            },
        ),
        sheets.TOO_MUCH_TEXT,
    ),
]

# --- What a workbook carries beside its cells ---------------------------------------------

LISTENER = (
    '<office:scripts><office:event-listeners><script:event-listener script:event-name="x"/>'
    "</office:event-listeners></office:scripts>"
)
HIDDEN_TABLE = (
    '<style:style style:name="ta1" style:family="table"><style:table-properties '
    'table:display="false"/></style:style>'
)

CARRIED = [
    at_once("macros", xlsx_with_part("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0"), guards.MACROS),
    at_once(
        "macros of the older kind",
        xlsx_with_part("xl/macrosheets/sheet1.xml", "<x/>"),
        guards.MACROS,
    ),
    at_once("controls", xlsx_with_part("xl/activeX/activeX1.bin", b"\x00"), guards.MACROS),
    at_once("macros in an ODS", ods_with_part("Basic/Standard/Module1.xml", "<x/>"), guards.MACROS),
    at_once("scripts in an ODS", ods_with_part("Scripts/python/run.py", "print()"), guards.MACROS),
    whole(
        "an ODS that runs something",
        lambda: an_ods(ods_content(ods_table(ods_row(HEADER)), before=LISTENER)),
        guards.MACROS,
    ),
    at_once(
        "links to other workbooks",
        xlsx_with_part("xl/externalLinks/externalLink1.xml", "<x/>"),
        guards.LINKS,
    ),
    whole(
        "a picture from elsewhere",
        xlsx_with_part(
            "xl/worksheets/_rels/sheet1.xml.rels",
            relationships(
                ("rId1", f"{RELATIONSHIPS}/image", "https://example.org/x.png"), external=True
            ),
        ),
        guards.LINKS,
    ),
    at_once("data from elsewhere", xlsx_with_part("xl/connections.xml", "<x/>"), guards.LINKS),
    whole(
        "an ODS with a table from elsewhere",
        lambda: an_ods(
            ods_content(
                ods_table('<table:table-source xlink:href="file:///x.ods"/>', ods_row(HEADER))
            )
        ),
        guards.LINKS,
    ),
    whole(
        "an ODS with a picture from elsewhere",
        lambda: an_ods(
            ods_content(
                ods_table(
                    '<table:shapes><draw:image xlink:href="https://example.org/x.png"/>'
                    "</table:shapes>",
                    ods_row(HEADER),
                )
            )
        ),
        guards.LINKS,
    ),
    whole(
        "all sheets hidden",
        xlsx_with_part("xl/workbook.xml", workbook_xml(sheet_entry(1, "veryHidden"))),
        excel.NO_SHEET,
    ),
    whole(
        "only a chart",
        xlsx_with_part(
            "xl/_rels/workbook.xml.rels",
            relationships(("rId1", f"{RELATIONSHIPS}/chartsheet", "chartsheets/sheet1.xml")),
        ),
        excel.NO_SHEET,
    ),
    whole(
        "all tables hidden",
        lambda: an_ods(ods_content(ods_table(ods_row(HEADER), style="ta1"), styles=HIDDEN_TABLE)),
        excel.NO_SHEET,
    ),
    whole("a sheet with nothing in it", lambda: an_xlsx(a_sheet()), imports.NOTHING),
    whole("an ODS with nothing in it", lambda: an_ods(ods_content(ods_table())), imports.NOTHING),
]
