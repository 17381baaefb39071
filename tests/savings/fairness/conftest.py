"""A partnership in which Westminster pays first, and a test of fairness to be agreed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from savings.fairness.actions import propose_test
from savings.fairness.models import FairnessTest
from savings.rollup.actions import roll_up_dirty
from tests.kept import kept
from tests.partnership import COUNCILS, NOW, Q1, Q2, Partnership, a_saving

SignIn = Callable[[str], Client]


def a_cost(kind: str, amount: str, slug: str = "library-service", **more: object) -> dict:
    return {"service": slug, "kind": kind, "scope": "shared", "amount": amount, **more}


def agreed_test(
    partnership: Partnership, below: str = "1/2", quarters: int = 2, agreed_by: object = COUNCILS
) -> FairnessTest:
    """A test that these councils have agreed to: all of them unless given."""
    test = propose_test(
        below=below, quarters=quarters, by=partnership.people["programme.office"], at=NOW
    )
    for code in agreed_by:  # type: ignore[attr-defined]
        partnership.agree(test.decision_id, code)
    return test


@pytest.fixture
@kept
def open_books(partnership: Partnership) -> Partnership:
    """Libraries: savings by thirds, costs by halves between RBKC and WCC.

    In Q1 £300 saved, £90 of ongoing costs, and £60 of transition cost that falls on Westminster
    only: net £100, £55 and −£5, of £150 put in £0, £45 and £105. In Q2 £30 saved. There is also £7
    of a service that no rule shares, and £1 of Westminster's own in childrens. The other councils
    have certified nothing yet, and both quarters are open.
    """
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    partnership.rule(
        "libraries",
        {"RBKC": "1/2", "WCC": "1/2"},
        kind="ongoing_cost",
        agreed_by=["LBHF", "RBKC", "WCC"],
    )
    partnership.certified(
        "WCC",
        a_saving(amount="300.00"),
        a_cost("ongoing_cost", "90.00"),
        a_cost("transition_cost", "60.00", scope="own"),
        a_saving("cex", "7.00"),
    )
    partnership.certified(
        "WCC",
        a_saving(amount="30.00"),
        a_saving("youth-offending", "1.00", scope="own"),
        quarter=Q2,
    )
    roll_up_dirty(at=NOW)
    return partnership


@pytest.fixture
@kept
def books(open_books: Partnership) -> Partnership:
    """The same with both quarters closed; the others certified that they had nothing."""
    open_books.close(Q1)
    open_books.close(Q2)
    roll_up_dirty(at=NOW)
    return open_books


@pytest.fixture
def signed_in(books: Partnership) -> SignIn:
    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(books.people[username])
        return client

    return sign_in
