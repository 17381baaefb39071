"""A template: the columns with notes and lists to choose from, and locked reference sheets."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from openpyxl.workbook.workbook import Workbook

from savings.returns.rows import CAUSES, COLUMNS, KINDS, NATURES, RECURRENCES, SCOPES
from savings.uploads.exports import template_csv, template_ods, template_xlsx
from savings.uploads.reports import filled_template
from savings.uploads.sheets import MOST_ROWS
from savings.uploads.templates import GUIDES, Template
from tests.partnership import SERVICES, Partnership, a_saving
from tests.savings.uploads.making import ODF

pytestmark = pytest.mark.django_db

SHEETS = ["Return", "Services", "Councils", "Columns"]
_TABLE = f"{{{ODF}table:1.0}}"
LISTS = {
    "kind": KINDS,
    "scope": SCOPES,
    "recurrence": RECURRENCES,
    "nature": NATURES,
    "cause": CAUSES,
}


@pytest.fixture
def template(partnership: Partnership) -> Template:
    partnership.draft("WCC", a_saving(amount="99.10", note="=1+1"), a_saving("cex"))
    return filled_template(partnership.parent("WCC"))


@pytest.fixture
def book(template: Template) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(template_xlsx(template)))


def ods(template: Template, part: str = "content.xml") -> ET.Element:
    with zipfile.ZipFile(io.BytesIO(template_ods(template))) as archive:
        return ET.fromstring(archive.read(part))


def test_a_template_is_for_one_council_and_quarter(template: Template, book: Workbook) -> None:
    assert template.title == "Westminster: return for 2013/14 Q1"
    assert template.file_name("ods") == "return-WCC-2013-14-Q1.ods"
    assert book.properties.title == template.title
    assert len(template.rows) == 2


def test_a_workbook_has_its_sheets_and_some_are_locked(book: Workbook) -> None:
    assert book.sheetnames == SHEETS
    assert [page.protection.sheet for page in book] == [False, True, True, True]
    assert [page.freeze_panes for page in book] == ["A2"] * 4


def test_an_ods_has_its_tables_and_some_are_locked(template: Template) -> None:
    tables = list(ods(template).iter(f"{_TABLE}table"))

    assert [table.get(f"{_TABLE}name") for table in tables] == SHEETS
    assert [table.get(f"{_TABLE}protected") for table in tables] == [None, *["true"] * 3]


def test_every_column_has_a_note_that_says_what_it_takes(book: Workbook) -> None:
    head = {cell.value: cell.comment.text for cell in book["Return"][1]}

    assert tuple(head) == COLUMNS == tuple(GUIDES)
    for column, guide in GUIDES.items():
        assert head[column].endswith(guide.takes)
    looked_up = {row[0].value: row[2].value for row in book["Columns"].iter_rows(min_row=2)}
    assert looked_up == {column: guide.takes for column, guide in GUIDES.items()}


def test_lists_to_choose_from_go_down_to_the_last_row(book: Workbook) -> None:
    found = {
        str(rule.sqref): rule.formula1 for rule in book["Return"].data_validations.dataValidation
    }

    last = MOST_ROWS + 1
    letters = dict(zip(COLUMNS, "ABCDEFGHIJKLM", strict=True))
    expected = {
        f"{letters[column]}2:{letters[column]}{last}": f'"{",".join(values)}"'
        for column, values in LISTS.items()
    }
    expected[f"A2:A{last}"] = f"=Services!$A$2:$A${len(SERVICES) + 1}".removeprefix("=")
    expected[f"H2:H{last}"] = "Councils!$A$2:$A$4"
    assert found == expected


def test_an_ods_has_the_same_lists(template: Template) -> None:
    conditions = [
        rule.get(f"{_TABLE}condition") for rule in ods(template).iter(f"{_TABLE}content-validation")
    ]

    quoted = {name: ";".join(f'"{value}"' for value in values) for name, values in LISTS.items()}
    lists = [
        f"[$Services.$A$2:.$A${len(SERVICES) + 1}]",
        quoted["kind"],
        quoted["scope"],
        quoted["recurrence"],
        quoted["nature"],
        quoted["cause"],
        "[$Councils.$A$2:.$A$4]",
    ]
    assert conditions == [f"of:cell-content-is-in-list({found})" for found in lists]


def test_services_are_listed_with_their_participants_in_the_quarter(book: Workbook) -> None:
    rows = list(book["Services"].iter_rows(min_row=2, values_only=True))

    assert {row[0] for row in rows} == {slug for slug, _, _ in SERVICES}
    assert next(row for row in rows if row[0] == "library-service") == (
        "library-service",
        "Library service",
        "Libraries",
        "LBHF, RBKC, WCC",
    )
    assert [row[0] for row in book["Councils"].iter_rows(min_row=2, values_only=True)] == [
        "LBHF",
        "RBKC",
        "WCC",
    ]


def test_amounts_are_numbers_and_text_is_text(book: Workbook) -> None:
    page = book["Return"]

    assert (page["D2"].data_type, page["D2"].value, page["D2"].number_format) == (
        "n",
        99.1,
        "#,##0.00",
    )
    assert (page["M2"].data_type, page["M2"].value) == ("s", "=1+1")


def test_csv_has_only_the_rows_and_no_formula(template: Template) -> None:
    assert template_csv(template).decode().splitlines() == [
        ",".join(COLUMNS),
        "library-service,saving,shared,99.10,recurring,cashable,,,,,,,'=1+1",
        "cex,saving,shared,100.00,recurring,cashable,,,,,,,",
    ]


def test_the_same_template_is_the_same_file(template: Template) -> None:
    """Apart from the time of writing, which an XLSX has to have."""
    assert template_ods(template) == template_ods(template)
    assert template_csv(template) == template_csv(template)
