"""What a what-if is asked by, and its answer as JSON."""

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

_PAIRS = {"type": "string", "example": "LBHF:1/3,RBKC:1/3,WCC:1/3", "maxLength": 2000}


@extend_schema_field(_PAIRS)
class Pairs(Text):
    """Codes and shares: a colon between the two, commas between pairs."""


class WhatIfParameters(Shape):
    """A rule, a driver's value or a proposal: one of the three."""

    decision = Text(
        required=False,
        max_length=18,
        help_text="The decision of a proposed rule: that rule, without more parameters but "
        "effective_from.",
    )
    service = Text(required=False, max_length=80, help_text="Of a rule: the service's slug.")
    kind = Choice(AttributionRule.Kind.choices, required=False, help_text="Of a rule.")
    method = Choice(AttributionRule.Method.choices, required=False, help_text="Of a rule.")
    shares = Pairs(
        required=False, help_text="For fixed: council code and share; they add up to one."
    )
    driver = Text(
        required=False, max_length=60, help_text="For driver, or for a value: the driver's code."
    )
    weights = Pairs(
        required=False, help_text="For blend: driver code and weight; they add up to one."
    )
    indirect_variance = Choice(
        AttributionRule.IndirectVariance.choices,
        required=False,
        help_text="For ongoing_cost: whose a variance in the host's indirect costs is.",
    )
    council = Text(required=False, max_length=12, help_text="Of a driver's value.")
    value = Text(
        required=False, max_length=24, help_text="What the driver is to be for the council."
    )
    effective_from = QuarterText(
        required=False,
        help_text="The first quarter that it is to hold for; left out, all along.",
    )


class _Splits(serializers.Serializer):
    council = serializers.CharField(allow_null=True, help_text="Null for what is no council's.")
    today = Money(help_text="As it falls by what is in force.")
    then = Money(help_text="As it would have fallen.")
    difference = Money(help_text="Then less today; over all councils and null they come to nought.")
    illustrative = serializers.BooleanField()


class WhatIfRowSerializer(_Splits):
    period = serializers.CharField(source="quarter.code")
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    closed = serializers.SerializerMethodField(
        help_text="The quarter is closed: its figures stand, so this is what would have been."
    )

    def get_closed(self, line: WhatIfLine) -> bool:
        answered: Answered = self.context["answered"]
        return answered.is_closed(line.quarter)


class PlannedRowSerializer(_Splits):
    plan = serializers.CharField()
    year = serializers.CharField(source="year.code")


class WhatIfSerializer(serializers.Serializer):
    """The answer, worked out for this call and stored nowhere. The context has `answered`."""

    question = serializers.CharField(help_text="What was asked, in a sentence.")
    gains = serializers.CharField(help_text="Who gains and who bears, in a sentence.")
    entries_looked_at = serializers.IntegerField()
    entries_moved = serializers.IntegerField(help_text="Entries that would have fallen otherwise.")
    rows = WhatIfRowSerializer(many=True, help_text="Certified figures to date.")
    plan_rows = PlannedRowSerializer(many=True, help_text="Lines of the adopted plans, as savings.")


def as_json(answered: Answered, asked: QuestionAsGiven) -> dict[str, Any]:
    """What the API answers."""
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
