"""A return on its whole way: filled in, sent back with a question, answered, certified, closed.

The finance officer's browser runs no script, so everything of theirs goes by plain forms. The
other councils' returns are made ready through the API.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.journeys.conftest import Site
from tests.journeys.through_the_api import certify_return, empty_return

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]

PERIOD = "2013-14-Q1"
RETURN = f"/returns/LBHF/{PERIOD}/"
QUESTION = "Which contract ended,\nand when?"
ANSWER = "The insurers’, on 31 May."
SignIn = Callable[..., "Page"]


def test_from_the_first_row_to_the_next_quarter(site: Site, sign_in: SignIn) -> None:
    empty_return(site, "LBHF", PERIOD)
    for code in ("RBKC", "WCC"):
        empty_return(site, code, PERIOD)
        certify_return(site, code, PERIOD)

    finance = sign_in(site, "finance.lbhf", java_script_enabled=False)
    enter(finance, {1: ("insurance", "£29,000"), 2: ("youth-offending", "108k")})
    press(finance, "Submit for certification")
    withdraw_and_submit_again(finance)

    officer = sign_in(site, "s151.lbhf")
    send_back_with_a_question(officer)

    answer_and_put_right(finance)
    press(finance, "Submit for certification")
    assert "Submitted" in main(finance)

    certify(officer)
    close_and_open_the_next(sign_in(site, "programme.office"))
    finance.goto(RETURN)
    assert "Close the quarter\nClosed" in re.sub(r"\s*\n\s*", "\n", main(finance))
    finance.goto("/returns/")
    assert "2014/15 Q1" in main(finance)


# --- The finance officer, without a script ---------------------------------------------


def enter(page: Page, rows: dict[int, tuple[str, str]]) -> None:
    """Fill these rows by their labels, and save them."""
    page.goto(f"{RETURN}edit/")
    for number, (service, amount) in rows.items():
        row = page.get_by_role("group", name=f"Row {number}", exact=True)
        row.get_by_label("Service", exact=True).select_option(service)
        row.get_by_label("Kind", exact=True).select_option("saving")
        row.get_by_label("Falls on", exact=True).select_option("own")
        row.get_by_label("Amount in pounds", exact=True).fill(amount)
        row.get_by_label("Recurrence", exact=True).select_option("recurring")
        row.get_by_label("Nature", exact=True).select_option("cashable")
    press(page, "Save draft")
    assert "£137,000.00" in main(page)


def withdraw_and_submit_again(page: Page) -> None:
    press(page, "Withdraw")
    page.get_by_label("Why is it withdrawn?").fill("To look it over once more.")
    press(page, "Withdraw")
    assert "is withdrawn and is a draft again." in main(page)
    press(page, "Submit for certification")
    assert "Submitted" in main(page)


def answer_and_put_right(page: Page) -> None:
    page.goto("/returns/")
    assert "with 1 question to answer" in main(page)
    press(page, "Put 2013/14 Q1 right")
    assert page.get_by_role("button", name="Submit for certification").count() == 0
    # The amount is changed first, and the question stays with its row.
    press(page, "Change entries")
    row = page.get_by_role("group", name="Row 1", exact=True)
    assert "Which contract ended," in row.inner_text()
    row.get_by_label("Amount in pounds", exact=True).fill("28,500.50")
    press(page, "Save draft")
    page.get_by_role("link", name="Answer this question").click()
    assert "Row 1: Insurance, saving, £29,000.00" in main(page)
    press(page, "Send the answer")
    assert "Write the answer." in page.get_by_role("alert").inner_text()
    page.get_by_label("Your answer").fill(ANSWER)
    press(page, "Send the answer")
    assert ANSWER in main(page)


# --- The section 151 officer -----------------------------------------------------------


def send_back_with_a_question(page: Page) -> None:
    page.goto(RETURN)
    press(page, "Send back")
    page.get_by_label("What has to change?").fill("The first row, I think.")
    asked = page.get_by_label("What do you want to know about row 1?")
    assert not asked.is_visible()
    page.get_by_role("checkbox", name="Row 1: Insurance, saving, £29,000.00").check()
    asked.fill(QUESTION)
    press(page, "Send back")
    assert "It can be submitted again once its finance officer has answered" in main(page)
    assert page.get_by_text("Which contract ended,").is_visible()


def certify(page: Page) -> None:
    page.goto("/returns/")
    press(page, "Review and certify 2013/14 Q1")
    press(page, "Certify")
    shown = main(page)
    assert "£136,500.50" in shown
    assert ANSWER in shown
    press(page, "Certify 2013/14 Q1")
    assert "Tick the box" in page.get_by_role("alert").inner_text()
    page.get_by_label("I have read the statement and the totals, and I certify them").check()
    press(page, "Certify 2013/14 Q1")
    assert "is certified. Its savings count as delivered." in main(page)


# --- The programme office --------------------------------------------------------------


def close_and_open_the_next(page: Page) -> None:
    page.goto("/board/?year=2013-14")
    table = page.get_by_role("table", name="Who has submitted what")
    rows = [row.inner_text().split("\t")[:2] for row in table.get_by_role("row").all()[1:]]
    assert [[text.strip() for text in row] for row in rows] == [
        ["Hammersmith & Fulham", "Certified"],
        ["Kensington & Chelsea", "Certified"],
        ["Westminster", "Certified"],
    ]
    page.goto("/calendar/")
    press(page, "Close 2013/14 Q1")
    assert "2013/14 Q1 is closed." in main(page)
    press(page, "Open 2014/15 Q1")
    due = page.get_by_role("group", name="Due on")
    assert due.get_by_label("Month").input_value() == "7"
    due.get_by_label("Day").fill("25")
    press(page, "Open 2014/15 Q1")
    assert "2014/15 Q1 is open, with an empty draft for every council." in main(page)
    assert "25 July 2014" in main(page)


# --- On any page -----------------------------------------------------------------------


def main(page: Page) -> str:
    return page.get_by_role("main").inner_text()


def press(page: Page, name: str) -> None:
    """Press a button, or what looks like one, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()
