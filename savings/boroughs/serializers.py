"""A council's figures as the schema describes them; `savings.boroughs.exports` makes all but the
annex.
"""

from __future__ import annotations

from rest_framework import serializers

from savings.attribution.explained import AnnexEntrySerializer
from savings.drivers.serializers import DriverValueSerializer
from savings.formulas.models import AttributionRule
from savings.formulas.serializers import RuleSerializer
from savings.kit.serializers import Money
from savings.returns.models import Entry

BEING_ADDED = "Null while it is being added: `why` says so."


class ReportSumSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    quarter = Money(allow_null=True, help_text=f"Only the quarter. {BEING_ADDED}")
    year_to_date = Money(
        allow_null=True,
        help_text=f"From the start of the financial year to the end of the quarter. {BEING_ADDED}",
    )
    to_date = Money(
        allow_null=True, help_text=f"From the first quarter to the end of this one. {BEING_ADDED}"
    )


class ReportLineSerializer(ReportSumSerializer):
    area = serializers.CharField()
    service = serializers.CharField()
    service_name = serializers.CharField()
    illustrative = serializers.BooleanField()


class ReportEntrySerializer(serializers.Serializer):
    id = serializers.IntegerField()
    reported_by = serializers.CharField(help_text="A council's code, or “partnership”.")
    service = serializers.CharField()
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    scope = serializers.ChoiceField(choices=Entry.Scope.choices)
    amount = Money(help_text="The whole entry.")
    attributed = Money(help_text="The part of it that falls on this council.")
    recurrence = serializers.ChoiceField(choices=Entry.Recurrence.choices, allow_blank=True)
    nature = serializers.ChoiceField(choices=Entry.Nature.choices, allow_blank=True)
    rule = serializers.IntegerField(allow_null=True, help_text="The rule it was split by, if any.")
    illustrative = serializers.BooleanField()
    evidence = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    approval = serializers.CharField(
        allow_blank=True, help_text="The code of the transition budget that it claims on, if any."
    )
    falls = serializers.CharField(help_text="How it falls on this council, in words.")


class ReportUndividedSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    published = Money(allow_null=True, help_text="Published only for the partnership.")
    reported = Money(allow_null=True, help_text="Reported by councils, without a rule to split it.")


class ReportDividedSerializer(serializers.Serializer):
    """What a rule that reaches back has put on the council, of returns up to the quarter."""

    rule = serializers.IntegerField()
    decision = serializers.IntegerField(help_text="The number of the proposal.")
    service = serializers.CharField()
    kind = serializers.ChoiceField(choices=AttributionRule.Kind.choices)
    to = serializers.CharField(help_text="The last quarter that it reaches.")
    divided_at = serializers.DateTimeField(
        help_text="When the last council agreed. Before, the amount fell on no council."
    )
    amount = Money()

    def get_fields(self) -> dict[str, serializers.Field]:
        # “from” can't be the name of an attribute.
        first = serializers.CharField(help_text="The first quarter that it reaches.")
        return {**super().get_fields(), "from": first}


class ReportRollupSerializer(serializers.Serializer):
    version = serializers.IntegerField()
    digest = serializers.CharField(allow_blank=True)


class AnnexSerializer(serializers.Serializer):
    """How the quarter's amounts were worked out, entry by entry, with all that is needed to work
    out every share again. The context is `ApprovalSerializer`'s.
    """

    entries = AnnexEntrySerializer(source="explanations", many=True)
    rules = RuleSerializer(many=True, help_text="The rules that split any of the entries.")
    driver_values = DriverValueSerializer(source="values", many=True)


class ReportSerializer(serializers.Serializer):
    council = serializers.CharField()
    period = serializers.CharField()
    certified = serializers.BooleanField(
        help_text="Whether the council's own return for the quarter is certified. It is in the "
        "figures unless `why` says that it is being added."
    )
    pending_since = serializers.DateTimeField(
        allow_null=True,
        help_text="When the first return was certified that may fall on the council and is being "
        "added to the totals; null where none is.",
    )
    why = serializers.CharField(
        allow_blank=True, help_text="Which returns are being added, in words. Empty where none is."
    )
    illustrative = serializers.BooleanField()
    rollup = ReportRollupSerializer(help_text="The rollup that the figures were read from.")
    totals = ReportSumSerializer(many=True)
    lines = ReportLineSerializer(many=True)
    entries = ReportEntrySerializer(many=True)
    not_attributed = ReportUndividedSerializer(many=True)
    divided_later = ReportDividedSerializer(
        many=True, help_text="What has been divided since its quarter was closed."
    )
    annex = AnnexSerializer(
        help_text="The council's own shares add up to the quarter's amounts, except for entries "
        "that are not counted yet."
    )
