"""What is looked at on every page: by a checker, by the keyboard, by a phone's width.

    watched = Watched(page.context, site.address)
    page.goto("/returns/")
    faults = examine(page) + watched.faults()

Every function gives the faults that it found, each in a sentence. A page without any is as
the accessibility statement says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import TimeoutError as TookTooLong

if TYPE_CHECKING:
    from playwright.sync_api import (
        BrowserContext,
        ConsoleMessage,
        Page,
        Request,
        ViewportSize,
        WebError,
    )

WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 640}
DRAWN_WITHIN, FITS_WITHIN = 30_000, 10_000  # milliseconds, with patience for a busy machine
STANDARDS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
LANGUAGE = "en-GB"
SITE = "– Tri-borough"  # what every title ends with
SKIP_LINK = "Skip to main content"


class Watched:
    """What a browser window asks other hosts for and complains of, until it is read."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.host = urlsplit(address).netloc
        self.found: list[str] = []
        self.opened: set[str] = set()
        context.on("request", self.request)
        context.on("console", self.console)
        context.on("weberror", self.error)

    def faults(self) -> list[str]:
        found, self.found = self.found, []
        return found

    def request(self, request: Request) -> None:
        if request.is_navigation_request():
            self.opened.add(request.url)
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
            self.found.append(f"asks another host: {request.url}")

    def console(self, message: ConsoleMessage) -> None:
        # That a page answers with 404 or 422 is logged too; the visitor knows.
        answered = message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not (
            answered and message.location["url"] in self.opened
        ):
            self.found.append(
                f"{message.type} in the console: {message.text} ({message.location['url']})"
            )

    def error(self, error: WebError) -> None:
        self.found.append(f"error in a script: {error.error}")


def examine(page: Page, *, on_a_phone: bool = True) -> list[str]:
    """Everything that is wrong with the page that is open.

    `on_a_phone`: what the checker finds at 320 pixels too, where a kind of page is new.
    """
    page.set_viewport_size(WIDE)
    return [
        *drawing(page),
        *heads(page),
        *charts(page),
        *keyboard(page),  # first, while the focus is where the page has put it
        *names(page),
        *accessibility(page),
        *sideways(page),
        *(f"{fault}, at 320 pixels" for fault in (accessibility(page) if on_a_phone else [])),
    ]


def drawing(page: Page) -> list[str]:
    """Waits until every chart has its picture."""
    try:
        page.wait_for_function(
            "() => [...document.querySelectorAll('[data-chart]')]"
            ".every((chart) => chart.querySelector('svg'))",
            timeout=DRAWN_WITHIN,
        )
    except TookTooLong:
        return ["a chart is not drawn"]
    return []


def heads(page: Page) -> list[str]:
    """One h1, a language, a title."""
    found = page.evaluate(
        "() => [document.querySelectorAll('h1').length, document.documentElement.lang]"
    )
    return [
        *([f"has {found[0]} first headings"] if found[0] != 1 else []),
        *([f"is in the language “{found[1]}”"] if found[1] != LANGUAGE else []),
        *(["has no title"] if not page.title().removesuffix(SITE).strip() else []),
    ]


def charts(page: Page) -> list[str]:
    """Title, sentence and table beside every picture, and the picture hidden from readers."""
    return page.evaluate(
        """() => [...document.querySelectorAll('[data-chart], .app-chart')].flatMap((element) => {
            const chart = element.closest('.app-chart');
            if (!chart) return ['a picture stands outside a chart'];
            const says = (choice) => chart.querySelector(choice)?.textContent.trim() ?? '';
            const picture = chart.querySelector('[data-chart]');
            return [
                !/\\w/.test(says('.app-chart__title')) && 'has no title',
                !/\\w.*\\.$/.test(says('.app-chart__sentence')) && 'has no sentence',
                !chart.querySelector('table tbody tr td') && 'has no table',
                picture && picture.getAttribute('aria-hidden') !== 'true' && 'is not hidden',
            ].filter(Boolean).map((fault) => `the chart #${chart.id} ${fault}`);
        })"""
    )


