"""From the register to an entry in the draft, in a real browser, with each page examined."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.journeys.examination import examine
from tests.partnership import Partnership, a_cost, a_saving, build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]


@pytest.fixture
def partnership(transactional_db: None) -> Partnership:
    made = build()
    readers = {"LBHF": 180, "RBKC": 160, "WCC": 260}
    made.driven("libraries", readers, code="readers")
    made.driven("libraries", readers, code="readers", kind="ongoing_cost")
    made.certified("LBHF", a_saving(amount="60000.00"), a_cost(amount="9000.01"))
    made.tolerance("1/100")
    made.restated("readers", "WCC", "220")
    return made


@pytest.fixture
def window(browser: Browser, live_server: Any, partnership: Partnership) -> Iterator[Page]:
    """A window of Westminster's finance officer."""
    client = Client()
    client.force_login(
        partnership.people["finance.wcc"], "django.contrib.auth.backends.ModelBackend"
    )
    context = browser.new_context(
        base_url=live_server.url, locale="en-GB", viewport={"width": 1280, "height": 900}
    )
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    yield context.new_page()
    context.close()


def test_a_finance_officer_gets_from_the_register_to_an_entry_in_the_draft(window: Page) -> None:
    faults = {}
    window.goto("/drivers/")
    faults["register"] = examine(window)
    window.get_by_role("link", name="Propose another tolerance").click()
    faults["tolerance"] = examine(window)
    window.goto("/drivers/readers/")
    faults["driver"] = examine(window)
    window.get_by_role("link", name="220").click()
    faults["restatement"] = examine(window)
    window.get_by_role("button", name="Add to the draft of 2013/14 Q2").click()
    window.wait_for_url("**/returns/WCC/2013-14-Q2/")
    assert "The adjusting entries are in 2013/14 Q2, version 1." in (
        window.get_by_role("main").inner_text()
    )
    window.goto("/drivers/readers/")
    window.get_by_role("link", name="220").click()
    faults["added"] = examine(window)
    assert "In a draft: 2013/14 Q2" in window.get_by_role("main").inner_text()
    assert {page: found for page, found in faults.items() if found} == {}
