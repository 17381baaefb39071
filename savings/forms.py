"""What plain forms have in common: nothing typed is lost, every mistake stands by its control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms

from sovereignty.refusals import FieldError


class SayingForm(forms.Form):
    """Fields of plain text. Whether what they say will do, an action decides, not the form.

    `shows` names the control that shows the mistakes of an action's field of another name.
    """

    shows: Mapping[str, str] = {}

    def say(self, name: str) -> str:
        """What was typed, or what stood there; lines end as the project writes them."""
        return str(self[name].value() or "").replace("\r\n", "\n").strip()

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        for error in errors:
            name = self.shows.get(error.field, error.field)
            self.add_error(name if name in self.fields else None, error.message)
