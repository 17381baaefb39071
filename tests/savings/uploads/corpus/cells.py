"""Cells that no row of a return can have."""

from __future__ import annotations

from tests.savings.uploads.corpus.bad import (
    Bad,
    at,
    csv_row,
    ods_with,
    xlsx_cell,
)
from tests.savings.uploads.corpus.rows import COMMAS
from tests.savings.uploads.making import (
    HEADER,
    a_csv,
    a_row,
    a_sheet,
    an_xlsx,
    number_cell,
    ods_cell,
    ods_number,
    sheet_row,
)

# --- Cells ----------------------------------------------------------------------------------

KINDS = "saving, ongoing_cost, transition_cost or variance"
FORMULA = "Enter the value: this cell has a formula."
HOLDS_ERROR = "Enter a value: this cell has an error."
HOLDS_DATE = (
    "Enter what this column asks for: the cell has a date. If you typed something else, set "
    "its format to Text and type it again."
)
HOLDS_TRUTH = "Enter what this column asks for: the cell has TRUE or FALSE."
MERGED = "Unmerge these cells and give each row its own values."
DIGITS = "Enter an amount of money in digits, such as 1,234.50, £1,234, (1,234), 45k or £1.2m."
PENCE = "Enter an amount in whole pence, such as 1,234.50."
BELOW = "Enter an amount below £100,000,000,000."
BELOW_IN_PENCE = "Enter an amount below £100,000,000,000, in whole pence."


def merged(*areas: str) -> bytes:
    cells = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    return an_xlsx(
        a_sheet(
            *(sheet_row(n, HEADER if n == 1 else a_row()) for n in range(1, 5)),
            after=f"<mergeCells>{cells}</mergeCells>",
        )
    )


