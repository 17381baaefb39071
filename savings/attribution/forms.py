"""The form that asks for the entries behind a figure."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from finance.periods import Quarter
from savings.attribution.reports import FigureAsked
from savings.kit.choosing import ChoosingForm, choice, cut_short, services_of
from savings.quarters.models import Period
from savings.returns.models import Entry
from services.tree import ServiceTree
from sovereignty.models import Council

UNATTRIBUTED = "unattributed"


class FigureForm(ChoosingForm):
    """Any field may be left out. With none, it is the savings of all services and quarters."""

    kind = choice("Kind")
    service = choice("Service")
    alone = forms.BooleanField(
        required=False, label="Only what is recorded for this service itself, not below it"
    )
    council = choice("Council it falls on")

    def __init__(
        self,
        data: QueryDict,
        *,
        tree: ServiceTree,
        councils: Sequence[Council],
        periods: Sequence[Period],
    ) -> None:
        super().__init__(data)
        self.fields["from"] = choice("From the start of")
        self.fields["to"] = choice("To the end of")
        self.tree = tree
        self.councils = {council.code: council for council in councils}
        self.quarters = {period.code: period.quarter for period in periods}
        quarters = [(period.code, str(period)) for period in periods]
        self.offer("kind", Entry.Kind.choices)
        self.offer(
            "service",
            [("", "All services"), *services_of(tree)],
        )
        self.offer(
            "council",
            [
                ("", "All, including what falls on no council"),
                *((council.code, council.name) for council in councils),
                (UNATTRIBUTED, "None: not attributed"),
            ],
        )
        self.offer("from", [("", "The first quarter"), *quarters])
        self.offer("to", [("", "The latest quarter"), *quarters])

    def clean_kind(self) -> str:
        kind = self.cleaned_data["kind"] or Entry.Kind.SAVING.value
        if kind not in Entry.Kind.values:
            raise ValidationError(
                f"“{cut_short(kind)}” is not a kind of entry. Choose one from the list."
            )
        return kind

    def clean_service(self) -> str:
        slug = self.cleaned_data["service"]
        if slug and slug not in self.tree.nodes:
            raise ValidationError(
                f"There is no service “{cut_short(slug)}”. Choose one from the list."
            )
        return slug

    def clean_council(self) -> str:
        code = self.cleaned_data["council"]
        if code and code != UNATTRIBUTED and code not in self.councils:
            raise ValidationError(
                f"There is no council “{cut_short(code)}”. Choose one from the list."
            )
        return code

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

    def asked(self) -> FigureAsked:
        """The figure that a valid form asks for."""
        data = self.cleaned_data
        slug = data["service"]
        services = None
        if slug:
            services = frozenset({slug}) if data["alone"] else self.tree.below(slug)
        return FigureAsked(
            kind=data["kind"],
            services=services,
            council=self.councils.get(data["council"]),
            unattributed=data["council"] == UNATTRIBUTED,
            first=data["from"],
            last=data["to"],
        )

    def whose(self) -> str:
        """The heading of the part of each entry that counts; empty if the whole entry counts."""
        asked = self.asked()
        if asked.unattributed:
            return "Not attributed"
        return f"{asked.council.name}’s part" if asked.council else ""

    def in_words(self) -> list[dict[str, str]]:
        """What a valid form asks for, as facts to read."""
        data, asked = self.cleaned_data, self.asked()
        service = "All services"
        if data["service"]:
            name = self.tree.nodes[data["service"]].name
            below = self.tree.children.get(data["service"])
            service = name
            if below:
                service += " only, nothing below it" if data["alone"] else " and all below it"
        council = "All, including what falls on no council"
        if asked.unattributed:
            council = "None: not attributed"
        elif asked.council:
            council = f"{asked.council.name}: its part of each entry"
        first = asked.first.label if asked.first else "the first quarter"
        last = asked.last.label if asked.last else "the latest"
        return [
            {"key": "Kind", "value": Entry.Kind(asked.kind).label},
            {"key": "Service", "value": service},
            {"key": "Council it falls on", "value": council},
            {
                "key": "Quarters",
                "value": first if first == last else f"From {first} to {last}",
            },
        ]
