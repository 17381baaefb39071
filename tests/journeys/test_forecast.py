"""A saving in doubt: refused without a reason, explained, and pointed out to the certifier."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.journeys.conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]

RETURN = "/returns/LBHF/2013-14-Q2/"
WHY = "The supplier delivers the shared system in January."
INSTEAD = "Two posts stay vacant\nuntil it is there."
SignIn = Callable[[Site, str], "Page"]


def test_a_saving_in_doubt_is_explained_and_pointed_out(site: Site, sign_in: SignIn) -> None:
    finance = sign_in(site, "finance.lbhf")
    fill_in(finance)
    finance.get_by_role("button", name="Submit for certification").or_(
        finance.get_by_role("button", name="Submit a nil return")
    ).click()
    finance.wait_for_url(f"**{RETURN}")
    assert "Submitted" in main(finance)

    officer = sign_in(site, "s151.lbhf")
    officer.goto(f"{RETURN}certify/")
    told = main(officer)
    assert "Points to check" in told
    assert "HR: at risk, with £450,000.00 forecast for 2013/14." in told
    assert WHY in told
    assert "Insurance: no forecast for 2013/14." in told
    officer.get_by_label("I have read the statement and the totals, and I certify them").check()
    officer.get_by_role("button", name=re.compile("^Certify")).click()
    officer.wait_for_url(f"**{RETURN}")
    assert "Certified" in main(officer)
    # From here on nobody changes it: the page is to be read.
    finance.goto(f"{RETURN}forecasts/")
    assert WHY in main(finance)
    assert finance.get_by_role("button", name="Save forecasts").count() == 0

    office = sign_in(site, "programme.office")
    office.goto("/forecasts/?period=2013-14-Q2&status=at_risk")
    seen = main(office)
    assert "HR, Hammersmith & Fulham" in seen
    assert WHY in seen


def fill_in(page: Page) -> None:
    """Everything that begins as an illustrative forecast is taken out; one is typed again."""
    page.goto(f"{RETURN}forecasts/")
    assert "These start with the forecasts for 2013/14 Q1." in main(page)
    for name in (
        "Children's Services",
        "Library Service",
        "Insurance",
        "Management of the environment family",
        "Building control",
    ):
        clear(initiative(page, name))
    hr = initiative(page, "HR")
    clear(hr)
    hr.get_by_label("Forecast for 2013/14").fill("£450k")
    hr.get_by_label("Full-year effect").fill("900,000")
    hr.get_by_label("Start date").fill("1 October 2013")
    # The status is chosen by keyboard, and opens what it asks for.
    hr.get_by_label("Status").focus()
    page.keyboard.type("At risk")
    page.keyboard.press("Tab")
    assert hr.get_by_label("Why is it in doubt?").is_visible()
    hr.get_by_label("What replaces the saving?").fill(INSTEAD)
    page.get_by_role("button", name="Save forecasts").click()

    summary = page.get_by_role("alert")
    assert "HR: Say why the saving is at risk." in summary.inner_text()
    hr = initiative(page, "HR")
    assert hr.get_by_label("Forecast for 2013/14").input_value() == "£450k"
    assert hr.get_by_label("Start date").input_value() == "1 October 2013"
    assert hr.get_by_label("What replaces the saving?").input_value() == INSTEAD
    summary.get_by_role("link").click()
    page.keyboard.type(WHY)
    assert hr.get_by_label("Why is it in doubt?").input_value() == WHY
    page.get_by_role("button", name="Save forecasts").click()
    page.wait_for_url(f"**{RETURN}")
    assert "The forecasts for 2013/14 Q2 are saved as version 1." in main(page)
    assert "HR: at risk, with £450,000.00 forecast for 2013/14." in main(page)


def initiative(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def clear(group: Locator) -> None:
    for field in group.get_by_role("textbox").all():
        field.fill("")
    if group.locator("details").get_attribute("open") is None:
        group.get_by_text("At risk or not achievable?").click()
    for label in ("Why is it in doubt?", "What replaces the saving?"):
        group.get_by_label(label).fill("")
    group.get_by_label("Status").select_option("")


def main(page: Page) -> str:
    return page.get_by_role("main").inner_text()
