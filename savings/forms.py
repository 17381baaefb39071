"""What plain forms have in common: nothing typed is lost, every mistake stands by its control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django import forms

from sovereignty.refusals import BadContent, FieldError


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


class ProposalForm(SayingForm):
    """What is put to the councils; its own form gives it `answer_by` by `answer_by_field`."""

    def day(self) -> date | None:
        """The day to answer by, if one is given; raises BadContent for what is no day."""
        text = self.say("answer_by")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            remedy = FieldError("answer_by", "Write the day as 2013-09-30.")
            raise BadContent([remedy]) from error


def answer_by_field() -> forms.Field:
    return forms.Field(
        label="Answer by",
        help_text="The day by which you ask every council to answer, such as 2013-09-30.",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
