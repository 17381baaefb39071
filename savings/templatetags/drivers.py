"""Looking up facts about a driver's values in templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from django import template

register = template.Library()

Found = TypeVar("Found")


@register.filter
def get(found: Mapping[int, Found], number: int) -> Found | None:
    """The value of an id: `{{ put_right|get:restatement.id }}`; None if there is none."""
    return found.get(number)
