"""Events in templates: their links, and as much of them as a page shows."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.urls import NoReverseMatch, reverse

from audit.models import Event

register = template.Library()


@register.filter
def history_address(event: Event) -> str:
    """The address of the return's history, if the event is about a return; otherwise empty."""
    council, _, period = event.subject_id.partition("/")
    if event.subject != "return" or not period:
        return ""
    try:
        return reverse("return-history", args=[council, period])
    except NoReverseMatch:
        return ""


@register.filter
def named(names: Mapping[str, str], username: str) -> str:
    """A person's full name by username; empty if there is none."""
    return names.get(username, "")


@register.filter
def shortened(text: str | None, most: int) -> str:
    """As much of a text as fits; empty if there is no text."""
    if not text:
        return ""
    return text if len(text) <= most else f"{text[:most]}…"
