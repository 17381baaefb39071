"""Which moment, and which events, are asked for."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from savings.history.reports import Asked
from savings.kit.choosing import ChoosingForm, choice
from savings.kit.moments import MomentError, moment_of

EXAMPLE = "For example, 1/8/2013."
#: A day as it is written in England: 1/8/2013.
_WRITTEN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.ASCII)


class MomentField(forms.CharField):
    """A day that has come, meaning its end in London, or a time with its zone; or nothing.

    A day is written as 1/8/2013 or 2013-08-01. Becomes a time, or None. With `first` a day
    means its beginning.
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
                raise ValidationError(f"“{text}” is in no calendar. {EXAMPLE}") from None
        try:
            return moment_of(text, today=timezone.localdate(), first=self.first)
        except MomentError as error:
            raise ValidationError(str(error)) from error


class MomentForm(forms.Form):
    """The day that a return is asked for as at."""

    as_at = MomentField(label="As it stood at the end of", help_text=EXAMPLE)


class EventsForm(ChoosingForm):
    """Which events are asked for; all of those that a person sees unless it is said."""

    chain = choice("Chain")
    subject = choice("Kind of record")
    subject_id = forms.CharField(
        required=False, label="Record", help_text="For example WCC/2013-14-Q1.", max_length=120
    )
    by = forms.CharField(required=False, label="Person", help_text="A username.", max_length=150)

    def __init__(
        self, data: QueryDict, *, chains: list[tuple[str, str]], subjects: list[str]
    ) -> None:
        super().__init__(data)
        self.fields["from"] = MomentField(first=True, label="From", help_text=EXAMPLE)
        self.fields["to"] = MomentField(label="To", help_text=EXAMPLE)
        self.offer("chain", [("", "All that you may see"), *chains])
        self.offer(
            "subject",
            [("", "All kinds"), *((subject, subject.capitalize()) for subject in subjects)],
        )

    def clean_to(self) -> datetime | None:
        first, last = self.cleaned_data.get("from"), self.cleaned_data["to"]
        if first is not None and last is not None and last < first:
            raise ValidationError("The last day comes before the first. Choose a later one.")
        return last

    def asked(self) -> Asked:
        """What a valid form asks for."""
        data = dict(self.cleaned_data)
        return Asked(first=data.pop("from"), last=data.pop("to"), **data)
