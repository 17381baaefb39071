"""The replay: what it makes of events by themselves, and that it gives what the database held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Event
from savings.certification.actions import certify, send_back, submit, withdraw
from savings.filling.actions import replace_entries
from savings.forecasts.actions import replace_forecasts
from savings.forecasts.reports import row_of as forecast_row
from savings.history.replay import (
    Changes,
    ColumnChange,
    Happening,
    LineChange,
    ReplayError,
    ReturnState,
    Step,
    as_version,
    changes_of,
    last_of,
    states,
)
from savings.history.stood import Stood, differences, return_as_it_stood
from savings.kit.provenance import Provenance
from savings.returns.models import Question, Return
from savings.returns.questions.actions import answer, ask
from savings.returns.reports import row_of
from tests.partnership import NOW, Partnership, a_saving
from tests.savings.forecasts.conftest import OWED, make_plans

DAY = timedelta(days=1)


def line(number: int, amount: str = "1.00", **more: object) -> dict[str, object]:
    return {"id": number, "service": "hr", "amount": amount, **more}


def saved(
    version: int,
    order: list[int],
    *,
    before: list[dict[str, object]] | None = None,
    after: list[dict[str, object]] | None = None,
) -> Happening:
    return Happening(
        NOW + version * DAY,
        "finance.wcc",
        "saved",
        {"version": version - 1, "entries": before or []},
        {"version": version, "entries": after or [], "order": order},
    )


FIRST = saved(1, [7, 8], after=[line(7), line(8, "2.00")])


def moved_on(action: str, status: str, version: int, by: str, reason: str = "") -> Happening:
    after = {"status": status, "version": version}
    return Happening(NOW + version * DAY, by, action, {}, after, reason)


def test_a_line_is_added_changed_moved_and_removed() -> None:
    happenings = [
        FIRST,
        saved(2, [8, 7, 9], before=[line(7)], after=[line(7, "3.00"), line(9, "4.00", note="N")]),
        saved(3, [9, 7], before=[line(8, "2.00")]),
    ]
    assert [state.lines for state in states(happenings)] == [
        ((7, {"service": "hr", "amount": "1.00"}), (8, {"service": "hr", "amount": "2.00"})),
        (
            (8, {"service": "hr", "amount": "2.00"}),
            (7, {"service": "hr", "amount": "3.00"}),
            (9, {"service": "hr", "amount": "4.00", "note": "N"}),
        ),
        (
            (9, {"service": "hr", "amount": "4.00", "note": "N"}),
            (7, {"service": "hr", "amount": "3.00"}),
        ),
    ]


def test_each_step_is_replayed_with_who_when_and_why() -> None:
    happenings = [
        FIRST,
        moved_on("submitted", "submitted", 2, "finance.wcc"),
        moved_on("sent back", "draft", 3, "s151.wcc", "The evidence."),
        moved_on("submitted", "submitted", 4, "finance.wcc"),
        moved_on("withdrawn", "draft", 5, "finance.wcc"),
        moved_on("submitted", "submitted", 6, "other.wcc"),
        moved_on("certified", "certified", 7, "s151.wcc"),
    ]
    found = [
        (s.version, s.status, s.submitted, s.sent_back, s.certified) for s in states(happenings)
    ]
    sent_back = Step("s151.wcc", NOW + 3 * DAY, "The evidence.")
    again = Step("other.wcc", NOW + 6 * DAY)
    assert found == [
        (1, "draft", None, None, None),
        (2, "submitted", Step("finance.wcc", NOW + 2 * DAY), None, None),
        (3, "draft", None, sent_back, None),
        (4, "submitted", Step("finance.wcc", NOW + 4 * DAY), None, None),
        (5, "draft", None, None, None),
        (6, "submitted", again, None, None),
        (7, "certified", again, None, Step("s151.wcc", NOW + 7 * DAY)),
    ]
    assert as_version(happenings, 3) == list(states(happenings))[2]
    assert as_version(happenings, 8) is None


def test_events_without_lines_or_status_leave_them_unchanged() -> None:
    asked = Happening(NOW, "s151.wcc", "asked", {}, {"question": 4})
    forecast = Happening(NOW, "finance.wcc", "forecast", {}, {"version": 2, "forecasts": []})
    assert last_of([FIRST, asked, forecast]) == ReturnState(
        version=2, lines=next(iter(states([FIRST]))).lines
    )
    assert last_of([]) is None


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (saved(2, [7, 8], before=[line(9)], after=[line(9)]), "changes line 9"),
        (saved(2, [7, 8], before=[line(7, "5.00")], after=[line(7)]), "changes line 7"),
        (saved(2, [7, 8], after=[line(7, "5.00")]), "overwrites line 7"),
        (saved(2, [7, 8, 9]), "orders other lines"),
        (saved(2, [7]), "orders other lines"),
        (saved(2, [7, 7]), "orders other lines"),
    ],
)
def test_an_event_that_does_not_follow_is_refused_and_not_guessed(
    second: Happening, why: str
) -> None:
    with pytest.raises(ReplayError, match=f"Version 2 {why}"):
        last_of([FIRST, second])


def forecasts_saved(version: int, before: list[Any], after: list[Any]) -> Happening:
    return Happening(
        NOW + version * DAY,
        "finance.wcc",
        "forecasts saved",
        {"version": version - 1, "forecasts": before},
        {"version": version, "forecasts": after},
    )


HR, IT = {"service": "hr", "this_year": "1.00"}, {"service": "ict", "this_year": "2.00"}
DEARER = {"service": "hr", "this_year": "3.00"}


def test_forecasts_are_matched_by_their_service() -> None:
    happenings = [
        forecasts_saved(1, [], [IT, HR]),
        forecasts_saved(2, [HR], [DEARER]),
        forecasts_saved(3, [IT], []),
    ]
    assert [state.forecasts for state in states(happenings)] == [
        (("hr", HR), ("ict", IT)),
        (("hr", DEARER), ("ict", IT)),
        (("hr", DEARER),),
    ]
    assert changes_of(happenings[1], []) == Changes(
        forecasts=(
            LineChange("changed", 0, 0, (ColumnChange("this_year", "1.00", "3.00"),), DEARER),
        )
    )
    assert [change.kind for change in changes_of(happenings[2], []).forecasts] == ["removed"]
    for wrong in (
        forecasts_saved(2, [DEARER], [HR]),
        forecasts_saved(2, [], [DEARER]),
        forecasts_saved(2, [{"service": "x"}], []),
    ):
        with pytest.raises(ReplayError, match=r"the forecast of (hr|x)"):
            last_of([happenings[0], wrong])


def test_the_changes_of_an_event_to_lines_are_listed() -> None:
    second = saved(
        2,
        [9, 8, 10],
        before=[line(8, "2.00", note="Old"), line(7)],
        after=[line(10), line(8, "3.00", tupe=["WCC"])],
    )
    changed = (
        ColumnChange("amount", "2.00", "3.00"),
        ColumnChange("tupe", None, ["WCC"]),
        ColumnChange("note", "Old", None),
    )
    added = (ColumnChange("service", None, "hr"), ColumnChange("amount", None, "1.00"))
    removed = (ColumnChange("service", "hr", None), ColumnChange("amount", "1.00", None))
    plain = {"service": "hr", "amount": "1.00"}
    about = {"service": "hr", "amount": "3.00", "tupe": ["WCC"]}
    assert changes_of(second, [7, 8, 9]) == Changes(
        lines=(
            LineChange("changed", 8, 2, changed, about),
            LineChange("added", 10, 3, added, plain),
            LineChange("removed", 7, 1, removed, plain),
        ),
        moved=True,
    )
    assert changes_of(saved(2, [8], before=[line(7)]), [7, 8]).moved is False
    assert changes_of(moved_on("submitted", "submitted", 2, "x"), [7, 8]) == Changes()


def test_other_changes_of_an_event_are_listed() -> None:
    before = {"version": 1, "status": "draft", "sums": {}, "due_on": "2013-07-12", "same": 1}
    after = {"version": 2, "status": "draft", "due_on": "2013-07-19", "same": 1, "new": [1]}
    happening = Happening(NOW, "programme.office", "dates set", before, after)
    assert changes_of(happening, []) == Changes(
        others=(
            ColumnChange("due_on", "2013-07-12", "2013-07-19"),
            ColumnChange("new", None, [1]),
        )
    )


# --- Against the database ------------------------------------------------------------


def held(parent: Return) -> tuple[Any, ...]:
    """A return in the database, with everything that a reader is shown of it."""
    entries = parent.entries.select_related("service", "caused_by").order_by("position")
    forecasts = parent.forecasts.select_related("service").order_by("service__slug")
    return _shown(parent, list(entries), list(forecasts))


def shown(stood: Stood | None) -> tuple[Any, ...]:
    assert stood is not None
    return _shown(stood, list(stood.entries), list(stood.forecasts))


def _shown(parent: Return | Stood, entries: list[Any], forecasts: list[Any]) -> tuple[Any, ...]:
    return (
        parent.version,
        parent.status,
        parent.submitted_by and parent.submitted_by.username,
        parent.submitted_at,
        parent.certified_by and parent.certified_by.username,
        parent.certified_at,
        parent.sent_back_by and parent.sent_back_by.username,
        parent.sent_back_at,
        parent.sent_back_reason,
        [(entry.id, entry.position, row_of(entry), entry.provenance) for entry in entries],
        [(forecast_row(forecast), forecast.provenance) for forecast in forecasts],
    )


AMOUNTS = st.integers(-500, 500).map(lambda pence: f"{pence / 100:.2f}")
ROWS = st.fixed_dictionaries(
    {
        "service": st.sampled_from(["cex", "libraries", "library-service"]),
        "kind": st.sampled_from(["saving", "ongoing_cost", "variance"]),
        "amount": AMOUNTS,
        "note": st.sampled_from(["", "A", "Ünder £5, “so”\nand on"]),
        "made_up": st.booleans(),
        "keeps": st.integers(0, 5),
        "tupe": st.sampled_from([[], ["WCC"], ["LBHF", "WCC"]]),
    }
)
SAVE = st.tuples(st.just("save"), st.lists(ROWS, max_size=5))
STEPS = ["submit", "send back", "withdraw", "ask", "answer"]
STEP = st.tuples(st.sampled_from(STEPS), st.lists(ROWS, max_size=0))
#: A forecast for each service that a council owes one for, or for fewer: made from a row.
FORECAST = st.tuples(st.just("forecast"), st.lists(ROWS, max_size=2))
SERIES = st.lists(st.one_of(SAVE, SAVE, FORECAST, STEP), max_size=9)


def typed(row: dict[str, Any], lines: list[int]) -> dict[str, object]:
    """A row as a form or a program would send it, perhaps with the number of an existing line."""
    kind = row["kind"]
    columns: dict[str, object] = {
        "service": row["service"],
        "kind": kind,
        "scope": "shared",
        "amount": row["amount"],
        "note": row["note"],
    }
    if kind == "saving":
        columns |= {"recurrence": "recurring", "nature": "cashable"}
    elif kind == "variance":
        columns |= {"cause": "specification_change", "caused_by": "WCC"}
    else:
        columns |= {"tupe": row["tupe"]}
    if row["made_up"]:
        columns["provenance"] = Provenance.ILLUSTRATIVE.value
    if row["keeps"] < len(lines):
        columns["id"] = lines[row["keeps"]]
    return columns


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(series=SERIES)
def test_any_series_is_replayed_to_what_the_database_held_after_each_step(
    series: list[tuple[str, list[dict[str, Any]]]], partnership: Partnership
) -> None:
    with transaction.atomic():
        make_plans()
        moment, after_each = NOW, []
        for what, rows in series:
            moment += DAY
            act(partnership, what, rows, moment)
            after_each.append((moment, held(partnership.parent("WCC"))))
        parent = partnership.parent("WCC")
        for moment, then in after_each:
            assert shown(return_as_it_stood(parent, moment=moment)) == then
            assert shown(return_as_it_stood(parent, moment=moment + DAY / 2)) == then
            assert shown(return_as_it_stood(parent, version=then[0])) == then
        assert shown(return_as_it_stood(parent, moment=NOW))[:2] == (0, "draft")
        assert Event.objects.first_break("WCC") is None
        assert differences() == (6, [])
        transaction.set_rollback(True)


def act(partnership: Partnership, what: str, rows: list[dict[str, Any]], at: datetime) -> None:
    """Do it if the status of the return allows it, or leave everything unchanged."""
    parent = partnership.parent("WCC")
    asked: dict[str, Any] = {"return_id": parent.id, "version": parent.version, "at": at}
    if what == "save" and parent.status == Return.Status.DRAFT:
        lines = list(parent.entries.order_by("position").values_list("id", flat=True))
        raw = list(enumerate((typed(row, lines) for row in rows), start=1))
        replace_entries(rows=raw, by=partnership.finance("WCC"), **asked)
    elif what == "forecast" and parent.status == Return.Status.DRAFT:
        raw = list(enumerate(map(forecast, OWED["WCC"], rows), start=1))
        replace_forecasts(rows=raw, by=partnership.finance("WCC"), **asked)
    elif what == "submit" and parent.status == Return.Status.DRAFT and not unanswered(parent):
        submit(by=partnership.finance("WCC"), **asked)
    elif what == "send back" and parent.status == Return.Status.SUBMITTED:
        send_back(reason="Once more.", by=partnership.s151("WCC"), **asked)
    elif what == "withdraw" and parent.status == Return.Status.SUBMITTED:
        withdraw(by=partnership.finance("WCC"), **asked)
    elif what == "ask" and parent.status == Return.Status.SUBMITTED and parent.entries.exists():
        line = parent.entries.earliest("position").id
        ask(return_id=parent.id, entry_id=line, text="Why?", by=partnership.s151("WCC"), at=at)
    elif what == "answer" and (question := unanswered(parent)):
        answer(question_id=question.id, text="So.", by=partnership.finance("WCC"), at=at)


def unanswered(parent: Return) -> Question | None:
    return parent.questions.filter(answered_at__isnull=True).first()


def forecast(service: str, row: dict[str, Any]) -> dict[str, object]:
    """A forecast made from a drawn row."""
    columns: dict[str, object] = {
        "service": service,
        "this_year": row["amount"],
        "full_year_effect": "5.00",
        "status": "on_track",
    }
    if row["kind"] == "variance":
        columns |= {"status": "at_risk", "reason": "Late.", "replacement": row["note"] or "None."}
    if row["kind"] == "saving":
        columns["starts_on"] = "2013-06-01"
    if row["made_up"]:
        columns["provenance"] = Provenance.ILLUSTRATIVE.value
    return columns


def test_a_certified_return_is_shown_as_it_was_certified(partnership: Partnership) -> None:
    partnership.submitted("WCC", a_saving(amount="5"), a_saving("cex", "7", note="N"))
    parent = partnership.parent("WCC")
    certify(return_id=parent.id, version=2, by=partnership.s151("WCC"), at=NOW + DAY)
    parent = partnership.parent("WCC")
    assert shown(return_as_it_stood(parent, moment=datetime.now(UTC))) == held(parent)
    assert shown(return_as_it_stood(parent, moment=NOW + DAY))[1] == "certified"
    assert shown(return_as_it_stood(parent, moment=NOW))[1] == "submitted"
    # Another council's events are not part of it.
    partnership.draft("LBHF", a_saving(amount="9"))
    assert shown(return_as_it_stood(parent)) == held(parent)
