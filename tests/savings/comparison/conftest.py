"""A partnership with a promise, and the published record as the site carries it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client

from savings.plans.models import Plan, PlanLine
from savings.record.imports import read_record
from savings.record.loading import load
from savings.rollup.actions import roll_up_dirty
from services.models import Service
from sovereignty.models import Appointment, Role, User
from tests.kept import kept
from tests.partnership import NOW, Partnership, build


@pytest.fixture
def partnership(db: None) -> Partnership:
    """The partnership with a plan of three lines for 2014/15: 1,000.00, 250.00 and 50.00."""
    partnership = build()
    plan = Plan.objects.create(code="promise", name="The promise", description="Made for tests.")
    promise(plan, partnership.services["library-service"], "1000.00", low="800", high="1500")
    promise(plan, partnership.services["youth-offending"], "250.00")
    promise(plan, None, "50.00")
    return partnership


def promise(
    plan: Plan, service: Service | None, amount: str, *, low: str = "", high: str = ""
) -> PlanLine:
    return PlanLine.objects.create(
        plan=plan,
        label=service.name if service else "All services",
        service=service,
        year="2014-15",
        low=Decimal(low or amount),
        middle=Decimal(amount),
        high=Decimal(high or amount),
        basis=PlanLine.Basis.FULL_YEAR,
        provenance="published",
        document="the-report",
        place="Page 7",
        note="With a range." if low else "",
    )


@pytest.fixture
@kept
def record(db: None) -> None:
    """The published record, loaded and rolled up."""
    load(read_record(settings.RECORD_DIR), at=NOW)
    roll_up_dirty(at=NOW)


@pytest.fixture
def reader(client: Client, record: None) -> Client:
    """An auditor with the published record."""
    user = User.objects.create_user("an.auditor")
    Appointment.objects.create(user=user, role=Role.AUDITOR)
    client.force_login(user)
    return client


SignIn = Callable[[str], Client]


@pytest.fixture
def signed_in(partnership: Partnership) -> SignIn:
    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(partnership.people[username])
        return client

    return sign_in
