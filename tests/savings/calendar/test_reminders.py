"""Who is reminded of what, when and in what words; once each, and never without a row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, IntegrityError, transaction

from audit.models import Event
from savings.calendar import tasks
from savings.calendar.actions import (
    change_dates,
    close_period,
    remind,
    reopen_period,
    tell_of_reopening,
)
from savings.calendar.models import Reminder
from savings.certification.actions import send_back
from savings.filling.actions import replace_entries
from savings.quarters.models import Period
from savings.returns.questions.actions import ask
from sovereignty.models import Appointment, Role, User
from tests.at_once import at_once
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving, build

pytestmark = pytest.mark.django_db

DUE = date(2013, 7, 31)  # of 2013/14 Q1, as it is opened
SITE = "https://savings.example.com"


@pytest.fixture(autouse=True)
def address(settings: Any) -> None:
    settings.SITE_URL = SITE


def on(days: int) -> list[tuple[str, str]]:
    """Send reminders this many days after the due date; return the council and kind of each."""
    today = DUE + timedelta(days=days)
    return [
        (reminder.council.code, reminder.kind)
        for reminder in remind(today=today, at=datetime(2013, 8, 1, 7, 30, tzinfo=UTC))
    ]


EVERYBODY_BEFORE = [("LBHF", "before_due"), ("RBKC", "before_due"), ("WCC", "before_due")]
EVERYBODY_AFTER = [("LBHF", "after_due"), ("RBKC", "after_due"), ("WCC", "after_due")]


# --- When ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "sent"),
    [
        (-8, []),
        (-7, EVERYBODY_BEFORE),
        (-1, EVERYBODY_BEFORE),
        (0, EVERYBODY_BEFORE),
        (1, EVERYBODY_AFTER),
        (15, EVERYBODY_AFTER),
        (16, []),
    ],
)
def test_a_council_is_reminded_on_certain_days(
    days: int, sent: list[tuple[str, str]], partnership: Partnership
) -> None:
    assert on(days) == sent
    assert len(mail.outbox) == len(sent)


def test_a_council_is_reminded_once_before_and_once_after(partnership: Partnership) -> None:
    sent = [on(days) for days in range(-10, 20)]
    assert [(day - 10, found) for day, found in enumerate(sent) if found] == [
        (-7, EVERYBODY_BEFORE),
        (1, EVERYBODY_AFTER),
    ]
    assert len(mail.outbox) == Reminder.objects.count() == 6


def test_a_new_due_date_is_a_reason_to_remind_again(partnership: Partnership) -> None:
    assert on(-3) == EVERYBODY_BEFORE
    change_dates(
        quarter=Q1,
        due_on=DUE + timedelta(days=2),
        reason="Late.",
        by=partnership.people["programme.office"],
        at=NOW,
    )
    assert on(-2) == EVERYBODY_BEFORE
    assert on(-1) == []


def test_there_is_no_reminder_of_a_quarter_that_is_closed_or_has_no_due_date(
    partnership: Partnership,
) -> None:
    Period.objects.filter(quarter=Q1).update(opens_on=None, due_on=None, closes_on=None)
    assert on(-3) == []
    Period.objects.filter(quarter=Q1).update(
        opens_on=DUE, due_on=DUE, closes_on=DUE, status="closed"
    )
    assert on(-3) == []
    office = partnership.people["programme.office"]
    reopen_period(quarter=Q1, reason="A slip.", by=office, at=NOW)
    assert on(-3) == EVERYBODY_BEFORE


def test_each_quarter_has_its_own_due_date(partnership: Partnership) -> None:
    assert on(-3) == EVERYBODY_BEFORE
    assert {reminder.period.quarter for reminder in Reminder.objects.all()} == {Q1}
    assert len(remind(today=date(2013, 10, 24), at=NOW)) == 3
    assert Reminder.objects.filter(period__quarter=Q2).count() == 3


# --- Whom ----------------------------------------------------------------------------


def test_each_person_is_reminded_of_what_waits_for_them(partnership: Partnership) -> None:
    partnership.draft("LBHF", a_saving())
    partnership.submitted("RBKC", a_saving())
    partnership.certified("WCC", a_saving())

    assert on(-7) == [("LBHF", "before_due"), ("RBKC", "before_due")]

    assert [message.to for message in mail.outbox] == [
        ["finance.lbhf@example.com"],
        ["s151.rbkc@example.com"],
    ]


def test_the_certifier_is_reminded_although_the_finance_officer_was(
    partnership: Partnership,
) -> None:
    assert on(-7) == EVERYBODY_BEFORE
    partnership.submitted("WCC", a_saving())
    assert on(-6) == [("WCC", "before_due")]
    assert on(-5) == []
    assert mail.outbox[-1].to == ["s151.wcc@example.com"]


def test_people_of_other_roles_closed_accounts_or_without_email_are_not_reminded(
    partnership: Partnership,
) -> None:
    wcc = partnership.councils["WCC"]
    for name, role, more in (
        ("second.wcc", Role.FINANCE_OFFICER, {"email": "second.wcc@example.com"}),
        ("gone.wcc", Role.FINANCE_OFFICER, {"email": "gone@example.com", "is_active": False}),
        ("silent.wcc", Role.FINANCE_OFFICER, {"email": ""}),
        ("same.wcc", Role.FINANCE_OFFICER, {"email": "finance.wcc@example.com"}),
        ("deputy.wcc", Role.DEPUTY_SECTION_151_OFFICER, {"email": "deputy.wcc@example.com"}),
    ):
        person = User.objects.create_user(name, **more)
        Appointment.objects.create(user=person, role=role, council=wcc)

    on(-7)
    assert mail.outbox[-1].to == ["finance.wcc@example.com", "second.wcc@example.com"]
    partnership.submitted("WCC", a_saving())
    on(1)
    assert mail.outbox[-1].to == ["deputy.wcc@example.com", "s151.wcc@example.com"]
    row = Reminder.objects.get(council=wcc, kind="after_due")
    assert row.sent_to == mail.outbox[-1].to


def test_the_person_who_submitted_is_not_asked_to_certify(partnership: Partnership) -> None:
    both = partnership.finance("WCC")
    Appointment.objects.create(
        user=both, role=Role.DEPUTY_SECTION_151_OFFICER, council=partnership.councils["WCC"]
    )
    partnership.submitted("WCC", a_saving())
    on(-7)
    assert mail.outbox[-1].to == ["s151.wcc@example.com"]


def test_nobody_who_filled_it_in_is_asked_to_certify(partnership: Partnership) -> None:
    deputy = partnership.s151("WCC")
    Appointment.objects.create(
        user=deputy, role=Role.FINANCE_OFFICER, council=partnership.councils["WCC"]
    )
    parent = partnership.parent("WCC")
    replace_entries(return_id=parent.id, version=0, rows=[(1, a_saving())], by=deputy, at=NOW)
    partnership.submitted("WCC", a_saving(note="Another"))
    assert on(-7) == EVERYBODY_BEFORE[:2]  # not Westminster, where no one is left to ask


def test_no_row_is_written_where_nobody_can_be_told(partnership: Partnership) -> None:
    User.objects.filter(username="finance.wcc").update(email="")
    assert on(-7) == EVERYBODY_BEFORE[:2]
    User.objects.filter(username="finance.wcc").update(email="new@example.com")
    assert on(-6) == EVERYBODY_BEFORE[2:]
    assert mail.outbox[-1].to == ["new@example.com"]


# --- In what words -------------------------------------------------------------------


def words(message: Any) -> str:
    return " ".join(message.body.split())


def test_the_email_for_a_draft_says_what_to_do(partnership: Partnership, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Savings <savings@example.com>"
    partnership.councils["WCC"].name = "Kensington & Westminster"
    partnership.councils["WCC"].save()
    on(-5)

    message = mail.outbox[-1]
    assert message.from_email == "Savings <savings@example.com>"
    assert message.subject == "2013/14 Q1: your return is due in 5 days"
    assert words(message) == (
        "The return of Kensington & Westminster for 2013/14 Q1 (April to June) is due in 5 days: "
        "it must be submitted by 31 July 2013. Nothing has been entered yet. Fill it in and submit "
        f"it: {SITE}/returns/WCC/2013-14-Q1/ You are receiving this email because you fill in this "
        "council's returns. It is sent once before the due date and once after it."
    )


def test_the_email_for_a_return_sent_back_names_its_question(partnership: Partnership) -> None:
    parent = partnership.submitted("WCC", a_saving())
    s151 = partnership.s151("WCC")
    send_back(return_id=parent.id, version=2, reason="Why", by=s151, at=NOW)
    ask(
        return_id=parent.id,
        entry_id=parent.entries.get().id,
        text="Which?",
        by=s151,
        at=NOW,
    )
    on(-1)
    assert mail.outbox[-1].subject == "2013/14 Q1: your return is due tomorrow"
    assert "It was sent back to be put right." in words(mail.outbox[-1])
    assert "1 question on its lines needs an answer." in words(mail.outbox[-1])
    on(3)
    assert mail.outbox[-1].subject == "2013/14 Q1: your return is 3 days late"
    assert words(mail.outbox[-1]).startswith(
        "The return of Westminster for 2013/14 Q1 (April to June) is 3 days late: it should "
        "have been submitted by 31 July 2013. It can still be submitted, and the quarter cannot "
        "close without it. 1 question on its lines needs an answer. Fill it in"
    )


def test_the_email_for_a_certificate_says_what_to_do(partnership: Partnership) -> None:
    partnership.submitted("WCC", a_saving())
    on(-5)
    before = mail.outbox[-1]
    assert before.subject == "2013/14 Q1: a return is waiting for you to certify it"
    assert words(before).startswith(
        "The return of Westminster for 2013/14 Q1 has been submitted and is waiting for its "
        "section 151 officer or deputy to certify it. It must be certified by 15 August 2013. Read "
        f"it and certify it, or send it back: {SITE}/returns/WCC/2013-14-Q1/"
    )
    on(1)
    assert words(mail.outbox[-1]).startswith(
        "The return of Westminster for 2013/14 Q1 was due on 31 July 2013. It has been "
        "submitted and is waiting for its section 151 officer or deputy to certify it. The quarter "
        "is due to close on 15 August 2013."
    )


def test_an_email_says_nothing_about_another_council(partnership: Partnership) -> None:
    on(-7)
    for message, name in zip(
        mail.outbox, ["Hammersmith & Fulham", "Kensington & Chelsea", "Westminster"], strict=True
    ):
        assert name in message.body
        others = {council.name for council in partnership.councils.values()} - {name}
        assert not [other for other in others if other in message.body]


# --- Once, and with its row ----------------------------------------------------------


def test_a_reminder_has_its_row_and_its_event(partnership: Partnership) -> None:
    on(1)
    row = Reminder.objects.get(council__code="WCC")
    assert (row.period.quarter, row.kind, row.due_on, row.reopened_at) == (
        Q1,
        "after_due",
        DUE,
        None,
    )
    assert (row.sent_to, row.sent_at) == (
        ["finance.wcc@example.com"],
        datetime(2013, 8, 1, 7, 30, tzinfo=UTC),
    )
    event = Event.objects.about("return", "WCC/2013-14-Q1").last()
    assert event is not None
    assert (event.by, event.action, event.chain) == ("system", "reminded", "WCC")
    assert event.after == {
        "reminder": "after_due",
        "sent_to": ["finance.wcc@example.com"],
        "due_on": "2013-07-31",
    }


def test_an_email_that_fails_leaves_no_row_and_delays_no_other(
    partnership: Partnership, settings: Any, caplog: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # where nobody listens
    settings.EMAIL_TIMEOUT = 2
    events = Event.objects.count()
    assert on(-7) == []
    assert Reminder.objects.count() == 0
    assert Event.objects.count() == events
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        f"An email to {code} could not be sent." for code in ("LBHF", "RBKC", "WCC")
    ]

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert on(-6) == EVERYBODY_BEFORE


def test_a_row_is_about_one_thing_and_can_not_be_deleted(partnership: Partnership) -> None:
    on(-7)
    row = Reminder.objects.first()
    assert row is not None
    for wrong in (
        {"kind": "before_due", "due_on": None, "reopened_at": NOW, "of_status": "draft"},
        {"kind": "before_due", "due_on": DUE, "reopened_at": None, "of_status": ""},
        {"kind": "reopened", "due_on": DUE, "reopened_at": NOW, "of_status": ""},
        {"kind": "reopened", "due_on": None, "reopened_at": None, "of_status": ""},
        {"kind": "reopened", "due_on": None, "reopened_at": NOW, "of_status": "draft"},
    ):
        with pytest.raises(IntegrityError, match="reminder_of_one_thing"), transaction.atomic():
            Reminder.objects.create(
                period=row.period, council=row.council, sent_to=[], sent_at=NOW, **wrong
            )
    with pytest.raises(DatabaseError), transaction.atomic():
        Reminder.objects.filter(id=row.id).delete()


@pytest.mark.django_db(transaction=True)
def test_only_one_of_many_workers_sends() -> None:
    build()

    results = at_once(*[lambda: len(remind(today=DUE - timedelta(days=7), at=NOW))] * 6)

    sent = [number for number in results if isinstance(number, int)]
    assert len(sent) == 6
    assert sum(sent) == 3
    assert sorted(message.to[0] for message in mail.outbox) == [
        "finance.lbhf@example.com",
        "finance.rbkc@example.com",
        "finance.wcc@example.com",
    ]
    assert Reminder.objects.count() == 3
    assert [Event.objects.first_break(code) for code in ("LBHF", "RBKC", "WCC")] == [None] * 3


# --- Told of a reopening -------------------------------------------------------------


@pytest.fixture
def reopened(partnership: Partnership) -> Callable[..., Period]:
    """Call it to have the first quarter closed and reopened."""
    office = partnership.people["programme.office"]
    for code in partnership.councils:
        partnership.certified(code)

    def reopen(reason: str = "A late <invoice>.", at: datetime = NOW) -> Period:
        close_period(quarter=Q1, by=office, at=at)
        return reopen_period(quarter=Q1, reason=reason, by=office, at=at)

    return reopen


def test_everybody_concerned_is_told_why_a_quarter_is_reopened(
    partnership: Partnership, reopened: Callable[..., Period]
) -> None:
    assert tell_of_reopening(at=NOW) == []
    reopened()

    told = tell_of_reopening(at=NOW)

    assert [(row.council.code, row.kind, row.reopened_at, row.due_on) for row in told] == [
        (code, "reopened", NOW, None) for code in ("LBHF", "RBKC", "WCC")
    ]
    assert [message.to for message in mail.outbox] == [
        [f"finance.{code}@example.com", f"s151.{code}@example.com"]
        for code in ("lbhf", "rbkc", "wcc")
    ]
    event = Event.objects.about("return", "WCC/2013-14-Q1").last()
    assert event is not None
    assert (event.by, event.action) == ("system", "told of a reopening")
    assert event.after == {
        "reminder": "reopened",
        "sent_to": ["finance.wcc@example.com", "s151.wcc@example.com"],
    }
    assert mail.outbox[-1].subject == "2013/14 Q1 is open again"
    assert words(mail.outbox[-1]) == (
        "2013/14 Q1 (April to June) was closed and is open again. programme.office reopened it "
        "on 1 July 2013 and gave this reason: A late <invoice>. What is certified in it stays as "
        "it is. To put a certified figure right, add an entry in a later quarter that names the "
        f"entry it corrects. Your council's return: {SITE}/returns/WCC/2013-14-Q1/ You are "
        "receiving this email because you fill in or certify the returns of Westminster."
    )


def test_people_are_told_once_of_each_reopening(
    reopened: Callable[..., Period],
) -> None:
    reopened()
    assert len(tell_of_reopening(at=NOW)) == 3
    assert tell_of_reopening(at=NOW) == []
    later = NOW + timedelta(hours=1)
    reopened("And another.", at=later)
    assert len(tell_of_reopening(at=later)) == 3
    assert "And another." in mail.outbox[-1].body


@pytest.mark.parametrize(("days", "count"), [(14, 3), (15, 0)])
def test_a_reopening_that_was_missed_is_told_for_two_weeks(
    days: int, count: int, reopened: Callable[..., Period]
) -> None:
    reopened()
    assert len(tell_of_reopening(at=NOW + timedelta(days=days))) == count


def test_nobody_is_told_of_a_quarter_that_is_closed_again(
    partnership: Partnership, reopened: Callable[..., Period]
) -> None:
    reopened()
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    assert tell_of_reopening(at=NOW) == []


# --- From the schedule ---------------------------------------------------------------


def test_the_schedule_reminds_every_morning(settings: Any) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["reminders"]
    assert entry["task"] == tasks.remind.name == "savings.calendar.remind"
    assert (entry["schedule"].hour, entry["schedule"].minute) == ({7}, {30})


def test_the_task_sends_the_reminders_of_today_and_news_that_was_missed(
    partnership: Partnership, reopened: Callable[..., Period], time_machine: Any
) -> None:
    reopened()
    time_machine.move_to(datetime(2013, 10, 24, 6, 30, tzinfo=UTC), tick=False)
    Period.objects.filter(quarter=Q1).update(reopened_at=datetime(2013, 10, 20, tzinfo=UTC))
    tasks.remind.delay()
    assert sorted(Reminder.objects.values_list("kind", flat=True)) == [
        *["before_due"] * 3,
        *["reopened"] * 3,
    ]


def test_without_email_settings_nothing_is_sent_and_the_log_says_so(
    partnership: Partnership,
    reopened: Callable[..., Period],
    settings: Any,
    caplog: Any,
    time_machine: Any,
) -> None:
    reopened()
    settings.SENDS_EMAIL = False
    time_machine.move_to(datetime(2013, 7, 2, 6, 30, tzinfo=UTC), tick=False)
    tasks.remind.delay()
    tasks.tell_of_reopening.delay()
    assert (Reminder.objects.count(), mail.outbox) == (0, [])
    assert [
        record.message for record in caplog.records if record.name == "savings.calendar.tasks"
    ] == ["EMAIL_URL is not set: nobody is reminded of anything."] * 2
