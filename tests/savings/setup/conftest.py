"""An empty site with its first administrator, and people at its pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sovereignty.models import User
from tests.savings.pages import read

PASSWORD = "four-words-in-a-row"
At = Callable[[str], Client]


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("administrator", password=PASSWORD)


@pytest.fixture
def admin(administrator: User) -> Client:
    """The administrator's browser, who signed in as everybody does."""
    browser = Client()
    sent = {"username": "administrator", "password": PASSWORD}
    assert browser.post("/sign-in/", sent)["Location"] == "/"
    return browser


def link_in(response: Any) -> str:
    """The path of the link that the page of an invitation shows."""
    found = re.search(r"http://[^/]+(/invitation/[^/]+/[^/]+/)", read(response).words)
    assert found, read(response).words
    return found[1]


def missing_at(browser: Client) -> list[str]:
    """What the page of the set-up says is still missing."""
    html = browser.get("/set-up/").content.decode()
    section = re.search(r'<h2[^>]*id="missing">.*?</section>', html, re.DOTALL)
    return re.findall(r"<li>(.*?)</li>", section[0]) if section else []
