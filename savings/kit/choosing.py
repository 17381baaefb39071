"""Forms in an address: lists to choose from, all of them optional."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django import forms

from services.tree import ServiceTree

#: A value in an address that is longer than this is not a code; it is shown cut short.
LONGEST = 40
#: Codes with their labels.
Choices = Sequence[tuple[str, str]]
_INDENT = "\N{EM SPACE}"


class ChoosingForm(forms.Form):
    """A form of lists. A given value that is not in its list is added to it, selected.

    So the form says what the address says, even if it is wrong. Each field is a CharField
    with a Select. The subclass offers the choices and checks what was given.
    """

    def offer(self, name: str, choices: Iterable[tuple[str, str | Choices]]) -> None:
        """Set the list of a field, in order; a label may be that of a group with its choices."""
        offered = list(choices)
        given = self.data.get(name, "")
        codes = {
            code
            for choice, label in offered
            for code, _ in ([(choice, label)] if isinstance(label, str) else label)
        }
        if given and given not in codes:
            offered.append((given, f"{cut_short(given)} (not in the list)"))
        widget = self.fields[name].widget
        if isinstance(widget, forms.Select):
            widget.choices = offered


def choice(label: str) -> forms.CharField:
    """A field for `ChoosingForm`."""
    return forms.CharField(required=False, label=label, widget=forms.Select)


def services_of(tree: ServiceTree) -> list[tuple[str, str]]:
    """Every service by its slug, with services below another indented under it."""
    return [(node.slug, f"{_INDENT * depth}{node.name}") for node, depth in tree.walk()]


def cut_short(given: str) -> str:
    """What somebody gave, as far as it is worth repeating."""
    return given if len(given) <= LONGEST else f"{given[:LONGEST]}…"
