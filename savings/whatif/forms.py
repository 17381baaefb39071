"""The two forms of a what-if: a rule, and a driver's value. They only fill in an address.

`savings.whatif.asking` decides whether the question is valid. A form keeps what was typed and
puts each mistake by its control.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from django import forms
from django.forms.boundfield import BoundField

from finance.periods import Quarter
from savings.formulas.models import AttributionRule
from savings.kit.choosing import ChoosingForm, choice, services_of
from savings.whatif.asking import QuestionAsGiven
from savings.whatif.reports import Known
from sovereignty.refusals import FieldError

SHARE, WEIGHT = "share_", "weight_"


class AskingForm(ChoosingForm):
    """What both have in common: the first quarter, and where mistakes are shown."""

    #: The prefix of the controls' ids, since another form is on the same page.
    ids = ""

    def __init__(self, asked: QuestionAsGiven, known: Known, quarters: Iterable[Quarter]) -> None:
        super().__init__(self.filled(asked), auto_id=f"{self.ids}_%s")
        self.known = known
        self.fields["effective_from"] = choice("From which quarter?")
        self.fields[
            "effective_from"
        ].help_text = "From the start shows what it would have done in every quarter."
        self.offer(
            "effective_from",
            [("", "From the start, instead of what was in force")]
            + [(quarter.code, f"From {quarter.label}") for quarter in quarters],
        )

    def filled(self, asked: QuestionAsGiven) -> dict[str, str]:
        """The values of the controls, by name."""
        raise NotImplementedError

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        self.is_valid()
        for error in errors:
            name = self.shown_at(error.field)
            self.add_error(name if name in self.fields else None, error.message)

    def shown_at(self, field: str) -> str:
        return field


class RuleForm(AskingForm):
    """A rule. Each council's share and each driver's weight has its own control."""

    ids = "rule"

    service = choice("Which service?")
    kind = choice("What does it split?")
    method = forms.CharField(required=False, label="How?", widget=forms.RadioSelect)
    driver = choice("By which driver?")
    indirect_variance = forms.CharField(
        required=False,
        label="Who does a variance in the host’s indirect costs fall on?",
        help_text="For ongoing costs.",
        widget=forms.Select,
    )

    def __init__(self, asked: QuestionAsGiven, known: Known, quarters: Iterable[Quarter]) -> None:
        super().__init__(asked, known, quarters)
        self.offer(
            "service",
            [("", "Choose"), *services_of(known.tree)],
        )
        self.offer("kind", [("", "Choose"), *AttributionRule.Kind.choices])
        self.fields["method"].widget = forms.RadioSelect(choices=AttributionRule.Method.choices)
        self.offer(
            "driver",
            [("", "Choose")] + [(code, str(driver)) for code, driver in known.drivers.items()],
        )
        self.offer(
            "indirect_variance",
            [("", "Shared"), (AttributionRule.IndirectVariance.HOST, "The host council")],
        )
        for code, council in known.councils.items():
            self.fields[f"{SHARE}{code}"] = _share(council.name)
        for code, driver in known.drivers.items():
            self.fields[f"{WEIGHT}{code}"] = _share(driver.name)

    def filled(self, asked: QuestionAsGiven) -> dict[str, str]:
        return {
            "service": asked.service,
            "kind": asked.kind,
            "method": asked.method,
            "driver": asked.driver,
            "indirect_variance": ""
            if asked.indirect_variance == "shared"
            else asked.indirect_variance,
            "effective_from": asked.effective_from,
            **{f"{SHARE}{code}": share for code, share in asked.shares.items()},
            **{f"{WEIGHT}{code}": weight for code, weight in asked.weights.items()},
        }

    def shown_at(self, field: str) -> str:
        """A mistake in one share is shown at that share, and one in all of them at the first."""
        for name, prefix, known in (
            ("shares", SHARE, self.known.councils),
            ("weights", WEIGHT, self.known.drivers),
        ):
            whole, _, code = field.partition(".")
            if whole == name and known:
                return f"{prefix}{code if code in known else next(iter(known))}"
        return field

    @property
    def share_fields(self) -> Iterator[BoundField]:
        return (self[f"{SHARE}{code}"] for code in self.known.councils)

    @property
    def weight_fields(self) -> Iterator[BoundField]:
        return (self[f"{WEIGHT}{code}"] for code in self.known.drivers)


class ValueForm(AskingForm):
    """Another value of a driver for one council."""

    ids = "value"

    driver = choice("Which driver?")
    council = choice("Of which council?")
    value = forms.CharField(
        required=False,
        label="What if it were",
        help_text="A number, such as 412 or 1,163.5.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "spellcheck": "false"}),
    )

    def __init__(self, asked: QuestionAsGiven, known: Known, quarters: Iterable[Quarter]) -> None:
        super().__init__(asked, known, quarters)
        self.offer(
            "driver",
            [("", "Choose")] + [(code, str(driver)) for code, driver in known.drivers.items()],
        )
        self.offer(
            "council",
            [("", "Choose")] + [(code, council.name) for code, council in known.councils.items()],
        )

    def filled(self, asked: QuestionAsGiven) -> dict[str, str]:
        return {
            "driver": asked.driver,
            "council": asked.council,
            "value": asked.value,
            "effective_from": asked.effective_from,
        }


def typed(query: Mapping[str, str]) -> QuestionAsGiven:
    """What was typed into the controls of a form, or given as parameters of an address."""
    asked = QuestionAsGiven.of(query)
    return replace(
        asked,
        shares=asked.shares | _controls(query, SHARE),
        weights=asked.weights | _controls(query, WEIGHT),
    )


def meant(query: Mapping[str, str]) -> QuestionAsGiven:
    """What the same means. A form sends all of its controls, even unused ones.

    Controls of another method than the chosen one are left out, and so is the host of a rule
    that does not split costs.
    """
    asked = typed(query)
    if not any(name.startswith((SHARE, WEIGHT)) for name in query):
        return asked
    return replace(
        asked,
        shares=asked.shares if asked.method == "fixed" else {},
        weights=asked.weights if asked.method == "blend" else {},
        driver=asked.driver if asked.method == "driver" else "",
        indirect_variance=asked.indirect_variance if asked.kind == "ongoing_cost" else "",
    )


def _controls(query: Mapping[str, str], prefix: str) -> dict[str, str]:
    """What was typed into the controls of this prefix, by code."""
    return {
        name.removeprefix(prefix): text.strip()
        for name, text in query.items()
        if name.startswith(prefix) and text.strip()
    }


def _share(label: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        label=label,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
