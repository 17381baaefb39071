"""Libraries shared by readers, certified in the first quarter, and a value that is restated."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from savings.drivers.models import Restatement
from tests.kept import kept
from tests.partnership import Partnership, a_saving

SignIn = Callable[[str], Client]


@pytest.fixture
@kept
def books(partnership: Partnership) -> Partnership:
    """£400 saved in Q1, by 1, 1 and 2 readers: £100, £100 and £200."""
    partnership.driven("libraries", {"LBHF": 1, "RBKC": 1, "WCC": 2}, code="readers")
    partnership.certified("LBHF", a_saving(amount="400.00"))
    return partnership


@pytest.fixture
def restatement(books: Partnership) -> Restatement:
    """Westminster had 6: £50, £50 and £300."""
    return books.restated("readers", "WCC", "6")


@pytest.fixture
def sign_in(partnership: Partnership) -> SignIn:
    def signed_in(username: str) -> Client:
        client = Client()
        client.force_login(
            partnership.people[username], "django.contrib.auth.backends.ModelBackend"
        )
        return client

    return signed_in
