"""One saving on its way: entered, certified, counted, divided, and nobody else's to touch.

The same journey twice: with tasks in process, and through a Celery worker and Redis.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.journeys.conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]

PERIOD = "2013-14-Q2"
RETURN = f"returns/LBHF/{PERIOD}/"
COMPARISON = f"comparison/?plan=proposals-2011&year=2014-15&to={PERIOD}"
AMOUNT = Decimal("432.01")
SignIn = Callable[[Site, str], "Page"]


def test_in_process(site: Site, sign_in: SignIn) -> None:
    a_saving_from_entry_to_total(site, sign_in)


@pytest.mark.requires_redis
def test_through_a_worker_and_redis(site_with_workers: Site, sign_in: SignIn) -> None:
    a_saving_from_entry_to_total(site_with_workers, sign_in)


def a_saving_from_entry_to_total(site: Site, sign_in: SignIn) -> None:
    office = site.token("programme.office")
    stranger = (site.token("finance.wcc"), sign_in(site, "finance.wcc"))
    before = delivered(site, office)
    assert before == (Decimal("33800000.00"), Decimal("9920000.00"))
    shared_before = by_council(site, office)

    finance = sign_in(site, "finance.lbhf")
    enter(finance)
    refuse(site, *stranger)
    finance.goto(f"/returns/LBHF/{PERIOD}/")
    finance.get_by_role("button", name="Submit for certification").click()
    assert "Submitted" in finance.get_by_role("main").inner_text()
    refuse(site, *stranger)
    assert delivered(site, office) == before

    certify(sign_in(site, "s151.lbhf"))
    refuse(site, *stranger)

    wait_until_counted(site, office)
    assert delivered(site, office) == (before[0], before[1] + AMOUNT)
    shared = by_council(site, office)
    moved = {code: shared[code] - shared_before.get(code, Decimal(0)) for code in shared}
    # 71, 80 and 281 of 432, as the record has it; the odd penny to the largest remainder.
    assert moved == {
        "LBHF": Decimal("71.00"),
        "RBKC": Decimal("80.00"),
        "WCC": Decimal("281.01"),
    }
    assert sum(moved.values()) == AMOUNT

    total = f"£{before[1] + AMOUNT:,.2f}"
    page = sign_in(site, "programme.office")
    page.goto(f"/comparison/?plan=proposals-2011&year=2014-15&to={PERIOD}")
    assert total in page.get_by_role("main").inner_text()
    assert "Illustrative" in page.get_by_role("main").inner_text()


def enter(page: Page) -> None:
    """Fill one row of the empty return, by its labels, and save it."""
    page.goto(f"/returns/LBHF/{PERIOD}/edit/")
    row = page.get_by_role("group", name=re.compile(r"^Row 1\b"))
    row.get_by_label("Service", exact=True).select_option("youth-offending")
    row.get_by_label("Kind", exact=True).select_option("saving")
    row.get_by_label("Falls on", exact=True).select_option("shared")
    row.get_by_label("Amount in pounds", exact=True).fill("£432.01")
    row.get_by_label("Recurrence", exact=True).select_option("recurring")
    row.get_by_label("Nature", exact=True).select_option("cashable")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url(f"**/returns/LBHF/{PERIOD}/")
    assert "£432.01" in page.get_by_role("main").inner_text()


def certify(page: Page) -> None:
    page.goto(f"/returns/LBHF/{PERIOD}/")
    page.get_by_role("button", name="Certify", exact=True).click()
    assert "£432.01" in page.get_by_role("main").inner_text()
    page.get_by_label("I have read the statement and the totals, and I certify them").check()
    page.get_by_role("button", name=re.compile("^Certify")).click()
    page.wait_for_url(f"**/returns/LBHF/{PERIOD}/")
    assert "Certified" in page.get_by_role("main").inner_text()


def refuse(site: Site, token: str, page: Page) -> None:
    """For another council's finance officer the return does not exist, whatever is tried."""
    body = {"version": 1, "reason": "No.", "entries": []}
    for method, path in (
        ("GET", RETURN),
        ("PUT", RETURN),
        ("POST", f"{RETURN}submit/"),
        ("POST", f"{RETURN}send-back/"),
        ("POST", f"{RETURN}certify/"),
        ("GET", f"reports/LBHF/{PERIOD}.csv"),
    ):
        given = None if method == "GET" else body
        assert site.api(method, path, token=token, body=given)[0] == 404, path
    for address in ("", "edit/", "send-back/", "certify/"):
        response = page.goto(f"/returns/LBHF/{PERIOD}/{address}")
        assert response is not None
        assert response.status == 404, address
    response = page.goto(f"/boroughs/LBHF/?period={PERIOD}")
    assert response is not None
    assert response.status == 404


def delivered(site: Site, token: str) -> tuple[Decimal, Decimal]:
    """Planned and delivered to the end of the quarter; the areas add up to both."""
    status, answer = site.api("GET", COMPARISON, token=token)
    assert status == 200, answer
    for name in ("planned", "delivered"):
        assert sum(Decimal(area[name]) for area in answer["areas"]) == Decimal(answer[name])
    return Decimal(answer["planned"]), Decimal(answer["delivered"])


def by_council(site: Site, token: str) -> dict[str, Decimal]:
    status, answer = site.api("GET", "attribution/?group_by=council&kind=saving", token=token)
    assert status == 200, answer
    return {row["council"]: Decimal(row["amount"]) for row in answer["rows"]}


def wait_until_counted(site: Site, token: str) -> None:
    deadline = time.monotonic() + 90
    while site.api("GET", "rollup/", token=token)[1]["state"] != "current":
        assert time.monotonic() < deadline, "the rollup did not come up to date"
        time.sleep(0.2)
