"""Every page that a person can get to holds to what the accessibility statement says.

One run of the demonstration. Each kind of person follows the links from the start page, a few
pages of each kind, and sends forms, also with mistakes. What two people see alike is examined
once.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve

from tests.journeys.conftest import Site
from tests.journeys.examination import Watched, examine
from tests.journeys.test_a_quarters_saving import wait_until_counted

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]

SignIn = Callable[..., "Page"]

PAGES_OF_A_KIND = 2
SIGNED_OUT = "signed out"
QUARTER = "2013-14-Q2"
COUNTED = f"/comparison/?plan=proposals-2011&year=2014-15&to={QUARTER}"

#: Whom the pages are opened as, and where they start beside the home page.
PEOPLE = {
    "s151.rbkc": ["/returns/RBKC/2013-14-Q1/", f"/boroughs/RBKC/?period={QUARTER}"],
    "finance.rbkc": ["/returns/RBKC/2013-14-Q1/"],
    "finance.wcc": ["/returns/WCC/2013-14-Q1/"],
    "programme.office": [COUNTED, f"/boroughs/?period={QUARTER}"],
    "councillor.lbhf": [COUNTED, f"/boroughs/LBHF/?period={QUARTER}"],
    "auditor": [COUNTED, "/returns/"],
}
#: What has to be met on the way, or the walk has gone astray.
KINDS = {
    "accessibility",
    "agreement",
    "agreement-propose",
    "agreements",
    "api-docs",
    "board",
    "board-csv",
    "borough",
    "borough-annex",
    "borough-download",
    "boroughs",
    "budget-propose",
    "calendar",
    "comparison",
    "comparison-area",
    "driver",
    "driver-restate",
    "drivers",
    "entries",
    "entry",
    "fairness",
    "fairness-download",
    "fairness-propose",
    "forecasts",
    "forecasts-download",
    "history",
    "history-download",
    "login",
    "period-dates",
    "period-open",
    "question-answer",
    "question-ask",
    "record",
    "record-differences",
    "record-document",
    "record-figures",
    "record-figures-download",
    "record-plans",
    "record-services",
    "return",
    "return-as-it-stood",
    "return-certify",
    "return-edit",
    "return-forecasts",
    "return-history",
    "return-history-download",
    "return-send-back",
    "return-template",
    "return-withdraw",
    "returns",
    "service-add",
    "service-move",
    "service-rename",
    "service-state",
    "sharing",
    "sharing-host",
    "sharing-join",
    "sharing-leave",
    "tolerance-propose",
    "what-if",
}


class Walk:
    """One person in a window, and with everybody's before: what was seen and what was wrong."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.faults: list[str] = []
        self.examined: set[str] = set()
        self.kinds: set[str] = set()
        self.kinds_of_title: dict[str, set[str]] = {}

    def begin(self, person: str, page: Page) -> None:
        self.person, self.page = person, page
        self.watched = Watched(page.context, self.site.address)

    def follow(self, starts: list[str]) -> None:
        """Open the starts and the pages that they lead to, a few of each kind."""
        waiting, met, of_kind = deque(starts), set(starts), Counter[str]()
        while waiting:
            address = waiting.popleft()
            kind = kind_of(address)
            of_kind[kind] += 1
            if of_kind[kind] > PAGES_OF_A_KIND:
                continue
            for link in self.open(address):
                if link not in met:
                    met.add(link)
                    waiting.append(link)

    def open(self, address: str) -> list[str]:
        """Open and examine a page or fetch a file; the addresses that it leads to."""
        path = urlsplit(address).path
        self.kinds.add(kind_of(path))
        if "." in path.rsplit("/", 1)[-1]:  # a browser would put a file away, not show it
            status = self.page.request.get(address).status
            self.report(address, [f"answers {status}"] if status != 200 else [])
            return []
        response = self.page.goto(address)
        assert response is not None
        if response.status != 200:
            self.report(address, [f"answers {response.status}"])
            return []
        if not response.headers["content-type"].startswith("text/html"):
            return []
        self.look()
        return self.page.evaluate(LINKS)

    def look(self) -> None:
        """Examine the page that is open, unless somebody has seen the same."""
        address = self.page.url.removeprefix(self.site.address)
        kind = kind_of(address)
        new = kind not in {kind for kinds in self.kinds_of_title.values() for kind in kinds}
        self.kinds_of_title.setdefault(self.page.title(), set()).add(kind)
        content = self.page.evaluate(CONTENT)
        faults = [] if content in self.examined else examine(self.page, on_a_phone=new)
        self.examined.add(content)
        self.report(address, faults + self.watched.faults())

    def refused(self, status: int, button: str) -> None:
        """Send a form that is not right, and look at the page that says so."""
        with self.page.expect_navigation() as answered:
            self.page.get_by_role("button", name=button).click()
        assert answered.value is not None
        assert answered.value.request.method == "POST"
        assert answered.value.status == status
        self.look()

    def report(self, address: str, faults: list[str]) -> None:
        self.faults += [f"{self.person}, {address}: {fault}" for fault in faults]


