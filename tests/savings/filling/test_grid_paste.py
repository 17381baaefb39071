"""Blocks pasted into the form in a real browser, and undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.partnership import a_saving
from tests.savings.filling.grids import Opening, axe, stored

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]


COMMAS = "Put commas only between groups of three digits, as in 1,234.50."
HEADER = "kind\tservice\tscope\tamount\trecurrence\tnature\tnote\n"


def test_a_block_with_wrong_cells_is_not_pasted_until_all_are_right(opened: Opening) -> None:
    grid = opened()
    grid.fill(1, **a_saving("libraries", "5"))
    grid.says("^Saved as version 1 at")
    grid.paste(2, "service", "libraries\tSaving\tShared\t1,50\nno such\tsaving\town\t£7\n")
    panel = grid.page.get_by_role(
        "group", name="The block has not been pasted: 2 cells to put right"
    )
    panel.wait_for()

    rows = panel.locator("tbody tr")
    assert [" ".join(row.inner_text().split()) for row in rows.all()] == [
        f"Row 2 Amount in pounds Error: {COMMAS}",
        "Row 3 Service Error: There is no service “no such”: use one from the list of services.",
    ]
    assert rows.locator("input").nth(0).input_value() == "1,50"
    assert axe(grid.page) == []
    assert [grid.value(row, "service") for row in (2, 3)] == ["", ""]
    assert [row["amount"] for row in stored()] == ["5.00"]

    panel.get_by_label("Row 2, Amount in pounds").fill("150")
    panel.get_by_role("button", name="Check and paste").click()
    panel = grid.page.get_by_role(
        "group", name="The block has not been pasted: 1 cell to put right"
    )
    panel.get_by_label("Row 3, Service").fill("Childrens")
    panel.get_by_label("Row 3, Service").press("Enter")
    grid.announces("Pasted 2 rows")

    assert grid.at() == "2-service"
    assert [
        [grid.value(row, name) for name in ("service", "kind", "scope", "amount")] for row in (2, 3)
    ] == [["libraries", "saving", "shared", "150"], ["childrens", "saving", "own", "£7"]]
    # The rest of what a saving needs is asked for, as for any row.
    grid.cell(1, "amount").focus()
    grid.says("^Not saved: 4 cells to put right")
    assert [row["amount"] for row in stored()] == ["5.00"]


def test_pasting_a_block_can_be_cancelled(opened: Opening) -> None:
    grid = opened()
    grid.paste(1, "amount", "1\nx\n")
    grid.page.get_by_role("button", name="Don’t paste").click()

    assert grid.at() == "1-amount"
    assert not grid.page.locator("[data-pasted]").is_visible()
    assert [grid.value(row, "amount") for row in (1, 2)] == ["", ""]
    grid.page.locator("#row-1 summary").click()
    grid.paste(1, "note", "1\t2")
    grid.page.get_by_role(
        "heading", name="The block has not been pasted: 1 cell to put right"
    ).wait_for()
    assert "wider than the columns from here" in grid.page.get_by_role("main").inner_text()


def test_a_block_with_the_names_of_the_columns_adds_rows_and_is_saved(opened: Opening) -> None:
    grid = opened()
    block = HEADER + "".join(
        f'Saving\tLibrary service\tThis council alone\t£{n},000.50\tOne-off\tCost avoided\t"Two\n'
        f'lines, ""{n}"""\n'
        for n in range(1, 9)
    )
    grid.paste(1, "amount", block)

    grid.announces("Pasted 8 rows")
    grid.says("^Saved as version 1 at")
    assert grid.page.locator("[data-row]").count() == 8
    assert stored() == [
        {
            "service": "library-service",
            "kind": "saving",
            "scope": "own",
            "amount": f"{n}000.50",
            "recurrence": "one_off",
            "nature": "avoided",
            "note": f'Two\nlines, "{n}"',
        }
        for n in range(1, 9)
    ]


def test_undo_takes_back_one_change_after_another(opened: Opening) -> None:
    grid = opened()
    undo = grid.page.get_by_role("button", name="Undo")
    assert undo.is_disabled()
    grid.fill(1, **a_saving("libraries", ""))
    grid.cell(1, "amount").focus()
    for amount in ("5", "6"):
        grid.type(amount)
        grid.press("Enter", "Shift+Enter")
    grid.paste(5, "amount", "7\n8\n9\n")
    grid.announces("Pasted 3 rows")
    assert [grid.value(row, "amount") for row in (5, 6, 7)] == ["7", "8", "9"]
    grid.cell(1, "remove").check()
    assert not grid.page.locator("#row-1").is_visible()
    assert grid.at() == "2-service"

    grid.press("Control+z")
    assert grid.page.locator("#row-1").is_visible()
    assert grid.at() == "1-service"
    grid.press("Control+z")
    assert grid.page.locator("[data-row]").count() == 5
    assert grid.value(5, "amount") == ""
    assert grid.value(1, "amount") == "6"
    undo.click()
    assert (grid.at(), grid.value(1, "amount")) == ("1-amount", "5")
    grid.announces("Undone: the change in row 1")
    # While a text is being typed, Ctrl Z is the text's own.
    grid.cell(1, "amount").focus()
    grid.type("12")
    grid.press("Control+z")
    assert grid.value(1, "recurrence") == "recurring"
    while undo.is_enabled():
        undo.click()
    assert all(grid.value(1, name) == "" for name in ("service", "kind", "scope", "amount"))


def test_a_change_undone_while_it_is_being_saved_is_not_stored(opened: Opening) -> None:
    grid = opened()
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    grid.page.route("**/edit/save/", hold_the_first)
    grid.paste(
        1,
        "amount",
        HEADER
        + "".join(
            f"Saving\tLibrary service\tThis council alone\t{n}\tOne-off\tCost avoided\t\n"
            for n in range(1, 9)
        ),
    )
    grid.announces("Pasted 8 rows")
    with grid.page.expect_request("**/edit/save/"):
        pass
    grid.page.get_by_role("button", name="Undo").click()
    held[0].continue_()

    grid.says("^Saved as version 2 at")
    assert stored() == []
