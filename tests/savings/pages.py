"""Reading a page as a browser would: what its controls hold, and what its markup lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

Attributes = dict[str, str | None]


@dataclass
class Form:
    """A form's address and what a browser would send with it, buttons left out."""

    action: str
    sent: dict[str, Any] = field(default_factory=dict)


class Reading(HTMLParser):
    """The controls, labels, ids, links and forms of a page, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: list[Attributes] = []
        self.labelled: set[str] = set()
        self.ids: list[str] = []
        self.hrefs: list[str] = []
        self.inline: list[str] = []
        self.forms: list[Form] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self._select = ""
        self._textarea = ""
        self._inert = 0
        self.feed(html.replace("\r\n", "\n"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._inert += tag == "template"
        if self._inert:
            return
        self.ids += [values["id"] or ""] if "id" in values else []
        self.inline += [f"{tag} {name}" for name in values if name == "style" or name[:2] == "on"]
        if tag in ("script", "style"):
            self.open.append(tag)
            if "src" not in values and "nonce" not in values:
                self.inline.append(tag)
        elif tag == "a":
            self.hrefs.append(values.get("href") or "")
        elif tag == "label":
            self.labelled.add(values.get("for") or "")
        elif tag == "form":
            self.forms.append(Form(values.get("action") or ""))
        elif tag in ("input", "select", "textarea"):
            self._control(tag, values)
        elif tag == "option" and "selected" in values and self._select:
            self.forms[-1].sent[self._select] = values.get("value") or ""

    def _control(self, tag: str, values: Attributes) -> None:
        name, kind = values.get("name") or "", values.get("type") or tag
        if name == "csrfmiddlewaretoken":  # not the same each time
            return
        if not name:  # never sent
            self.controls.append(values)
            return
        if kind != "hidden":
            self.controls.append(values)
        sent = self.forms[-1].sent
        if tag == "select":
            self._select = name
            sent[name] = ""
        elif tag == "textarea":
            self._textarea = name
            sent[name] = ""
        elif kind not in ("checkbox", "radio"):
            sent[name] = values.get("value") or ""
        elif kind == "radio" and "checked" in values:
            sent[name] = values.get("value") or "on"
        elif kind == "checkbox" and "checked" in values:
            sent.setdefault(name, []).append(values.get("value") or "on")

    def handle_endtag(self, tag: str) -> None:
        self._inert -= tag == "template"
        if tag in ("script", "style") and self.open:
            self.open.pop()
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._textarea:
            # A browser drops the first line break, and sends each of the others as two characters.
            typed = self.forms[-1].sent[self._textarea].removeprefix("\n")
            self.forms[-1].sent[self._textarea] = typed.replace("\n", "\r\n")
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].sent[self._textarea] += data
        elif not self.open and not self._inert:
            self.texts.append(data)

    @property
    def words(self) -> str:
        """All of the page's text, with single spaces."""
        return " ".join(" ".join(self.texts).split())

    def form(self, end: str) -> Form:
        """The form whose address ends like this."""
        return next(form for form in self.forms if form.action.endswith(end))


def read(response: Any) -> Reading:
    return Reading(response.content.decode())


def heading(response: Any) -> str:
    """The words of the page's main heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.DOTALL)
    assert found, response.content[:500]
    return " ".join(found[1].split())


def refused(response: Any, sentence: str) -> None:
    """Check that this is the site's page for who may not, and that it says this."""
    assert response.status_code == 403
    assert heading(response).startswith("You do not have ")
    assert sentence in read(response).words


def not_found(response: Any) -> None:
    """Check that this is the site's page for what there is not."""
    assert (response.status_code, heading(response)) == (404, "Page not found")
