"""Every wrong file gets its own answer: row, column and sentence; nothing of it is stored."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from savings.uploads.marking import SHEET
from savings.uploads.models import Upload
from savings.uploads.reports import MISTAKES_SHOWN
from tests.calling import Caller, problem
from tests.partnership import Partnership, a_saving
from tests.savings.uploads.conftest import everything, named, send
from tests.savings.uploads.corpus import CORPUS, Bad
from tests.savings.uploads.corpus.bad import Said

RETURN = {"council": "WCC", "period": "2013-14-Q1"}

every_bad_file = pytest.mark.parametrize("bad", CORPUS, ids=[bad.name for bad in CORPUS])

#: So many rows that to mark them takes half a minute.
LARGE = {"more than 50,000 rows", "a row a million times"}
every_file_refused_at_once = pytest.mark.parametrize(
    "bad", [pytest.param(bad, id=bad.name) for bad in CORPUS if bad.at_once]
)
every_file_refused_once_read = pytest.mark.parametrize(
    "bad",
    [
        pytest.param(bad, id=bad.name, marks=[pytest.mark.slow] if bad.name in LARGE else [])
        for bad in CORPUS
        if not bad.at_once
    ],
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def partnership(partnership: Partnership) -> Partnership:
    """One in which Westminster's draft has an entry already."""
    partnership.draft("WCC", a_saving(note="As before"))
    return partnership


@pytest.fixture
def officer(partnership: Partnership, client: Client) -> Client:
    client.force_login(partnership.finance("WCC"))
    return client


def test_there_are_at_least_sixty_wrong_files_each_with_its_name() -> None:
    names = {bad.name for bad in CORPUS}
    assert len(CORPUS) == len(names) >= 60
    assert names >= LARGE


@every_bad_file
def test_the_api_says_what_is_wrong_and_where(
    bad: Bad, partnership: Partnership, finance: Caller
) -> None:
    before = everything()

    answer = problem(send(finance, bad.make()), 422, "bad-content")

    assert said(answer["errors"]) == list(bad.said)
    assert all(set(e) == {"field", "message", "value", "row", "column"} for e in answer["errors"])
    assert everything() == before


@every_file_refused_at_once
def test_the_page_says_the_same_at_once(bad: Bad, officer: Client) -> None:
    before = everything()

    answer = officer.post(reverse("return-upload", kwargs=RETURN), {"file": named(bad.make())})

    assert answer.status_code == 422
    assert [(None, None, answer.context["mistake"])] == list(bad.said)
    assert not Upload.objects.exists()
    assert everything() == before


@every_file_refused_once_read
def test_the_page_says_the_same_and_gives_the_file_back_marked(bad: Bad, officer: Client) -> None:
    before = everything()

    answer = officer.post(reverse("return-upload", kwargs=RETURN), {"file": named(bad.make())})

    upload = Upload.objects.get()
    assert answer.status_code == 302
    assert upload.state == Upload.State.REFUSED
    assert upload.outcome is not None
    assert said(upload.outcome["errors"]) == list(bad.said)
    page = officer.get(answer["Location"])
    assert page.status_code == 200
    shown = [mistake["message"] for mistake in page.context["mistakes"].shown]
    assert shown == [message for _, _, message in bad.said][:MISTAKES_SHOWN]
    assert_marked(bad, officer.get(f"{answer['Location']}marked.xlsx").content)
    assert everything() == before


def said(errors: list[dict[str, object]]) -> list[Said]:
    return [(error["row"], error["column"], error["message"]) for error in errors]  # type: ignore[misc]


def assert_marked(bad: Bad, content: bytes) -> None:
    """Check that the workbook lists every mistake and has a comment in each row with one."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    listed = [tuple(row) for row in book[SHEET].iter_rows(min_row=2, values_only=True)]
    assert [(row or None, message) for row, _, _, message in listed] == [
        (None if row is None else str(row), message) for row, _, message in bad.said
    ]
    comments = {
        (cell.row, line)
        for row in book.worksheets[0].iter_rows()
        for cell in row
        if cell.comment
        for line in cell.comment.text.split("\n")
    }
    rows = {row[0].row for row in book.worksheets[0].iter_rows() if any(c.value for c in row)}
    assert comments >= {(row, message) for row, _, message in bad.said if row in rows}
