"""Rules as JSON, and the body that proposes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.apportionment import ShareError, parse_share
from savings.agreements.serializers import ANSWERED, OfServiceSerializer, ProposalBody
from savings.drivers.models import Driver
from savings.formulas.models import AttributionRule
from savings.kit.serializers import CODE, LONGEST_CODE
from services.serializers import QuarterText
from sovereignty.shapes import Choice, Shape, Text

_SHARES = {
    "type": "object",
    "additionalProperties": {
        "type": "string",
        "pattern": r"^\s*([0-9]{1,18}/[0-9]{1,18}|[0-9]{1,12}(\.[0-9]{1,18})?|\.[0-9]{1,18})\s*$",
    },
}


class RuleSerializer(OfServiceSerializer):
    """A rule with its councils' answers; the context holds the `tree` of services too."""

    service = serializers.CharField(source="service.slug")
    driver = serializers.SlugRelatedField[Driver](
        slug_field="code", read_only=True, allow_null=True
    )
    effective_from = QuarterText()
    reaches_back_until = QuarterText(
        allow_null=True,
        help_text="The last closed quarter in which it splits what no rule in force has divided, "
        "from `effective_from` on; null if it splits what is reported from then on.",
    )
    shares = serializers.DictField(child=serializers.CharField())
    weights = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = AttributionRule
        fields = [
            "id",
            "service",
            "kind",
            "version",
            "method",
            "effective_from",
            "reaches_back_until",
            "shares",
            "driver",
            "weights",
            "indirect_variance",
            "basis",
            "decision",
            *ANSWERED,
        ]


class RuleParameters(Shape):
    service = Text(required=False, max_length=80)
    kind = Choice(AttributionRule.Kind.choices, required=False)


@extend_schema_field(_SHARES)
class Shares(serializers.DictField):
    """Codes to shares, each a decimal or a fraction as text."""

    default_error_messages = {"not_a_dict": "Send an object of codes and shares."}

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, Mapping):
            self.fail("not_a_dict", input_type=type(data).__name__)
        wrong = {code: why for code, text in data.items() if (why := _not_a_share(code, text))}
        if wrong:
            raise serializers.ValidationError(wrong)
        return {code: text.strip() for code, text in data.items()}


def _not_a_share(code: str, text: object) -> str:
    if not CODE.fullmatch(code):
        return "Name this by its code: letters, digits, hyphens and underscores."
    if not isinstance(text, str):
        return 'Send a share as text, such as "0.25" or "1/3".'
    try:
        parse_share(text)
    except ShareError as error:
        return str(error)
    return ""


class RuleBody(ProposalBody):
    service = Text("Name the service by its slug.", max_length=80)
    kind = Choice(AttributionRule.Kind.choices)
    method = Choice(AttributionRule.Method.choices)
    effective_from = QuarterText(help_text="The first quarter that the rule applies to.")
    reaches_back_until = QuarterText(
        required=False,
        allow_null=True,
        help_text="For a rule that reaches back: the last closed quarter in which it splits what "
        "no rule in force has divided. `effective_from` is then the first such quarter.",
    )
    shares = Shares(help_text="For fixed: council code to share; they add up to 1.")
    driver = Text(
        required=False,
        allow_null=True,
        max_length=LONGEST_CODE,
        help_text="For driver: the driver's code.",
    )
    weights = Shares(help_text="For blend: driver code to weight; they add up to 1.")
    indirect_variance = Choice(
        AttributionRule.IndirectVariance.choices,
        required=False,
        help_text="For ongoing_cost: who a variance in the host's indirect costs falls on.",
    )
    basis = Text(
        required=False, allow_blank=True, help_text="Why these shares: the reason or the document."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A rule has what its method needs, and nothing else."""
        needs = {"fixed": "shares", "driver": "driver", "blend": "weights"}
        wanted = needs[attrs["method"]]
        wrong = {
            field: f"A rule by {attrs['method']} has no {field}: leave it out."
            for field in needs.values()
            if field != wanted and attrs.get(field)
        }
        if not attrs.get(wanted):
            wrong[wanted] = f"A rule by {attrs['method']} needs {wanted}: give it."
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs
