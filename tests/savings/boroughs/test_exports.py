"""CSV, workbook and JSON have the same figures as the rollup, to the penny."""

import csv
import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from finance.money import from_pence, to_pence
from savings.agreements.actions import answer
from savings.boroughs.annex import annex_of
from savings.boroughs.exports import CSV_COLUMNS, as_csv, as_json
from savings.boroughs.exports import as_xlsx as as_xlsx_with
from savings.boroughs.reports import BoroughFigures, figures_of
from savings.formulas.actions import propose_rule
from savings.kit.exports import safe_text
from savings.kit.provenance import Provenance
from savings.returns.models import Entry
from savings.rollup.actions import roll_up_dirty
from savings.rollup.reports import attributed
from sovereignty.models import User
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving, build

pytestmark = pytest.mark.django_db

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}


@pytest.fixture
@kept
def partnership() -> Partnership:
    """Two quarters certified: shared and own savings, costs, a minus, awkward text."""
    made = build()
    made.rule("library-service", THIRDS)
    made.rule("childrens", {"LBHF": "0.5", "RBKC": "0.3", "WCC": "0.2"})
    made.rule("library-service", THIRDS, kind="ongoing_cost")
    made.certified(
        "LBHF",
        a_saving(amount="100.00", note="=HYPERLINK(1)"),
        a_saving("youth-offending", "-0.05", evidence="<r>not rich</r>"),
        a_saving("library-service", "7.01", scope="own"),
        {
            "service": "library-service",
            "kind": "ongoing_cost",
            "scope": "shared",
            "amount": "0.01",
        },
    )
    made.certified("RBKC", a_saving("childrens-services", "1234567.89"))
    made.certified("WCC", a_saving("cex", "55.00"))
    made.certified("LBHF", a_saving(amount="20.02"), quarter=Q2)
    roll_up_dirty(at=NOW)
    return made


def figures(partnership: Partnership, code: str = "LBHF") -> BoroughFigures:
    return figures_of(partnership.councils[code], Q2)


def as_xlsx(read: BoroughFigures) -> bytes:
    """The workbook that an auditor gets."""
    auditor = User.objects.get(username="auditor")
    return as_xlsx_with(read, annex_of(read.council, read.quarter, auditor))


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def sheet(content: bytes, name: str) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(content))[name]


def table(page: Worksheet) -> list[dict[str, object]]:
    """The rows of the sheet's one table, by header."""
    (reference,) = [found.ref for found in page.tables.values()]
    header, *rows = [[cell.value for cell in row] for row in page[reference]]
    return [dict(zip(header, row, strict=True)) for row in rows]


def pounds(value: object) -> Decimal:
    """A number of a workbook as pounds; anything else is not a number."""
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return Decimal(str(value)).quantize(Decimal("0.01"))


AMOUNTS = ("quarter", "year_to_date", "to_date")
HEADERS = ("2013/14 Q2 (£)", "2013/14 to Q2 (£)", "All quarters to 2013/14 Q2 (£)")


@pytest.mark.parametrize("code", ["LBHF", "RBKC", "WCC"])
def test_the_three_formats_agree_to_the_penny(partnership: Partnership, code: str) -> None:
    read = figures(partnership, code)

    from_csv = {
        (row["service"], row["kind"]): [Decimal(row[name]) for name in AMOUNTS]
        for row in rows_of(as_csv(read))
    }
    from_json = {
        (line["service"], line["kind"]): [Decimal(line[name]) for name in AMOUNTS]
        for line in as_json(read)["lines"]
    }
    kinds = {kind.label: kind.value for kind in Entry.Kind}
    from_xlsx = {
        (row["Service code"], kinds[str(row["Kind"])]): [pounds(row[name]) for name in HEADERS]
        for row in table(sheet(as_xlsx(read), "Figures"))
    }

    assert from_csv
    assert from_csv == from_json == from_xlsx


@pytest.mark.parametrize("kind", ["saving", "ongoing_cost"])
def test_totals_equal_the_rollups(partnership: Partnership, kind: str) -> None:
    rollup = attributed(kind=kind, group_by=["council"], last=Q2)
    expected = {row.council: row.amount for row in rollup.rows}

    found = {
        code: to_pence(Decimal(total["to_date"]))
        for code in partnership.councils
        for total in as_json(figures(partnership, code))["totals"]
        if total["kind"] == kind
    }

    assert expected
    assert found == expected


def test_entries_add_up_to_the_quarter(partnership: Partnership) -> None:
    read = figures_of(partnership.councils["LBHF"], Q1)

    found = dict.fromkeys(read.kinds, 0)
    for entry in as_json(read)["entries"]:
        found[entry["kind"]] += to_pence(Decimal(entry["attributed"]))

    assert found == {kind: read.total(kind).quarter for kind in read.kinds}
    assert found["saving"] == 33_34 - 3 + 7_01 + 617_283_94


def test_the_workbooks_totals_are_those_of_the_figures(partnership: Partnership) -> None:
    read = figures(partnership)

    totals = [
        [pounds(row[name]) for name in HEADERS]
        for row in table(sheet(as_xlsx(read), "Summary"))
        if row["Area"] == "All areas"
    ]

    expected = [read.total(kind) for kind in read.kinds]
    assert totals == [
        [
            from_pence(pence)
            for pence in (line.quarter, line.year_to_date, line.to_date)
            if pence is not None
        ]
        for line in expected
    ]


