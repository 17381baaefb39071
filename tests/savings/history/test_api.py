"""Histories, events and returns as they stood, through the API."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.actions import record
from audit.chain import first_break
from audit.models import Event
from sovereignty.models import User
from tests.calling import Caller, mistakes, problem
from tests.partnership import NOW, Q2, Partnership, a_saving
from tests.savings.history.conftest import SEES

PATH = "returns/WCC/2013-14-Q1/"

pytestmark = pytest.mark.django_db


def caller(partnership: Partnership, username: str) -> Caller:
    return Caller(partnership.people[username])


# --- One return's history ------------------------------------------------------------


def test_every_change_says_who_when_before_after_and_why(with_history: Partnership) -> None:
    answer = caller(with_history, "auditor").get(f"{PATH}history/").json()

    assert [
        (row["at"][:10], row["by"], row["action"], row["version"], row["status"], row["reason"])
        for row in answer["results"]
    ] == [
        ("2013-07-02", "finance.wcc", "saved", 1, None, ""),
        ("2013-07-03", "finance.wcc", "saved", 2, None, ""),
        ("2013-07-04", "finance.wcc", "forecasts saved", 3, None, ""),
        ("2013-07-05", "finance.wcc", "submitted", 4, "submitted", ""),
        ("2013-07-05", "s151.wcc", "asked", None, None, ""),
        ("2013-07-06", "s151.wcc", "sent back", 5, "draft", "The children's."),
        ("2013-07-06", "finance.wcc", "answered", None, None, ""),
        ("2013-07-07", "finance.wcc", "saved", 6, None, ""),
        ("2013-07-08", "finance.wcc", "submitted", 7, "submitted", ""),
        ("2013-07-09", "s151.wcc", "certified", 8, "certified", ""),
    ]
    second = answer["results"][1]
    entry = with_history.parent("WCC").entries.get(position=2)
    assert (second["change_count"], second["moved"]) == (4, False)
    changes = [
        (
            change["change"],
            change["row"],
            {name: (c["before"], c["after"]) for name, c in change["columns"].items()},
        )
        for change in second["changes"]
    ]
    assert changes[1] == (
        "changed",
        2,
        {"amount": ("100.00", "120.00"), "note": (None, "Two\nlines")},
    )
    assert second["changes"][1]["line"] == entry.id
    assert [(kind, row) for kind, row, _ in changes] == [
        ("added", 1),
        ("changed", 2),
        ("added", 3),
        ("removed", 2),
    ]
    assert changes[2][2]["provenance"] == (None, "illustrative")
    assert changes[3][2]["amount"] == ("7.00", None)
    assert [
        (change["change"], change["service"], change["columns"]["this_year"])
        for change in answer["results"][2]["forecasts"]
    ] == [("added", "library-service", {"before": None, "after": "50.00"})]
    assert answer["results"][-1]["hash"] == Event.objects.filter(chain="WCC").latest("id").hash


def test_a_history_is_paged_and_pages_say_the_same_as_the_whole(with_history: Partnership) -> None:
    auditor = caller(with_history, "auditor")
    whole = auditor.get(f"{PATH}history/").json()["results"]
    paged = []
    for number in range(1, 6):
        answer = auditor.get(f"{PATH}history/", page=number, page_size=2).json()
        assert answer["count"] == 10
        paged += answer["results"]
    assert paged == whole


def test_a_page_of_all_events_takes_as_many_queries_as_one_of_one_event(
    with_history: Partnership,
) -> None:
    auditor = caller(with_history, "auditor")
    taken = []
    for size in (1, 10):
        with CaptureQueriesContext(connection) as captured:
            auditor.get(f"{PATH}history/", page_size=size)
        taken.append(len(captured))
    assert taken == [taken[0]] * 2


def test_the_first_lines_of_a_long_save_are_listed_and_all_are_counted(
    partnership: Partnership,
) -> None:
    partnership.draft("WCC", *[a_saving(amount=str(number)) for number in range(1, 131)])
    (row,) = caller(partnership, "finance.wcc").get(f"{PATH}history/").json()["results"]
    assert (row["change_count"], len(row["changes"])) == (130, 100)
    assert row["changes"][-1]["columns"]["amount"]["after"] == "100.00"


@pytest.mark.parametrize("path", ["history/", "?as_at=2013-07-09", "?version=1"])
def test_a_history_is_visible_to_those_who_see_the_return(
    path: str, with_history: Partnership
) -> None:
    with_history.draft("LBHF", a_saving())
    sees = {
        name: caller(with_history, name).get(f"{PATH}{path}").status_code
        for name in with_history.people
    }
    assert sees == SEES
    drafted = caller(with_history, "councillor.lbhf").get(f"returns/LBHF/2013-14-Q1/{path}")
    problem(drafted, 404, "not-found")


# --- As it was -----------------------------------------------------------------------


def test_a_return_is_shown_as_it_was_at_the_end_of_a_day(with_history: Partnership) -> None:
    auditor = caller(with_history, "auditor")
    now = auditor.get(PATH).json()
    assert now.pop("as_at") is None

    then = auditor.get(PATH, as_at="2013-07-03").json()

    assert then == {
        "council": "WCC",
        "period": "2013-14-Q1",
        "status": "draft",
        "version": 2,
        "submitted": None,
        "certified": None,
        "sent_back": None,
        "published_in": "",
        "entry_count": 3,
        "illustrative": True,
        "as_at": "2013-07-03T23:59:59.999999+01:00",
        "entries": then["entries"],
    }
    assert then["entries"][:2] == now["entries"]
    assert (then["entries"][2]["amount"], then["entries"][2]["provenance"]) == (
        "9.00",
        "illustrative",
    )
    last = auditor.get(PATH, as_at="2013-07-09").json()
    assert {name: last[name] for name in now} == now


def test_a_return_is_shown_as_it_was_between_its_steps(with_history: Partnership) -> None:
    auditor = caller(with_history, "auditor")
    found = {}
    for at in ("2013-07-05", "2013-07-06", "2013-07-08T09:29:59Z", "2013-07-08T09:30:00Z"):
        said = auditor.get(PATH, as_at=at).json()
        found[at] = (said["version"], said["status"], said["submitted"], said["sent_back"])
    submitted = {"by": "finance.wcc", "at": "2013-07-05T10:30:00+01:00"}
    sent_back = {
        "by": "s151.wcc",
        "at": "2013-07-06T10:30:00+01:00",
        "reason": "The children's.",
    }
    assert found == {
        "2013-07-05": (4, "submitted", submitted, None),
        "2013-07-06": (5, "draft", None, sent_back),
        "2013-07-08T09:29:59Z": (6, "draft", None, sent_back),
        "2013-07-08T09:30:00Z": (
            7,
            "submitted",
            {"by": "finance.wcc", "at": "2013-07-08T10:30:00+01:00"},
            None,
        ),
    }


def test_a_return_is_shown_at_one_of_its_versions(with_history: Partnership) -> None:
    auditor = caller(with_history, "auditor")
    first = auditor.get(PATH, version=1).json()
    assert (first["version"], first["as_at"]) == (1, None)
    assert [entry["amount"] for entry in first["entries"]] == ["100.00", "7.00"]
    untouched = auditor.get(PATH, version=0).json()
    assert (untouched["version"], untouched["entries"]) == (0, [])
    said = problem(auditor.get(PATH, version=99), 404, "not-found")
    assert said["detail"] == "This return has had no such version: its history lists them."


def test_before_its_quarter_was_opened_there_was_no_return(with_history: Partnership) -> None:
    auditor = caller(with_history, "auditor")
    said = problem(auditor.get(PATH, as_at="2013-06-30"), 404, "not-found")
    assert said["detail"] == "This return did not exist yet at that moment: give a later one."
    opened = auditor.get(PATH, as_at="2013-07-01").json()
    assert (opened["version"], opened["status"], opened["entries"]) == (0, "draft", [])


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"as_at": "yesterday"}, "as_at"),
        ({"as_at": "2013-02-30"}, "as_at"),
        ({"as_at": "9999-12-31"}, "as_at"),
        ({"version": "one"}, "version"),
        ({"version": "-1"}, "version"),
        ({"as_at": "2013-07-03", "version": "1"}, "version"),
        ({"at": "2013-07-03"}, "at"),
    ],
)
def test_a_wrong_moment_is_422(
    asked: dict[str, str], field: str, with_history: Partnership
) -> None:
    assert list(mistakes(caller(with_history, "auditor").get(PATH, **asked))) == [field]


def test_an_inconsistent_history_is_refused_and_not_guessed(
    partnership: Partnership,
) -> None:
    partnership.draft("WCC", a_saving())
    record(
        by="x",
        at=NOW,
        action="saved",
        subject="return",
        subject_id="WCC/2013-14-Q1",
        chain="WCC",
        before={"version": 1, "entries": []},
        after={"version": 2, "entries": [], "order": [1, 2, 3]},
    )
    said = problem(caller(partnership, "auditor").get(PATH, version=2), 409, "wrong-state")
    assert "does not hold together: Version 2 orders other lines." in said["detail"]


# --- All events ----------------------------------------------------------------------


def test_each_person_sees_the_chains_they_may(with_history: Partnership) -> None:
    with_history.draft("LBHF", a_saving())
    chains = {}
    for name in with_history.people:
        results = caller(with_history, name).get("events/", page_size=500).json()["results"]
        chains[name] = {row["chain"] for row in results}
    assert chains == {
        **{f"{role}.wcc": {"WCC"} for role in ("finance", "s151", "councillor")},
        **{f"{role}.lbhf": {"LBHF"} for role in ("finance", "s151")},
        "councillor.lbhf": set(),
        **{f"{role}.rbkc": set() for role in ("finance", "s151", "councillor")},
        "programme.office": {"LBHF", "WCC", "partnership"},
        "auditor": {"LBHF", "WCC", "partnership"},
    }


def test_a_councillor_sees_nothing_about_drafts(with_history: Partnership) -> None:
    """Of the council's other records a councillor sees only what concerns rules."""
    with_history.draft("WCC", a_saving(), quarter=Q2)
    shares = {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"}
    with_history.rule("libraries", shares, effective_from=Q2)
    results = caller(with_history, "councillor.wcc").get("events/", page_size=500).json()["results"]
    assert {(row["subject"], row["subject_id"].partition("/")[2]) for row in results} == {
        ("return", "2013-14-Q1"),
        ("attribution rule", ""),
    }
    officers = caller(with_history, "finance.wcc").get("events/", page_size=500).json()["results"]
    assert ("return", "2013-14-Q2") in {
        (row["subject"], row["subject_id"].partition("/")[2]) for row in officers
    }


def test_a_chain_read_through_the_api_can_be_checked(with_history: Partnership) -> None:
    officer = caller(with_history, "finance.wcc")
    events = []
    page = 1
    while True:
        answer = officer.get("events/", chain="WCC", page=page, page_size=3).json()
        events += answer["results"]
        if answer["next"] is None:
            break
        page += 1
    read = [(event.pop("previous_hash"), event.pop("hash"), event) for event in events]
    assert len(read) == Event.objects.filter(chain="WCC").count() > 9
    assert first_break(read) is None
    read[4][2]["reason"] = "Another."
    assert first_break(read) == 4


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 10),
        ({"subject": "return", "subject_id": "WCC/2013-14-Q1"}, 10),
        ({"subject_id": "WCC/2013-14-Q2"}, 0),
        ({"by": "s151.wcc"}, 3),
        ({"from": "2013-07-09"}, 1),
        ({"to": "2013-07-03"}, 2),
        ({"from": "2013-07-03", "to": "2013-07-04"}, 2),
        ({"from": "2013-07-05T09:30:00.000001Z", "to": "2013-07-06T09:30:00Z"}, 2),
        ({"chain": "LBHF"}, 0),
    ],
)
def test_events_are_narrowed_as_asked(
    asked: dict[str, str], count: int, with_history: Partnership
) -> None:
    assert caller(with_history, "finance.wcc").get("events/", **asked).json()["count"] == count


def test_a_last_day_before_the_first_is_422(with_history: Partnership) -> None:
    asked = {"from": "2013-07-04", "to": "2013-07-03"}
    assert list(mistakes(caller(with_history, "auditor").get("events/", **asked))) == ["to"]


def test_a_person_without_an_appointment_sees_nothing(with_history: Partnership) -> None:
    answer = Caller(User.objects.create_user("nobody")).get("events/")
    problem(answer, 403, "not-allowed")
    problem(Caller().get("events/"), 401, "unknown-caller")
