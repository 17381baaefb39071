"""A quarter of forty lines, from an empty draft to a closed quarter.

Filled in, sent back with a question, answered, put right, certified and closed. The same
journey three times: by keyboard and paste alone, and without scripts by plain forms and by file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.conftest import Site
from tests.journeys.through_the_api import certify_return, empty_return

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]

PERIOD = "2013-14-Q2"
RETURN = f"/returns/LBHF/{PERIOD}/"
EDIT = f"{RETURN}edit/"
REASON = "See my question on the last row."
QUESTION = "Is this the quarter, or the half year?"
ANSWER = "The half year. It is put right."
SignIn = Callable[..., "Page"]

#: Thirty-eight lines as a ledger extract has them: the programme's own words, not our codes.
SERVICES = ("Youth offending", "Fostering and adoption", "Library Service", "Insurance", "HR")
PASTED = [
    (SERVICES[n % 5], "Saving", "Shared", f"£{n},250.{n:02d}", "Recurring", "Cashable")
    for n in range(1, 39)
]
CODES = ("youth-offending", "fostering-and-adoption", "library-service", "insurance", "hr")


def lines(last: str) -> list[dict[str, Any]]:
    """The forty entries as they are to be stored, the last with this amount."""
    saving = {"kind": "saving", "recurrence": "recurring", "nature": "cashable"}
    return [
        {"service": "ict", "kind": "transition_cost", "scope": "own", "amount": "64000.00"},
        *(
            {**saving, "service": CODES[n % 5], "scope": "shared", "amount": f"{n}250.{n:02d}"}
            for n in range(1, 39)
        ),
        {"service": "corporate", "kind": "variance", "scope": "own", "amount": last}
        | {"cause": "direct"},
    ]


def test_by_keyboard_and_paste_alone(site: Site, sign_in: SignIn) -> None:
    close_the_quarter_before(site)
    finance = sign_in(site, "finance.lbhf", permissions=["clipboard-read", "clipboard-write"])
    keys = Keys(finance)

    finance.goto(EDIT)
    keys.reach("Service")
    keys.choose("ICT")
    keys.tab_choose("Transition cost")
    keys.tab_choose("This council alone")
    keys.press("Tab")
    finance.keyboard.type("64k")
    keys.press("Enter")
    keys.press("Home", "ArrowLeft", "ArrowLeft", "ArrowLeft")  # the next row's first cell
    keys.paste("\n".join("\t".join(line) for line in PASTED))
    keys.wait_for("Pasted 38 rows.")
    keys.press("Control+ArrowDown", times=38)
    keys.press("Enter")  # the fortieth row
    keys.choose("Corporate Services (all of it)")
    keys.tab_choose("Variance")
    keys.tab_choose("This council alone")
    keys.press("Tab")
    finance.keyboard.type("(16,500)")
    keys.tab_choose("Direct cost")
    keys.wait_until_saved()
    assert stored(site) == lines("-16500.00")
    assert finance.locator("[data-total=saving] dd").inner_text() == "£750,507.41"
    keys.press_link("Leave the page")
    keys.press_button("Submit for certification")

    send_back(site, sign_in)

    finance.goto(RETURN)
    keys.press_link("Answer this question")
    keys.tab_to("Your answer")
    finance.keyboard.type(ANSWER)
    keys.press_button("Send the answer")
    finance.goto(RETURN)
    keys.press_link("Change entries")
    keys.reach("Amount in pounds", row=40)
    finance.keyboard.type("(8,250)")
    keys.press("Enter")
    keys.wait_until_saved()
    keys.press_link("Leave the page")
    keys.press_button("Submit for certification")

    certify_and_close(site, sign_in)


def test_without_scripts_by_forms(site: Site, sign_in: SignIn) -> None:
    close_the_quarter_before(site)
    finance = sign_in(site, "finance.lbhf", java_script_enabled=False)
    finance.goto(EDIT)
    while finance.get_by_role("group", name=re.compile("^Row 40$")).count() == 0:
        finance.get_by_role("button", name="Add more rows").click()
    for number, entry in enumerate(lines("-16500.00"), start=1):
        row = finance.locator(f"#row-{number}")
        for column, value in entry.items():
            control = row.locator(f"[name=row-{number}-{column}]")
            if column == "amount":
                control.fill(value)
            else:
                control.select_option(value)
    finance.get_by_role("button", name="Save draft").click()
    assert "is saved as version 1." in finance.get_by_role("main").inner_text()
    assert stored(site) == lines("-16500.00")
    finance.get_by_role("button", name="Submit for certification").click()

    send_back(site, sign_in, java_script_enabled=False)

    answer_by_form(finance)
    finance.goto(RETURN)
    finance.get_by_role("button", name="Change entries").click()
    finance.locator("[name=row-40-amount]").fill("(8,250)")
    finance.get_by_role("button", name="Save draft").click()
    finance.get_by_role("button", name="Submit for certification").click()

    certify_and_close(site, sign_in, java_script_enabled=False)


def test_without_scripts_by_file(site: Site, sign_in: SignIn) -> None:
    close_the_quarter_before(site)
    finance = sign_in(site, "finance.lbhf", java_script_enabled=False)

    check_file(finance, lines("-16500.00"))
    assert stored(site) == []
    finance.get_by_role("button", name="Store these 40 rows").click()
    assert stored(site) == lines("-16500.00")
    finance.goto(RETURN)
    finance.get_by_role("button", name="Submit for certification").click()

    send_back(site, sign_in, java_script_enabled=False)

    answer_by_form(finance)
    check_file(finance, lines("-8250.00"))
    assert "Lines changed\n1" in re.sub(r"\s*\n\s*", "\n", finance.get_by_role("main").inner_text())
    finance.get_by_role("button", name="Store these 40 rows").click()
    finance.goto(RETURN)
    finance.get_by_role("button", name="Submit for certification").click()

    certify_and_close(site, sign_in, java_script_enabled=False)


# --- The plain forms -------------------------------------------------------------------


def check_file(page: Page, entries: list[dict[str, Any]]) -> None:
    """Upload these entries as the template's CSV has them, and see what they would change."""
    page.goto(RETURN)
    if not page.get_by_role("link", name="CSV").is_visible():  # open where nothing is entered
        page.get_by_text("Fill it in by file", exact=True).click()
    with page.expect_download() as template:
        page.get_by_role("link", name="CSV").click()
    text = template.value.path().read_text(encoding="utf-8-sig")
    file = io.StringIO()
    writer = csv.DictWriter(file, next(csv.reader(io.StringIO(text))), restval="")
    writer.writeheader()
    writer.writerows(entries)
    page.get_by_label("Upload it, and see what it changes").set_input_files(
        {"name": "q2.csv", "mimeType": "text/csv", "buffer": file.getvalue().encode()}
    )
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("heading", name="What q2.csv changes").wait_for()


