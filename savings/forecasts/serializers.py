"""Forecasts as JSON, and the body that replaces a return's.

`savings.forecasts.rows` decides what a forecast may say; `ForecastColumns` only describes it for
the schema.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from finance.money import json_money
from savings.forecasts.remarks import RemarkKind
from savings.kit.serializers import Money, ProvenanceField, YearText
from savings.returns.models import Forecast, Return
from savings.returns.serializers import VersionRead
from sovereignty.shapes import Choice, Shape, Text
from sovereignty.texts import LONGEST_TEXT

IN_THE_YEAR = "What it is expected to save in the return's financial year."
IN_FULL = "What it is expected to save a year once it is in full effect."


class ForecastParameters(Shape):
    year = YearText(required=False, help_text="The financial year of the returns.")
    status = Choice(Forecast.Status.choices, required=False)
    council = Text(required=False, max_length=12, help_text="A council's code.")


class ForecastSerializer(serializers.Serializer):
    """A forecast with the columns that it is sent with; an empty column is empty text."""

    service = serializers.CharField()
    this_year = Money(help_text=IN_THE_YEAR)
    full_year_effect = Money(help_text=IN_FULL)
    status = serializers.ChoiceField(choices=Forecast.Status.choices)
    starts_on = serializers.DateField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    replacement = serializers.CharField(allow_blank=True)
    provenance = ProvenanceField()

    def to_representation(self, instance: Forecast) -> dict[str, object]:
        return {
            "service": instance.service.slug,
            "this_year": json_money(instance.this_year_pence),
            "full_year_effect": json_money(instance.full_year_effect_pence),
            "status": instance.status,
            "starts_on": instance.starts_on.isoformat() if instance.starts_on else None,
            "reason": instance.reason,
            "replacement": instance.replacement,
            "provenance": instance.provenance,
        }


class ListedForecast(ForecastSerializer):
    """A forecast with the council and the quarter of its return."""

    council = serializers.CharField()
    period = serializers.CharField(help_text="A quarter, such as 2013-14-Q1.")

    def to_representation(self, instance: Forecast) -> dict[str, object]:
        parent = instance.parent
        codes = {"council": parent.council_code, "period": parent.period.code}
        return {**codes, **super().to_representation(instance)}


class RemarkSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in RemarkKind])
    service = serializers.CharField()
    sentence = serializers.CharField(help_text="What is pointed out.")
    remedy = serializers.CharField(help_text="What can be done about it.")
    illustrative = serializers.BooleanField(help_text="Whether the forecast is illustrative.")


class ForecastsDocument(serializers.Serializer):
    """The forecasts of a return, and what is pointed out about them."""

    council = serializers.CharField(source="parent.council_code")
    period = serializers.CharField(source="parent.period.code")
    status = serializers.ChoiceField(
        source="parent.status", choices=Return.Status.choices, help_text="The return's status."
    )
    version = serializers.IntegerField(
        source="parent.version", help_text="The return's version, which a save has to name."
    )
    owed = serializers.ListField(
        child=serializers.CharField(),
        help_text="The services that an adopted plan asks this council to forecast.",
    )
    forecasts = ForecastSerializer(many=True)
    remarks = RemarkSerializer(many=True)


@extend_schema_serializer(component_name="ForecastColumns")
class ForecastColumns(serializers.Serializer):
    """The columns of a forecast, as the schema describes them."""

    service = serializers.CharField(help_text="One of the services that are `owed`.")
    this_year = serializers.CharField(
        help_text=f"{IN_THE_YEAR} Money as text, as in a return: 1,234.50, 45k, £1.2m or -."
    )
    full_year_effect = serializers.CharField(help_text=f"{IN_FULL} Money as text.")
    status = serializers.ChoiceField(choices=Forecast.Status.choices)
    starts_on = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="When the saving starts: 2013-09-01, 1/9/2013 or 1 September 2013.",
    )
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=LONGEST_TEXT,
        help_text="Why it is at risk or not achievable: needed for these two, empty for others.",
    )
    replacement = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=LONGEST_TEXT,
        help_text="What replaces the saving: needed, or empty, like the reason.",
    )


@extend_schema_field(ForecastColumns(many=True))
class ForecastRows(serializers.Field):
    """A list, whose members `numbered` checks and then `savings.forecasts.rows`."""

    default_error_messages = {
        "required": "Send the list of forecasts; an empty list removes them all.",
        "null": "Send the list of forecasts; an empty list removes them all.",
        "invalid": "Send a list of forecasts.",
    }

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("invalid")
        return data


class ForecastsBody(VersionRead):
    """A draft's new forecasts. The other fields that a reader was given may be sent back."""

    ignored = frozenset(ForecastsDocument().fields) - {"version", "forecasts"}

    forecasts = ForecastRows(help_text="Every forecast of the return: those not sent are removed.")
