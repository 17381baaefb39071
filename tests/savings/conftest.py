"""What the tests of returns, their questions and their calendar share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import models
from django.test import Client

from audit.models import Event
from savings.calendar.models import Reminder
from savings.quarters.models import Period
from savings.returns.models import DirtyReturn, Entry, Question, Return
from tests.calling import Caller
from tests.partnership import Partnership
from tests.savings.filling.grids import EDIT, Grid, Opening

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Everything = dict[str, list[dict[str, object]]]


@pytest.fixture
def everything(db: None) -> Callable[[], Everything]:
    """Call it for every row that an action on returns might write."""
    tables: list[type[models.Model]] = [
        Period,
        Return,
        Entry,
        Question,
        Reminder,
        DirtyReturn,
        Event,
    ]
    return lambda: {
        table.__name__: list(table._base_manager.order_by("id").values()) for table in tables
    }


@pytest.fixture
def finance(partnership: Partnership) -> Caller:
    """Westminster's finance officer, calling by API."""
    return Caller(partnership.finance("WCC"))


@pytest.fixture
def s151(partnership: Partnership) -> Caller:
    """Westminster's section 151 officer, calling by API."""
    return Caller(partnership.s151("WCC"))


@pytest.fixture
def office(partnership: Partnership) -> Caller:
    """The programme office, calling by API."""
    return Caller(partnership.people["programme.office"])


@pytest.fixture
def opened(browser: Browser, live_server: Any, partnership: Partnership) -> Iterator[Opening]:
    """Opens a council's form in a browser window of its own."""
    contexts = []

    def visit(username: str = "finance.wcc", address: str = EDIT, **options: Any) -> Grid:
        client = Client()
        client.force_login(partnership.people[username])
        context = browser.new_context(
            base_url=live_server.url,
            locale="en-GB",
            permissions=["clipboard-read", "clipboard-write"],
            **{"viewport": {"width": 1280, "height": 900}, **options},
        )
        contexts.append(context)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(address)
        return Grid(page)

    yield visit
    for context in contexts:
        context.close()
