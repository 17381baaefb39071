"""Appointing people: by the action and on the administrator's page."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from audit.models import Event
from sovereignty.actions import appoint, end_appointment
from sovereignty.models import Appointment, Council, Role, User
from sovereignty.refusals import BadContent
from tests.partnership import NOW, Partnership, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def partnership() -> Partnership:
    return build()


@pytest.fixture
def newcomer() -> User:
    return User.objects.create_user("newcomer")


@pytest.fixture
def administrator() -> User:
    return User.objects.create_superuser("administrator", password="a-long-enough-password")


def test_an_appointment_is_made_and_recorded(
    partnership: Partnership, newcomer: User, administrator: User
) -> None:
    council = partnership.councils["WCC"]
    appointment = appoint(
        user=newcomer, role=Role.COUNCILLOR, council=council, by=administrator, at=NOW
    )
    assert newcomer.council == council
    end_appointment(appointment=appointment, by=administrator, at=NOW)
    assert not newcomer.appointments.exists()
    events = Event.objects.about("person", "newcomer")
    assert [(e.by, e.action, e.after, e.chain) for e in events] == [
        ("administrator", action, {"role": "councillor", "council": "WCC"}, "WCC")
        for action in ("appointed", "appointment ended")
    ]


@pytest.mark.parametrize(
    ("username", "role", "code", "field"),
    [
        ("newcomer", Role.FINANCE_OFFICER, None, "council"),
        ("newcomer", Role.AUDITOR, "WCC", "council"),
        ("finance.wcc", Role.COUNCILLOR, "LBHF", "council"),
        ("finance.wcc", Role.FINANCE_OFFICER, "WCC", "role"),
    ],
)
def test_an_appointment_that_does_not_fit_is_refused(
    partnership: Partnership,
    newcomer: User,
    administrator: User,
    username: str,
    role: Role,
    code: str | None,
    field: str,
) -> None:
    before = Appointment.objects.count()
    with pytest.raises(BadContent) as refusal:
        appoint(
            user=User.objects.get(username=username),
            role=role,
            council=Council.objects.get(code=code) if code else None,
            by=administrator,
            at=NOW,
        )
    assert [error.field for error in refusal.value.errors] == [field]
    assert Appointment.objects.count() == before


def test_the_database_refuses_a_second_council(partnership: Partnership) -> None:
    with pytest.raises(IntegrityError, match="a person acts for one council"):
        Appointment.objects.create(
            user=partnership.finance("WCC"),
            role=Role.COUNCILLOR,
            council=partnership.councils["LBHF"],
        )


def test_the_administrators_page_names_mistakes_and_appoints(
    partnership: Partnership, newcomer: User, administrator: User, client: Client
) -> None:
    client.force_login(administrator)
    address = reverse("admin:sovereignty_appointment_add")
    wrong = client.post(address, {"user": newcomer.id, "role": "finance_officer", "council": ""})
    assert wrong.context["adminform"].form.errors == {
        "council": ["Choose the council that this role is for."]
    }
    right = client.post(
        address,
        {
            "user": newcomer.id,
            "role": "finance_officer",
            "council": partnership.councils["RBKC"].id,
        },
    )
    assert right.status_code == 302
    assert User.objects.get(id=newcomer.id).council == partnership.councils["RBKC"]
    assert Event.objects.about("person", "newcomer").get().by == "administrator"


def test_the_administrators_page_has_no_figures(administrator: User, client: Client) -> None:
    client.force_login(administrator)
    page = client.get(reverse("admin:index")).content.decode()
    assert "/admin/sovereignty/appointment/" in page
    assert "/admin/savings/" not in page
    assert "/admin/audit/" not in page
