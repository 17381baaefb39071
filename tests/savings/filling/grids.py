"""The form of a return in a real browser, by the names that the page itself uses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.models import Event
from savings.returns.models import Entry
from savings.returns.reports import row_of
from savings.returns.rows import describe
from tests.partnership import Q1

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

EDIT = "/returns/WCC/2013-14-Q1/edit/"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True)
class Grid:
    """The open form of a return; rows and columns by the names that the page itself uses."""

    page: Page

    def cell(self, row: int, column: str) -> Locator:
        return self.page.locator(f"#id_row-{row}-{column}")

    def value(self, row: int, column: str) -> str:
        return self.cell(row, column).input_value()

    def at(self) -> str:
        """Row and column of the cell that has the focus."""
        return str(self.page.evaluate("document.activeElement.id")).removeprefix("id_row-")

    def press(self, *keys: str) -> str:
        for key in keys:
            self.page.keyboard.press(key)
        return self.at()

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def paste(self, row: int, column: str, text: str) -> None:
        self.cell(row, column).focus()
        self.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
        self.page.keyboard.press("Control+V")

    def says(self, sentence: str) -> None:
        """Wait until the status says so."""
        self.page.locator("[data-status]", has_text=re.compile(sentence)).wait_for()

    def announces(self, sentence: str) -> None:
        self.page.locator("[data-said]", has_text=re.compile(sentence)).wait_for(state="attached")

    def drawn(self) -> None:
        """Wait until changes are drawn: totals are drawn once a frame."""
        self.page.evaluate(
            "new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"
        )

    def total(self, kind: str) -> str:
        self.drawn()
        return self.page.locator(f"[data-total={kind}] dd").inner_text()

    def beside(self, service: str) -> list[str]:
        """Plan, last quarter, year to date and this quarter of a service."""
        self.drawn()
        texts = self.page.locator(f"[data-service='{service}'] td").all_inner_texts()
        return [" ".join(text.split()).replace("– none", "–") for text in texts]

    def fill(self, row: int, **columns: str) -> None:
        for column, value in columns.items():
            control = self.cell(row, column)
            if control.evaluate("(control) => control.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)


Opening = Callable[..., Grid]


def stored(quarter: Any = Q1) -> list[dict[str, object]]:
    entries = Entry.objects.filter(parent__council__code="WCC", parent__period__quarter=quarter)
    return [describe(row_of(entry)) for entry in entries.select_related("service", "caused_by")]


def saves() -> int:
    return Event.objects.about("return", "WCC/2013-14-Q1").filter(action="saved").count()


def axe(page: Page) -> list[str]:
    """What axe finds on the page as it is now."""
    from axe_playwright_python.base import AXE_SCRIPT

    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"runOnly": STANDARDS, "resultTypes": ["violations"]}
    found = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [f"{one['id']} at {node['target']}" for one in found for node in one["nodes"]]
