"""The examination finds what it is there to find, and nothing on a page that is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys import examination
from tests.journeys.examination import Watched, examine

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.requires_browser

FRAME = 'class="app-scroll" role="region" aria-label="A table" tabindex="0"'
SOUND = f"""<!DOCTYPE html>
<html lang="en-GB"><head><title>A page – Tri-borough</title>
<style>
  .app-scroll {{ overflow-x: auto; }}
  .app-scroll table {{ width: 600px; }}
  :focus {{ outline: 3px solid black; }}
  figure {{ margin: 0; }}
  svg {{ width: 100px; }}
</style></head>
<body>
  <a href="#main">Skip to main content</a>
  <main id="main">
    <h1>A heading</h1>
    <figure class="app-chart" id="by-area">
      <h2 class="app-chart__title">By area</h2>
      <p class="app-chart__sentence">One has the most.</p>
      <div data-chart="figure" aria-hidden="true"><svg></svg></div>
      <div {FRAME}><table><tbody><tr><th scope="row">One</th><td>£1</td></tr></tbody></table></div>
    </figure>
    <form><label for="amount">Amount</label> <input id="amount"> <button>Save</button></form>
  </main>
</body></html>"""


def test_a_sound_page_has_no_faults(page: Page) -> None:
    page.set_content(SOUND)
    assert examine(page) == []


@pytest.mark.parametrize(
    ("part", "instead", "fault"),
    [
        ("<h1>A heading</h1>", "<h1>One</h1><h1>Two</h1>", "has 2 first headings"),
        ('lang="en-GB"', 'lang="en"', "is in the language “en”"),
        ("A page – Tri-borough", " – Tri-borough", "has no title"),
        ("One has the most.", "One", "the chart #by-area has no sentence"),
        ("By area", "", "the chart #by-area has no title"),
        ("<td>£1</td>", "", "the chart #by-area has no table"),
        (' aria-hidden="true"', "", "the chart #by-area is not hidden"),
        ('class="app-chart"', "", "a picture stands outside a chart"),
        ("<svg></svg>", "", "a chart is not drawn"),
        (">Save<", "><", "a button has no name"),
        ("Skip to main content", "Home", "the first Tab reaches Home, not the skip link"),
        (":focus {", "input:focus { outline: none } :not(input):focus {", "looks the same"),
        ("</main>", "<i style='position: fixed; inset: 0'></i></main>", "Save is out of sight"),
        (
            '<input id="amount">',
            "<input id='amount' onkeydown='event.preventDefault()'>",
            "1 of 4 controls can't be reached with Tab",
        ),
        ("£1", "<img src='data:,'>", "image-alt at"),
        ("<form>", "<form style='width: 400px'>", "is wider than 320 pixels"),
        ("<form>", "<form style='width: 400px'>", "reaches beyond the edge"),
        (' tabindex="0"', "", "moves sideways"),
    ],
)
def test_a_fault_is_found(
    part: str, instead: str, fault: str, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "DRAWN_WITHIN", 500)
    monkeypatch.setattr(examination, "FITS_WITHIN", 500)
    assert part in SOUND
    page.set_content(SOUND.replace(part, instead))
    assert [found for found in examine(page, on_a_phone=False) if fault in found]


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("fetch('http://elsewhere.example/')", "asks another host: http://elsewhere.example/"),
        ("console.error('Alas')", "error in the console: Alas"),
        ("console.warn('Mind')", "warning in the console: Mind"),
        ("setTimeout(() => { throw new Error('Broken') })", "error in a script: "),
        ("fetch('/gone')", "error in the console: Failed to load resource"),
    ],
)
def test_what_the_browser_complains_of_is_found(script: str, fault: str, page: Page) -> None:
    page.route(
        "**/*", lambda route: route.fulfill(status=404 if "gone" in route.request.url else 200)
    )
    page.goto("http://site.example/")
    watched = Watched(page.context, "http://site.example")
    page.evaluate(f"() => {{ {script}; }}")
    for _ in range(100):
        if any(found.startswith(fault) for found in watched.found):
            break
        page.wait_for_timeout(50)
    assert [found for found in watched.faults() if found.startswith(fault)]
    assert watched.faults() == []


def test_a_page_that_answers_with_an_error_is_not_complained_of(page: Page) -> None:
    page.route("**/*", lambda route: route.fulfill(status=422, body="<h1>No</h1>"))
    watched = Watched(page.context, "http://site.example")
    page.goto("http://site.example/form/")
    assert watched.faults() == []
