"""A partnership with an agreed rule, certified savings and a plan to ask about."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from savings.calendar.actions import close_period
from savings.plans.models import Plan, PlanLine
from savings.rollup.actions import roll_up_dirty
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
SignIn = Callable[[str], Client]


@pytest.fixture
@kept
def books(partnership: Partnership) -> Partnership:
    """Libraries shared by thirds; £100 and £50 of savings in Q1, which is closed; £9 in Q2.

    An adopted plan of £90 a year for the library service by 2013/14, and one that is not.
    """
    partnership.rule("libraries", THIRDS)
    partnership.certified("WCC", a_saving(amount="100.00"), a_saving("libraries", "50.00"))
    partnership.certified("LBHF", a_saving("cex", "40.00"))
    partnership.certified("RBKC")
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    partnership.certified("RBKC", a_saving(amount="9.00"), quarter=Q2)
    roll_up_dirty(at=NOW)
    for code, adopted in (("promise", True), ("option", False)):
        plan = Plan.objects.create(code=code, name=f"The {code}", adopted=adopted)
        PlanLine.objects.create(
            plan=plan,
            label="Libraries",
            service=partnership.services["library-service"],
            year="2013-14",
            low=Decimal(90),
            middle=Decimal(90),
            high=Decimal(90),
            basis=PlanLine.Basis.FULL_YEAR,
            provenance="published",
            document="the-report",
            place="Page 7",
        )
    return partnership


@pytest.fixture
def signed_in(books: Partnership) -> SignIn:
    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(books.people[username])
        return client

    return sign_in
