"""Forms in an address: lists to choose from, all of which may be left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django import forms

from savings.returns.models import Period
from services.tree import ServiceTree

#: A longer value than this in an address is no code of anything; it is shown cut short.
LONGEST = 40
_INDENT = "\N{EM SPACE}"


class ChoosingForm(forms.Form):
    """A form of lists. What was given and is in none stays in its list, selected.

    So the form says what the address says, also where that is wrong. Each field is a
    CharField with a Select; the subclass offers the choices and checks what was given.
    """

    def offer(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        """Set the list of a field, in order."""
        offered = list(choices)
        given = self.data.get(name, "")
        if given and given not in dict(offered):
            offered.append((given, f"{cut_short(given)} (not in the list)"))
        widget = self.fields[name].widget
        if isinstance(widget, forms.Select):
            widget.choices = offered


def choice(label: str) -> forms.CharField:
    """A field for `ChoosingForm`."""
    return forms.CharField(required=False, label=label, widget=forms.Select)


def services_of(tree: ServiceTree) -> list[tuple[str, str]]:
    """Every service by its slug, those below another set in under it."""
    return [(node.slug, f"{_INDENT * depth}{node.name}") for node, depth in tree.walk()]


def quarters_of(periods: Iterable[Period]) -> list[tuple[str, str]]:
    """Each quarter by its code, saying which are still open."""
    return [
        (period.code, f"{period}{' (still open)' if period.is_open else ''}") for period in periods
    ]


def to_the_end_of(periods: Sequence[Period]) -> list[tuple[str, str]]:
    """To which quarter to count: the latest closed one unless another is chosen."""
    closed = [period for period in periods if not period.is_open]
    latest = max(closed, key=lambda period: period.quarter, default=None)
    usual = f"Latest closed quarter ({latest})" if latest else "No closed quarter"
    return [("", usual), *quarters_of(periods)]


def cut_short(given: str) -> str:
    """What somebody gave, as far as it is worth repeating."""
    return given if len(given) <= LONGEST else f"{given[:LONGEST]}…"
