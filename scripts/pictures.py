"""Takes pictures of a running demonstration's pages, 1280 and 375 pixels wide.

    python scripts/pictures.py http://localhost:8000                 the README's, to docs/images
    python scripts/pictures.py http://localhost:8000 --into FOLDER   every page, at both widths
    python scripts/pictures.py http://localhost:8000 --into FOLDER borough edit

The run stops at a page that is not as expected. Nothing is changed on the site.
"""

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESKTOP, PHONE = 1280, 375
README_HEIGHT = 1340  # the README's picture has the figures and the chart of the areas


@dataclass(frozen=True)
class Picture:
    """A page, seen by a person of the demonstration or, with "", without signing in.

    `path` is its address. If its address can't be known, `link` selects the link on that page
    that leads to it.
    """

    person: str
    path: str
    link: str = ""
    status: int = 200


PICTURES = {
    "sign-in": Picture("", "sign-in/"),
    "accessibility": Picture("", "accessibility/"),
    "comparison": Picture("programme.office", "comparison/"),
    "comparison-area": Picture("programme.office", "comparison/childrens/"),
    "comparison-service": Picture("programme.office", "comparison/fostering-and-adoption/"),
    "entries": Picture("programme.office", "entries/?kind=saving"),
    "entry": Picture("programme.office", "entries/?kind=saving", "tbody a[href^='/entries/']"),
    "returns-programme-office": Picture("programme.office", "returns/"),
    "returns-finance": Picture("finance.wcc", "returns/"),
    "returns-section-151": Picture("s151.rbkc", "returns/"),
    "return-draft": Picture("finance.lbhf", "returns/LBHF/2013-14-Q1/"),
    "return-submitted": Picture("s151.rbkc", "returns/RBKC/2013-14-Q1/"),
    "return-sent-back": Picture("finance.wcc", "returns/WCC/2013-14-Q1/"),
    "return-empty": Picture("finance.lbhf", "returns/LBHF/2013-14-Q2/"),
    "return-certified": Picture("auditor", "returns/partnership/2012-13-Q4/"),
    "edit": Picture("finance.lbhf", "returns/LBHF/2013-14-Q1/edit/"),
    "edit-sent-back": Picture("finance.wcc", "returns/WCC/2013-14-Q1/edit/"),
    "send-back": Picture("s151.rbkc", "returns/RBKC/2013-14-Q1/send-back/"),
    "boroughs": Picture("programme.office", "boroughs/"),
    "borough": Picture("councillor.wcc", "boroughs/WCC/"),
    "record": Picture("auditor", "record/"),
    "record-document": Picture("auditor", "record/documents/proposals-2011/"),
    "record-differences": Picture("auditor", "record/differences/"),
    "record-plans": Picture("auditor", "record/plans/"),
    "record-services": Picture("auditor", "record/services/"),
    "api": Picture("programme.office", "api/v1/docs/"),
    "not-found": Picture("councillor.wcc", "boroughs/LBHF/", status=404),
}


class Photographer:
    """A browser on one demonstration. Each person signs in once."""

    def __init__(self, browser: Browser, address: str, password: str) -> None:
        self.browser = browser
        self.address = address.rstrip("/") + "/"
        self.password = password
        self.pages: dict[str, Page] = {}

    def take(self, name: str, folder: Path, width: int, height: int = 0) -> Path:
        """The picture with that name, as high as the page or `height`."""
        picture = PICTURES[name]
        page = self.page_of(picture.person)
        page.set_viewport_size({"width": width, "height": height or 900})
        self.visit(page, picture)
        target = folder / (f"{name}.png" if height else f"{name}-{width}.png")
        page.screenshot(path=target, full_page=not height, animations="disabled")
        return target

    def visit(self, page: Page, picture: Picture) -> None:
        response = page.goto(self.address + picture.path)
        if picture.link:
            href = page.locator(picture.link).first.get_attribute("href")
            response = page.goto(self.address + str(href).lstrip("/"))
        if response is None or response.status != picture.status:
            sys.exit(f"{page.url} answers {response and response.status}, not {picture.status}")
        if response.request.redirected_from:
            sys.exit(f"{response.request.redirected_from.url} leads to {page.url} instead")
        # A script draws the charts, after the typeface has loaded.
        page.wait_for_load_state("networkidle")
        page.wait_for_function(
            "() => [...document.querySelectorAll('[data-chart]')]"
            ".every((chart) => chart.querySelector('svg'))"
        )

    def page_of(self, person: str) -> Page:
        if person not in self.pages:
            self.pages[person] = self.browser.new_context(locale="en-GB").new_page()
            if person:
                self.sign_in(self.pages[person], person)
        return self.pages[person]

    def sign_in(self, page: Page, person: str) -> None:
        page.goto(self.address + "sign-in/")
        page.get_by_label("Username").fill(person)
        page.get_by_label("Password", exact=True).fill(self.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/comparison/**")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="of a running demonstration, as `make run` prints it")
    parser.add_argument("--into", type=Path, help="a folder; without it, only the README's picture")
    parser.add_argument("names", nargs="*", metavar="page", help=", ".join(PICTURES))
    given = parser.parse_intermixed_args()
    unknown = sorted(set(given.names) - PICTURES.keys())
    if unknown:
        parser.error(f"no page is called {', '.join(unknown)}")
    if given.names and not given.into:
        parser.error("pages chosen by name go into a folder: --into FOLDER")
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        sys.exit("Chromium was not found. Set CHROMIUM to its path.")
    folder = given.into or IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    password = os.environ.get("DEMO_PASSWORD") or "triborough-demo"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        photographer = Photographer(browser, given.address, password)
        if not given.into:
            print(photographer.take("comparison", folder, DESKTOP, README_HEIGHT))
        else:
            for name in given.names or PICTURES:
                for width in (DESKTOP, PHONE):
                    print(photographer.take(name, folder, width))
        browser.close()


if __name__ == "__main__":
    main()
