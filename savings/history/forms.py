"""Which moment, and which events, are asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from savings.choosing import ChoosingForm, choice
from savings.history.moments import DAY, MomentError, moment_of
from savings.history.reports import Asked


class DayInput(forms.DateInput):
    """A day as a browser asks for it; whatever else there is in it stays, as text."""

    input_type = "date"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if value and not DAY.fullmatch(str(value)):
            # A browser would empty a field for days that holds anything else.
            context["widget"]["type"] = "text"
        return context


class MomentField(forms.CharField):
    """A day that has come, meaning its end in London, or a time with its zone; or nothing.

    Becomes a time, or None. With `first` a day means its beginning.
    """

    def __init__(self, *, first: bool = False, **options: Any) -> None:
        self.first = first
        options.setdefault("label", "As it stood at the end of")
        options.setdefault("help_text", "Leave it empty for today.")
        super().__init__(required=False, widget=DayInput, **options)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return moment_of(text, today=timezone.localdate(), first=self.first)
        except MomentError as error:
            raise ValidationError(str(error)) from error


class MomentForm(forms.Form):
    """The day that a return is asked for as at."""

    as_at = MomentField(label="As it stood at the end of", help_text="")


class EventsForm(ChoosingForm):
    """Which events are asked for; all of those that a person sees unless it is said."""

    chain = choice("Chain")
    subject = choice("Kind of record")
    subject_id = forms.CharField(
        required=False, label="Record", help_text="For example WCC/2013-14-Q1.", max_length=60
    )
    by = forms.CharField(required=False, label="Person", help_text="A username.", max_length=150)

    def __init__(
        self, data: QueryDict, *, chains: list[tuple[str, str]], subjects: list[str]
    ) -> None:
        super().__init__(data)
        self.fields["from"] = MomentField(first=True, label="From", help_text="")
        self.fields["to"] = MomentField(label="To", help_text="")
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
