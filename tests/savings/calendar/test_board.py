"""The board: who has submitted what, as a page, in a sentence and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from finance.periods import FinancialYear, Quarter
from savings.calendar.reports import board_of, board_years, current_board_year
from savings.calendar.wording import reading_of
from savings.certification.actions import send_back, submit
from savings.filling.actions import replace_entries
from savings.quarters.models import Period
from savings.returns.models import Return
from savings.returns.questions.actions import ask
from sovereignty.models import Appointment, Role, User
from tests.kept import kept
from tests.partnership import NOW, Q1, Partnership, a_saving
from tests.savings.pages import read
from tests.savings.tables import table_headed

pytestmark = pytest.mark.django_db

YEAR = FinancialYear(2013)
Turn = Callable[[str], Client]


@pytest.fixture(autouse=True)
def three_days_late(time_machine: Any) -> None:
    time_machine.move_to(datetime(2013, 8, 3, 12, tzinfo=UTC), tick=False)


@pytest.fixture
def as_(partnership: Partnership) -> Turn:
    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(partnership.people[username])
        return client

    return sign_in


@pytest.fixture
@kept
def quarter(partnership: Partnership) -> Return:
    """One certified, one submitted late with a question, one sent back; gives the submitted."""
    partnership.certified("LBHF", a_saving(amount="1k"), a_saving("cex", "(0.50)"))
    parent = partnership.submitted("RBKC", a_saving(amount="7"))
    Return.objects.filter(id=parent.id).update(
        submitted_at=datetime(2013, 7, 31, 23, 30, tzinfo=UTC)
    )
    ask(
        return_id=parent.id,
        entry_id=parent.entries.get().id,
        text="Which?",
        by=partnership.s151("RBKC"),
        at=NOW,
    )
    back = partnership.submitted("WCC")
    send_back(
        return_id=back.id,
        version=back.version,
        reason="Why",
        asked=[],
        by=partnership.s151("WCC"),
        at=NOW,
    )
    return parent


def test_the_board_says_how_late_each_return_is(partnership: Partnership, quarter: Return) -> None:
    office = partnership.people["programme.office"]
    board = board_of(office, YEAR, Quarter.parse("2013-14-Q1").last_day.replace(month=8, day=3))
    assert [
        (line.council.code, line.period.code, line.days_late, line.questions)
        for line in board.lines
    ] == [
        ("LBHF", "2013-14-Q1", 0, 0),
        # Half past midnight in London, on the day after.
        ("RBKC", "2013-14-Q1", 1, 1),
        ("WCC", "2013-14-Q1", 3, 0),
        ("LBHF", "2013-14-Q2", 0, 0),
        ("RBKC", "2013-14-Q2", 0, 0),
        ("WCC", "2013-14-Q2", 0, 0),
    ]
    Period.objects.filter(quarter=Q1).update(opens_on=None, due_on=None, closes_on=None)
    board = board_of(office, YEAR, Quarter.parse("2013-14-Q1").last_day.replace(month=8, day=3))
    assert [line.days_late for line in board.lines] == [None, None, None, 0, 0, 0]


def test_the_page_has_a_row_for_each_return(as_: Turn, quarter: Return) -> None:
    response = as_("programme.office").get("/board/")

    assert (
        "Of 6 returns for 2013/14, one is certified, one is waiting to be certified and 4 are "
        "drafts. One draft is late. One question is waiting for an answer."
    ) in read(response).words
    assert table_headed(response, "Council") == [
        ["Hammersmith & Fulham", "Certified", "Draft"],
        ["Kensington & Chelsea", "Submitted 1 day late 1 open question", "Draft"],
        ["Westminster", "Sent back 3 days late", "Draft"],
    ]
    assert table_headed(response, "Return") == [
        ["2013/14 Q1, April to June Open"],
        [
            "Hammersmith & Fulham",
            "finance.lbhf, 1 July 2013",
            "s151.lbhf, 1 July 2013",
            "–",
            "–",
            "£999.50",
            "–",
            "–",
            "–",
        ],
        [
            "Kensington & Chelsea",
            "finance.rbkc, 1 August 2013",
            "–",
            "1",
            "1",
            "£7.00",
            "–",
            "–",
            "–",
        ],
        ["Westminster", "–", "–", "3", "–", "–", "–", "–", "–"],
        ["2013/14 Q2, July to September Open"],
        *(
            [name, *["–"] * 8]
            for name in ("Hammersmith & Fulham", "Kensington & Chelsea", "Westminster")
        ),
    ]


def test_another_council_is_not_on_a_councils_board(as_: Turn, quarter: Return) -> None:
    page = as_("finance.wcc").get("/board/")
    assert [row[0] for row in table_headed(page, "Council")] == ["Westminster"]
    assert "Kensington" not in read(page).words
    assert "Hammersmith" not in as_("s151.wcc").get("/board/2013-14.csv").content.decode()
    nothing = read(as_("councillor.wcc").get("/board/"))
    assert "There are no returns for 2013/14 that you can see." in nothing.words
    assert len(table_headed(as_("auditor").get("/board/"), "Council")) == 3


def test_the_file_has_a_row_for_each_return(as_: Turn, quarter: Return) -> None:
    response = as_("programme.office").get("/board/2013-14.csv")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        'attachment; filename="tri-borough-board-2013-14.csv"'
    )
    assert response.content.startswith(b"\xef\xbb\xbfcouncil,period,")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["council"], row["period"], row["status"]) for row in rows][:3] == [
        ("LBHF", "2013-14-Q1", "certified"),
        ("RBKC", "2013-14-Q1", "submitted"),
        ("WCC", "2013-14-Q1", "draft"),
    ]
    assert len(rows) == 6
    assert rows[1] == {
        "council": "RBKC",
        "period": "2013-14-Q1",
        "status": "submitted",
        "sent_back": "false",
        "due_on": "2013-07-31",
        "submitted_at": "2013-08-01T00:30:00+01:00",
        "submitted_by": "finance.rbkc",
        "certified_at": "",
        "certified_by": "",
        "days_late": "1",
        "open_questions": "1",
        "saving": "7.00",
        "ongoing_cost": "",
        "transition_cost": "",
        "variance": "",
        "illustrative": "false",
    }
    assert rows[2]["sent_back"] == "true"


def test_no_name_in_the_file_is_a_formula(partnership: Partnership, as_: Turn) -> None:
    person = User.objects.create_user("@finance")
    Appointment.objects.create(
        user=person, role=Role.FINANCE_OFFICER, council=partnership.councils["WCC"]
    )
    submit(return_id=partnership.parent("WCC").id, version=0, by=person, at=NOW)
    text = as_("programme.office").get("/board/2013-14.csv").content.decode()
    assert "'@finance" in text
    assert ",@finance" not in text


def test_illustrative_returns_are_marked(partnership: Partnership, as_: Turn) -> None:
    assert "Illustrative" not in read(as_("programme.office").get("/board/")).texts
    parent = partnership.parent("WCC")
    replace_entries(
        return_id=parent.id,
        version=0,
        rows=[(1, {**a_saving(), "provenance": "illustrative"})],
        by=partnership.finance("WCC"),
        at=NOW,
    )
    assert read(as_("programme.office").get("/board/")).texts.count("Illustrative") == 1
    rows = csv.DictReader(
        io.StringIO(as_("programme.office").get("/board/2013-14.csv").content.decode("utf-8-sig"))
    )
    assert [row["council"] for row in rows if row["illustrative"] == "true"] == ["WCC"]


def test_the_board_can_be_opened_for_each_year_with_returns(
    partnership: Partnership, as_: Turn
) -> None:
    later = Period.objects.create(quarter=Quarter.parse("2014-15-Q1"))
    Return.objects.create(period=later, council=partnership.councils["WCC"])
    published = Period.objects.create(quarter=Quarter.parse("2012-13-Q4"))
    Return.objects.create(
        period=published, status="certified", certified_at=NOW, published_in="report-2013"
    )
    assert board_years() == [FinancialYear(2014), YEAR]
    assert current_board_year() == YEAR
    office = as_("programme.office")
    assert "Board of returns, 2014/15" in read(office.get("/board/?year=2014-15")).words
    none = office.get("/board/?year=2012-13")
    assert none.status_code == 200
    assert "There are no returns for 2012/13 that you can see." in read(none).words
    wrong = office.get("/board/?year=nonsense")
    assert wrong.status_code == 422
    assert read(wrong).words.startswith("Error: ")
    assert "#id_year" in read(wrong).hrefs
    for year in ("nonsense", "2013-15"):
        assert office.get(f"/board/{year}.csv").status_code == 404
    Period.objects.update(status="closed")
    assert current_board_year() == FinancialYear(2014)


def test_before_the_first_quarter_the_board_says_so(partnership: Partnership, as_: Turn) -> None:
    Return.objects.all().delete()
    Period.objects.all().delete()
    assert current_board_year() is None
    page = as_("programme.office").get("/board/")
    assert "No quarter has been opened yet." in read(page).words


def test_the_sentence_counts_the_returns_by_state(partnership: Partnership) -> None:
    office = partnership.people["programme.office"]
    day = Quarter.parse("2013-14-Q1").last_day
    assert reading_of([], YEAR) == "There are no returns for 2013/14 that you can see."
    lines = board_of(office, YEAR, day).lines
    assert reading_of(lines, YEAR) == (
        "Of 6 returns for 2013/14, none is certified, none is waiting to be certified and 6 are "
        "drafts."
    )
    assert reading_of(lines[:1], YEAR) == (
        "Of one return for 2013/14, none is certified, none is waiting to be certified and one is "
        "a "
        "draft."
    )
    late = board_of(office, YEAR, Quarter.parse("2013-14-Q3").last_day).lines
    assert reading_of(late, YEAR).endswith("6 are drafts. 6 drafts are late.")
