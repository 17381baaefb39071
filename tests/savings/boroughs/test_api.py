"""A council's figures to take away, through the API."""

import csv
import io

import openpyxl
import pytest

from savings.rollup.tasks import roll_up
from tests.calling import Caller, mistakes, problem
from tests.kept import kept
from tests.partnership import Partnership, a_saving, build

pytestmark = pytest.mark.django_db

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
@kept
def partnership() -> Partnership:
    partnership = build()
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    partnership.certified("WCC", a_saving(amount="100.00"))
    roll_up()
    return partnership


@pytest.fixture
def caller(partnership: Partnership) -> Caller:
    return Caller(partnership.people["councillor.lbhf"])


def test_a_report_is_given_as_json(caller: Caller):
    answer = caller.get("reports/LBHF/2013-14-Q1.json")

    assert answer["Content-Type"] == "application/json"
    figures = answer.json()
    assert (figures["council"], figures["period"]) == ("LBHF", "2013-14-Q1")
    assert figures["totals"][0]["quarter"] == "33.34"
    assert figures["entries"][0]["attributed"] == "33.34"


def test_a_report_is_given_as_csv(caller: Caller):
    answer = caller.get("reports/LBHF/2013-14-Q1.csv")

    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"] == 'attachment; filename="LBHF-2013-14-Q1.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["service"], row["quarter"]) == ("library-service", "33.34")


def test_a_report_is_given_as_a_workbook(caller: Caller):
    answer = caller.get("reports/LBHF/2013-14-Q1.xlsx")

    assert answer["Content-Type"] == XLSX
    assert answer["Content-Disposition"] == 'attachment; filename="LBHF-2013-14-Q1.xlsx"'
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    assert 33.34 in cells


def test_a_file_may_be_asked_for_by_its_own_type(caller: Caller):
    usual = caller.get("reports/LBHF/2013-14-Q1.csv")
    caller.headers["Accept"] = "text/csv"

    answer = caller.get("reports/LBHF/2013-14-Q1.csv")

    assert answer["Content-Type"] == usual["Content-Type"]
    assert answer.content == usual.content
    assert answer.content.startswith(b"council,period,")


def test_a_councils_figures_are_for_its_people_the_office_and_auditors(partnership: Partnership):
    path = "reports/LBHF/2013-14-Q1.csv"
    for name in ("finance.lbhf", "s151.lbhf", "programme.office", "auditor"):
        assert Caller(partnership.people[name]).get(path).status_code == 200
    for name in ("finance.wcc", "s151.wcc", "councillor.rbkc"):
        problem(Caller(partnership.people[name]).get(path), 404, "not-found")


@pytest.mark.parametrize("made", ["pdf", "ods", "CSV", "xls", "%00"])
def test_an_unknown_format_is_refused_with_the_formats_there_are(caller: Caller, made):
    said = problem(caller.get(f"reports/LBHF/2013-14-Q1.{made}"), 404, "not-found")

    assert "csv, xlsx, json" in said["detail"]


def test_two_endings_are_no_quarter(caller: Caller):
    said = problem(caller.get("reports/LBHF/2013-14-Q1.csv.exe"), 404, "not-found")

    assert said["detail"].startswith("There is no such period: see periods/")


@pytest.mark.parametrize(
    "path",
    [
        "reports/XYZ/2013-14-Q1.csv",
        "reports/lbhf/2013-14-Q1.csv",
        "reports/partnership/2013-14-Q1.csv",
        "reports/LBHF/2013-14-Q3.csv",
        "reports/LBHF/2013-14.csv",
        "reports/LBHF/%00.csv",
        "reports/LBHF/2013-14-Q1",
        "reports/LBHF/2013-14-Q1.csv/",
    ],
)
def test_an_unknown_report_is_not_found(caller: Caller, path):
    problem(caller.get(path), 404, "not-found")


def test_a_report_has_no_parameters(caller: Caller):
    assert set(mistakes(caller.get("reports/LBHF/2013-14-Q1.csv", bom="1"))) == {"bom"}
