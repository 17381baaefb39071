"""What an action refuses, to whom and in what words; and that nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from finance.periods import Quarter
from savings.calendar.actions import change_dates, close_period, open_period, reopen_period
from savings.certification.actions import certify, send_back, submit, withdraw
from savings.filling.actions import replace_entries
from savings.forecasts.actions import replace_forecasts
from savings.quarters.models import Period
from savings.returns.models import Entry, Question, Return
from savings.returns.questions.actions import answer, ask
from sovereignty.models import Appointment, Role, User
from sovereignty.refusals import BadContent, NotAllowed, Refusal, StaleVersion, WrongState
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.conftest import Everything
from tests.savings.forecasts.conftest import a_forecast, make_plans

Act = Callable[[Partnership, User], object]


def save(p: Partnership, by: User, *rows: dict[str, object], **more: Any) -> Return:
    parent = p.parent("WCC", more.pop("quarter", Q1))
    version = more.get("version", parent.version)
    numbered = list(enumerate(rows or [a_saving(amount="5")], start=1))
    return replace_entries(return_id=parent.id, version=version, rows=numbered, by=by, at=NOW)


def hand_in(p: Partnership, by: User, **more: Any) -> Return:
    parent = p.parent("WCC")
    return submit(
        **{"return_id": parent.id, "version": parent.version, "by": by, "at": NOW, **more}
    )


def hand_back(p: Partnership, by: User, **more: Any) -> Return:
    parent = p.parent("WCC")
    given = {"return_id": parent.id, "version": parent.version, "reason": "Why", "by": by}
    return send_back(**{**given, "at": NOW, **more})


def take_back(p: Partnership, by: User, **more: Any) -> Return:
    parent = p.parent("WCC")
    return withdraw(
        **{"return_id": parent.id, "version": parent.version, "by": by, "at": NOW, **more}
    )


def put_question(p: Partnership, by: User) -> Question:
    entry = p.parent("WCC").entries.get()
    return ask(return_id=entry.parent_id, entry_id=entry.id, text="Which?", by=by, at=NOW)


def give_answer(p: Partnership, by: User) -> Question:
    return answer(question_id=Question.objects.get().id, text="That.", by=by, at=NOW)


def sign(p: Partnership, by: User, **more: Any) -> Return:
    parent = p.parent("WCC")
    return certify(
        **{"return_id": parent.id, "version": parent.version, "by": by, "at": NOW, **more}
    )


@pytest.fixture
def people(partnership: Partnership) -> dict[str, User]:
    """Everybody in the partnership, and some unusual accounts."""
    made = dict(partnership.people)
    wcc = partnership.councils["WCC"]
    made["deputy.wcc"] = User.objects.create_user("deputy.wcc")
    Appointment.objects.create(
        user=made["deputy.wcc"], role=Role.DEPUTY_SECTION_151_OFFICER, council=wcc
    )
    for left, role in (("finance", Role.FINANCE_OFFICER), ("s151", Role.SECTION_151_OFFICER)):
        gone = made[f"{left}.gone"] = User.objects.create_user(f"{left}.gone", is_active=False)
        Appointment.objects.create(user=gone, role=role, council=wcc)
    made["nobody"] = User.objects.create_user("nobody")
    made["administrator"] = User.objects.create_superuser("administrator")
    return made


def draft(p: Partnership) -> None:
    p.draft("WCC", a_saving())


def submitted(p: Partnership) -> None:
    p.submitted("WCC", a_saving())


def asked(p: Partnership) -> None:
    submitted(p)
    put_question(p, p.s151("WCC"))


def all_certified(p: Partnership) -> None:
    for code in p.councils:
        p.certified(code, a_saving())


def closed(p: Partnership) -> None:
    all_certified(p)
    close_period(quarter=Q1, by=p.people["programme.office"], at=NOW)


ACTIONS: dict[str, tuple[Callable[[Partnership], None], Act, set[str]]] = {
    "save": (draft, save, {"finance.wcc"}),
    "submit": (draft, hand_in, {"finance.wcc"}),
    "withdraw": (submitted, take_back, {"finance.wcc"}),
    "send back": (submitted, hand_back, {"s151.wcc", "deputy.wcc"}),
    "ask": (submitted, put_question, {"s151.wcc", "deputy.wcc", "programme.office"}),
    "answer": (asked, give_answer, {"finance.wcc"}),
    "certify": (submitted, sign, {"s151.wcc", "deputy.wcc"}),
    "open": (
        draft,
        lambda p, by: open_period(quarter=Q2.following, by=by, at=NOW),
        {"programme.office"},
    ),
    "change dates": (
        draft,
        lambda p, by: change_dates(
            quarter=Q1, due_on=date(2013, 8, 2), reason="Why", by=by, at=NOW
        ),
        {"programme.office"},
    ),
    "close": (
        all_certified,
        lambda p, by: close_period(quarter=Q1, by=by, at=NOW),
        {"programme.office"},
    ),
    "reopen": (
        closed,
        lambda p, by: reopen_period(quarter=Q1, reason="Why", by=by, at=NOW),
        {"programme.office"},
    ),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_each_action_is_allowed_only_to_those_who_may(
    name: str,
    partnership: Partnership,
    people: dict[str, User],
    everything: Callable[[], Everything],
) -> None:
    prepare, act, allowed = ACTIONS[name]
    prepare(partnership)
    before = everything()
    did: set[str] = set()
    for username, person in people.items():
        with transaction.atomic():
            try:
                act(partnership, person)
            except NotAllowed:
                assert everything() == before
            else:
                assert everything() != before
                did.add(username)
            transaction.set_rollback(True)
    assert did == allowed


@pytest.mark.parametrize("name", ["save", "submit", "withdraw", "send back", "certify"])
def test_nobody_can_act_on_the_partnerships_own_return(
    name: str, partnership: Partnership, people: dict[str, User]
) -> None:
    own = Return.objects.create(period=Period.objects.get(quarter=Q1))
    for person in people.values():
        for act in (submit, withdraw, certify):
            with pytest.raises(NotAllowed):
                act(return_id=own.id, version=0, by=person, at=NOW)


@pytest.mark.parametrize("second", [Role.SECTION_151_OFFICER, Role.DEPUTY_SECTION_151_OFFICER])
def test_the_person_who_submitted_can_never_certify_whatever_their_roles(
    second: str, partnership: Partnership
) -> None:
    finance = partnership.finance("WCC")
    Appointment.objects.create(user=finance, role=second, council=partnership.councils["WCC"])
    both = User.objects.get(id=finance.id)
    save(partnership, both)
    hand_in(partnership, both)
    with pytest.raises(NotAllowed) as refusal:
        sign(partnership, both)
    assert str(refusal.value) == (
        "Only the council's section 151 officer or deputy can certify, and never a return that "
        "they filled in or submitted."
    )
    # They may send back their own, and may certify somebody else's.
    with transaction.atomic():
        hand_back(partnership, both)
        transaction.set_rollback(True)
    assert sign(partnership, partnership.s151("WCC")).certified_by == partnership.s151("WCC")


SENT_IN = (
    "This return has been submitted. If it has to change, withdraw it or ask the section 151 "
    "officer to send it back."
)
STANDS = (
    "This return is certified and never changes. Enter a correction in a later open quarter that "
    "names the entry it corrects."
)
OVER = "2013/14 Q1 is closed. Enter a correction in a later open quarter instead."
WRONG_STATES = [
    ("draft", "withdraw", "This return is draft, not submitted."),
    ("draft", "send back", "This return is draft, not submitted."),
    ("draft", "certify", "This return is draft, not submitted."),
    ("submitted", "save", SENT_IN),
    ("submitted", "submit", SENT_IN),
    ("certified", "save", STANDS),
    ("certified", "submit", STANDS),
    ("certified", "withdraw", "This return is certified, not submitted."),
    ("certified", "send back", "This return is certified, not submitted."),
    ("certified", "certify", "This return is certified, not submitted."),
    ("closed", "save", OVER),
    ("closed", "submit", OVER),
    ("closed", "withdraw", "This return is certified, not submitted."),
    ("closed", "send back", "This return is certified, not submitted."),
    ("closed", "certify", "This return is certified, not submitted."),
]
STATES = {
    "draft": draft,
    "submitted": submitted,
    "certified": all_certified,
    "closed": closed,
}
ACTORS: dict[str, tuple[Callable[..., Return], str]] = {
    "save": (save, "finance.wcc"),
    "submit": (hand_in, "finance.wcc"),
    "withdraw": (take_back, "finance.wcc"),
    "send back": (hand_back, "s151.wcc"),
    "certify": (sign, "s151.wcc"),
}


@pytest.mark.parametrize(("state", "action", "message"), WRONG_STATES)
def test_an_action_in_the_wrong_state_is_refused(
    state: str,
    action: str,
    message: str,
    partnership: Partnership,
    everything: Callable[[], Everything],
) -> None:
    STATES[state](partnership)
    before = everything()
    act, username = ACTORS[action]
    with pytest.raises(WrongState) as refusal:
        act(partnership, partnership.people[username])
    assert type(refusal.value) is WrongState
    assert str(refusal.value) == message
    assert everything() == before


@pytest.mark.parametrize("action", ACTORS)
@pytest.mark.parametrize("off_by", [-1, 1])
def test_an_action_with_a_stale_version_is_refused(
    action: str,
    off_by: int,
    partnership: Partnership,
    everything: Callable[[], Everything],
) -> None:
    (draft if action in ("save", "submit") else submitted)(partnership)
    before, version = everything(), partnership.parent("WCC").version
    act, username = ACTORS[action]
    with pytest.raises(StaleVersion) as refusal:
        act(partnership, partnership.people[username], version=version + off_by)
    assert str(refusal.value) == (
        f"This return has changed since you read it: it is at version {version}, you have version "
        f"{version + off_by}. Read it again and make your changes there."
    )
    assert everything() == before


@pytest.mark.parametrize("reason", ["", " \n"])
def test_an_action_without_its_reason_is_refused(
    reason: str, partnership: Partnership, everything: Callable[[], Everything]
) -> None:
    office = partnership.people["programme.office"]
    closed(partnership)
    partnership.submitted("WCC", quarter=Q2)
    parent = partnership.parent("WCC", Q2)
    before = everything()
    with pytest.raises(BadContent) as not_back:
        send_back(
            return_id=parent.id,
            version=parent.version,
            reason=reason,
            by=partnership.s151("WCC"),
            at=NOW,
        )
    with pytest.raises(BadContent) as not_open:
        reopen_period(quarter=Q1, reason=reason, by=office, at=NOW)
    assert [(e.field, e.message) for e in not_back.value.errors + not_open.value.errors] == [
        ("reason", "Say what has to change."),
        ("reason", "Say why the quarter is reopened."),
    ]
    assert everything() == before


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("a\x00b", "Remove the null character."),
        ("a" * 2001, "Shorten this to 2,000 characters."),
    ],
)
def test_a_reason_that_can_not_be_stored_is_refused(
    reason: str, remedy: str, partnership: Partnership, everything: Callable[[], Everything]
) -> None:
    office = partnership.people["programme.office"]
    closed(partnership)
    parent = partnership.submitted("WCC", quarter=Q2)
    before = everything()
    said: dict[str, Any] = {
        "return_id": parent.id,
        "version": parent.version,
        "reason": reason,
        "at": NOW,
    }
    for act in (
        lambda: send_back(**said, by=partnership.s151("WCC")),
        lambda: withdraw(**said, by=partnership.finance("WCC")),
        lambda: reopen_period(quarter=Q1, reason=reason, by=office, at=NOW),
        lambda: change_dates(quarter=Q2, reason=reason, by=office, at=NOW),
    ):
        with pytest.raises(BadContent) as refusal:
            act()
        assert [(e.field, e.message) for e in refusal.value.errors] == [("reason", remedy)]
    assert everything() == before


def test_either_every_row_is_stored_or_none(
    partnership: Partnership, everything: Callable[[], Everything]
) -> None:
    draft(partnership)
    before = everything()
    with pytest.raises(BadContent) as refusal:
        save(
            partnership,
            partnership.finance("WCC"),
            a_saving(),
            a_saving(amount="1,50"),
            a_saving("parking"),
            a_saving(nature=""),
        )
    assert [(e.row, e.field, e.value) for e in refusal.value.errors] == [
        (2, "amount", "1,50"),
        (3, "service", "parking"),
        (4, "nature", ""),
    ]
    assert everything() == before


def test_a_correction_names_the_councils_own_certified_entry_of_an_earlier_quarter(
    partnership: Partnership,
) -> None:
    q3 = open_period(quarter=Q2.following, by=partnership.people["programme.office"], at=NOW)
    own = partnership.certified("WCC", a_saving(amount="1")).entries.get()
    other = partnership.certified("LBHF", a_saving(amount="2")).entries.get()
    later = partnership.certified("WCC", a_saving(amount="3"), quarter=q3.quarter).entries.get()
    now = partnership.draft("WCC", a_saving(amount="4"), quarter=Q2).entries.get()
    uncertified = partnership.submitted("RBKC", a_saving(amount="5")).entries.get()
    finance = partnership.finance("WCC")
    for wrong in (other, later, now, uncertified):
        with pytest.raises(BadContent) as refusal:
            save(partnership, finance, a_saving(corrects=str(wrong.id)), quarter=Q2)
        assert [(e.field, e.value) for e in refusal.value.errors] == [("corrects", str(wrong.id))]
    save(partnership, finance, a_saving(amount="-1", corrects=str(own.id)), quarter=Q2)
    assert Entry.objects.get(parent__period__quarter=Q2).corrects == own


FAILING_EVENTS = """
    CREATE FUNCTION no_event() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$;
    CREATE TRIGGER no_event BEFORE INSERT ON audit_event
        FOR EACH ROW EXECUTE FUNCTION no_event();
