"""A return as a file, through the API: tried, stored, refused as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import Event
from savings.uploads.guards import LARGEST_FILE, TOO_LARGE
from savings.uploads.models import Upload
from savings.uploads.parts import LONGEST_FORM
from tests.calling import ROOT, Caller, problem
from tests.partnership import Partnership, a_saving
from tests.savings.uploads.conftest import UPLOAD, everything, named, send, stored
from tests.savings.uploads.making import a_csv, a_row, an_xlsx, ods_of, sheet_of

pytestmark = pytest.mark.django_db

DRY_RUN = f"{UPLOAD}?dry_run=true"
ROWS = (
    a_row(amount="100.00"),
    a_row(service="childrens", amount="£1.2m"),
    a_row(kind="variance", amount="(5.50)", recurrence="", nature="", cause="demand"),
)
TOTALS = {
    "saving": "1200100.00",
    "ongoing_cost": "0.00",
    "transition_cost": "0.00",
    "variance": "-5.50",
}


@pytest.mark.parametrize(
    "content",
    [a_csv(*ROWS), an_xlsx(sheet_of(*ROWS)), ods_of(*ROWS)],
    ids=["csv", "xlsx", "ods"],
)
def test_every_row_of_a_file_is_stored(
    content: bytes, partnership: Partnership, finance: Caller
) -> None:
    answer = send(finance, content)

    assert answer.status_code == 200
    assert answer.json() == {
        "rows": 3,
        "total": "1200100.00",
        "totals": TOTALS,
        "version": 1,
        "changes": None,
        "warnings": [],
    }
    assert [(row["service"], row["amount"]) for row in stored(partnership)] == [
        ("library-service", "100.00"),
        ("childrens", "1200000.00"),
        ("library-service", "-5.50"),
    ]
    assert not Upload.objects.exists()


def test_the_event_names_the_file(partnership: Partnership, finance: Caller) -> None:
    send(finance, a_csv(*ROWS))

    event = Event.objects.order_by("id").last()
    assert event is not None
    assert (event.action, event.by) == ("saved", "finance.wcc")
    assert event.reason == "From the file return.xlsx."


def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    partnership: Partnership, finance: Caller
) -> None:
    partnership.draft("WCC", a_saving(amount="90.00", evidence="Ledger 7"), a_saving("cex"))
    before = everything()

    answer = send(finance, a_csv(*ROWS), DRY_RUN)

    assert answer.status_code == 200
    assert answer.json() == {
        "rows": 3,
        "total": "1200100.00",
        "totals": TOTALS,
        "version": 1,
        "changes": {"added": 2, "changed": 1, "removed": 1},
        "warnings": [],
    }
    assert everything() == before
    assert not Upload.objects.exists()


def test_a_dry_run_finds_the_mistakes_that_storing_finds(
    partnership: Partnership, finance: Caller
) -> None:
    content = a_csv(a_row(), a_row(amount="1e3", kind="savings"), a_row(service="nowhere"))
    before = everything()

    tried = problem(send(finance, content, DRY_RUN), 422, "bad-content")
    refused = problem(send(finance, content), 422, "bad-content")

    assert tried == refused
    assert [(e["row"], e["column"], e["value"]) for e in tried["errors"]] == [
        (3, "kind", "savings"),
        (3, "amount", "1e3"),
        (4, "service", "nowhere"),
    ]
    assert everything() == before


def test_one_wrong_row_means_that_none_is_stored(partnership: Partnership, finance: Caller) -> None:
    partnership.draft("WCC", a_saving(note="As before"))
    before = everything()

    problem(send(finance, a_csv(*[a_row()] * 50, a_row(amount="NaN"))), 422, "bad-content")

    assert everything() == before


@pytest.mark.parametrize("path", [UPLOAD, DRY_RUN])
def test_a_stale_version_is_refused(path: str, partnership: Partnership, finance: Caller) -> None:
    partnership.draft("WCC", a_saving())
    partnership.draft("WCC", a_saving(amount="7"))
    before = everything()

    said = problem(send(finance, a_csv(*ROWS), path, version="1"), 409, "stale-version")

    assert "version 2" in said["detail"]
    assert everything() == before
    assert send(finance, a_csv(*ROWS), path, version="2").status_code == 200


def test_a_stale_version_is_named_before_mistakes_in_the_file(
    partnership: Partnership, finance: Caller
) -> None:
    partnership.draft("WCC", a_saving())

    problem(send(finance, a_csv(a_row(amount="?")), version="0"), 409, "stale-version")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"version": "one"}, "version"),
        ({"version": "-1"}, "version"),
        ({"version": "\N{ARABIC-INDIC DIGIT ONE}"}, "version"),
        ({"version": "99999999999"}, "version"),
        ({"council": "LBHF"}, "council"),
        ({"file": [named(b"a"), named(b"b")]}, "file"),
    ],
)
def test_a_form_of_another_shape_is_refused(
    fields: dict[str, Any], field: str, finance: Caller
) -> None:
    form = {"file": named(a_csv(*ROWS)), **fields}
    answer = finance.client.post(f"{ROOT}{UPLOAD}", form, headers=finance.headers)

    (error,) = problem(answer, 422, "bad-content")["errors"]
    assert error["field"] == field


def test_a_form_without_a_file_is_refused(finance: Caller) -> None:
    for form in ({}, {"file": "service,kind"}):
        answer = finance.client.post(f"{ROOT}{UPLOAD}", form, headers=finance.headers)
        (error,) = problem(answer, 422, "bad-content")["errors"]
        assert error["message"] == "Send the file in a part named file, with its name."


def test_an_unknown_parameter_is_refused(finance: Caller) -> None:
    for query in ("dry_run=yes", "dryrun=true"):
        problem(send(finance, a_csv(*ROWS), f"{UPLOAD}?{query}"), 422, "bad-content")


def test_a_body_that_is_not_a_form_is_refused(finance: Caller) -> None:
    problem(finance.post(UPLOAD, {"entries": []}), 415, "not-a-form")
    raw = finance.send("POST", UPLOAD, a_csv(*ROWS), content_type="text/csv")
    problem(raw, 415, "not-a-form")


def test_a_broken_form_is_refused(finance: Caller) -> None:
    broken = finance.send("POST", UPLOAD, b"--x\r\n", content_type="multipart/form-data")
    problem(broken, 422, "malformed")
    cut = finance.send(
        "POST", UPLOAD, b"--x\r\nCont", content_type="multipart/form-data; boundary=x"
    )
    problem(cut, 422, "bad-content")


def test_a_file_that_is_too_large_is_refused(partnership: Partnership, finance: Caller) -> None:
    before = everything()

    said = problem(send(finance, b"x" * (LARGEST_FILE + 1)), 422, "bad-content")
    assert [error["message"] for error in said["errors"]] == [TOO_LARGE]

    answer = send(finance, b"x" * (LONGEST_FORM + 1))
    assert answer.status_code == 413
    assert everything() == before


def test_the_kind_of_a_file_is_known_by_its_content_and_not_its_name(
    partnership: Partnership, finance: Caller
) -> None:
    """Every test sends its file as return.xlsx; here an XLSX is called a CSV."""
    form = {"file": named(an_xlsx(sheet_of(*ROWS)), "return.csv")}

    answer = finance.client.post(f"{ROOT}{UPLOAD}", form, headers=finance.headers)

    assert (answer.status_code, answer.json()["rows"]) == (200, 3)


def test_columns_may_come_in_any_order_and_only_some_are_needed(
    partnership: Partnership, finance: Caller
) -> None:
    header = ("amount", "kind", "service", "scope", "nature", "recurrence")
    row = ("45k", "saving", "cex", "own", "cashable", "one_off")

    answer = send(finance, a_csv(row, header=header))

    assert answer.status_code == 200
    assert stored(partnership) == [
        {
            "service": "cex",
            "kind": "saving",
            "scope": "own",
            "amount": "45000.00",
            "recurrence": "one_off",
            "nature": "cashable",
        }
    ]


def test_the_template_for_programs_has_no_byte_order_mark(
    partnership: Partnership, finance: Caller
) -> None:
    """A program would take the mark as part of the first column's name; Excel needs it."""
    answer = finance.get("returns/WCC/2013-14-Q1/template.csv")

    assert answer["Content-Type"] == "text/csv"
    assert answer["Content-Disposition"] == 'attachment; filename="return-WCC-2013-14-Q1.csv"'
    assert answer.content.startswith(b"service,kind,scope,amount,")
    page = partnership.finance("WCC")
    finance.client.force_login(page)
    for_people = finance.client.get("/returns/WCC/2013-14-Q1/template.csv").content
    assert for_people == b"\xef\xbb\xbf" + answer.content


def test_a_template_of_another_kind_is_not_found(finance: Caller) -> None:
    said = problem(finance.get("returns/WCC/2013-14-Q1/template.pdf"), 404, "not-found")
    assert said["detail"] == "A template is available as xlsx, ods, csv: ask for one of these."
