"""The form of a transition budget, as a person proposes it."""

from __future__ import annotations

from typing import Any

from django import forms

from finance.money import MoneyError, parse_money
from savings.kit.choosing import services_of
from savings.kit.forms import ProposalForm, quarter_field
from services.models import Service
from services.tree import ServiceTree
from sovereignty.refusals import BadContent, FieldError


class BudgetForm(ProposalForm):
    service = forms.Field(label="Which service changes?", required=False, widget=forms.Select)
    code = forms.Field(
        label="Short code",
        help_text="Costs are claimed on the budget with this code, such as library-moves. Use "
        "letters and digits, with hyphens or underscores between them.",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    ceiling = forms.Field(
        label="Up to how much?",
        help_text="The most that all councils together can claim, such as 120,000 or £1.2m.",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "spellcheck": "false"}),
    )
    effective_from = quarter_field(
        "The first quarter whose costs can be claimed, such as 2013-14-Q3. It has to be open or in "
        "the future."
    )
    description = forms.Field(
        label="What is it for?",
        help_text="Every council reads it before it answers.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self, tree: ServiceTree, data: Any = None, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["service"].widget.choices = [("", "Choose"), *services_of(tree)]

    def read(self) -> dict[str, Any]:
        """What `propose_budget` takes; raises BadContent with all that is missing or wrong."""
        service = Service.objects.filter(slug=self.say("service")).first()
        ceiling: int | None = None
        errors: list[FieldError] = []
        if service is None:
            errors.append(FieldError("service", "Choose the service from the list."))
        if not self.say("code"):
            errors.append(FieldError("code", "Give a short code, such as library-moves."))
        try:
            ceiling = parse_money(self.say("ceiling"))
        except MoneyError as error:
            errors.append(FieldError("ceiling", str(error)))
        quarter = self.read_or_add(errors, self.quarter)
        if not self.say("description"):
            errors.append(FieldError("description", "Say what the budget is for."))
        day = self.read_or_add(errors, self.day)
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
