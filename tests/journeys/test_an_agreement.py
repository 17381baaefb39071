"""A formula on its way: proposed, tried, agreed by two, refused, mediated, revised, agreed.

Figures move from the effective quarter on, once all have agreed and not before; what is
closed does not move.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.journeys.conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]

PERIOD = "2013-14-Q2"
COUNCILS = ("lbhf", "rbkc", "wcc")
SignIn = Callable[[Site, str], "Page"]


def test_from_a_proposal_to_figures_that_move(site: Site, sign_in: SignIn) -> None:
    office = site.token("programme.office")
    certify_a_saving(site)
    before = by_council(site, office)
    # The demonstration's own rule, by thirds, is illustrative; a nearer one takes its place.
    assert sum(before.values()) == Decimal("900.00")
    closed = delivered_when_closed(site, office)

    pages = {code: sign_in(site, f"s151.{code}") for code in COUNCILS}
    address = propose(pages["lbhf"], {"lbhf": "1/2", "rbkc": "1/4", "wcc": "1/4"})
    assert tried(pages["rbkc"], address) == ["£450.00", "£225.00", "£225.00"]
    assert by_council(site, office) == before
    for code in ("lbhf", "rbkc"):
        answer(pages[code], address, agree=True)
        assert by_council(site, office) == before
    answer(pages["wcc"], address, agree=False, reason="We lend the least.")
    assert "Refused by Westminster, so it is not in force." in words(pages["wcc"])
    assert by_council(site, office) == before

    mediate(pages["rbkc"], address)
    revised = propose(
        pages["wcc"], {"lbhf": "4/9", "rbkc": "3/9", "wcc": "2/9"}, instead_of=address
    )
    pages["lbhf"].goto(address)
    assert "Refused, then revised. It was never in force." in words(pages["lbhf"])
    for code in ("wcc", "rbkc"):
        answer(pages[code], revised, agree=True)
        assert by_council(site, office) == before
    pages["lbhf"].goto("/")
    assert "Your council has been asked to agree" in words(pages["lbhf"])
    answer(pages["lbhf"], revised, agree=True)

    assert by_council(site, office) == {
        "LBHF": Decimal("400.00"),
        "RBKC": Decimal("300.00"),
        "WCC": Decimal("200.00"),
    }
    assert delivered_when_closed(site, office) == closed


def certify_a_saving(site: Site) -> None:
    """One shared saving of £900 in the quarter, entered and certified by Kensington & Chelsea."""
    finance, s151 = site.token("finance.rbkc"), site.token("s151.rbkc")
    address = f"returns/RBKC/{PERIOD}/"
    saving = {
        "service": "library-management",
        "kind": "saving",
        "scope": "shared",
        "amount": "900",
        "recurrence": "recurring",
        "nature": "cashable",
    }
    version = site.api("GET", address, token=finance)[1]["version"]
    body = {"version": version, "entries": [saving]}
    for method, path, token in (
        ("PUT", address, finance),
        ("POST", f"{address}submit/", finance),
        ("POST", f"{address}certify/", s151),
    ):
        status, said = site.api(method, path, token=token, body=body)
        assert status == 200, said
        body = {"version": said["version"]}


def propose(page: Page, shares: dict[str, str], *, instead_of: str = "") -> str:
    """Propose by the form, or revise; the address of the new proposal."""
    names = {"lbhf": "Hammersmith & Fulham", "rbkc": "Kensington & Chelsea", "wcc": "Westminster"}
    if instead_of:
        page.goto(instead_of)
        page.get_by_role("link", name="Propose a revised rule").click()
    else:
        page.goto("/agreements/")
        page.get_by_role("button", name="Propose a rule").click()
        page.get_by_label("Which service?").select_option("library-management")
        page.get_by_role("group", name="What does it split?").get_by_label("Savings").check()
        page.get_by_label("From which quarter?").fill(PERIOD)
        page.get_by_role("group", name="How?").get_by_label("Fixed shares").check()
    for code, share in shares.items():
        page.get_by_label(names[code], exact=True).fill(share)
    page.get_by_label("Why these shares?").fill("By loans, as both libraries count them.")
    page.get_by_role("button", name="Propose it").click()
    page.wait_for_url("**/agreements/*/")
    assert "it is waiting for" in words(page)
    return page.url


def tried(page: Page, address: str) -> list[str]:
    """What the proposal would have made of the savings to date, by council."""
    page.goto(address)
    page.get_by_role("link", name="See how it would have affected every council").click()
    page.wait_for_url("**/what-if/?decision=*")
    frame = page.get_by_role("region", name="Savings to date, today and what if", exact=True)
    return [row.locator("td").nth(1).inner_text() for row in frame.locator("tbody tr").all()[:3]]


def answer(page: Page, address: str, *, agree: bool, reason: str = "") -> None:
    page.goto(address)
    page.get_by_role("radio", name="It agrees" if agree else "It refuses").check()
    page.get_by_label("Minute that records it").fill("Cabinet, 4 June 2013, item 7")
    page.get_by_label("Why it refuses").fill(reason)
    page.get_by_role("button", name="Record this answer").click()
    page.wait_for_url(address)
    assert "answer is recorded" in words(page)


def mediate(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("What do you want the others to know?").fill("Let us count again.")
    page.get_by_role("button", name="Add this statement").click()
    page.get_by_text("Bring in a mediator").click()
    page.get_by_label("Who will mediate?").fill("A retired treasurer")
    page.get_by_label("What is the question for the mediator?").fill("Find shares that follow use.")
    page.get_by_role("button", name="Take it to mediation").click()
    assert "The mediator is A retired treasurer." in words(page)


def words(page: Page) -> str:
    return page.get_by_role("main").inner_text()


def by_council(site: Site, token: str) -> dict[str, Decimal]:
    query = f"attribution/?group_by=council&kind=saving&from={PERIOD}&to={PERIOD}"
    status, said = site.api("GET", query, token=token)
    assert status == 200, said
    return {row["council"]: Decimal(row["amount"]) for row in said["rows"]}


def delivered_when_closed(site: Site, token: str) -> dict[str, object]:
    status, said = site.api("GET", "attribution/?kind=saving&to=2012-13-Q4", token=token)
    assert status == 200, said
    return said
