"""Which moment, and which events, are asked for."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from savings.history.reports import EventsAsked
from savings.kit.choosing import ChoosingForm, choice
from savings.kit.forms import EXAMPLE, MomentField


class EventsForm(ChoosingForm):
    """Which events are asked for: all that the person can see, unless they say."""

    chain = choice("Chain")
    subject = choice("Kind of record")
    subject_id = forms.CharField(
        required=False,
        label="Record",
        help_text="For a return, the council’s code and the quarter: EDC/2013-14-Q1.",
        max_length=120,
    )
    by = forms.CharField(required=False, label="Person", help_text="A username.", max_length=150)

    def __init__(
        self, data: QueryDict, *, chains: list[tuple[str, str]], subjects: list[str]
    ) -> None:
        super().__init__(data)
        self.fields["from"] = MomentField(first=True, label="From", help_text=EXAMPLE)
        self.fields["to"] = MomentField(label="To", help_text=EXAMPLE)
        self.offer("chain", [("", "All that you can see"), *chains])
        self.offer(
            "subject",
            [("", "All kinds"), *((subject, subject.capitalize()) for subject in subjects)],
        )

    def clean_to(self) -> datetime | None:
        first, last = self.cleaned_data.get("from"), self.cleaned_data["to"]
        if first is not None and last is not None and last < first:
            raise ValidationError("The last day comes before the first. Choose a later one.")
        return last

    def asked(self) -> EventsAsked:
        """What a valid form asks for."""
        data = dict(self.cleaned_data)
        return EventsAsked(first=data.pop("from"), last=data.pop("to"), **data)