"""


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_undone_if_its_event_can_not_be_written(
    name: str, partnership: Partnership, everything: Callable[[], Everything]
) -> None:
    prepare, act, allowed = ACTIONS[name]
    prepare(partnership)
    before = everything()
    with connection.cursor() as cursor:
        cursor.execute(FAILING_EVENTS)
    username = max(allowed)
    with pytest.raises(DatabaseError, match="the disk is full"):
        act(partnership, partnership.people[username])
    assert everything() == before


def test_a_return_that_does_not_exist_is_not_found(partnership: Partnership) -> None:
    with pytest.raises(Return.DoesNotExist):
        submit(return_id=0, version=0, by=partnership.finance("WCC"), at=NOW)
    with pytest.raises(Period.DoesNotExist):
        close_period(
            quarter=Quarter.parse("2020-21-Q1"), by=partnership.people["programme.office"], at=NOW
        )


def test_every_refusal_of_an_action_is_one_kind_of_exception() -> None:
    assert all(
        issubclass(kind, Refusal) for kind in (NotAllowed, WrongState, StaleVersion, BadContent)
    )


def test_a_row_marked_as_illustrative_stays_so_however_it_is_sent(
    partnership: Partnership,
) -> None:
    parent = partnership.draft("WCC", {**a_saving(), "provenance": "illustrative"})
    sent = [{**a_saving(), "provenance": entry.provenance} for entry in parent.entries.all()]
    partnership.draft("WCC")
    parent = partnership.submitted("WCC", *sent)
    assert [entry.provenance for entry in parent.entries.all()] == ["illustrative"]
    with pytest.raises(WrongState, match="illustrative"):
        certify(return_id=parent.id, version=parent.version, by=partnership.s151("WCC"), at=NOW)
    with pytest.raises(DatabaseError, match="illustrative"), transaction.atomic():
        Return.objects.filter(id=parent.id).update(
            status="certified", certified_by=partnership.s151("WCC"), certified_at=NOW
        )


@pytest.mark.parametrize("saved", ["entries", "forecasts", "entries, then sent back"])
def test_nobody_who_filled_a_return_in_can_certify_it_though_another_saved_last(
    saved: str, partnership: Partnership
) -> None:
    both, other, parent = _filled_by_two(partnership, saved)
    assert parent.fillers == [both.id, other.id]
    with pytest.raises(NotAllowed, match="never a return that they filled in"):
        certify(return_id=parent.id, version=parent.version, by=both, at=NOW)
    for forgetting in ("", ", fillers = '{}'", f", fillers = '{{{other.id}}}'"):
        for person in (both, other):
            with pytest.raises(DatabaseError, match=r"return_two_people|Cannot update"):
                _certified_past_the_actions(parent, person, forgetting)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Return.objects.filter(id=parent.id).update(fillers=[other.id])
    assert partnership.parent("WCC").status == "submitted"
    assert partnership.parent("WCC").fillers == parent.fillers
    _certified_past_the_actions(parent, partnership.s151("WCC"))
    assert partnership.parent("WCC").status == "certified"


@transaction.atomic
def _certified_past_the_actions(parent: Return, by: User, forgetting: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE savings_return SET status = 'certified', certified_by_id = %s,"
            f" certified_at = now(){forgetting} WHERE id = %s",
            [by.id, parent.id],
        )


def _filled_by_two(partnership: Partnership, saved: str) -> tuple[User, User, Return]:
    """A return that one who may certify has filled in, and another has saved and submitted."""
    both = partnership.finance("WCC")
    Appointment.objects.create(
        user=both, role=Role.SECTION_151_OFFICER, council=partnership.councils["WCC"]
    )
    other = User.objects.create_user("other.wcc")
    Appointment.objects.create(
        user=other, role=Role.FINANCE_OFFICER, council=partnership.councils["WCC"]
    )
    parent = partnership.parent("WCC")
    if saved == "forecasts":
        make_plans()
        parent = replace_forecasts(
            return_id=parent.id, version=0, rows=[(1, a_forecast())], by=both, at=NOW
        )
    else:
        parent = partnership.draft("WCC", a_saving())
    if saved == "entries, then sent back":
        parent = submit(return_id=parent.id, version=parent.version, by=both, at=NOW)
        parent = send_back(
            return_id=parent.id,
            version=parent.version,
            reason="Again",
            by=partnership.s151("WCC"),
            at=NOW,
        )
    parent = replace_entries(
        return_id=parent.id,
        version=parent.version,
        rows=[(1, a_saving(note="Another note"))],
        by=other,
        at=NOW,
    )
    submit(return_id=parent.id, version=parent.version, by=other, at=NOW)
    return both, other, partnership.parent("WCC")
