"""The form that proposes a rule. The action checks what is said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from savings.drivers.models import Driver
from savings.formulas.models import AttributionRule
from savings.kit.choosing import services_of
from savings.kit.forms import ProposalForm, quarter_field
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council
from sovereignty.refusals import BadContent, FieldError


class RuleForm(ProposalForm):
    """A rule as a person proposes it, with a control for each council's share."""

    shows = {"shares": "method", "weights": "weights", "driver": "driver"}

    service = forms.Field(label="Which service?", required=False, widget=forms.Select)
    kind = forms.Field(
        label="What does it split?",
        required=False,
        widget=forms.RadioSelect(choices=AttributionRule.Kind.choices),
    )
    effective_from = quarter_field("Such as 2013-14-Q3. A quarter that is closed stays as it is.")
    reaches_back_until = quarter_field(
        "Only to divide what lies undivided in closed quarters: the last of them. The rule then "
        "splits nothing else.",
        label="Up to which closed quarter does it reach back?",
    )
    method = forms.Field(
        label="How?",
        required=False,
        widget=forms.RadioSelect(choices=AttributionRule.Method.choices),
    )
    driver = forms.Field(
        label="Which driver?",
        required=False,
        widget=forms.Select,
        help_text="Only for a split by a driver.",
    )
    weights = forms.Field(
        label="Weights of the drivers",
        help_text="For a blend: one on each line, code = weight, such as children = 1/2. They must "
        "add up to 1.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    indirect_variance = forms.Field(
        label="Who does a variance in the host's indirect costs fall on?",
        help_text="For ongoing costs.",
        required=False,
        widget=forms.RadioSelect(choices=AttributionRule.IndirectVariance.choices),
    )
    basis = forms.Field(
        label="Why these shares?",
        help_text="The reason, or the document. Every council reads it before it answers.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self,
        tree: ServiceTree,
        councils: Iterable[Council],
        drivers: Iterable[Driver],
        data: Any = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["service"].widget.choices = [("", "Choose"), *services_of(tree)]
        self.fields["driver"].widget.choices = [("", "Choose")] + [
            (driver.code, f"{driver.name} ({driver.unit})") for driver in drivers
        ]
        self.councils = list(councils)
        for council in self.councils:
            self.fields[f"share_{council.code}"] = forms.Field(
                label=council.name,
                required=False,
                widget=forms.TextInput(attrs={"spellcheck": "false"}),
            )

    @property
    def share_fields(self) -> list[forms.BoundField]:
        return [self[f"share_{council.code}"] for council in self.councils]

    def shares(self) -> dict[str, str]:
        """The share of each council that was given one, as typed."""
        given = {c.code: self.say(f"share_{c.code}").strip() for c in self.councils}
        return {code: share for code, share in given.items() if share}

    def weights_given(self) -> dict[str, str]:
        lines = [line.partition("=") for line in self.say("weights").splitlines() if line.strip()]
        return {code.strip(): weight.strip() for code, _, weight in lines}

    def proposed(self) -> dict[str, Any]:
        """What `propose_rule` takes. Raises BadContent with everything that is missing or wrong."""
        errors = self.missing()
        service = Service.objects.filter(slug=self.say("service")).first()
        if self.say("service") and service is None:
            errors.append(FieldError("service", "Choose a service from the list."))
        for name, choices in (("kind", AttributionRule.Kind), ("method", AttributionRule.Method)):
            if self.say(name) and self.say(name) not in choices.values:
                errors.append(FieldError(name, "Choose one from the list."))
        quarter = self.read_or_add(errors, self.quarter)
        until = None
        if self.say("reaches_back_until"):
            until = self.read_or_add(errors, lambda: self.quarter("reaches_back_until"))
        day = self.read_or_add(errors, self.day)
        if errors:
            raise BadContent(errors)
        method = self.say("method")
        fixed, driver, blend = (method == each for each in AttributionRule.Method.values)
        return {
            "service": service,
            "kind": self.say("kind"),
            "method": method,
            "effective_from": quarter,
            "reaches_back_until": until,
            "shares": self.shares() if fixed else {},
            "driver": Driver.objects.filter(code=self.say("driver")).first() if driver else None,
            "weights": self.weights_given() if blend else {},
            "indirect_variance": self.say("indirect_variance")
            or AttributionRule.IndirectVariance.SHARED,
            "basis": self.say("basis"),
            "answer_by": day,
        }

    def missing(self) -> list[FieldError]:
        """What is needed to propose a rule and is missing."""
        needed = {
            "service": "Choose the service.",
            "kind": "Choose what it splits.",
            "method": "Choose how it splits.",
            "basis": "Say why these shares.",
        }
        return [
            FieldError(name, remedy)
            for name, remedy in needed.items()
            if not self.say(name).strip()
        ]
