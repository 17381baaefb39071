"""The published £9.92m, divided by agreed rules through the pages alone, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from savings.record.imports import read_record
from savings.record.loading import load
from savings.rollup.actions import roll_up_dirty
from sovereignty.models import Appointment, Council, Role, User
from tests.journeys.examination import examine

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]

MONTH, DAYS = timedelta(days=30), timedelta(days=10)
THREE = {"LBHF": "1/4", "RBKC": "1/4", "WCC": "1/2"}
TWO = {"LBHF": "1/2", "RBKC": "1/2"}
#: Each area with what was published for it, who shared it then, and how it is to be divided.
AREAS = {
    "Adults": ("£2,850,000.00", THREE),
    "CEX": ("£260,000.00", TWO),
    "Children": ("£4,540,000.00", THREE),
    "Corporate Services": ("£480,000.00", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}),
    "Environmental Services": ("£870,000.00", TWO),
    "Libraries": ("£920,000.00", THREE),
}
NAMES = {
    "LBHF": "Hammersmith & Fulham",
    "RBKC": "Kensington & Chelsea",
    "WCC": "Westminster",
}
#: To the penny: a quarter of 8.31m for two and half of it for Westminster, half of 1.13m for two,
#: and a third of 480 thousand each.
AFTER = ["£2,802,500.00", "£2,802,500.00", "£4,315,000.00"]

SignIn = Callable[[str], "Page"]


@pytest.fixture
def published(transactional_db: None) -> None:
    """The record as it was loaded a month ago, with who answers for each council."""
    at = timezone.now() - MONTH
    load(read_record(settings.RECORD_DIR), at=at)
    roll_up_dirty(at=at)
    office = User.objects.create_user("programme.office", "office@example.com")
    Appointment.objects.create(user=office, role=Role.PROGRAMME_OFFICE)
    for council in Council.objects.all():
        person = User.objects.create_user(f"s151.{council.code}", f"{council.code}@example.com")
        Appointment.objects.create(user=person, role=Role.SECTION_151_OFFICER, council=council)


@pytest.fixture
def sign_in(browser: Browser, live_server: Any, published: None) -> Iterator[SignIn]:
    contexts = []

    def open_page(username: str) -> Page:
        client = Client()
        client.force_login(
            User.objects.get(username=username), "django.contrib.auth.backends.ModelBackend"
        )
        context = browser.new_context(
            base_url=live_server.url, locale="en-GB", viewport={"width": 1280, "height": 900}
        )
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page

    yield open_page
    for context in contexts:
        context.close()


def words(page: Page) -> str:
    return page.get_by_role("main").inner_text()


def by_council(page: Page, as_at: str = "") -> list[str]:
    """What the comparison says has been delivered, by council and on none."""
    page.goto(f"/comparison/?as_at={as_at}")
    rows = (
        page.get_by_role("region", name="Promised and delivered by council")
        .locator("tbody tr")
        .all()
    )
    return [row.locator("td").nth(1).inner_text().split("\n")[0].split(",  the")[0] for row in rows]


def test_the_published_savings_are_divided_through_the_pages_alone(sign_in: SignIn) -> None:
    faults = {}
    office = sign_in("programme.office")
    before = by_council(office)
    assert before == ["£0.00", "£0.00", "£0.00", "£9,920,000.00"]
    office.get_by_role("link", name="Divide what falls on no council").click()
    assert "£9,920,000.00 of closed quarters falls on no council" in words(office)
    faults["what lies undivided"] = examine(office)

    for name, (amount, shares) in AREAS.items():
        office.goto("/dividing/")
        row = office.get_by_role("row").filter(has=office.get_by_role("rowheader", name=name))
        row.get_by_role("link", name="Propose a rule").click()
        assert f"Divide {amount} of" in words(office)
        office.get_by_role("group", name="How?").get_by_label("Fixed shares").check()
        for code, share in shares.items():
            office.get_by_label(NAMES[code], exact=True).fill(share)
        office.get_by_label("Why these shares?").fill("As the Cabinets proposed.")
        office.get_by_role("button", name="Show what it would do").click()
        seen = office.get_by_role("region", name="What would fall on each council")
        seen.locator("tfoot td").first.wait_for()
        assert seen.locator("tfoot td").all_inner_texts() == [amount, amount]
        faults[f"preview {name}"] = examine(office)
        office.get_by_role("button", name="Propose it").click()
        office.wait_for_url("**/agreements/*/")
    assert by_council(office) == before

    for code, name in NAMES.items():
        page = sign_in(f"s151.{code}")
        page.goto("/dividing/")
        waiting = page.get_by_role("link", name="reaching back to 2012/13 Q4")
        addresses = [link.get_attribute("href") or "" for link in waiting.all()]
        assert len(addresses) == 6
        for address in addresses:
            page.goto(address)
            if not page.get_by_role("button", name="Record this answer").count():
                assert f"{name}" not in page.get_by_role("table").inner_text()
                continue
            page.get_by_label("It agrees").check()
            page.get_by_label("Minute that records it").fill("Cabinet, item 7")
            page.get_by_role("button", name="Record this answer").click()
            assert "Your council's answer is recorded." in page.inner_text("body")
        page.close()

    assert by_council(office)[:3] == AFTER
    between = (timezone.localdate() - DAYS).isoformat()
    assert by_council(office, between) == before
    assert by_council(office, timezone.localdate().isoformat())[:3] == AFTER

    office.goto("/history/")
    office.get_by_role("link", name="see what was divided").click()
    assert "Nothing of closed quarters lies undivided." in words(office)
    divided = office.get_by_role("region", name="What has been divided")
    assert divided.locator("tbody tr").count() == len(AREAS)
    faults["what has been divided"] = examine(office)
    office.goto("/boroughs/WCC/?period=2012-13-Q4")
    assert "Divided since its quarter was closed" in words(office)
    faults["borough"] = examine(office)

    assert {page: found for page, found in faults.items() if found} == {}
    call_command("check_history", "--returns")
