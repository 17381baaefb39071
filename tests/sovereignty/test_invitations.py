"""Councils that are added and people who are invited: no password is chosen for anybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import Event
from sovereignty import invitations
from sovereignty.actions import accept_invitation, add_council, invite, invite_again
from sovereignty.invitations import invited, names_in_link
from sovereignty.models import Appointment, Council, Role, User
from sovereignty.refusals import BadContent, NotAllowed, WrongState
from tests.partnership import NOW, Partnership

pytestmark = pytest.mark.django_db

PASSWORD = "four-words-in-a-row"
CODE = "Use 2 to 12 capital letters and digits, beginning with a letter."
TAKEN = "Somebody has this username. Choose another."
ADDRESS = "Enter an address such as name@example.gov.uk, or leave it empty."
WHOLE = "This role is for the whole partnership: leave it empty."


@pytest.fixture
def administrator() -> User:
    return User.objects.create_superuser("administrator", password="a-long-enough-password")


@pytest.fixture
def easton(administrator: User) -> Council:
    return add_council(code="EDC", name=" Easton ", full_name="", by=administrator, at=NOW)


def ann(by: User, council: Council | None, **other: Any) -> User:
    given: dict[str, Any] = {
        "username": "ann.smith",
        "first_name": "Ann",
        "last_name": "Smith",
        "email": "ann@easton.example",
        "role": Role.FINANCE_OFFICER,
        "council": council,
    }
    return invite(**(given | other), by=by, at=NOW)


def events_of(subject: str, subject_id: str) -> list[tuple[str, str, object]]:
    found = Event.objects.about(subject, subject_id)
    return [(event.by, event.action, event.after) for event in found]


# --- Councils -----------------------------------------------------------------------------


def test_a_council_is_added_with_its_event(easton: Council) -> None:
    assert (easton.code, easton.name, easton.full_name) == ("EDC", "Easton", "Easton")
    assert events_of("council", "EDC") == [
        ("administrator", "council added", {"name": "Easton", "full_name": "Easton"})
    ]


@pytest.mark.parametrize(
    ("given", "mistakes"),
    [
        ({"code": ""}, {"code": "Enter a short code, such as ABC."}),
        (
            {"code": "edc"},
            {"code": CODE},
        ),
        (
            {"code": "E"},
            {"code": CODE},
        ),
        (
            {"code": "E" * 13},
            {"code": CODE},
        ),
        ({"code": "EDC"}, {"code": "Another council has this code. Choose another."}),
        ({"name": " "}, {"name": "Enter the council's name."}),
        ({"name": "EASTON"}, {"name": "Another council has this name. Give it another one."}),
        ({"name": "W" * 81}, {"name": "Shorten this to 80 characters."}),
        ({"full_name": "W" * 121}, {"full_name": "Shorten this to 120 characters."}),
        ({"name": "W\x00"}, {"name": "Remove the null character."}),
        (
            {"code": "", "name": ""},
            {"code": "Enter a short code, such as ABC.", "name": "Enter the council's name."},
        ),
    ],
)
@pytest.mark.usefixtures("easton")
def test_a_council_that_is_not_right_is_refused(
    administrator: User, given: dict[str, str], mistakes: dict[str, str]
) -> None:
    whole = {"code": "WDC", "name": "Weston", "full_name": "Weston District Council"} | given
    with pytest.raises(BadContent) as refusal:
        add_council(**whole, by=administrator, at=NOW)
    assert {error.field: error.message for error in refusal.value.errors} == mistakes
    assert Council.objects.count() == 1


def test_only_an_administrator_adds_councils_and_invites(partnership: Partnership) -> None:
    office = partnership.people["programme.office"]
    with pytest.raises(NotAllowed, match="Only an administrator can add a council"):
        add_council(code="EDC", name="Easton", full_name="", by=office, at=NOW)
    with pytest.raises(NotAllowed, match="Only an administrator can invite people"):
        ann(office, partnership.councils["WCC"])
    with pytest.raises(NotAllowed, match="Only an administrator can invite people"):
        invite_again(user_id=office.id, by=office, at=NOW)
    assert not User.objects.filter(username="ann.smith").exists()


# --- Invitations --------------------------------------------------------------------------


def test_an_invited_person_is_appointed_and_has_no_password(
    administrator: User, easton: Council
) -> None:
    user = ann(administrator, easton)
    assert not user.has_usable_password()
    assert (str(Appointment.objects.get()), user.get_full_name()) == (
        "ann.smith · Finance officer · Easton",
        "Ann Smith",
    )
    assert [(by, action) for by, action, _ in events_of("person", "ann.smith")] == [
        ("administrator", "account opened"),
        ("administrator", "appointed"),
    ]
    assert not user.check_password("")


def test_a_link_works_once_and_for_its_person_only(administrator: User, easton: Council) -> None:
    user = ann(administrator, easton)
    other = ann(administrator, easton, username="bea", role=Role.SECTION_151_OFFICER)
    who, token = names_in_link(user)
    assert invited(who, token) == user
    assert invited(names_in_link(other)[0], token) is None
    assert invited(who, token[:-1] + ("a" if token[-1] != "a" else "b")) is None

    accept_invitation(person=who, token=token, password=PASSWORD, at=NOW)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert user.password_changed_at is not None
    assert events_of("person", "ann.smith")[-1] == (
        "ann.smith",
        "account changed",
        {"fields": ["password"], "is_active": True},
    )
    assert invited(who, token) is None
    with pytest.raises(WrongState, match="does not work any more"):
        accept_invitation(person=who, token=token, password="another-one-4", at=NOW)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_new_link_ends_the_one_before(administrator: User, easton: Council) -> None:
    first = names_in_link(ann(administrator, easton))
    user = invite_again(user_id=User.objects.get(username="ann.smith").id, by=administrator, at=NOW)
    assert invited(*first) is None
    assert invited(*names_in_link(user)) == user


def test_a_link_ends_after_a_week_and_with_the_account(
    administrator: User, easton: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = ann(administrator, easton)
    link = names_in_link(user)
    now = datetime.now()  # noqa: DTZ005, as Django does

    def is_valid_after(days: int, seconds: int = 0) -> bool:
        then = now + timedelta(days=days, seconds=seconds)
        monkeypatch.setattr(invitations.TOKENS, "_now", lambda: then)
        return invited(*link) is not None

    assert [is_valid_after(6), is_valid_after(7, 5)] == [True, False]
    assert is_valid_after(0)
    User.objects.filter(id=user.id).update(is_active=False)
    assert not is_valid_after(0)


def test_nobody_with_a_password_gets_a_link(administrator: User) -> None:
    assert invited(*names_in_link(administrator)) is None
    with pytest.raises(WrongState, match="has an account with a password"):
        invite_again(user_id=administrator.id, by=administrator, at=NOW)


@pytest.mark.parametrize("who", ["", "MQ", "!!", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ", "é"])
def test_a_link_that_names_nobody_is_none(who: str) -> None:
    assert invited(who, "cjzv1o-0123456789abcdef0123456789abcdef") is None


@pytest.mark.parametrize(
    ("given", "mistakes"),
    [
        ({"username": ""}, {"username": "Enter a username, such as ann.smith."}),
        (
            {"username": "Administrator"},
            {"username": TAKEN},
        ),
        (
            {"username": "ann smith"},
            {"username": "Use at most 150 letters, digits and @ . + - _, without spaces."},
        ),
        (
            {"first_name": "", "last_name": ""},
            {"first_name": "Enter the first name.", "last_name": "Enter the last name."},
        ),
        (
            {"email": "ann"},
            {"email": ADDRESS},
        ),
        ({"role": ""}, {"role": "Choose the role."}),
        ({"role": "mayor"}, {"role": "Choose the role."}),
        (
            {"role": Role.AUDITOR},
            {"council": WHOLE},
        ),
        ({"council": None}, {"council": "Choose the council that this role is for."}),
    ],
)
def test_an_invitation_that_is_not_right_opens_no_account(
    administrator: User, easton: Council, given: dict[str, Any], mistakes: dict[str, str]
) -> None:
    with pytest.raises(BadContent) as refusal:
        ann(administrator, **({"council": easton} | given))
    assert {error.field: error.message for error in refusal.value.errors} == mistakes
    assert list(User.objects.all()) == [administrator]
    assert not Appointment.objects.exists()
