"""Headers and rows that no return can have."""

from __future__ import annotations

from savings.uploads import delimited, imports
from tests.savings.uploads.corpus.bad import (
    Bad,
    at,
    xlsx_cell,
)
from tests.savings.uploads.making import (
    HEADER,
    a_csv,
    a_row,
    a_sheet,
    an_ods,
    an_xlsx,
    ods_cell,
    ods_content,
    ods_row,
    ods_table,
    sheet_row,
    text_cell,
)

# --- The header ---------------------------------------------------------------------------

COMMAS = "Put commas only between groups of three digits, as in 1,234.50."
NAMES_NONE = f"This row must name the columns, but names none of them: {', '.join(HEADER)}."
WITHOUT_AMOUNT = tuple(name for name in HEADER if name != "amount")


def wide(count: int) -> tuple[str, ...]:
    return (*HEADER, *(f"more{number}" for number in range(count - len(HEADER))))


def too_wide(letters: str) -> str:
    return (
        f"There is something in column {letters}, to the right of all columns of a return: "
        "remove it."
    )


HEADERS = [
    at("no header", lambda: a_csv(header=a_row()), 1, "A", NAMES_NONE),
    at(
        "a title above the header",
        lambda: a_csv(HEADER, a_row(), header=["Westminster", ""]),
        1,
        "A",
        NAMES_NONE,
    ),
    at(
        "a header with a capital",
        lambda: a_csv(a_row(), header=("Service", *HEADER[1:])),
        1,
        "Service",
        "There is no such column: spell it service.",
    ),
    Bad(
        "a header in capitals",
        lambda: a_csv(a_row(amount="1,50"), header=[name.upper() for name in HEADER]),
        [
            *((1, name.upper(), f"There is no such column: spell it {name}.") for name in HEADER),
            (2, "amount", COMMAS),
        ],
    ),
    at(
        "a header with a space after it",
        lambda: a_csv(a_row(), header=(*HEADER[:-1], "note ")),
        1,
        "note ",
        "There is no such column: spell it note.",
    ),
    at(
        "an unknown header",
        lambda: a_csv((*a_row(), "x"), header=(*HEADER, "cost centre")),
        1,
        "cost centre",
        "There is no such column: remove or rename it.",
    ),
    at(
        "a header twice",
        lambda: a_csv((*a_row(), "other"), header=(*HEADER, "note")),
        1,
        "note",
        "The column note is there twice: remove or rename one of them.",
    ),
    at(
        "a missing column",
        lambda: a_csv(
            tuple(v for name, v in zip(HEADER, a_row(), strict=True) if name != "amount"),
            header=WITHOUT_AMOUNT,
        ),
        1,
        "amount",
        "There is no column amount: add it, spelled like this.",
    ),
    Bad(
        "three missing columns",
        lambda: a_csv(("libraries",), header=("service",)),
        [
            (1, name, f"There is no column {name}: add it, spelled like this.")
            for name in ("kind", "scope", "amount")
        ],
    ),
    at(
        "a header that is a formula",
        lambda: an_xlsx(
            a_sheet(
                sheet_row(1, HEADER, note='<c r="@" t="str"><f>A1</f><v>note</v></c>'),
                sheet_row(2, a_row()),
            )
        ),
        1,
        "M",
        f"Name the column in plain text, as one of {', '.join(HEADER)}.",
    ),
    at(
        "a column without a name",
        lambda: a_csv(a_row(), (*a_row(), "stray"), (*a_row(), "again")),
        3,
        "N",
        "This column has no name: name it in the header, or empty it.",
    ),
    at("300 columns", lambda: a_csv(a_row(), header=wide(300)), 1, "BM", too_wide("BM")),
    at(
        "300 columns in a workbook",
        lambda: an_xlsx(a_sheet(sheet_row(1, wide(300)))),
        1,
        "BM",
        too_wide("BM"),
    ),
    at(
        "300 columns in an ODS",
        lambda: an_ods(
            ods_content(
                ods_table(
                    ods_row(HEADER),
                    "<table:table-row>",
                    ods_cell("x", ' table:number-columns-repeated="300"'),
                    "</table:table-row>",
                )
            )
        ),
        2,
        "BM",
        too_wide("BM"),
    ),
    at(
        "something far to the right",
        lambda: an_xlsx(
            a_sheet(sheet_row(1, HEADER), f'<row r="9">{text_cell("XFD9", "x")}</row>')
        ),
        9,
        "XFD",
        too_wide("XFD"),
    ),
]

