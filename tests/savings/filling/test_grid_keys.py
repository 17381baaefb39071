"""The form as a sheet in a real browser: its keys, and that everybody can use it."""

from __future__ import annotations

import pytest

from tests.partnership import Partnership, a_saving
from tests.savings.filling.grids import Opening, axe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]


def test_enter_and_shift_enter_move_in_the_column_and_add_a_row(opened: Opening) -> None:
    grid = opened()
    grid.cell(4, "amount").focus()

    assert grid.press("Enter") == "5-amount"
    assert grid.page.locator("[data-row]").count() == 5
    assert grid.press("Enter") == "6-amount"
    assert grid.page.locator("[data-row]").count() == 6
    assert grid.press("Shift+Enter") == "5-amount"
    grid.fill(6, kind="saving")
    grid.cell(6, "nature").focus()
    assert grid.press("Enter") == "7-service"  # an empty row has no nature yet
    assert grid.page.locator("input[name=rows]").input_value() == "7"


def test_arrows_move_as_in_a_sheet_except_in_lists_and_texts(opened: Opening) -> None:
    grid = opened()
    grid.fill(1, kind="saving", amount="123")
    grid.fill(2, kind="variance")
    grid.cell(1, "amount").focus()

    assert grid.press("ArrowDown") == "2-amount"
    assert grid.press("ArrowUp", "ArrowUp") == "1-amount"  # there is nothing above
    assert grid.press("ArrowRight") == "1-recurrence"
    assert grid.press("ArrowRight", "ArrowRight") == "1-nature"  # nor to the right
    assert grid.press("Control+ArrowDown") == "2-cause"  # a variance has no nature
    assert grid.press("ArrowLeft", "ArrowLeft") == "2-scope"
    before = grid.value(2, "scope")
    grid.press("ArrowDown")
    assert (grid.at(), grid.value(2, "scope")) == ("2-scope", "own")
    assert before == ""
    assert grid.press("Control+ArrowUp", "ArrowRight") == "1-amount"
    # In a text that is partly selected, arrows move in the text first.
    assert grid.press("F2", "ArrowLeft", "ArrowLeft") == "1-amount"
    assert grid.press("ArrowLeft", "ArrowLeft") == "1-scope"
    grid.cell(2, "amount").focus()
    assert grid.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown") == "5-amount"
    assert grid.page.locator("[data-row]").count() == 5  # only Enter adds a row


def test_escape_takes_back_and_tab_moves_on(opened: Opening) -> None:
    grid = opened()
    grid.fill(1, amount="5")
    grid.cell(1, "scope").focus()

    assert grid.press("Tab") == "1-amount"
    grid.type("99")
    grid.press("Escape")
    assert grid.value(1, "amount") == "5"
    assert grid.press("Shift+Tab") == "1-scope"
    assert grid.press("Alt+ArrowLeft") == "1-scope"


def test_an_open_list_keeps_its_keys(opened: Opening) -> None:
    grid = opened()
    grid.cell(1, "kind").focus()
    grid.press("F2", "ArrowDown", "ArrowDown", "Enter")

    assert grid.at() == "1-kind"
    assert grid.value(1, "kind") == "ongoing_cost"


def test_only_the_columns_that_a_kind_needs_are_shown(opened: Opening) -> None:
    grid = opened()

    def shown() -> list[str]:
        names = ("recurrence", "nature", "cause", "caused_by", "approval")
        return [name for name in names if grid.cell(1, name).is_visible()] + (
            ["tupe"] if grid.cell(1, "tupe_0").is_visible() else []
        )

    assert shown() == []
    for kind, columns in (
        ("saving", ["recurrence", "nature"]),
        ("variance", ["cause"]),
        ("ongoing_cost", ["tupe"]),
        ("transition_cost", ["approval"]),
    ):
        grid.fill(1, kind=kind)
        assert shown() == columns
    grid.fill(1, kind="variance")
    grid.fill(1, cause="specification_change")
    assert shown() == ["cause", "caused_by"]
    # A column with a value stays visible until the value is taken out.
    grid.fill(1, kind="saving")
    assert shown() == ["recurrence", "nature", "cause", "caused_by"]
    grid.fill(1, cause="")
    assert shown() == ["recurrence", "nature"]


def test_the_form_is_accessible(partnership: Partnership, opened: Opening) -> None:
    partnership.draft(
        "WCC",
        a_saving(),
        {"service": "libraries", "kind": "ongoing_cost", "scope": "own", "amount": "7"},
        {"service": "libraries", "kind": "transition_cost", "scope": "own", "amount": "7"},
        {**a_saving(), "kind": "variance", "cause": "demand"},
    )
    grid = opened()
    assert axe(grid.page) == []
    grid.page.set_viewport_size({"width": 320, "height": 640})
    for details in grid.page.locator("details").all():
        details.evaluate("(details) => { details.open = true; }")
    assert axe(grid.page) == []
    assert grid.page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_focused_cell_is_not_hidden_behind_the_bar(
    partnership: Partnership, opened: Opening
) -> None:
    partnership.draft("WCC", *(a_saving(amount=str(n)) for n in range(1, 30)))
    grid = opened(viewport={"width": 1280, "height": 720})
    grid.cell(1, "amount").focus()
    hidden = []
    for _ in range(29):
        at = grid.press("ArrowDown")
        hidden += grid.page.evaluate(
            """() => {
                const { left, top, width, height } = document.activeElement.getBoundingClientRect();
                const seen = document.elementFromPoint(left + width / 2, top + height / 2);
                return seen === document.activeElement ? [] : [document.activeElement.id];
            }"""
        )
    assert at == "30-amount"
    assert hidden == []
