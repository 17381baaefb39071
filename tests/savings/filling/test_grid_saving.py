"""Drafts saved automatically in a real browser, and two people in one return."""

from __future__ import annotations

import pytest
from django.test import Client

from savings.returns.models import Entry
from tests.partnership import Partnership, a_saving
from tests.savings.filling.grids import EDIT, Opening, axe, saves, stored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]


def test_a_draft_is_saved_automatically_with_its_version_and_time(
    partnership: Partnership, opened: Opening
) -> None:
    grid = opened()
    grid.fill(1, service="libraries", kind="saving", scope="shared", amount="£1.2k")
    grid.says("Not saved yet: row 1 is not finished")
    assert grid.page.locator("[aria-invalid]").count() == 0
    assert stored() == []

    grid.fill(1, recurrence="recurring", nature="cashable")
    grid.says(r"^Saved as version 1 at \d\d:\d\d\.$")
    assert stored() == [a_saving("libraries", "1200.00")]
    line = grid.page.locator("[name=row-1-id]").input_value()
    assert line == str(Entry.objects.get().id)

    grid.page.locator("#row-1 summary").click()
    grid.fill(1, note="A note", amount="1,200.01")
    grid.says(r"^Saved as version 2 at \d\d:\d\d\.$")
    assert stored() == [a_saving("libraries", "1200.01", note="A note")]
    assert Entry.objects.get().id == int(line)  # the same line still
    assert saves() == 2
    grid.page.reload()
    assert grid.value(1, "amount") == "1,200.01"
    grid.says("^Version 2. Changes are saved as you go")


def test_a_wrong_cell_is_marked_and_the_rest_waits(opened: Opening) -> None:
    grid = opened()
    grid.fill(1, **a_saving("libraries", "1,50"))
    grid.fill(2, **{**a_saving("libraries", "2"), "scope": ""})
    grid.cell(3, "service").focus()

    grid.says("^Not saved: 2 cells to put right")
    assert (stored(), saves()) == ([], 0)
    wrong = grid.cell(1, "amount")
    assert wrong.get_attribute("aria-invalid") == "true"
    said = grid.page.locator(f"#{wrong.get_attribute('aria-describedby')}").inner_text().split()
    assert (
        " ".join(said) == "Error: Put commas only between groups of three digits, as in 1,234.50."
    )
    assert axe(grid.page) == []
    grid.page.get_by_role("button", name="Go to the first").click()
    assert grid.at() == "1-amount"

    grid.fill(1, amount="150")
    grid.says("^Not saved: 1 cell to put right")
    grid.fill(2, scope="shared")
    grid.says("^Saved as version 1 at")
    assert grid.page.locator("[aria-invalid]").count() == 0
    assert [row["amount"] for row in stored()] == ["150.00", "2.00"]


def test_the_button_also_saves_what_is_being_saved(opened: Opening) -> None:
    """The button has to send the version of the automatic save that is under way."""
    grid = opened()
    grid.fill(1, **a_saving("libraries", "1"))
    with grid.page.expect_request("**/edit/save/"):
        pass
    grid.fill(1, amount="2")
    grid.page.get_by_role("button", name="Save draft").click()
    grid.page.wait_for_url("**/returns/WCC/2013-14-Q1/")

    assert [row["amount"] for row in stored()] == ["2.00"]
    assert "is saved as version 2" in grid.page.get_by_role("main").inner_text()


def test_without_a_connection_the_form_says_so_and_tries_again(opened: Opening) -> None:
    grid = opened()
    grid.page.route("**/edit/save/", lambda route: route.abort())
    grid.fill(1, **a_saving("libraries", "1"))
    grid.says("^Not saved: there is no connection")
    grid.page.unroute("**/edit/save/")
    grid.fill(1, amount="2")
    grid.says("^Saved as version 1 at")
    assert [row["amount"] for row in stored()] == ["2.00"]


def test_nothing_is_lost_if_the_person_was_signed_out_meanwhile(
    partnership: Partnership, opened: Opening
) -> None:
    grid = opened()
    grid.page.context.clear_cookies(name="sessionid")
    grid.fill(1, **a_saving("libraries", "1"))
    grid.says("^Not saved: you are no longer signed in")

    client = Client()
    client.force_login(partnership.finance("WCC"))
    grid.page.context.add_cookies(
        [
            {
                "name": "sessionid",
                "value": client.cookies["sessionid"].value,
                "url": grid.page.url,
            }
        ]
    )
    grid.page.context.clear_cookies(name="csrftoken")
    grid.fill(1, amount="3")
    grid.says("^Saved as version 1 at")
    assert [row["amount"] for row in stored()] == ["3.00"]


