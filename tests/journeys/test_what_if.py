"""What if: the form filled in, the difference read, and its address opened by somebody else.

The address holds all of the question, so the other person, of another council and without
JavaScript, reads the same figures, and so does a program. Nothing has changed by it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.journeys.conftest import Site
from tests.journeys.test_an_agreement import by_council, certify_a_saving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]

SignIn = Callable[..., "Page"]
Rows = list[list[str]]


def test_a_question_is_asked_and_its_address_handed_on(site: Site, sign_in: SignIn) -> None:
    certify_a_saving(site)
    before = by_council(site, site.token("auditor"))

    asker = sign_in(site, "finance.lbhf")
    asker.goto("/what-if/")
    refused(asker)
    asker.get_by_label("Hammersmith & Fulham", exact=True).fill("1/2")
    asker.get_by_role("button", name="Show what it would do").first.click()
    asker.wait_for_url("**/what-if/?**share_LBHF=1%2F2**")

    to_date = rows(asker, "Savings to date, today and what if")
    # By thirds £300 each; a half of £900 and two quarters otherwise.
    assert to_date[1:] == [
        ["Hammersmith & Fulham Illustrative", "£300.00", "£450.00", "+£150.00"],
        ["Kensington & Chelsea Illustrative", "£300.00", "£225.00", "−£75.00"],
        ["Westminster Illustrative", "£300.00", "£225.00", "−£75.00"],
        ["Total", "£900.00", "£900.00", "no change"],
    ]
    assert (
        "Of what is certified to date, Hammersmith & Fulham would have £150.00 more of the "
        "savings; Kensington & Chelsea would have £75.00 less and Westminster £75.00."
    ) in words(asker)
    assert "All of it is for 2013/14 Q2, which is still open." in words(asker)

    other = sign_in(site, "councillor.wcc", java_script_enabled=False)
    response = other.goto(asker.url.removeprefix(site.address))
    assert response is not None
    assert response.status == 200
    assert rows(other, "Savings to date, today and what if") == to_date
    assert "Hammersmith & Fulham would have £150.00 more of the savings" in words(other)

    shared = asker.get_by_role("link", name="this page’s address").get_attribute("href")
    assert shared
    other.goto(shared)
    assert rows(other, "Savings to date, today and what if") == to_date
    status, answer = site.api(
        "GET", f"what-if/?{urlsplit(shared).query}", token=site.token("auditor")
    )
    assert status == 200, answer
    assert {row["council"]: Decimal(row["then"]) for row in answer["rows"]} == {
        "LBHF": Decimal("450.00"),
        "RBKC": Decimal("225.00"),
        "WCC": Decimal("225.00"),
    }
    assert by_council(site, site.token("auditor")) == before


def test_a_proposal_leads_to_what_it_would_have_done(site: Site, sign_in: SignIn) -> None:
    certify_a_saving(site)
    finance, s151 = site.token("finance.rbkc"), sign_in(site, "s151.wcc")
    body = {
        "service": "library-management",
        "kind": "saving",
        "method": "fixed",
        "effective_from": "2013-14-Q2",
        "shares": {"WCC": "1"},
    }
    status, rule = site.api("POST", "attribution-rules/", token=finance, body=body)
    assert status == 201, rule

    s151.goto("/agreements/")
    s151.get_by_role("link", name="version 1").first.click()
    s151.get_by_role("link", name="See how it would have affected every council").click()
    s151.wait_for_url("**/what-if/?decision=*")

    assert rows(s151, "Savings to date, today and what if")[3][1:] == [
        "£300.00",
        "£900.00",
        "+£600.00",
    ]


def refused(page: Page) -> None:
    """Fill the form in with shares that are not one: they stay, and the mistake is said."""
    page.get_by_label("Which service?").select_option("library-management")
    page.get_by_label("What does it split?").select_option("saving")
    page.get_by_role("radio", name="Fixed shares").check()
    for name in ("Hammersmith & Fulham", "Kensington & Chelsea", "Westminster"):
        page.get_by_label(name, exact=True).fill("1/4")
    page.get_by_role("button", name="Show what it would do").first.click()
    assert "The shares add up to 3/4; they must add up to exactly 1." in (
        page.get_by_role("alert").inner_text()
    )
    assert page.get_by_label("Westminster", exact=True).input_value() == "1/4"


def rows(page: Page, label: str) -> Rows:
    """The rows of a table in its frame, as they are read."""
    frame = page.get_by_role("region", name=label, exact=True)
    return [
        [" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()]
        for row in frame.locator("tr").all()
    ]


def words(page: Page) -> str:
    return " ".join(page.get_by_role("main").inner_text().split())