CELLS = [
    at(
        "a formula",
        xlsx_cell(amount='<c r="@"><f>SUM(D3:D9)</f><v>12</v></c>'),
        2,
        "amount",
        FORMULA,
    ),
    at(
        "a formula that others share",
        xlsx_cell(amount='<c r="@"><f t="shared" si="0"/><v>12</v></c>'),
        2,
        "amount",
        FORMULA,
    ),
    at(
        "a formula without a value",
        xlsx_cell(service='<c r="@"><f>VLOOKUP(A9,B1:C9,2)</f></c>'),
        2,
        "service",
        FORMULA,
    ),
    at(
        "a formula in a note",
        xlsx_cell(note='<c r="@" t="str"><f>A1&amp;B1</f><v>ab</v></c>'),
        2,
        "note",
        FORMULA,
    ),
    at(
        "a formula in an ODS",
        ods_with(
            amount='<table:table-cell table:formula="of:=SUM([.D3:.D9])" '
            'office:value-type="float" office:value="12"/>'
        ),
        2,
        "amount",
        FORMULA,
    ),
    at(
        "a formula in CSV",
        csv_row(amount="=SUM(D3:D9)"),
        2,
        "amount",
        "Enter the amount itself, not a formula.",
    ),
    at("merged cells", lambda: merged("A3:A4"), 3, "service", MERGED),
    Bad(
        "merged cells, including the header",
        lambda: merged("M1:N2", "C2:D3"),
        [(1, "note", MERGED), (2, "scope", MERGED)],
    ),
    at(
        "merged cells in an ODS",
        ods_with(
            service=ods_cell("libraries", ' table:number-rows-spanned="2"'),
        ),
        2,
        "service",
        MERGED,
    ),
    at(
        "a date as an amount",
        xlsx_cell(amount=number_cell("@", "41455", ' s="1"')),
        2,
        "amount",
        HOLDS_DATE,
    ),
    at(
        "a date as an amount, in the workbook's own format",
        xlsx_cell(amount=number_cell("@", "41455.5", ' s="2"')),
        2,
        "amount",
        HOLDS_DATE,
    ),
    at(
        "a date as an amount, as ISO 8601 text",
        xlsx_cell(amount='<c r="@" t="d"><v>2013-06-30</v></c>'),
        2,
        "amount",
        HOLDS_DATE,
    ),
    at(
        "a date as an amount, in an ODS",
        ods_with(
            amount='<table:table-cell office:value-type="date" office:date-value="2013-06-30"/>'
        ),
        2,
        "amount",
        HOLDS_DATE,
    ),
    at("a date as an amount, in CSV", csv_row(amount="30/06/2013"), 2, "amount", DIGITS),
    at(
        "a date as a service",
        xlsx_cell(service=number_cell("@", "41455", ' s="1"')),
        2,
        "service",
        HOLDS_DATE,
    ),
    at("TRUE", xlsx_cell(amount='<c r="@" t="b"><v>1</v></c>'), 2, "amount", HOLDS_TRUTH),
    at(
        "TRUE in an ODS",
        ods_with(
            kind='<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        ),
        2,
        "kind",
        HOLDS_TRUTH,
    ),
    at("an error", xlsx_cell(amount='<c r="@" t="e"><v>#REF!</v></c>'), 2, "amount", HOLDS_ERROR),
    at(
        "an error in a note",
        xlsx_cell(note='<c r="@" t="e"><v>#N/A</v></c>'),
        2,
        "note",
        HOLDS_ERROR,
    ),
    at(
        "an error in an ODS",
        ods_with(
            note='<table:table-cell office:value-type="string" calcext:value-type="error">'
            "<text:p>#REF!</text:p></table:table-cell>"
        ),
        2,
        "note",
        HOLDS_ERROR,
    ),
    at("a blank amount", csv_row(amount=""), 2, "amount", "Enter an amount, or - for nil."),
    at("an amount of spaces", csv_row(amount="  "), 2, "amount", "Enter an amount, or - for nil."),
    at(
        "a blank service",
        csv_row(service=""),
        2,
        "service",
        "Enter the service's short name, such as “libraries”.",
    ),
    Bad(
        "a row with only a note",
        lambda: a_csv(tuple("x" if name == "note" else "" for name in HEADER)),
        [
            (2, "service", "Enter the service's short name, such as “libraries”."),
            (2, "kind", f"Enter the kind of entry: {KINDS}."),
            (2, "scope", "Enter who it falls on: own or shared."),
            (2, "amount", "Enter an amount, or - for nil."),
        ],
    ),
    at("a huge number", csv_row(amount="100000000000"), 2, "amount", BELOW),
    at("a number of 30 digits", csv_row(amount="1" * 30), 2, "amount", BELOW_IN_PENCE),
    at("1e300", xlsx_cell(amount=number_cell("@", "1E300")), 2, "amount", BELOW_IN_PENCE),
    at("a hundred billion", xlsx_cell(amount=number_cell("@", "1E11")), 2, "amount", BELOW),
    at("NaN", csv_row(amount="NaN"), 2, "amount", DIGITS),
    at("NaN as a number", xlsx_cell(amount=number_cell("@", "NaN")), 2, "amount", DIGITS),
    at("NaN in an ODS", ods_with(amount=ods_number("NaN")), 2, "amount", DIGITS),
    at("infinity", xlsx_cell(amount=number_cell("@", "INF")), 2, "amount", DIGITS),
    at("1e999", xlsx_cell(amount=number_cell("@", "1e999")), 2, "amount", DIGITS),
    at("1e3", csv_row(amount="1e3"), 2, "amount", DIGITS),
    at("half pence", csv_row(amount="1.005"), 2, "amount", PENCE),
    at("half pence as a number", xlsx_cell(amount=number_cell("@", "1.005")), 2, "amount", PENCE),
    at(
        "a sum of binary numbers",
        xlsx_cell(amount=number_cell("@", "0.30000000000000004")),
        2,
        "amount",
        PENCE,
    ),
    at("a comma for a full stop", csv_row(amount="1,50"), 2, "amount", COMMAS),
    at(
        "two minuses", csv_row(amount="(-12)"), 2, "amount", "Show a minus once: -1,234 or (1,234)."
    ),
    at("digits of another script", csv_row(amount="١٢٣"), 2, "amount", DIGITS),
    at("another currency", csv_row(amount="€12"), 2, "amount", DIGITS),
    at(
        "an unknown service",
        csv_row(service="library"),
        2,
        "service",
        "There is no service “library”: use one from the list of services.",
    ),
    at(
        "an unknown kind",
        csv_row(kind="Saving"),
        2,
        "kind",
        f"“Saving” is not known here: use {KINDS}.",
    ),
    Bad(
        "a saving that is not described",
        csv_row(recurrence="", nature=""),
        [
            (2, "recurrence", "Enter whether it recurs: recurring or one_off."),
            (2, "nature", "Enter the nature of the saving: cashable, non_cashable or avoided."),
        ],
    ),
    at(
        "an unknown entry to correct",
        csv_row(corrects="123456"),
        2,
        "corrects",
        "Enter the number of one of this council's certified entries in an earlier quarter.",
    ),
    at(
        "staff transferred on a saving",
        csv_row(tupe="LBHF"),
        2,
        "tupe",
        "Only an ongoing cost has this: leave it empty.",
    ),
    at(
        "a transition budget on a saving",
        csv_row(approval="MOVE-1"),
        2,
        "approval",
        "Only a transition cost has this: leave it empty.",
    ),
    at(
        "a note as long as a book",
        csv_row(note="x" * 2_001),
        2,
        "note",
        "Shorten this to 2,000 characters.",
    ),
    Bad(
        "a mistake of the file and one of the row, each named once",
        lambda: an_xlsx(
            a_sheet(
                sheet_row(1, HEADER),
                sheet_row(
                    2,
                    a_row(kind="savings"),
                    amount='<c r="@"><f>1+1</f><v>2</v></c>',
                    service='<c r="@" t="e"><v>#N/A</v></c>',
                ),
                sheet_row(3, a_row(amount="1,50")),
            )
        ),
        [
            (2, "service", HOLDS_ERROR),
            (2, "kind", f"“savings” is not known here: use {KINDS}."),
            (2, "amount", FORMULA),
            (3, "amount", COMMAS),
        ],
    ),
]