def test_every_page_of_everybody(site: Site, browser: Browser, sign_in: SignIn) -> None:
    walk = Walk(site)
    submit_a_return(site)
    for person, starts in PEOPLE.items():
        walk.begin(person, sign_in(site, person))
        FORMS.get(person, lambda walk: None)(walk)
        walk.follow(["/", *starts])
    walk.begin(SIGNED_OUT, browser.new_context(base_url=site.address).new_page())
    sign_in_by_mistake(walk)
    walk.follow(["/", "/sign-in/", "/accessibility/"])
    walk.page.context.close()
    assert not walk.faults, "\n".join(walk.faults)
    assert walk.kinds >= KINDS
    assert {title: kinds for title, kinds in walk.kinds_of_title.items() if len(kinds) > 1} == {}


def test_a_return_without_javascript(site: Site, sign_in: SignIn) -> None:
    page = sign_in(site, "finance.lbhf", java_script_enabled=False)
    page.goto(f"/returns/LBHF/{QUARTER}/edit/")
    row = page.get_by_role("group", name="Row 1", exact=True)
    row.get_by_label("Service", exact=True).select_option("youth-offending")
    row.get_by_label("Kind", exact=True).select_option("saving")
    row.get_by_label("Falls on", exact=True).select_option("shared")
    row.get_by_label("Amount in pounds", exact=True).fill("1,50")
    row.get_by_label("Recurrence", exact=True).select_option("recurring")
    row.get_by_label("Nature", exact=True).select_option("cashable")
    row.get_by_text("More about row 1").click()
    row.get_by_label("Note", exact=True).fill("Filled in without a script.")
    page.get_by_role("button", name="Save draft").click()
    assert "There is a problem" in page.get_by_role("alert").inner_text()
    row.get_by_label("Amount in pounds", exact=True).fill("1.50")
    page.get_by_role("button", name="Save draft").click()
    assert page.url == f"{site.address}/returns/LBHF/{QUARTER}/"
    saved = site.api("GET", f"returns/LBHF/{QUARTER}/", token=site.token("finance.lbhf"))[1]
    assert [(entry["amount"], entry["note"]) for entry in saved["entries"]] == [
        ("1.50", "Filled in without a script.")
    ]


# --- What is sent on the way ----------------------------------------------------------


def submit_a_return(site: Site) -> None:
    """A return of all kinds, so that there is one to certify and then figures by borough."""
    saving = {"kind": "saving", "recurrence": "recurring", "nature": "cashable"}
    entries = [
        {**saving, "service": "library-service", "scope": "shared", "amount": "175000.01"},
        {**saving, "service": "insurance", "scope": "own", "amount": "9000.00"},
        {"kind": "ongoing_cost", "service": "library-service", "scope": "shared", "amount": "40"},
        {"kind": "transition_cost", "service": "ict", "scope": "own", "amount": "1200.50"},
        {"kind": "variance", "service": "ict", "scope": "own", "amount": "-5", "cause": "demand"},
    ]
    token = site.token("finance.rbkc")
    path = f"returns/RBKC/{QUARTER}/"
    status, answer = site.api("PUT", path, token=token, body={"version": 0, "entries": entries})
    assert status == 200, answer
    body = {"version": answer["version"]}
    status, answer = site.api("POST", f"{path}submit/", token=token, body=body)
    assert status == 200, answer