def answer_by_form(page: Page) -> None:
    page.goto(RETURN)
    page.get_by_role("link", name="Answer this question").click()
    page.get_by_label("Your answer").fill(ANSWER)
    page.get_by_role("button", name="Send the answer").click()


# --- The keyboard ----------------------------------------------------------------------


class Keys:
    """A person who uses nothing but the keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str, times: int = 1) -> None:
        for key in keys * times:
            self.page.keyboard.press(key)

    def focused(self) -> str:
        """What the focused control is called, its row first where it has one."""
        return str(
            self.page.evaluate(
                """() => {
                    const control = document.activeElement;
                    const row = control.closest("[data-row]")?.dataset.row ?? "";
                    const name = control.labels?.[0] ?? control;
                    return `${row} ${name.textContent.trim()}`.trim();
                }"""
            )
        )

    def tab_to(self, name: str) -> None:
        for _ in range(600):
            if self.focused() == name:
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not reach “{name}”")

    def reach(self, label: str, row: int = 1) -> None:
        """Tab to a column of the first row, and then down the column."""
        self.tab_to(f"1 {label}")
        self.press("Enter", times=row - 1)

    def choose(self, words: str) -> None:
        """Choose in a list by typing what it is called."""
        self.page.keyboard.type(words)
        chosen = self.page.evaluate("document.activeElement.selectedOptions[0].textContent.trim()")
        assert chosen == words

    def tab_choose(self, words: str) -> None:
        self.press("Tab")
        self.choose(words)

    def paste(self, text: str) -> None:
        self.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
        self.press("Control+V")

    def press_link(self, name: str) -> None:
        self.tab_to(name)
        with self.page.expect_navigation():
            self.press("Enter")

    press_button = press_link

    def wait_until_saved(self) -> None:
        """Until nothing typed is left to be saved."""
        self.wait_for("Saved as version")
        self.page.get_by_text("Later changes are not saved yet.").wait_for(state="hidden")

    def wait_for(self, words: str) -> None:
        self.page.get_by_role("status").filter(has_text=words).wait_for(state="attached")


# --- What the others do ------------------------------------------------------------------


def close_the_quarter_before(site: Site) -> None:
    """Quarters are closed in order, and the demonstration's own can't be certified."""
    for code in ("LBHF", "RBKC", "WCC"):
        empty_return(site, code, "2013-14-Q1")
        certify_return(site, code, "2013-14-Q1")
    status, answer = site.api(
        "POST", "periods/2013-14-Q1/close/", token=site.token("programme.office"), body={}
    )
    assert status == 200, answer


def stored(site: Site) -> list[dict[str, Any]]:
    """The return's entries as the API gives them, what is empty left out."""
    status, answer = site.api("GET", RETURN.strip("/") + "/", token=site.token("finance.lbhf"))
    assert status == 200, answer
    return [
        {
            name: value
            for name, value in entry.items()
            if value not in ("", None, []) and name not in ("id", "provenance")
        }
        for entry in answer["entries"]
    ]


def send_back(site: Site, sign_in: SignIn, **options: Any) -> None:
    page = sign_in(site, "s151.lbhf", **options)
    page.goto(RETURN)
    page.get_by_role("button", name="Send back").click()
    page.get_by_label("What has to change?").fill(REASON)
    page.locator("[name^=ask-]").last.check()
    page.locator("[name^=question-]").last.fill(QUESTION)
    page.get_by_role("button", name="Send back").click()
    said = page.get_by_role("main").inner_text()
    assert REASON in said
    assert QUESTION in said


def certify_and_close(site: Site, sign_in: SignIn, **options: Any) -> None:
    assert stored(site) == lines("-8250.00")
    page = sign_in(site, "s151.lbhf", **options)
    page.goto(RETURN)
    assert ANSWER in page.get_by_role("main").inner_text()
    page.get_by_role("button", name="Certify", exact=True).click()
    total = sum((Decimal(f"{n}250.{n:02d}") for n in range(1, 39)), Decimal(0))
    assert f"£{total:,.2f}" in page.get_by_role("main").inner_text()
    page.get_by_label("I have read the statement and the totals, and I certify them").check()
    page.get_by_role("button", name=re.compile("^Certify")).click()
    assert "Certified by" in page.get_by_role("main").inner_text()

    for code in ("RBKC", "WCC"):
        certify_return(site, code, PERIOD)  # nil returns
    office = sign_in(site, "programme.office", **options)
    office.goto("/calendar/")
    office.get_by_role("button", name="Close 2013/14 Q2").click()
    assert "2013/14 Q2 is closed." in office.get_by_role("main").inner_text()
