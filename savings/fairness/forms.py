"""The form that asks for fairness, and the form that proposes the test."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from finance.periods import Quarter
from savings.fairness.reports import FairnessQuestion
from savings.kit.choosing import ChoosingForm, choice, cut_short, services_of
from savings.kit.forms import ProposalForm
from savings.quarters.choosing import quarters_of, to_the_end_of
from savings.quarters.models import Period
from services.tree import ServiceTree


class FairnessForm(ChoosingForm):
    """By default: all services, from the first quarter to the latest closed."""

    service = choice("Service")

    def __init__(self, data: QueryDict, tree: ServiceTree, periods: Sequence[Period]) -> None:
        super().__init__(data)
        self.fields["from"] = choice("From the start of")
        self.fields["to"] = choice("To the end of")
        self.tree = tree
        self.periods = periods
        self.quarters = {period.code: period.quarter for period in periods}
        self.offer(
            "service",
            [("", "All services"), *services_of(tree)],
        )
        self.offer("from", [("", "The first quarter"), *quarters_of(periods)])
        self.offer("to", to_the_end_of(periods))

    def clean_service(self) -> str:
        slug = self.cleaned_data["service"]
        if slug and slug not in self.tree.nodes:
            raise ValidationError(
                f"There is no service “{cut_short(slug)}”. Choose one from the list."
            )
        return slug

    def clean_from(self) -> Quarter | None:
        return self._quarter("from")

    def clean_to(self) -> Quarter | None:
        first, last = self.cleaned_data.get("from"), self._quarter("to")
        if first is not None and last is not None and last < first:
            raise ValidationError("The last quarter comes before the first. Choose a later one.")
        return last

    def _quarter(self, name: str) -> Quarter | None:
        code = self.cleaned_data[name]
        if not code:
            return None
        if code not in self.quarters:
            raise ValidationError(
                f"“{cut_short(code)}” is not a quarter that returns are made for. "
                "Choose one from the list."
            )
        return self.quarters[code]

    def asked(self) -> FairnessQuestion:
        """What a valid form asks for."""
        data = self.cleaned_data
        return FairnessQuestion(self.tree, data["service"] or None, data["from"], data["to"])


class FairnessTestForm(ProposalForm):
    """A test of fairness, as a person proposes it."""

    below = forms.Field(
        label="How little is little?",
        help_text="A council gains little if its share of the net is below this much of its "
        "share of the contribution, such as 1/2 or 0.5.",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    quarters = forms.Field(
        label="For how many quarters in a row?",
        help_text="From this many on, the page warns. Enter a whole number, such as 4.",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "spellcheck": "false"}),
    )

    def count(self) -> int:
        """How many quarters; 0, which is refused, if the text is not such a number."""
        text = self.say("quarters")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
