"""The parameters of a what-if, and its answer as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from savings.formulas.models import AttributionRule
from savings.kit.serializers import Money
from savings.returns.models import Entry
from savings.whatif.asking import QuestionAsGiven, in_words
from savings.whatif.reports import Answered
from savings.whatif.whatif import PlannedLine, WhatIfLine
from savings.whatif.wording import who_gains
from services.serializers import QuarterText
from sovereignty.shapes import Choice, Shape, Text

_PAIRS = {"type": "string", "example": "EDC:1/3,NDC:1/3,WDC:1/3", "maxLength": 2000}


@extend_schema_field(_PAIRS)
class Pairs(Text):
    """Codes and shares, with a colon between the two and commas between pairs."""


class WhatIfParameters(Shape):
    """A rule, a driver's value or a proposal."""

    decision = Text(
        required=False,
        max_length=18,
        help_text="The decision of a proposed rule, to ask about that rule. Only effective_from "
        "can be given with it.",
    )
    service = Text(required=False, max_length=80, help_text="For a rule: the service's slug.")
    kind = Choice(AttributionRule.Kind.choices, required=False, help_text="For a rule.")
    method = Choice(AttributionRule.Method.choices, required=False, help_text="For a rule.")
    shares = Pairs(
        required=False, help_text="For fixed: council codes and shares, which must add up to 1."
    )
    driver = Text(
        required=False, max_length=60, help_text="For driver, or for a value: the driver's code."
    )
    weights = Pairs(
        required=False, help_text="For blend: driver codes and weights, which must add up to 1."
    )
    indirect_variance = Choice(
        AttributionRule.IndirectVariance.choices,
        required=False,
        help_text="For ongoing_cost: who a variance in the host's indirect costs falls on.",
    )
    council = Text(required=False, max_length=12, help_text="For a driver's value.")
    value = Text(required=False, max_length=24, help_text="The driver's value for the council.")
    effective_from = QuarterText(
        required=False,
        help_text="The first quarter that it applies to. Without it, it applies from the start.",
    )


class _Splits(serializers.Serializer):
    council = serializers.CharField(allow_null=True, help_text="Null for what falls on no council.")
    today = Money(help_text="As it falls now.")
    then = Money(help_text="As it would have fallen.")
    difference = Money(help_text="Then less today. All of them, with null, add up to 0.")
    illustrative = serializers.BooleanField()


class WhatIfRowSerializer(_Splits):
    period = serializers.CharField(source="quarter.code")
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    closed = serializers.SerializerMethodField(
        help_text="Whether the quarter is closed: its figures stand, whatever is agreed."
    )

    def get_closed(self, line: WhatIfLine) -> bool:
        answered: Answered = self.context["answered"]
        return answered.is_closed(line.quarter)


class PlannedRowSerializer(_Splits):
    plan = serializers.CharField()
    year = serializers.CharField(source="year.code")


class WhatIfSerializer(serializers.Serializer):
    """The answer, worked out for this call and not stored. The context has `answered`."""

    question = serializers.CharField(help_text="What was asked, in a sentence.")
    gains = serializers.CharField(help_text="Who gains and who loses, in a sentence.")
    entries_looked_at = serializers.IntegerField()
    entries_moved = serializers.IntegerField(
        help_text="Entries that would have fallen differently."
    )
    rows = WhatIfRowSerializer(many=True, help_text="Certified figures to date.")
    plan_rows = PlannedRowSerializer(many=True, help_text="Lines of the adopted plans, as savings.")


def as_json(answered: Answered, asked: QuestionAsGiven) -> dict[str, Any]:
    """The answer of the API."""
    names = {code: council.name for code, council in answered.question.known.councils.items()}
    lines: tuple[WhatIfLine, ...] = answered.found.lines
    planned: tuple[PlannedLine, ...] = answered.planned
    return WhatIfSerializer(
        {
            "question": in_words(answered.question, asked),
            "gains": who_gains(lines, names, of="Of what is certified to date"),
            "entries_looked_at": answered.found.looked_at,
            "entries_moved": answered.found.moved,
            "rows": lines,
            "plan_rows": planned,
        },
        context={"answered": answered},
    ).data
