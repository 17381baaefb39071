"""What plain forms have in common: nothing typed is lost, every mistake stands by its control."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from django import forms

from finance.periods import PeriodError, Quarter
from sovereignty.refusals import BadContent, FieldError

T = TypeVar("T")


class SayingForm(forms.Form):
    """Fields of plain text. Whether what they say will do, an action decides, not the form.

    `shows` names the control that shows the mistakes of an action's field of another name.
    """

    shows: Mapping[str, str] = {}

    def say(self, name: str) -> str:
        """What was typed, or what stood there; lines end as the project writes them."""
        return str(self[name].value() or "").replace("\r\n", "\n").strip()

    def quarter(self, name: str = "effective_from") -> Quarter:
        """The quarter in a field; raises BadContent for what is none."""
        try:
            return Quarter.parse(self.say(name))
        except PeriodError as error:
            raise BadContent([FieldError(name, str(error))]) from error

    def read_or_add(self, errors: list[FieldError], read: Callable[[], T]) -> T | None:
        """What is read; None, with its mistakes added to the others, where that is refused."""
        try:
            return read()
        except BadContent as refusal:
            errors += refusal.errors
            return None

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        for error in errors:
            name = self.shows.get(error.field, error.field)
            self.add_error(name if name in self.fields else None, error.message)


class ProposalForm(SayingForm):
    """What is put to the councils, who are asked to answer by a day; its last field."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["answer_by"] = forms.Field(
            label="Answer by",
            help_text="The day by which you ask every council to answer, such as 2013-09-30.",
            required=False,
            widget=forms.TextInput(attrs={"spellcheck": "false"}),
        )

    def day(self) -> date | None:
        """The day to answer by, if one is given; raises BadContent for what is no day."""
        text = self.say("answer_by")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            remedy = FieldError("answer_by", "Write the day as 2013-09-30.")
            raise BadContent([remedy]) from error


def quarter_field(help_text: str, label: str = "From which quarter?") -> forms.Field:
    """A field that `quarter` reads."""
    return forms.Field(
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
