"""One registry of permissions: each named once, and refused in its own sentence."""

from __future__ import annotations

import pytest

from savings.permissions import rules as of_savings
from sovereignty.actions import appoint
from sovereignty.models import Decision, Role, User
from sovereignty.refusals import NotAllowed
from sovereignty.rules import PERMISSIONS, is_programme_office, may, register, require
from tests.partnership import NOW, Partnership

SPEAK, WITHDRAW = "sovereignty.speak_in_dispute", "sovereignty.withdraw_proposal"
SEE, APPOINT = "sovereignty.see_partnership", "sovereignty.appoint"
SET_UP = ("sovereignty.see_set_up", "sovereignty.add_council", "sovereignty.invite")


def test_a_permission_is_named_once() -> None:
    with pytest.raises(KeyError):
        register({SPEAK: (is_programme_office, "Only the programme office speaks.")})
    assert PERMISSIONS[SPEAK][1].startswith("Only councils' section 151 officers")


def test_the_permissions_of_savings_are_in_the_same_registry() -> None:
    assert of_savings.PERMISSIONS.items() <= PERMISSIONS.items()
    assert of_savings.require is require
    assert {SEE, APPOINT, SPEAK, WITHDRAW, *SET_UP} == (
        PERMISSIONS.keys() - of_savings.PERMISSIONS.keys()
    )


def test_who_may_set_a_partnership_up(partnership: Partnership) -> None:
    administrator = User.objects.create_superuser("administrator")
    people = [*partnership.people.values(), administrator]
    assert [
        {str(person) for person in people if may(person, permission)} for permission in SET_UP
    ] == [{"administrator", "programme.office"}, {"administrator"}, {"administrator"}]


@pytest.mark.parametrize(
    ("username", "speaks"),
    [
        ("programme.office", True),
        ("s151.wcc", True),
        ("finance.wcc", False),
        ("councillor.wcc", False),
    ],
)
def test_section_151_officers_and_the_office_may_speak_in_a_dispute(
    partnership: Partnership, username: str, speaks: bool
) -> None:
    assert may(partnership.people[username], SPEAK) is speaks


def test_the_proposer_or_the_programme_office_may_withdraw_a_proposal(
    partnership: Partnership,
) -> None:
    proposer = partnership.finance("WCC")
    decision = Decision.objects.create(title="Cars", proposed_by=proposer, proposed_at=NOW)
    assert may(proposer, WITHDRAW, decision)
    assert may(partnership.people["programme.office"], WITHDRAW, decision)
    with pytest.raises(
        NotAllowed, match="Only the person who proposed it and the programme office"
    ):
        require(partnership.s151("WCC"), WITHDRAW, decision)


def test_who_sees_what_all_share(partnership: Partnership) -> None:
    assert all(may(person, SEE) for person in partnership.people.values())
    newcomer = User.objects.create_superuser("newcomer", password="a-long-enough-password")
    with pytest.raises(NotAllowed, match="Your account has no appointment yet"):
        require(newcomer, SEE)


def test_nobody_appoints_themselves(partnership: Partnership) -> None:
    office, auditor = partnership.people["programme.office"], partnership.people["auditor"]
    assert may(office, APPOINT, auditor)
    with pytest.raises(NotAllowed, match="Nobody appoints themselves"):
        appoint(user=office, role=Role.AUDITOR, council=None, by=office, at=NOW)
    assert not office.appointments.filter(role=Role.AUDITOR).exists()


def test_a_closed_account_may_do_nothing(partnership: Partnership) -> None:
    office: User = partnership.people["programme.office"]
    assert may(office, SPEAK)
    office.is_active = False
    with pytest.raises(NotAllowed, match="speak in a dispute"):
        require(office, SPEAK)
