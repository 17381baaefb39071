"""The record's figures as data: looked for on a page, taken away as CSV, asked for by programs."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, TextField, Value
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from savings.kit.provenance import Provenance
from savings.record.dates import When, named_in
from savings.record.exports import COLUMNS
from savings.record.models import Figure, RecordTable, SourceDocument
from savings.record.searching import FiguresAsked, folded_in_sql
from savings.record.words import folded, words_of
from sovereignty.models import Appointment, Role, User
from tests.calling import Caller, mistakes, problem
from tests.savings.pages import Reading
from tests.savings.pages import read as reading_of
from tests.savings.tables import table_headed

PAGE, FILE = "/record/figures/", "/record/figures.csv"


@pytest.fixture
def caller(db: None) -> Caller:
    user = User.objects.create_user("councillor")
    Appointment.objects.create(user=user, role=Role.AUDITOR)
    return Caller(user)


@pytest.fixture
def table(db: None) -> RecordTable:
    """A table of a document that has no figures yet."""
    document = SourceDocument.objects.create(
        code="minutes-2014", title="Minutes", publisher="A council", published="2014-03"
    )
    return RecordTable.objects.create(
        code="minutes-2014-cafes", document=document, title="Cafés", place="Page 2", position=900
    )


def a_figure(table: RecordTable, row: str, **more: Any) -> Figure:
    return Figure.objects.create(
        **{
            "table": table,
            "row": row,
            "column": "Figure",
            "printed": "£1,234",
            "value": Decimal(1234),
            "unit": "GBP",
            "provenance": Provenance.PUBLISHED,
            "place": "Page 2",
            **more,
        }
    )


def labels(**asked: str) -> list[tuple[str, str]]:
    return [(figure.row, figure.column) for figure in FiguresAsked(**asked).figures()]


def file_of(client: Client, address: str = FILE) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


# --- Words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "q",
    [
        "cafés",
        "CAFES",
        "café £1,234",
        "1234",
        "£1234",
        "terrasse",
        "“Terrasse”",
        "l’ete",
        "l'été (terrasse)",
        "page minutes ledger",
        "minutes-2014",
        "  cafes  ",
        "caf",
    ],
)
def test_every_word_is_found_wherever_it_stands(table: RecordTable, q: str) -> None:
    figure = a_figure(table, "La Terrasse, l'été", note="From the ledger.")
    assert list(FiguresAsked(q=q).figures()) == [figure]


@pytest.mark.parametrize("q", ["cafes lidos", "afes", "23", ".*", "4,321", "terrasse%"])
def test_a_word_that_no_word_begins_with_is_not_found(table: RecordTable, q: str) -> None:
    a_figure(table, "La Terrasse, l'été")
    expected = 1 if not words_of(q) else 0
    assert FiguresAsked(q=q).figures().count() == expected


def test_words_may_stand_in_different_parts_of_a_figure_but_not_in_different_figures(
    table: RecordTable,
) -> None:
    a_figure(table, "Ealing", note="Approximate.")
    a_figure(table, "Acton")
    assert labels(q="ealing approximate") == [("Ealing", "Figure")]
    assert labels(q="acton approximate") == []


def test_a_derived_figure_is_found_by_its_value_and_an_empty_cell_by_its_label(
    table: RecordTable,
) -> None:
    derived = {"provenance": Provenance.DERIVED, "derivation": "15.6 + 13"}
    a_figure(table, "Sum", printed="", value=Decimal("28.6"), **derived)
    a_figure(table, "Gap", printed="", value=None)
    assert labels(q="28.6") == [("Sum", "Figure")]
    assert labels(q="gap") == [("Gap", "Figure")]


@pytest.mark.parametrize("q", ["", " ", "£", "& –", "'"])
def test_what_holds_no_word_narrows_nothing(table: RecordTable, q: str) -> None:
    a_figure(table, "Ealing")
    assert labels(q=q) == [("Ealing", "Figure")]


@settings(max_examples=200)
@given(st.text(st.characters(max_codepoint=0x24F, exclude_characters="\x00"), max_size=40))
@pytest.mark.django_db
def test_the_database_folds_words_as_python_does(text: str) -> None:
    column = Value(f"{text}’“", output_field=TextField())
    User.objects.get_or_create(username="one")
    said = User.objects.annotate(said=folded_in_sql(column)).values_list("said", flat=True)[0]
    assert said == folded(f"{text}’“")


# --- Years and dates -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "when"),
    [
        ("By 2014/15, further", When(year="2014-15")),
        ("Current (2010/11)", When(year="2010-11")),
        ("Adoption, 2011-12", When(year="2011-12")),
        ("Gap, 2011/12 to 2014/15", When()),
        ("From 2011 to 2012/13", When()),
        ("2011/12, printed for 2011/12", When(year="2011-12")),
        ("2011/14", When()),
        ("Net savings by March 2014", When(date="2014-03")),
        ("Before 1 April 2012", When(date="2012-04-01")),
        ("Option 1, 2011", When(date="2011")),
        ("Posts of 12010 and 2,000 and 2010.5", When()),
        ("Libraries", When()),
        ("", When()),
    ],
)
def test_the_one_year_or_date_that_a_label_names(row: str, when: When) -> None:
    assert named_in("Figure", row, "", "Youth offending") == when


def test_the_nearest_label_decides() -> None:
    assert named_in("2011/12", "By 2014", "2013") == When(year="2011-12")
    # Several in the nearest: a further one doesn't decide between them.
    assert named_in("2011/12 and 2012/13", "2014/15") == When()


# --- The API -------------------------------------------------------------------------------


def test_a_figure_through_the_api(loaded: None, caller: Caller) -> None:
    assert caller.get("record/", q="9.92").json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "document": "progress-2013",
                "document_title": "The Tri-borough story: progress report",
                "table": "progress-2013-delivered",
                "table_title": "Savings to date by area",
                "section": "",
                "row": "Total",
                "column": "Amount",
                "printed": "£9.92m",
                "value": "9.92",
                "unit": "GBP million",
                "year": None,
                "date": None,
                "total": "down",
                "provenance": "published",
                "illustrative": False,
                "derivation": "",
                "place": "Table and chart 'Tri-borough savings to date'",
                "note": "",
            }
        ],
    }


def test_a_derived_figure_and_an_empty_cell_through_the_api(loaded: None, caller: Caller) -> None:
    asked = {"table": "proposals-2011-childrens-targets", "provenance": "derived"}
    (derived,) = caller.get("record/", **asked).json()["results"]
    assert (derived["printed"], derived["value"], derived["derivation"]) == (
        "",
        "40.9",
        "15.6 + 13 + 12.3",
    )
    found = caller.get("record/", q="Customer Services", table="proposals-2011-summary").json()
    assert [(row["column"], row["printed"], row["value"]) for row in found["results"]] == [
        ("2014/15", "", None)
    ]
    empty = Figure.objects.filter(printed="", value=None).count()
    everything = all_of(caller)
    assert sum(row["printed"] == "" and row["value"] is None for row in everything) == empty > 0


def all_of(caller: Caller, **asked: str) -> list[dict[str, Any]]:
    """Every page of what is asked for."""
    rows: list[dict[str, Any]] = []
    page = 1
    while True:
        said = caller.get("record/", page_size=500, page=page, **asked).json()
        rows += said["results"]
        if said["next"] is None:
            assert said["count"] == len(rows)
            return rows
        page += 1


def test_all_figures_are_those_that_the_first_page_counts(
    loaded: None, caller: Caller, reader: Client
) -> None:
    stored = Figure.objects.count()
    everything = all_of(caller)
    assert len(everything) == stored == len(rows_of(file_of(reader)))
    key = [(row["table"], row["section"], row["row"], row["column"]) for row in everything]
    assert len(set(key)) == stored
    by_provenance = dict(Figure.objects.values_list("provenance").annotate(Count("id")))
    page = reading_of(reader.get("/record/")).words
    assert f"Figures as printed {by_provenance['published']:,} " in page
    assert f"Derived from them {by_provenance['derived']:,} " in page
    assert f"All {stored:,} figures" in page
    assert reading_of(reader.get(PAGE)).words.count(f"All {stored:,} figures") == 3


def test_values_are_exact_texts(loaded: None, caller: Caller) -> None:
    stored = {
        (figure.table.code, figure.section, figure.row, figure.column): figure
        for figure in Figure.objects.select_related("table")
    }
    for row in all_of(caller):
        figure = stored[row["table"], row["section"], row["row"], row["column"]]
        assert row["printed"] == figure.printed
        assert isinstance(row["value"], str | None)
        assert (row["value"] and Decimal(row["value"])) == figure.value


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("document", "column-2011", "table__document__code"),
        ("table", "proposals-2011-youth-offending", "table__code"),
        ("provenance", "derived", "provenance"),
        ("unit", "GBP billion", "unit"),
    ],
)
def test_each_parameter_narrows(
    loaded: None, caller: Caller, name: str, value: str, path: str
) -> None:
    found = all_of(caller, **{name: value})
    assert {row[name] for row in found} == {value}
    assert len(found) == Figure.objects.filter(**{path: value}).count() > 0


def test_parameters_narrow_together(loaded: None, caller: Caller) -> None:
    asked = {"q": "libraries", "document": "proposals-2011", "unit": "GBP million"}
    assert [(row["table"], row["printed"] or row["value"]) for row in all_of(caller, **asked)] == [
        ("proposals-2011-summary", "1.6"),
        ("proposals-2011-chapter-11", "1.6"),
        ("proposals-2011-by-delivery-area", "1.6"),
    ]
    assert all_of(caller, **asked, provenance="illustrative") == []
    assert len(all_of(caller, q="", unit="")) == Figure.objects.count()


def test_a_wrong_parameter_is_refused_with_a_remedy(loaded: None, caller: Caller) -> None:
    said = problem(caller.get("record/", document="minutes"), 422, "bad-content")
    assert said["errors"] == [
        {
            "field": "document",
            "message": "The record has no such document. There are: options-2010, proposals-2011, "
            "column-2011, community-budget-2012, progress-2013.",
            "value": "minutes",
        }
    ]
    wrong = mistakes(caller.get("record/", document="x", table="y", unit="shillings"))
    assert wrong.keys() == {"document", "table", "unit"}
    assert wrong["table"] == (
        "The record has no such table. Take its code from the figures of its document."
    )
    assert wrong["unit"].startswith(
        "The record has no such unit. There are: GBP, GBP thousand, GBP million, GBP billion, "
    )
    assert mistakes(caller.get("record/", document="options-2010", table="progress-2013-delivered"))
    assert mistakes(caller.get("record/", provenance="reported")) == {
        "provenance": "Use one of: published, derived, illustrative."
    }
    assert mistakes(caller.get("record/", q="x" * 201)).keys() == {"q"}
    assert mistakes(caller.get("record/", q="a\x00b")).keys() == {"q"}
    assert mistakes(caller.get("record/", page_size="501")).keys() == {"page_size"}
    assert mistakes(caller.get("record/", page="2", q="9.92")).keys() == {"page"}
    assert mistakes(caller.get("record/", query="x")) == {
        "query": "This name is not known here: leave it out, or use q, document, table, "
        "provenance, unit, page, page_size."
    }


@pytest.mark.django_db
def test_who_may_read_the_record_through_the_api() -> None:
    problem(Caller().get("record/"), 401, "unknown-caller")
    problem(Caller(User.objects.create_user("nobody")).get("record/"), 403, "not-allowed")
    for role in (Role.AUDITOR, Role.PROGRAMME_OFFICE):
        user = User.objects.create_user(f"one.{role}")
        Appointment.objects.create(user=user, role=role)
        assert Caller(user).get("record/").json()["results"] == []


# --- The page ------------------------------------------------------------------------------


def test_the_first_page_has_a_search_box_that_leads_to_the_figures(
    loaded: None, reader: Client
) -> None:
    page = reading_of(reader.get("/record/"))
    form = page.form("/record/figures/")
    assert form.sent == {"q": ""}
    (box,) = [control for control in page.controls if control.get("name") == "q"]
    assert box["id"] in page.labelled
    assert box["aria-describedby"] in page.ids
    assert FILE in page.hrefs


SUMMARY = "Estimated saving for three councils by 2011/12 and by 2014/15"
PROPOSALS = "Tri-borough Proposals Report: Bold ideas for challenging times"


def test_what_is_found_stands_under_its_table_and_document(loaded: None, reader: Client) -> None:
    response = reader.get(PAGE, {"q": "libraries", "unit": "GBP million"})
    page = reading_of(response)
    html = response.content.decode()
    found = "4 figures found for “libraries”"
    assert f"<title>{found} – Tri-borough</title>" in html
    assert f'<div role="status"><h2 class="govuk-heading-m">{found}</h2></div>' in html
    assert table_headed(response, "Figure") == [
        [f"{SUMMARY} {PROPOSALS}"],
        [
            "Libraries, 2014/15 Tri-borough services",
            "1.6 £ million",
            "2014/15",
            "Executive summary, savings table under 'Reducing costs'",
        ],
        [f"{SUMMARY}, printed again {PROPOSALS}"],
        [
            "Libraries, 2014/15 Tri-borough services",
            "1.6 £ million",
            "2014/15",
            "Chapter 11, savings table",
        ],
        [f"The proposals for 2014/15 by the areas later reported on {PROPOSALS}"],
        [
            "Libraries, 2014/15",
            "1.6 £ million Derived Calculation: libraries",
            "2014/15",
            "Chapter 11, savings table, grouped",
        ],
        ["Savings to date by area The Tri-borough story: progress report"],
        ["Libraries, Amount", "£0.92m", "", "Table and chart 'Tri-borough savings to date'"],
    ]
    document = "/record/documents/progress-2013/"
    assert {document, f"{document}#progress-2013-delivered"} <= set(page.hrefs)
    assert 'id="progress-2013-delivered"' in reader.get(document).content.decode()
    assert f"{FILE}?q=libraries&unit=GBP+million" in page.hrefs
    # What was asked stays in its boxes.
    assert page.form(PAGE).sent == {
        "q": "libraries",
        "document": "",
        "table": "",
        "provenance": "",
        "unit": "GBP million",
    }


def test_the_page_of_figures_works_without_scripts_and_by_keyboard(
    loaded: None, reader: Client
) -> None:
    response = reader.get(PAGE, {"q": "ICT"})
    page, html = reading_of(response), response.content.decode()
    assert page.inline == []
    assert len(page.ids) == len(set(page.ids))
    assert {control["id"] for control in page.controls if control.get("name")} <= page.labelled
    assert html.count('<th scope="rowgroup"') == html.count("<tbody")
    assert 'role="region" aria-label="Figures found" tabindex="0"' in html


def test_figures_are_paged(loaded: None, reader: Client) -> None:
    first, last = reading_of(reader.get(PAGE)), reading_of(reader.get(PAGE, {"page": "9999"}))
    stored = Figure.objects.count()
    assert "?page=2" in first.hrefs
    assert f"All {stored:,} figures: 1 to 50" in first.words
    assert f"All {stored:,} figures: {(stored - 1) // 50 * 50 + 1:,} to {stored:,}" in last.words
    # A page keeps what was asked.
    assert "?q=ICT&page=2" in reading_of(reader.get(PAGE, {"q": "ICT"})).hrefs


def test_nothing_found_is_said_in_plain_words(loaded: None, reader: Client) -> None:
    response = reader.get(PAGE, {"q": 'lidos "><b>'})
    page = reading_of(response)
    assert response.status_code == 200
    assert 'No figures found for “lidos "><b>”' in page.words
    assert "use fewer words, or only the beginning of a word" in page.words
    assert page.form(PAGE).sent["q"] == 'lidos "><b>'
    assert "<b>" not in response.content.decode()
    assert not any(href.startswith(FILE) for href in page.hrefs)
    assert rows_of(file_of(reader, f"{FILE}?q=lidos")) == []


@pytest.mark.django_db
def test_an_empty_record_says_how_to_load_it(reader: Client) -> None:
    assert "manage.py load_record" in reading_of(reader.get(PAGE)).words


@pytest.mark.parametrize("address", [PAGE, FILE])
def test_what_the_record_does_not_have_is_a_mistake_by_its_box(
    loaded: None, reader: Client, address: str
) -> None:
    wrong = {
        "document": "minutes",
        "table": "notes",
        "provenance": "reported",
        "unit": "shillings",
        "q": "x" * 201,
    }
    response = reader.get(address, wrong)
    page = reading_of(response)
    assert response.status_code == 422
    assert "The record has no document “minutes”. Choose one from the list." in page.words
    assert {f"#id_{name}" for name in wrong} <= set(page.hrefs)
    assert "<title>Error: Figures of the record" in response.content.decode()
    assert page.form(PAGE).sent == wrong


def test_a_table_of_another_document_is_a_mistake(loaded: None, reader: Client) -> None:
    asked = {"document": "options-2010", "table": "progress-2013-delivered"}
    response = reader.get(PAGE, asked)
    assert response.status_code == 422
    assert "“Savings to date by area” is a table of another document." in (
        reading_of(response).words
    )


# --- The file ------------------------------------------------------------------------------


def test_figures_as_a_file(loaded: None, reader: Client) -> None:
    response = reader.get(FILE, {"q": "9.92"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        'attachment; filename="tri-borough-record-figures.csv"'
    )
    assert b"".join(response.streaming_content).decode() == (  # type: ignore[attr-defined]
        "\ufeffdocument,document_title,table,table_title,section,row,column,printed,value,unit,"
        "year,date,total,provenance,derivation,place,note\r\n"
        "progress-2013,The Tri-borough story: progress report,progress-2013-delivered,"
        "Savings to date by area,,Total,Amount,£9.92m,9.92,GBP million,,,down,published,,"
        "Table and chart 'Tri-borough savings to date',\r\n"
    )


def test_the_file_says_what_the_api_says(loaded: None, reader: Client, caller: Caller) -> None:
    said = [
        {name: row[name] or "" for name in COLUMNS}
        for row in all_of(caller, document="proposals-2011")
    ]
    assert rows_of(file_of(reader, f"{FILE}?document=proposals-2011")) == said


def test_numbers_stay_numbers_and_text_is_no_formula(table: RecordTable, reader: Client) -> None:
    derived = {"provenance": Provenance.DERIVED, "derivation": "-1 * 600"}
    a_figure(table, "=1+1", column="@SUM(A1)", printed="-600", value=Decimal("-600.50"))
    a_figure(table, "+2", printed="", value=Decimal(-600), note="-x", **derived)
    first, second = rows_of(file_of(reader))
    assert (first["row"], first["column"]) == ("'=1+1", "'@SUM(A1)")
    assert (first["printed"], first["value"]) == ("-600", "-600.5")
    # A lone number stays one; a calculation and a note do not become formulas.
    assert second["row"] == "'+2"
    assert (second["value"], second["derivation"], second["note"]) == ("-600", "'-1 * 600", "'-x")


# --- How much is read ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["api", "page", "file"])
def test_one_figure_takes_as_many_queries_as_many(
    loaded: None, reader: Client, caller: Caller, kind: str
) -> None:
    def read(q: str) -> int:
        """Read what is found; gives how many figures that is."""
        if kind == "api":
            asked = {"q": q, "document": "progress-2013", "page_size": 500}
            return len(caller.get("record/", **asked).json()["results"])
        address = f"?q={q}&document=progress-2013"
        if kind == "file":
            return len(rows_of(file_of(reader, f"{FILE}{address}")))
        page: Reading = reading_of(reader.get(f"{PAGE}{address}"))
        return page.words.count("Table and chart")

    counts, taken = [], []
    for q in ("9.92", ""):
        with CaptureQueriesContext(connection) as captured:
            counts.append(read(q))
        taken.append(len(captured))
    assert counts[0] == 1
    assert counts[1] > 5
    assert taken[0] == taken[1]