def test_csv_is_plain_and_whole(partnership: Partnership) -> None:
    content = as_csv(figures(partnership))

    start, name = "LBHF,2013-14-Q2", "Childrens services"
    assert content.decode() == "".join(
        f"{row}\r\n"
        for row in (
            ",".join(CSV_COLUMNS),
            f"{start},childrens,childrens-services,{name},saving,0.00,617283.94,617283.94,false,",
            f"{start},childrens,youth-offending,Youth offending,saving,0.00,-0.03,-0.03,false,",
            f"{start},libraries,library-service,Library service,saving,6.68,47.03,47.03,false,",
            f"{start},libraries,library-service,Library service,ongoing_cost,0.00,0.01,0.01,false,",
        )
    )


def test_csv_for_excel_has_the_byte_order_mark_that_excel_needs(partnership: Partnership) -> None:
    read = figures(partnership)

    assert as_csv(read, byte_order_mark=True) == b"\xef\xbb\xbf" + as_csv(read)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "\nx", "  =1+1", "\uff1d1+1"]
)
def test_free_text_is_never_a_formula(text: str) -> None:
    assert safe_text(text) == f"'{text}"


def test_a_service_named_like_a_formula_is_text_in_the_csv(partnership: Partnership) -> None:
    service = partnership.services["library-service"]
    service.name = '=cmd|"/c calc"!A1'
    service.save()

    names = {row["service_name"] for row in rows_of(as_csv(figures(partnership)))}

    assert names == {"Childrens services", "Youth offending", '\'=cmd|"/c calc"!A1'}


def test_text_stays_text_in_the_workbook(partnership: Partnership) -> None:
    content = as_xlsx(figures_of(partnership.councils["LBHF"], Q1))

    page = sheet(content, "Entries")
    (first, second, *_) = table(page)
    assert first["Note"] == "=HYPERLINK(1)"
    assert second["Evidence"] == "<r>not rich</r> "
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert [name for name in sheets if b"<f>" in parts.read(name)] == []


def test_the_workbook_is_accessible(partnership: Partnership) -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(figures(partnership))))

    assert book.sheetnames == [
        "Summary",
        "Figures",
        "Entries",
        "Notes",
        "How it was worked out",
        "Rules and budgets",
        "Driver values",
        "Net reductions",
    ]
    nothing_in = {"Driver values": "A3", "Net reductions": "A5"}
    assert book.active is book["Summary"]
    assert book.properties.title == "Hammersmith & Fulham: savings and costs, 2013/14 Q2"
    for page in book:
        assert page["A1"].value
        assert not page.merged_cells.ranges
    for name, said_in in nothing_in.items():
        assert (name, len(book[name].tables)) == (name, 0)
        assert str(book[name][said_in].value).startswith("No ")
    for page in (page for page in book if page.title not in nothing_in):
        (found,) = page.tables.values()
        assert page.freeze_panes == f"A{int(found.ref.split(':')[0][1:]) + 1}"
        assert all(page.column_dimensions[letter].width > 5 for letter in "AB")
    assert book["Summary"]["C7"].number_format == "[$£-809]#,##0.00;-[$£-809]#,##0.00"


def test_notes_say_what_is_not_attributed(partnership: Partnership) -> None:
    notes = {
        str(row["Subject"]): str(row["What to know"])
        for row in table(sheet(as_xlsx(figures(partnership)), "Notes"))
    }

    assert notes["Waiting for a rule"].startswith("Savings of £55.00 were reported as shared")
    assert as_json(figures(partnership))["not_attributed"] == [
        {"kind": "saving", "published": "0.00", "reported": "55.00"}
    ]


def test_the_same_figures_give_the_same_bytes(partnership: Partnership) -> None:
    assert as_xlsx(figures(partnership)) == as_xlsx(figures(partnership))


def test_a_report_without_certified_figures_says_so() -> None:
    read = figures_of(build().councils["WCC"], Q1)

    assert as_csv(read) == (",".join(CSV_COLUMNS) + "\r\n").encode()
    assert as_json(read)["lines"] == []
    page = sheet(as_xlsx(read), "Figures")
    assert page["A3"].value == "There are no certified figures for this council yet."


def test_figures_that_rest_on_an_illustrative_rule_say_so(partnership: Partnership) -> None:
    rule = propose_rule(
        service=partnership.services["childrens"],
        kind="saving",
        method="fixed",
        effective_from=Q1,
        shares=THIRDS,
        basis="Made up for the test.",
        provenance=Provenance.ILLUSTRATIVE,
        by=partnership.people["programme.office"],
        at=NOW,
    )
    for code in THIRDS:
        by = partnership.s151(code)
        answer(decision_id=rule.decision_id, agree=True, minute_reference="1", by=by, at=NOW)
    roll_up_dirty(at=NOW)
    read = figures(partnership)

    marked = {line["service"] for line in as_json(read)["lines"] if line["illustrative"]}
    assert marked == {"childrens-services", "youth-offending"}
    assert {row["service"] for row in rows_of(as_csv(read)) if row["illustrative"] == "true"} == (
        marked
    )
    page = sheet(as_xlsx(read), "Summary")
    assert str(page["A4"].value).startswith("Illustrative:")
