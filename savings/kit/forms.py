"""What plain forms have in common: nothing typed is lost, and each error is by its control."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from finance.periods import PeriodError, Quarter
from savings.kit.moments import MomentError, moment_of
from sovereignty.refusals import BadContent, FieldError

T = TypeVar("T")


class SayingForm(forms.Form):
    """Fields of plain text. An action decides whether they are valid, not the form.

    `shows` names the control that shows the errors of an action's field of another name.
    """

    shows: Mapping[str, str] = {}

    def say(self, name: str) -> str:
        """The text typed, or the field's initial value, with plain line feeds."""
        return str(self[name].value() or "").replace("\r\n", "\n").strip()

    def quarter(self, name: str = "effective_from") -> Quarter:
        """The quarter in a field. Raises BadContent if it is not a quarter."""
        try:
            return Quarter.parse(self.say(name))
        except PeriodError as error:
            raise BadContent([FieldError(name, str(error))]) from error

    def read_or_add(self, errors: list[FieldError], read: Callable[[], T]) -> T | None:
        """What `read` returns. If it is refused, its errors are added to `errors`: None."""
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
    """A proposal to the councils. Its last field is the day to answer by."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["answer_by"] = forms.Field(
            label="Answer by",
            help_text="The day by which you ask every council to answer, such as 2013-09-30.",
            required=False,
            widget=forms.TextInput(attrs={"spellcheck": "false"}),
        )

    def day(self) -> date | None:
        """The day to answer by, if one is given. Raises BadContent if it is not a day."""
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


EXAMPLE = "For example, 1/8/2013."


#: A day as it is written in England: 1/8/2013.
_WRITTEN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.ASCII)


class MomentField(forms.CharField):
    """A day up to today, or a time with its zone; or nothing. Becomes a time, or None.

    A day is written as 1/8/2013 or 2013-08-01. It means its end in London, or with `first`
    its start.
    """

    def __init__(self, *, first: bool = False, **options: Any) -> None:
        self.first = first
        options.setdefault("label", "As it stood at the end of")
        options.setdefault("help_text", f"{EXAMPLE} Leave it empty for today.")
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        written = _WRITTEN.fullmatch(text)
        if written:
            day, month, year = map(int, written.groups())
            try:
                text = date(year, month, day).isoformat()
            except ValueError:
                raise ValidationError(f"“{text}” is not a real date. {EXAMPLE}") from None
        try:
            return moment_of(text, today=timezone.localdate(), first=self.first)
        except MomentError as error:
            raise ValidationError(str(error)) from error


class MomentForm(forms.Form):
    """The day for which a return is shown as it stood."""

    as_at = MomentField(label="As it stood at the end of", help_text=EXAMPLE)