def test_a_return_submitted_meanwhile_is_not_changed(
    partnership: Partnership, opened: Opening
) -> None:
    grid = opened()
    partnership.submitted("WCC", a_saving(amount="9"))
    grid.fill(1, **a_saving("libraries", "1"))
    grid.says("^Not saved: This return has changed")
    grid.page.get_by_role("button", name="Compare the two versions").click()

    assert "It is now version 2 and submitted" in grid.page.get_by_role("main").inner_text()
    assert [row["amount"] for row in stored()] == ["9.00"]


def beginning(partnership: Partnership) -> None:
    partnership.draft("WCC", a_saving(amount="1"), a_saving(amount="2"), a_saving("libraries", "3"))


def test_two_people_can_choose_line_by_line(partnership: Partnership, opened: Opening) -> None:
    beginning(partnership)
    mine, theirs = opened(), opened()
    theirs.fill(1, amount="10")
    theirs.fill(2, amount="20")
    theirs.fill(4, **a_saving("childrens", "40"))
    theirs.says("^Saved as version 2 at")

    mine.fill(2, amount="22")
    mine.fill(3, amount="33")
    mine.says("^Not saved: This return has changed since you opened it")
    assert [row["amount"] for row in stored()] == ["10.00", "20.00", "3.00", "40.00"]
    mine.fill(3, amount="34")  # goes on typing; none of it is lost
    page = mine.page
    page.get_by_role("button", name="Compare the two versions").click()

    assert page.get_by_role("heading", level=1).inner_text() == (
        "This return has changed since you opened it"
    )
    assert "finance.wcc saved version 2" in page.get_by_role("main").inner_text()
    assert axe(page) == []
    lines = page.get_by_role("main").locator("fieldset")
    assert " ".join(lines.nth(1).inner_text().split()) == (
        "Library service, saving You changed this line. They changed this line. "
        "Library service, saving: your version and theirs "
        "Yours Theirs, version 2 Service Library service Library service "
        "Kind Saving Saving Falls on Shared Shared "
        "Amount in pounds , differs £22.00 £20.00 "
        "Recurrence Recurring Recurring Nature Cashable Cashable Keep mine Take theirs"
    )
    assert lines.count() == 4
    checked = page.locator("input[type=radio]:checked")
    assert [radio.get_attribute("value") for radio in checked.all()] == ["theirs", "mine", "theirs"]
    page.get_by_role("button", name="Save these choices").click()
    assert "Choose yours or theirs." in page.get_by_role("main").inner_text()
    page.locator("fieldset", has_text="£22.00").get_by_label("Keep mine").check()
    page.get_by_role("button", name="Save these choices").click()
    page.wait_for_url(f"**{EDIT}")

    assert "Saved as version 3, as you chose." in page.get_by_role("main").inner_text()
    assert [row["amount"] for row in stored()] == ["10.00", "22.00", "34.00", "40.00"]
    mine.fill(1, amount="11")
    mine.says("^Saved as version 4 at")
    theirs.fill(1, amount="12")
    theirs.says("^Not saved: This return has changed")


@pytest.mark.parametrize(
    ("button", "amounts"),
    [
        ("Keep mine for all", ["1.00", "22.00", "3.00"]),
        ("Take theirs for all", ["1.00", "20.00"]),
    ],
)
def test_two_people_can_choose_one_side_for_all(
    button: str, amounts: list[str], partnership: Partnership, opened: Opening
) -> None:
    beginning(partnership)
    mine, theirs = opened(), opened()
    theirs.fill(2, amount="20")
    theirs.cell(3, "remove").check()
    theirs.says("^Saved as version 2 at")
    mine.fill(2, amount="22")
    mine.page.get_by_role("button", name="Save draft").click()  # before the automatic save
    mine.page.get_by_role("button", name=button).click()
    mine.page.wait_for_url(f"**{EDIT}")

    assert [row["amount"] for row in stored()] == amounts
