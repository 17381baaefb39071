"""The tables of a page as rows of words, for tests that compare figures to the penny."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

Rows = list[list[str]]


class _Tables(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[Rows] = []
        self._in_cell = False
        self._unseen = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._in_cell = True
        elif tag == "span":
            unseen = "govuk-visually-hidden" in (dict(attrs).get("class") or "")
            self._unseen += 1 if unseen or self._unseen else 0
        elif tag == "br" and self._in_cell:
            self.tables[-1][-1][-1] += " "

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            row = self.tables[-1][-1]
            row[-1] = " ".join(row[-1].split())
            self._in_cell = False
        elif tag == "span" and self._unseen:
            self._unseen -= 1

    def handle_data(self, data: str) -> None:
        if self._in_cell and not self._unseen:
            self.tables[-1][-1][-1] += data


def tables_of(response: Any) -> list[Rows]:
    """Every table of a response, in order; a row is its cells as they are seen."""
    return _Tables(response.content.decode()).tables


def table_headed(response: Any, first: str) -> Rows:
    """The rows below the heading of the table whose first heading is this."""
    for table in tables_of(response):
        if table and table[0][0] == first:
            return table[1:]
    raise AssertionError(f"no table is headed “{first}”")
