"""Drivers, their values, tolerances and restatements as JSON, and the bodies that make them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from savings.agreements.serializers import ANSWERED, ProposalBody, UnanimousSerializer
from savings.drivers.models import Driver, DriverValue, Restatement, Tolerance
from savings.kit.provenance import Provenance
from savings.kit.serializers import LONGEST_CODE, CodeText, ProvenanceField
from savings.kit.wording import plain
from services.serializers import QuarterText
from sovereignty.shapes import Shape, Text


class DriverSerializer(serializers.ModelSerializer):
    class Meta:
        model = Driver
        fields = ["code", "name", "unit"]


class DriverBody(Shape):
    code = CodeText("Give a short name, such as looked-after-children.", max_length=LONGEST_CODE)
    name = Text("Say what is counted.", max_length=120)
    unit = Text("Say what unit it is counted in, such as children.", max_length=60)


class DriverValueSerializer(serializers.ModelSerializer):
    driver = serializers.CharField(source="driver.code")
    council = serializers.CharField(source="council.code")
    effective_from = QuarterText()
    value = serializers.SerializerMethodField("as_text", help_text="An exact decimal, as text.")
    provenance = ProvenanceField()
    illustrative = serializers.SerializerMethodField()

    class Meta:
        model = DriverValue
        fields = [
            "id",
            "driver",
            "council",
            "effective_from",
            "value",
            "source",
            "provenance",
            "illustrative",
        ]

    def as_text(self, row: DriverValue) -> str:
        return plain(row.value)

    def get_illustrative(self, row: DriverValue) -> bool:
        return row.provenance == Provenance.ILLUSTRATIVE


class DriverValueParameters(Shape):
    driver = Text(required=False, max_length=LONGEST_CODE)
    council = Text(required=False, max_length=12)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": r"^[0-9]{1,14}(\.[0-9]{1,4})?$"},
            {"type": "number", "minimum": 0},
        ],
        "example": "412.5",
    }
)
class Amount(serializers.DecimalField):
    """A number of 0 or more with at most four decimals, as text or as JSON number."""

    def __init__(self, **options: Any) -> None:
        many = "Send fewer digits: at most 14 before the point and 4 after it."
        messages: dict[str, Any] = {
            "required": "Give the value, such as 412.",
            "null": "Give the value, such as 412.",
            "invalid": "Send a number, such as 412 or 12.5.",
            "min_value": "Send 0 or more.",
            "max_digits": many,
            "max_decimal_places": many,
            "max_whole_digits": many,
            "max_string_length": many,
        }
        super().__init__(
            max_digits=18,
            decimal_places=4,
            min_value=Decimal(0),
            error_messages=messages,
            **options,
        )

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | Decimal):
            self.fail("invalid")
        if isinstance(data, str) and not data.strip().isascii():
            self.fail("invalid")
        return super().to_internal_value(data)


class DriverValueBody(Shape):
    driver = Text("Name the driver by its code.", max_length=LONGEST_CODE)
    council = Text("Name the council by its code.", max_length=12)
    effective_from = QuarterText(help_text="The first quarter that the value holds for.")
    value = Amount()
    source = Text("Say where the value comes from.", max_length=300)  # type: ignore[assignment]


class ToleranceSerializer(UnanimousSerializer):
    class Meta:
        model = Tolerance
        fields = ["id", "decision", "share", *ANSWERED]


class ToleranceBody(ProposalBody):
    share = Text(
        "Give a decimal or a fraction, such as 0.01 or 1/100.",
        max_length=40,
        help_text="A share of what was split. A restatement that moves more is put right.",
    )


class RestatementSerializer(serializers.ModelSerializer):
    driver = serializers.CharField(source="restates.driver.code")
    council = serializers.CharField(source="restates.council.code")
    effective_from = QuarterText(source="restates.effective_from")
    given = serializers.SerializerMethodField(help_text="The value as it was given. It stays.")
    value = serializers.SerializerMethodField("as_text", help_text="What it should have been.")
    provenance = ProvenanceField()
    stated_by = serializers.CharField(source="stated_by.username")

    class Meta:
        model = Restatement
        fields = [
            "id",
            "driver",
            "council",
            "effective_from",
            "given",
            "value",
            "source",
            "provenance",
            "stated_by",
            "stated_at",
        ]

    def get_given(self, row: Restatement) -> str:
        return plain(row.restates.value)

    def as_text(self, row: Restatement) -> str:
        return plain(row.value)


class RestatementBody(Shape):
    driver = Text("Name the driver by its code.", max_length=60)
    council = Text("Name the council by its code.", max_length=12)
    effective_from = QuarterText(help_text="The first quarter that the value holds for.")
    value = Amount(help_text="What it should have been.")
    source = Text("Say where that comes from.", max_length=300)  # type: ignore[assignment]