# --- Rows, and what stands between the cells ----------------------------------------------

SEMICOLONS = delimited.NOT_COMMAS.format(name="semicolons")
ENCODING = imports._NOT_A_VALUE["encoding"]

ROWS = [
    at(
        "more than 50,000 rows",
        lambda: a_csv(*[a_row()] * 50_001),
        50_002,
        "file",
        imports.TOO_MANY_ROWS,
    ),
    at(
        "a row a million times",
        lambda: an_ods(
            ods_content(ods_table(ods_row(HEADER), ods_row(a_row(), repeated=1_048_000)))
        ),
        50_002,
        "file",
        imports.TOO_MANY_ROWS,
    ),
    at("semicolons", lambda: a_csv(a_row(), delimiter=";"), 1, "file", SEMICOLONS),
    at(
        "tabs",
        lambda: a_csv(a_row(), delimiter="\t"),
        1,
        "file",
        delimited.NOT_COMMAS.format(name="tabs"),
    ),
    at(
        "an unclosed quotation mark",
        lambda: a_csv(a_row()) + b'libraries,saving,own,1,"recurring,cashable\r\n',
        3,
        "file",
        delimited.QUOTES,
    ),
    at(
        "a quotation mark in between",
        lambda: a_csv() + b'"libraries"x,saving,own,1\r\n',
        2,
        "file",
        delimited.QUOTES,
    ),
    at(
        "a cell of 200,000 letters",
        lambda: a_csv(a_row(note="x" * 200_000)),
        2,
        "file",
        delimited.QUOTES,
    ),
    at(
        "Latin-1",
        lambda: a_csv(a_row(amount="£45k")).decode().encode("latin-1"),
        2,
        "amount",
        ENCODING,
    ),
    Bad(
        "Windows' own encoding, in three cells",
        lambda: (
            a_csv(a_row(note="“So”"), a_row(), a_row(amount="£1", evidence="Café"))
            .decode()
            .encode("cp1252")
        ),
        [(2, "note", ENCODING), (4, "amount", ENCODING), (4, "evidence", ENCODING)],
    ),
    at(
        "a null character",
        lambda: a_csv(a_row(note="a\x00b")),
        2,
        "note",
        "Remove the null character.",
    ),
    at(
        "a control character",
        xlsx_cell(note=text_cell("@", "bell_x0007_")),
        2,
        "note",
        "Remove the control character.",
    ),
    at(
        "half of a character",
        xlsx_cell(note=text_cell("@", "_xD83D_")),
        2,
        "note",
        "Remove the broken character.",
    ),
    at(
        "blank rows count",
        lambda: b"\r\n,,\r\n" + a_csv(a_row(), (" ", ""), (), a_row(amount="1,50")),
        7,
        "amount",
        COMMAS,
    ),
    at(
        "blank rows count in a workbook",
        lambda: an_xlsx(a_sheet(sheet_row(5, HEADER), sheet_row(9, a_row(amount="1,50")))),
        9,
        "amount",
        COMMAS,
    ),
    at(
        "blank rows count in an ODS",
        lambda: an_ods(
            ods_content(
                ods_table(
                    ods_row(("",), repeated=3),
                    ods_row(HEADER),
                    ods_row(("",), repeated=2),
                    ods_row(a_row(amount="1,50")),
                )
            )
        ),
        7,
        "amount",
        COMMAS,
    ),
    at(
        "lines of several paragraphs count as one row",
        lambda: a_csv(a_row(note="One\nTwo\r\nThree"), a_row(amount="1,50")),
        3,
        "amount",
        COMMAS,
    ),
]
