"""Who may act for whom, and answers given once: what the database enforces."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from sovereignty.models import (
    COUNCIL_ROLES,
    PARTNERSHIP_ROLES,
    Appointment,
    Consent,
    Council,
    Decision,
    Role,
    User,
)
from tests.partnership import NOW, Partnership


@pytest.fixture
def newcomer(db: None) -> User:
    return User.objects.create_user("newcomer")


def test_every_role_is_for_one_council_or_for_the_partnership() -> None:
    assert sorted([*COUNCIL_ROLES, *PARTNERSHIP_ROLES]) == sorted(Role.values)


@pytest.mark.parametrize("role", COUNCIL_ROLES)
def test_a_councils_role_needs_a_council(
    role: str, partnership: Partnership, newcomer: User
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(user=newcomer, role=role)
    with pytest.raises(ValidationError) as refusal:
        Appointment(user=newcomer, role=role).full_clean()
    assert " ".join(refusal.value.messages) == (
        "A council's role needs a council; the programme office and auditors act for the whole "
        "partnership."
    )
    Appointment.objects.create(user=newcomer, role=role, council=partnership.councils["WCC"])
    assert newcomer.council == partnership.councils["WCC"]


@pytest.mark.parametrize("role", PARTNERSHIP_ROLES)
def test_a_role_for_the_partnership_has_no_council(
    role: str, partnership: Partnership, newcomer: User
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(user=newcomer, role=role, council=partnership.councils["WCC"])
    Appointment.objects.create(user=newcomer, role=role)
    assert newcomer.council is None


@pytest.mark.parametrize("role", ["", "mayor", "Finance officer"])
def test_there_are_no_other_roles(role: str, partnership: Partnership, newcomer: User) -> None:
    for council in (None, partnership.councils["WCC"]):
        with pytest.raises(IntegrityError), transaction.atomic():
            Appointment.objects.create(user=newcomer, role=role, council=council)


def test_a_person_acts_for_one_council(partnership: Partnership) -> None:
    person = partnership.finance("WCC")
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(
            user=person, role=Role.COUNCILLOR, council=partnership.councils["LBHF"]
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(
            user=person, role=Role.FINANCE_OFFICER, council=partnership.councils["WCC"]
        )
    Appointment.objects.create(
        user=person, role=Role.SECTION_151_OFFICER, council=partnership.councils["WCC"]
    )
    assert Appointment.objects.filter(user=person).count() == 2


def test_no_change_gives_a_person_appointments_for_two_councils(
    partnership: Partnership,
) -> None:
    person, wcc, lbhf = partnership.finance("WCC"), *map(partnership.councils.get, ("WCC", "LBHF"))
    Appointment.objects.create(user=person, role=Role.COUNCILLOR, council=wcc)
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(user=person, role=Role.COUNCILLOR).update(council=lbhf)
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(user=partnership.finance("LBHF")).update(user=person)


def test_a_person_holds_the_roles_of_their_appointments(partnership: Partnership) -> None:
    wcc, lbhf = partnership.councils["WCC"], partnership.councils["LBHF"]
    person = partnership.finance("WCC")
    assert person.holds(Role.FINANCE_OFFICER)
    assert person.holds(Role.COUNCILLOR, Role.FINANCE_OFFICER, council=wcc)
    assert not person.holds(Role.FINANCE_OFFICER, council=lbhf)
    assert not person.holds(Role.SECTION_151_OFFICER, council=wcc)
    assert not person.holds()


@pytest.mark.parametrize(
    ("username", "council", "handles", "sees_all"),
    [
        ("finance.wcc", "WCC", True, False),
        ("s151.wcc", "WCC", True, False),
        ("councillor.wcc", "WCC", False, False),
        ("programme.office", None, False, True),
        ("auditor", None, False, True),
    ],
)
def test_each_role_has_its_council_and_rights(
    username: str, council: str | None, handles: bool, sees_all: bool, partnership: Partnership
) -> None:
    person = partnership.people[username]
    assert (person.council and person.council.code) == council
    assert (person.handles_returns, person.sees_every_council) == (handles, sees_all)


def test_a_person_without_an_appointment_has_no_rights(newcomer: User) -> None:
    assert (newcomer.council, newcomer.handles_returns, newcomer.sees_every_council) == (
        None,
        False,
        False,
    )
    assert not newcomer.holds(*Role.values)


def test_a_superuser_has_no_role_without_an_appointment(db: None) -> None:
    administrator = User.objects.create_superuser("administrator")
    assert not administrator.holds(*Role.values)
    assert not administrator.sees_every_council


def test_appointments_are_read_once(partnership: Partnership, django_assert_num_queries) -> None:
    person = User.objects.get(username="finance.wcc")
    with django_assert_num_queries(1):
        assert person.handles_returns
        assert person.council == partnership.councils["WCC"]
        assert not person.sees_every_council


def test_people_and_councils_with_appointments_can_not_be_deleted(partnership: Partnership) -> None:
    with pytest.raises(ProtectedError):
        partnership.finance("WCC").delete()
    with pytest.raises(ProtectedError):
        partnership.councils["WCC"].delete()


@pytest.mark.parametrize("code", ["wcc", "W", "1WCC", "W-C", "WÇC", ""])
def test_a_code_is_capital_letters_and_digits(code: str, db: None) -> None:
    with pytest.raises(ValidationError) as refusal:
        Council(code=code, name="Any", full_name="Any").full_clean()
    assert list(refusal.value.message_dict) == ["code"]


# --- Consents ------------------------------------------------------------------


@pytest.fixture
def decision(partnership: Partnership) -> Decision:
    return Decision.objects.create(
        title="A question", proposed_by=partnership.people["programme.office"], proposed_at=NOW
    )


@pytest.fixture
def consent(decision: Decision, partnership: Partnership) -> Consent:
    return answer(decision, partnership, "WCC")


def answer(decision: Decision, partnership: Partnership, code: str, **more: object) -> Consent:
    given: dict[str, object] = {
        "agree": True,
        "minute_reference": "Minute 7",
        "by": partnership.s151(code),
        **more,
    }
    return Consent.objects.create(
        decision=decision, council=partnership.councils[code], at=NOW, **given
    )


def test_a_council_answers_a_decision_once(
    decision: Decision, consent: Consent, partnership: Partnership
) -> None:
    for agree, reason in ((True, ""), (False, "Second thoughts.")):
        with pytest.raises(IntegrityError), transaction.atomic():
            answer(decision, partnership, "WCC", agree=agree, reason=reason)
    answer(decision, partnership, "LBHF")
    assert [c.council.code for c in decision.consents.all()] == ["LBHF", "WCC"]


def test_a_refusal_needs_a_reason(decision: Decision, partnership: Partnership) -> None:
    for reason in ("", " \n"):
        with pytest.raises(IntegrityError), transaction.atomic():
            answer(decision, partnership, "WCC", agree=False, reason=reason)
    refusal = answer(decision, partnership, "WCC", agree=False, reason="Too dear.")
    assert str(refusal) == "Westminster refuses: A question"


def test_an_answer_needs_a_minute(decision: Decision, partnership: Partnership) -> None:
    for minute in ("", " ", "\n\t"):
        with pytest.raises(IntegrityError, match="consent_has_minute"), transaction.atomic():
            answer(decision, partnership, "WCC", minute_reference=minute)


@pytest.mark.parametrize(
    "username",
    ["s151.lbhf", "finance.wcc", "councillor.wcc", "programme.office", "auditor", "newcomer"],
)
def test_nobody_else_can_answer_for_a_council(
    username: str, decision: Decision, newcomer: User, partnership: Partnership
) -> None:
    person = {**partnership.people, "newcomer": newcomer}[username]
    with pytest.raises(IntegrityError, match="section 151"), transaction.atomic():
        answer(decision, partnership, "WCC", by=person)
    assert not decision.consents.exists()


def test_a_person_with_a_closed_account_can_not_answer(
    decision: Decision, partnership: Partnership
) -> None:
    User.objects.filter(username="s151.wcc").update(is_active=False)
    with pytest.raises(IntegrityError, match="section 151"), transaction.atomic():
        answer(decision, partnership, "WCC")
    assert answer(decision, partnership, "LBHF").agree


def test_a_deputy_can_answer(decision: Decision, newcomer: User, partnership: Partnership) -> None:
    Appointment.objects.create(
        user=newcomer,
        role=Role.DEPUTY_SECTION_151_OFFICER,
        council=partnership.councils["WCC"],
    )
    assert answer(decision, partnership, "WCC", by=newcomer).agree


def raw(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def withdraw(consent: Consent) -> None:
    consent.agree, consent.reason = False, "Withdrawn."
    consent.save()


WAYS_OF_CHANGING: dict[str, Callable[[Consent], object]] = {
    "save": withdraw,
    "update": lambda consent: Consent.objects.update(agree=False, reason="Withdrawn."),
    "bulk_update": lambda consent: Consent.objects.bulk_update([consent], ["minute_reference"]),
    "delete": lambda consent: consent.delete(),
    "delete all": lambda consent: Consent.objects.all().delete(),
    "UPDATE": lambda consent: raw("UPDATE sovereignty_consent SET agree = false, reason = 'x'"),
    "DELETE": lambda consent: raw("DELETE FROM sovereignty_consent"),
    "TRUNCATE": lambda consent: raw("TRUNCATE sovereignty_consent"),
    "TRUNCATE CASCADE": lambda consent: raw("TRUNCATE sovereignty_decision CASCADE"),
}


@pytest.mark.parametrize("way", WAYS_OF_CHANGING)
def test_an_answer_is_never_changed_or_lost(consent: Consent, way: str) -> None:
    before = Consent.objects.values().get()
    with pytest.raises(DatabaseError), transaction.atomic():
        WAYS_OF_CHANGING[way](consent)
    assert Consent.objects.values().get() == before


def test_a_decision_with_an_answer_can_not_be_deleted(consent: Consent) -> None:
    with pytest.raises(ProtectedError):
        consent.decision.delete()
