"""What waits for each person, how long until it is due, and how far a return has come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from savings.certification.actions import certify, send_back
from savings.certification.reports import next_steps
from savings.quarters.models import Period
from savings.returns.models import Return
from savings.returns.questions.actions import answer, ask
from savings.returns.reports import days_late_of
from sovereignty.models import Appointment, Role, User
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.pages import read

pytestmark = pytest.mark.django_db

DUE = date(2013, 7, 31)
RETURN = "/returns/WCC/2013-14-Q1/"


def steps(p: Partnership, username: str, today: date = DUE) -> list[tuple[str, str, int, str]]:
    """What waits for a person: kind, quarter, open questions, days until due."""
    person = User.objects.get(id=p.people[username].id)
    return [
        (step.kind.value, step.parent.period.code, step.questions, step.due)
        for step in next_steps(person, today)
    ]


def question_on(p: Partnership, parent: Return) -> int:
    entry = parent.entries.earliest("position")
    asked = ask(return_id=parent.id, entry_id=entry.id, text="Which?", by=p.s151("WCC"), at=NOW)
    return asked.id


@pytest.mark.parametrize(
    ("days", "due"),
    [(-5, "due in 5 days"), (-1, "due tomorrow"), (0, "due today"), (3, "3 days late")],
)
def test_a_draft_says_how_long_until_it_is_due(
    days: int, due: str, partnership: Partnership
) -> None:
    today = DUE + timedelta(days=days)
    assert steps(partnership, "finance.wcc", today) == [("fill in", "2013-14-Q1", 0, due)]
    partnership.draft("WCC", a_saving())
    assert steps(partnership, "finance.wcc", today) == [("go on", "2013-14-Q1", 0, due)]
    Period.objects.filter(quarter=Q1).update(opens_on=None, due_on=None, closes_on=None)
    assert steps(partnership, "finance.wcc", today) == [("go on", "2013-14-Q1", 0, "")]


def test_a_certificate_is_due_when_the_quarter_closes(partnership: Partnership) -> None:
    partnership.submitted("WCC", a_saving())
    assert steps(partnership, "s151.wcc") == [("certify", "2013-14-Q1", 0, "due in 15 days")]
    assert steps(partnership, "s151.lbhf") == []
    both = partnership.finance("WCC")
    Appointment.objects.create(
        user=both, role=Role.SECTION_151_OFFICER, council=partnership.councils["WCC"]
    )
    # The people who filled it in or submitted it are not asked to certify it.
    assert [kind for kind, *_ in steps(partnership, "finance.wcc")] == ["fill in"]


def test_a_question_waits_for_its_answer(partnership: Partnership) -> None:
    parent = partnership.submitted("WCC", a_saving())
    number = question_on(partnership, parent)
    question_on(partnership, parent)

    later = ("fill in", "2013-14-Q2", 0, "due in 92 days")
    assert steps(partnership, "finance.wcc") == [("answer", "2013-14-Q1", 2, "due today"), later]
    assert steps(partnership, "s151.wcc") == [("certify", "2013-14-Q1", 2, "due in 15 days")]
    assert steps(partnership, "finance.lbhf") == [("fill in", "2013-14-Q1", 0, "due today")]
    answer(question_id=number, text="That.", by=partnership.finance("WCC"), at=NOW)
    send_back(
        return_id=parent.id,
        version=2,
        reason="Why",
        asked=[],
        by=partnership.s151("WCC"),
        at=NOW,
    )
    # Sent back with a question is one step, not two.
    assert steps(partnership, "finance.wcc") == [
        ("put right", "2013-14-Q1", 1, "due today"),
        later,
    ]


def test_days_late_are_counted_from_the_due_date(partnership: Partnership) -> None:
    parent = partnership.parent("WCC")
    assert [days_late_of(parent, DUE + timedelta(days=n)) for n in (-1, 0, 1)] == [0, 0, 1]
    parent.submitted_at = datetime(2013, 8, 2, 9, tzinfo=UTC)
    assert days_late_of(parent, date(2020, 1, 1)) == 2
    parent.period.due_on = None
    assert days_late_of(parent, DUE) is None


def progress(client: Client, person: User) -> str:
    client.force_login(person)
    words = read(client.get(RETURN)).words
    start = words.index("Fill in", words.index("Quarterly return,"))
    return words[start : words.index("Draft", start)] if "Draft" in words[start:] else words[start:]


def test_the_page_shows_how_far_a_return_has_come_and_what_is_next(
    partnership: Partnership, client: Client, time_machine: Any
) -> None:
    time_machine.move_to(datetime(2013, 8, 3, 12, tzinfo=UTC), tick=False)
    finance, s151 = partnership.finance("WCC"), partnership.s151("WCC")
    partnership.draft("WCC", a_saving())
    assert progress(client, finance) == (
        "Fill in A draft, version 1 Submit By 31 July 2013 3 days late Certify Section 151 "
        "officer or deputy, by 15 August 2013 Close the quarter Programme office, once every "
        "council’s return is certified "
    )
    parent = partnership.submitted("WCC", a_saving())
    Return.objects.filter(id=parent.id).update(submitted_at=datetime(2013, 8, 1, 9, tzinfo=UTC))
    number = question_on(partnership, parent)
    shown = progress(client, s151)
    assert shown.startswith(
        "Fill in Done, version 2 Submit finance.wcc, 1 August 2013 1 day late Certify Section 151 "
        "officer or deputy, by 15 August 2013 1 question to answer first Close the quarter"
    )
    answer(question_id=number, text="That.", by=finance, at=NOW)
    certify(return_id=parent.id, version=2, by=s151, at=NOW)
    assert progress(client, s151).startswith(
        "Fill in Done, version 3 Submit finance.wcc, 1 August 2013 1 day late Certify s151.wcc, "
        "1 July 2013 Close the quarter Programme office, once every council’s return is certified"
    )
    Period.objects.filter(quarter=Q1).update(status="closed")
    assert "Close the quarter Closed" in progress(client, s151)


def test_the_list_says_when_each_quarter_is_due(
    partnership: Partnership, client: Client, time_machine: Any
) -> None:
    time_machine.move_to(datetime(2013, 8, 3, 12, tzinfo=UTC), tick=False)
    client.force_login(partnership.finance("WCC"))
    words = read(client.get("/returns/")).words
    assert "2013/14 Q1, April to June Open due 31 July 2013 ( 3 days late )" in words
    assert "2013/14 Q2, July to September Open due 31 October 2013 ( in 89 days )" in words
    Period.objects.filter(quarter=Q2).update(status="closed")
    words = read(client.get("/returns/")).words
    assert "2013/14 Q2, July to September Closed Westminster" in words