def accessibility(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA and good practice."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)  # a script element the policy would refuse
    options = {"runOnly": STANDARDS, "resultTypes": ["violations"]}
    found = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [
        f"{violation['id']} at {node['target']}: {violation['help']}"
        for violation in found
        for node in violation["nodes"][:3]
    ]


def names(page: Page) -> list[str]:
    """What can have the focus has a name, as the browser tells assistive technology."""
    session = page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    focusable = [
        node
        for node in nodes
        if not node["ignored"]
        and any(
            given["name"] == "focusable" and given["value"].get("value")
            for given in node.get("properties", [])
        )
        and node["role"]["value"] != "RootWebArea"
    ]
    # Without anything to look at, nothing could be found.
    return ["nothing can have the focus"] * (not focusable) + [
        f"a {node['role']['value']} has no name"
        for node in focusable
        if not node.get("name", {}).get("value", "").strip()
    ]


def keyboard(page: Page) -> list[str]:
    """Tab after Tab: the skip link first, then every control, each seen to have the focus."""
    # On a narrow window the menu has a button, which a busy machine may still be showing.
    page.wait_for_function("(width) => innerWidth === width", arg=WIDE["width"])
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    given = page.evaluate(WATCH_THE_FOCUS)
    # Again where one was missed: a busy machine may drop a press, and what can't be reached is
    # missed every time.
    for _ in range(5):
        for _ in range(given["stops"] + 1):
            page.keyboard.press("Tab")
        reached = page.evaluate("() => [...window.examined.reached, window.examined.stop()]")
        first, *_ = stops = [stop for stop in reached if stop]
        # Where the page itself has moved on, what comes before is reached the other way.
        due = range(first["place"] if given["begun"] else 0, given["stops"])
        missed = set(due) - {stop["place"] for stop in stops}
        if not missed:
            break
    faults = [f"{stop['what']} {fault}" for stop in stops for fault in stop["faults"]]
    if first["what"] != SKIP_LINK and not given["begun"]:
        faults.append(f"the first Tab reaches {first['what']}, not the skip link")
    if missed:
        faults.append(f"{len(missed)} of {given['stops']} controls can't be reached with Tab")
    return sorted(set(faults))


#: Lists what Tab should reach and how each looks without the focus. From then on every press
#: looks first at the control that has the focus, which by then has come into view.
WATCH_THE_FOCUS = """() => {
    const painted = ['boxShadow', 'backgroundColor', 'borderColor', 'outlineStyle', 'outlineWidth',
        'outlineColor'];
    const look = (element) => [element, ...(element.labels ?? [])].flatMap(
        (one) => ['', '::before', '::after'].flatMap((part) => {
            const style = getComputedStyle(one, part || null);
            const unseen = style.outlineStyle === 'none' ? painted.slice(3) : [];
            return painted.filter((name) => !unseen.includes(name)).map((name) => style[name]);
        }),
    ).join();
    const inView = (element) => {
        const { left, top, right, bottom } = element.getClientRects()[0];
        const [x, y] = [Math.max(left, 0), Math.max(top, 0)];
        const width = Math.min(right, innerWidth) - x;
        const height = Math.min(bottom, innerHeight) - y;
        const parts = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]];
        return width > 0 && height > 0 && parts.some(
            ([across, down]) => element.contains(
                document.elementFromPoint(x + across * width, y + down * height),
            ),
        );
    };
    const groups = new Set();
    const stops = [...document.querySelectorAll(
        'a[href], button, input, select, textarea, summary, [tabindex]',
    )].filter((element) => {
        if (element.disabled || element.tabIndex < 0 || element.type === 'hidden') return false;
        if (!element.checkVisibility({ visibilityProperty: true })) return false;
        if (element.type !== 'radio') return true;
        const first = !groups.has(element.name);
        groups.add(element.name);
        return first;
    });
    const before = new Map(stops.map((element) => [element, look(element)]));
    const stop = () => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const says = element.getAttribute('aria-label') ?? element.innerText ?? '';
        return {
            place: stops.indexOf(element),
            what: says.trim().split('\\n')[0].slice(0, 60) || element.id || element.localName,
            faults: [
                look(element) === before.get(element) && 'looks the same with the focus',
                !inView(element) && 'is out of sight when it has the focus',
            ].filter(Boolean),
        };
    };
    const begun = location.hash !== ''
        || document.activeElement.matches('[role=alert], .govuk-error-summary');
    window.examined = { stop, reached: [] };
    let presses = 0;
    document.addEventListener('keydown', (event) => {
        if (event.key === 'Tab' && presses++) window.examined.reached.push(stop());
    }, true);
    return { stops: stops.length, begun };
}"""


def sideways(page: Page) -> list[str]:
    """At 320 pixels nothing moves sideways but tables in their frames."""
    page.set_viewport_size(NARROW)
    try:
        page.wait_for_function(
            "(width) => innerWidth === width && document.documentElement.scrollWidth <= width",
            arg=NARROW["width"],
            timeout=FITS_WITHIN,
        )
        faults = []
    except TookTooLong:
        faults = ["is wider than 320 pixels"]
    return faults + page.evaluate(SIDEWAYS)


#: What reaches beyond the right edge outside a frame, and frames that the keyboard can't move.
SIDEWAYS = """() => {
    const frame = '.app-scroll[role=region][tabindex="0"][aria-label]';
    const what = (element) => element.cloneNode().outerHTML.slice(0, 120);
    return [...document.body.querySelectorAll('*')].flatMap((element) => {
        if (element.closest(frame)?.contains(element.parentElement)) return [];
        if (!element.checkVisibility() || element.closest('svg')?.contains(element.parentElement)) {
            return [];
        }
        const { right, width } = element.getBoundingClientRect();
        const scrolls = /auto|scroll/.test(getComputedStyle(element).overflowX)
            && element.scrollWidth > element.clientWidth + 1;
        return [
            right > innerWidth + 0.5 && width > 1 && `${what(element)} reaches beyond the edge`,
            scrolls && !element.matches(frame) && element.localName !== 'textarea'
                && `${what(element)} moves sideways`,
        ].filter(Boolean);
    }).slice(0, 5);
}"""
