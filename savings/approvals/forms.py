"""The form of a transition budget, as a person proposes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from finance.money import MoneyError, parse_money
from finance.periods import PeriodError, Quarter
from savings.forms import ProposalForm, answer_by_field
from services.models import Service
from services.tree import ServiceTree
from sovereignty.refusals import BadContent, FieldError

INDENT = "\N{EM SPACE}"


class BudgetForm(ProposalForm):
    service = forms.Field(label="Which service changes?", required=False, widget=forms.Select)
    code = forms.Field(
        label="Short code",
        help_text="What costs are claimed on it by, such as library-moves: letters and digits, "
        "with hyphens or underscores between them.",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    ceiling = forms.Field(
        label="Up to how much?",
        help_text="The most that all councils together can claim, such as 120,000 or £1.2m.",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "spellcheck": "false"}),
    )
    effective_from = forms.Field(
        label="From which quarter?",
        help_text="The first whose costs can be claimed, such as 2013-14-Q3. It has to be open "
        "or yet to come.",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    description = forms.Field(
        label="What is it for?",
        help_text="Every council reads it before it answers.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    answer_by = answer_by_field()

    def __init__(
        self, tree: ServiceTree, data: Any = None, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["service"].widget.choices = [("", "Choose")] + [
            (node.slug, INDENT * depth + node.name) for node, depth in tree.walk()
        ]

    def read(self) -> dict[str, Any]:
        """What `propose_approval` takes; raises BadContent with all that is missing or wrong."""
        service = Service.objects.filter(slug=self.say("service")).first()
        ceiling: Decimal | None = None
        quarter = day = None
        errors = []
        if service is None:
            errors.append(FieldError("service", "Choose the service from the list."))
        if not self.say("code"):
            errors.append(FieldError("code", "Give a short code, such as library-moves."))
        try:
            ceiling = parse_money(self.say("ceiling"))
        except MoneyError as error:
            errors.append(FieldError("ceiling", str(error)))
        try:
            quarter = Quarter.parse(self.say("effective_from"))
        except PeriodError as error:
            errors.append(FieldError("effective_from", str(error)))
        if not self.say("description"):
            errors.append(FieldError("description", "Say what the budget is for."))
        try:
            day = self.day()
        except BadContent as refusal:
            errors += refusal.errors
        if errors:
            raise BadContent(errors)
        return {
            "service": service,
            "code": self.say("code"),
            "ceiling": ceiling,
            "effective_from": quarter,
            "description": self.say("description"),
            "answer_by": day,
        }
