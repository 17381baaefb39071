"""Quarters and services as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from finance.periods import PeriodError, Quarter
from services.provenance import Provenance
from services.states import CHOICES
from services.tree import ServiceTree, StateSpell
from sovereignty.shapes import Shape, Text


class QuarterText(Text):
    """A quarter by its code, such as ``2012-13-Q4``; becomes a `Quarter`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "A quarter, such as 2013-14-Q1.")
        super().__init__("Give a quarter, such as 2013-14-Q1.", max_length=10, **options)

    def run_validation(self, data: Any = empty) -> Any:
        value = super().run_validation(data)
        try:
            return Quarter.parse(value) if isinstance(value, str) else value
        except PeriodError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: Quarter) -> str:  # type: ignore[override]
        return value.code


class ServiceParameters(Shape):
    period = QuarterText(
        required=False,
        help_text="The quarter to show participants and host for; by default the latest open one.",
    )


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service in a quarter, with participants and host inherited if not set."""

    slug: str
    name: str
    parent: str | None
    programme: str
    depth: int
    participants: list[str]
    host: str | None
    host_provenance: str | None
    period: Quarter | None
    state: str | None
    #: The service whose recorded state it is, and that state.
    settled: tuple[str, StateSpell] | None

    @property
    def illustrative(self) -> bool:
        return self.host_provenance == Provenance.ILLUSTRATIVE


def service_rows(tree: ServiceTree, quarter: Quarter | None) -> list[ServiceRow]:
    """Every service, those above before those below. Without a quarter no council takes part."""
    rows = []
    for node, depth in tree.walk():
        hosting = tree.hosting(node.slug, quarter) if quarter else None
        rows.append(
            ServiceRow(
                slug=node.slug,
                name=node.name,
                parent=node.parent,
                programme=tree.programme(node.slug),
                depth=depth,
                participants=list(tree.participants(node.slug, quarter)) if quarter else [],
                host=hosting.council if hosting else None,
                host_provenance=hosting.provenance if hosting else None,
                period=quarter,
                state=tree.state(node.slug, quarter) if quarter else None,
                settled=tree.state_from(node.slug, quarter) if quarter else None,
            )
        )
    return rows


class SettledSerializer(serializers.Serializer):
    """Who settled the state of a service, and where that can be read."""

    service = serializers.CharField(help_text="The service whose state it is: itself or one above.")
    settled_by = serializers.CharField()
    document = serializers.CharField()
    place = serializers.CharField(allow_blank=True)
    effective_from = QuarterText()
    last_quarter = QuarterText(allow_null=True, help_text="Null until further notice.")


def settled_as_json(settled: tuple[str, StateSpell] | None) -> dict[str, Any] | None:
    """A recorded state with the service that it is of; None where there is none."""
    if settled is None:
        return None
    service, state = settled
    return {
        "service": service,
        "settled_by": state.settled_by,
        "document": state.document,
        "place": state.place,
        "effective_from": state.first.code,
        "last_quarter": state.last.code if state.last else None,
    }


class ServiceSerializer(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    parent = serializers.CharField(  # type: ignore[assignment]
        allow_null=True, help_text="The service above; null at a root."
    )
    programme = serializers.CharField(help_text="The root that it is below, or itself.")
    depth = serializers.IntegerField(
        help_text="0 for a programme, 1 for a service directly below one, and so on."
    )
    participants = serializers.ListField(
        child=serializers.CharField(),
        help_text="Codes of the councils that take part, inherited if not set.",
    )
    host = serializers.CharField(
        allow_null=True, help_text="The council that hosts it, inherited if not set."
    )
    host_provenance = serializers.ChoiceField(
        choices=Provenance.choices,
        allow_null=True,
        help_text="The provenance of the host; null if there is none.",
    )
    illustrative = serializers.BooleanField(
        help_text="Whether the host was made up for the demonstration."
    )
    period = QuarterText(allow_null=True, help_text="The quarter that this is for.")
    state = serializers.ChoiceField(
        choices=CHOICES,
        allow_null=True,
        help_text="What becomes of it: nobody shares it unless this is `shared`. Null if nothing "
        "is recorded and fewer than two councils take part.",
    )
    state_settled = serializers.SerializerMethodField(
        help_text="Who settled the state and where. Null if it is not recorded but follows from "
        "who takes part."
    )

    @extend_schema_field(SettledSerializer(allow_null=True))
    def get_state_settled(self, row: ServiceRow) -> dict[str, Any] | None:
        return settled_as_json(row.settled)