def certify_and_send_back(walk: Walk) -> None:
    walk.open("/returns/RBKC/2013-14-Q1/send-back/")
    walk.page.get_by_role("checkbox").first.check()
    walk.refused(422, "Send back")
    walk.open("/returns/RBKC/2013-14-Q1/")
    walk.page.get_by_role("link", name="Ask about row 1").click()
    walk.refused(422, "Ask")
    walk.open(f"/returns/RBKC/{QUARTER}/")
    walk.open(f"/returns/RBKC/{QUARTER}/certify/")
    walk.refused(422, "Certify")
    walk.page.get_by_label("I have read the statement").check()
    walk.page.get_by_role("button", name="Certify").click()
    walk.page.wait_for_url(f"**/returns/RBKC/{QUARTER}/")
    walk.look()
    wait_until_counted(walk.site, walk.site.token("programme.office"))


def edit_by_mistake(walk: Walk) -> None:
    walk.open("/returns/WCC/2013-14-Q1/")
    walk.page.get_by_role("link", name="Answer this question").click()
    walk.refused(422, "Send the answer")
    walk.open("/returns/WCC/2013-14-Q1/edit/")
    walk.page.get_by_label("Amount in pounds", exact=True).first.fill("1,50")
    walk.refused(422, "Save draft")
    walk.open("/returns/WCC/2013-14-Q3/edit/")
    rows = walk.page.get_by_role("group", name=re.compile(r"^Row \d+$"))
    before = rows.count()
    walk.page.get_by_role("button", name="Add more rows").click()
    rows.nth(before).wait_for()


def withdraw_by_mistake(walk: Walk) -> None:
    walk.open("/returns/RBKC/2013-14-Q1/withdraw/")
    stale = "form => { form.elements.version.value = '0' }"
    walk.page.locator("form", has=walk.page.get_by_label("Why is it")).evaluate(stale)
    walk.refused(409, "Withdraw")


def run_the_calendar_by_mistake(walk: Walk) -> None:
    walk.open("/calendar/open/")
    walk.page.get_by_label("Day").first.fill("32")
    walk.refused(422, "Open 2014/15 Q1")
    walk.open("/calendar/2013-14-Q1/dates/")
    walk.refused(422, "Change the dates")
    walk.open("/calendar/")
    walk.page.get_by_text("Reopen 2012/13 Q4").first.click()
    walk.refused(422, "Reopen 2012/13 Q4")
    walk.open("/services/education/sharing/join/")
    walk.page.get_by_label("From which quarter?").fill("soon")
    walk.refused(422, "Record it")


def look_for_another_councils_page(walk: Walk) -> None:
    response = walk.page.goto("/boroughs/WCC/")
    assert response is not None
    assert response.status == 404
    walk.look()


def sign_in_by_mistake(walk: Walk) -> None:
    walk.open("/sign-in/")
    walk.refused(200, "Sign in")


FORMS: dict[str, Callable[[Walk], None]] = {
    "s151.rbkc": certify_and_send_back,
    "finance.wcc": edit_by_mistake,
    "finance.rbkc": withdraw_by_mistake,
    "programme.office": run_the_calendar_by_mistake,
    "councillor.lbhf": look_for_another_councils_page,
}


# --- Addresses and pages ----------------------------------------------------------------


def kind_of(address: str) -> str:
    """The name of the page's address, or its pattern; what resolves to nothing is a kind too."""
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return f"nothing at {address}"
    return match.url_name or match.route


#: Where the links of a page lead that stay on the site.
LINKS = """() => [...new Set([...document.querySelectorAll('a[href]')]
    .filter((link) => link.origin === location.origin)
    .map((link) => link.pathname + link.search))]"""

#: The page but for who reads it and the tokens that are new each time.
CONTENT = """() => {
    const page = document.body.cloneNode(true);
    page.querySelectorAll('.app-account, [name=csrfmiddlewaretoken], script').forEach(
        (part) => part.remove(),
    );
    return page.innerHTML;
}"""
