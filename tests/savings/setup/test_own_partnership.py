"""Two councils of their own are set up through the pages, from an empty site to a first return.

At every step each page opens and says what to do next, for the people there are by then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from savings.kit.provenance import Provenance
from savings.plans.models import Plan, PlanLine
from savings.returns.models import Return
from services.models import Service
from sovereignty.models import Council
from tests.savings.pages import heading, read
from tests.savings.setup.conftest import PASSWORD, link_in, missing_at

pytestmark = pytest.mark.django_db

PAGES = (
    "/agreements/",
    "/agreements/propose/",
    "/agreements/propose-budget/",
    "/board/",
    "/boroughs/",
    "/calendar/",
    "/calendar/open/",
    "/comparison/",
    "/drivers/",
    "/drivers/tolerance/propose/",
    "/entries/",
    "/fairness/",
    "/fairness/propose/",
    "/forecasts/",
    "/history/",
    "/record/",
    "/record/differences/",
    "/record/figures/",
    "/record/plans/",
    "/record/services/",
    "/returns/",
    "/set-up/",
    "/set-up/councils/",
    "/set-up/drivers/",
    "/set-up/people/",
    "/set-up/services/",
    "/what-if/",
)
CALLS = (
    "attribution/",
    "board/",
    "comparison/",
    "councils/",
    "drivers/",
    "events/",
    "fairness/",
    "forecasts/",
    "periods/",
    "plans/",
    "record/",
    "returns/",
    "rollup/",
    "services/",
)
#: Username, role and council of the people who are invited.
PEOPLE = (
    ("office", "programme_office", ""),
    ("ann", "finance_officer", "EDC"),
    ("bea", "section_151_officer", "EDC"),
    ("cy", "finance_officer", "WDC"),
    ("di", "deputy_section_151_officer", "WDC"),
)
SERVICES = """slug,name,parent,councils,from_quarter,source
waste,Waste,,"EDC, WDC",2026-27-Q1,Joint committee of 4 March
recycling,Recycling,waste,,,
"""
DRIVERS = """driver,name,unit,council,effective_from,value,source
households,Households,households,EDC,2026-27-Q1,41200,Council tax base
households,,,WDC,2026-27-Q1,38800,Council tax base
"""
COUNCILS_MISSING = "There is no council."
OFFICE_MISSING = "Nobody is the programme office."
AFTER_PEOPLE = [
    "There is no service.",
    "No quarter has been opened for returns.",
    "No adopted plan says what is promised.",
]


def every_page_opens(browsers: Iterable[Client]) -> None:
    """Nothing fails, and what a person may not open says so."""
    for browser in browsers:
        for address in PAGES:
            assert browser.get(address).status_code in (200, 302, 403), address
        for call in CALLS:
            assert browser.get(f"/api/v1/{call}").status_code < 500, call


def invited(admin: Client, username: str, role: str, council: str) -> Client:
    """Invite somebody, who chooses a password and signs in; their browser."""
    names = {"first_name": username.title(), "last_name": "Smith", "email": ""}
    shown = admin.post(
        "/set-up/people/", {**names, "username": username, "role": role, "council": council}
    )
    assert shown.status_code == 200, read(shown).words
    assert f"{username} has not chosen a password." in missing_at(admin)
    browser = Client()
    chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert browser.post(link_in(shown), chosen).status_code == 302
    signed_in = browser.post("/sign-in/", {"username": username, "password": PASSWORD})
    assert signed_in.status_code == 302
    return browser


def uploaded(browser: Client, step: str, text: str) -> Any:
    return browser.post(f"/set-up/{step}/", {"file": SimpleUploadedFile("a.csv", text.encode())})


@pytest.mark.slow
def test_two_councils_set_themselves_up(admin: Client) -> None:
    every_page_opens([admin, Client()])
    assert missing_at(admin) == [COUNCILS_MISSING, OFFICE_MISSING, *AFTER_PEOPLE]

    # The programme office first, so that it sees every step.
    office = invited(admin, *PEOPLE[0])
    assert office.get("/")["Location"] == "/set-up/"
    assert "an administrator does this" in read(office.get("/set-up/")).words
    every_page_opens([admin, office])
    opening = read(office.get("/calendar/open/")).form("/calendar/open/").sent
    refused = office.post("/calendar/open/", opening | {"period": "2026-27-Q1"})
    assert "Add the councils first." in read(refused).words

    assert admin.post("/set-up/", {"whose": "own"})["Location"] == "/set-up/councils/"
    admin.post("/set-up/councils/", {"code": "EDC", "name": "Easton"})
    every_page_opens([admin, office])
    assert missing_at(admin)[:3] == [
        "Easton is the only council. Add those that it shares services with.",
        "Easton has no finance officer.",
        "Easton has no section 151 officer or deputy.",
    ]
    admin.post("/set-up/councils/", {"code": "WDC", "name": "Weston"})
    assert office.get("/")["Location"] == "/comparison/"

    people = [office, *(invited(admin, *each) for each in PEOPLE[1:])]
    assert missing_at(admin) == missing_at(office) == AFTER_PEOPLE
    every_page_opens([admin, *people])
    nothing = read(office.get("/comparison/"))
    assert "There is no plan yet" in nothing.words
    assert "/set-up/" in nothing.hrefs
    assert "The programme office enters the plan." in read(people[1].get("/comparison/")).words

    assert uploaded(office, "services", SERVICES).status_code == 302
    assert missing_at(office) == AFTER_PEOPLE[1:]
    every_page_opens([admin, *people])

    assert uploaded(office, "drivers", DRIVERS).status_code == 302
    every_page_opens([admin, *people])

    opening = read(office.get("/calendar/open/")).form("/calendar/open/").sent
    opened = office.post("/calendar/open/", opening | {"period": "2026-27-Q1"})
    assert opened.status_code == 302, read(opened).words
    assert set(Return.objects.values_list("council__code", flat=True)) == {"EDC", "WDC"}
    assert missing_at(office) == AFTER_PEOPLE[2:]
    every_page_opens([admin, *people])

    plan = Plan.objects.create(code="ours", name="Our plan", adopted=True, position=1)
    PlanLine.objects.create(
        plan=plan,
        label="Waste",
        service=Service.objects.get(slug="waste"),
        year="2026-27",
        low=40_000_000,
        middle=40_000_000,
        high=40_000_000,
        basis=PlanLine.Basis.FULL_YEAR,
        provenance=Provenance.REPORTED,
        document="ours",
        place="Item 7",
    )
    assert missing_at(office) == []
    assert "Nothing is missing." in read(office.get("/set-up/")).words
    every_page_opens([admin, *people])

    compared = office.get("/comparison/")
    assert heading(compared) == "Promised and delivered"
    assert "The promise is £40m a year by 2026/27." in read(compared).words
    for page in (compared, office.get("/boroughs/"), office.get("/set-up/")):
        words = read(page).words
        assert not [name for name in ("Westminster", "Hammersmith", "Kensington") if name in words]
    assert list(Council.objects.values_list("code", flat=True)) == ["EDC", "WDC"]
