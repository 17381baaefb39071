"""Drivers, rules, attributed amounts and explanations as JSON, and what makes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from finance.apportionment import ShareError, parse_share
from savings.agreements.reports import Standing, standings
from savings.agreements.unanimous import Unanimous
from savings.formulas.models import AttributionRule, Driver, DriverValue
from savings.formulas.wording import plain
from savings.kit.provenance import Provenance
from savings.kit.serializers import MomentText, Money, ProvenanceField
from savings.returns.models import Entry
from savings.rollup.reports import GROUPS, AttributedRow
from services.serializers import QuarterText
from services.tree import ServiceTree
from sovereignty.models import Consent, Decision
from sovereignty.refusals import BadContent, FieldError
from sovereignty.shapes import Choice, Day, Flag, Shape, Text, WholeNumber

_CODE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_LONGEST_CODE = 60
_SHARES = {
    "type": "object",
    "additionalProperties": {
        "type": "string",
        "pattern": r"^\s*([0-9]{1,18}/[0-9]{1,18}|[0-9]{1,12}(\.[0-9]{1,18})?|\.[0-9]{1,18})\s*$",
    },
}


# --- Drivers -----------------------------------------------------------------------


class DriverSerializer(serializers.ModelSerializer):
    class Meta:
        model = Driver
        fields = ["code", "name", "unit"]


class CodeText(Text):
    """Letters, digits, hyphens and underscores: what an address can carry."""

    default_error_messages = {"code": "Use letters, digits, hyphens and underscores."}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not _CODE.fullmatch(text):
            self.fail("code")
        return text


class DriverBody(Shape):
    code = CodeText("Give a short name, such as looked-after-children.", max_length=_LONGEST_CODE)
    name = Text("Say what is counted.", max_length=120)
    unit = Text("Say in what it is counted, such as children.", max_length=60)


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
    driver = Text(required=False, max_length=_LONGEST_CODE)
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
    """A number of nought or more with at most four decimals, as text or as JSON number."""

    def __init__(self, **options: Any) -> None:
        many = "Send fewer digits: at most 14 before the point and 4 after it."
        messages: dict[str, Any] = {
            "required": "Give the value, such as 412.",
            "null": "Give the value, such as 412.",
            "invalid": "Send a number, such as 412 or 12.5.",
            "min_value": "Send nought or more.",
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
    driver = Text("Name the driver by its code.", max_length=_LONGEST_CODE)
    council = Text("Name the council by its code.", max_length=12)
    effective_from = QuarterText(help_text="The first quarter that the value holds for.")
    value = Amount()
    source = Text("Say where the value comes from.", max_length=300)  # type: ignore[assignment]


# --- Rules -------------------------------------------------------------------------


class ConsentSerializer(serializers.ModelSerializer):
    council = serializers.CharField(source="council.code")
    by = serializers.CharField(source="by.username")

    class Meta:
        model = Consent
        fields = ["council", "agree", "by", "at", "minute_reference", "reason"]


class ProposalSerializer(serializers.ModelSerializer):
    """What councils are asked to agree to, with how it stands and what each has answered.

    A list's context has the `standings` by number of decision; one alone is read by itself.
    """

    decision = serializers.IntegerField(
        source="decision_id", help_text="Its number as a proposal: what `revises` names."
    )
    provenance = ProvenanceField()
    illustrative = serializers.BooleanField(source="is_illustrative")
    standing = serializers.SerializerMethodField(
        help_text="waiting for answers; agreed, which what was in force in any quarter stays; "
        "disputed; revised, so another took its place; withdrawn; or lapsed, so that it can't "
        "come into force any more."
    )
    proposed_by = serializers.CharField(source="decision.proposed_by.username")
    proposed_at = serializers.DateTimeField(source="decision.proposed_at")
    answer_by = serializers.DateField(
        source="decision.answer_by",
        allow_null=True,
        help_text="The day by which councils are asked to answer; null where none was set.",
    )
    revises = serializers.IntegerField(
        source="decision.revises_id",
        allow_null=True,
        help_text="The decision whose place it takes; null where it takes none's.",
    )
    withdrawn_at = serializers.DateTimeField(
        source="decision.withdrawn_at", allow_null=True, help_text="Null unless withdrawn."
    )
    consents = ConsentSerializer(source="decision.consents", many=True)

    @extend_schema_field(serializers.ChoiceField([(each.value, each.name) for each in Standing]))
    def get_standing(self, one: Any) -> str:
        known: Mapping[int, Standing] | None = self.context.get("standings")
        found = standings([one.decision_id]) if known is None else known
        return found[one.decision_id].value


class UnanimousSerializer(ProposalSerializer):
    """What every council is asked about; the context has their codes too, as `councils`."""

    waiting_for = serializers.SerializerMethodField(help_text="Councils that have not agreed.")
    agreed = serializers.SerializerMethodField(help_text="Whether every council has agreed.")

    def get_waiting_for(self, one: Unanimous) -> list[str]:
        return [code for code in self.context["councils"] if code not in one.agreed_by]

    def get_agreed(self, one: Unanimous) -> bool:
        return one.is_agreed(self.context["councils"])


#: The fields of a proposal, after what is proposed.
ANSWERED = [
    "provenance",
    "illustrative",
    "standing",
    "proposed_by",
    "proposed_at",
    "answer_by",
    "revises",
    "withdrawn_at",
    "consents",
    "waiting_for",
    "agreed",
]


class RuleSerializer(ProposalSerializer):
    """A rule with its councils' answers; the context holds the `tree` of services too."""

    service = serializers.CharField(source="service.slug")
    driver = serializers.SlugRelatedField[Driver](
        slug_field="code", read_only=True, allow_null=True
    )
    effective_from = QuarterText()
    shares = serializers.DictField(child=serializers.CharField())
    weights = serializers.DictField(child=serializers.CharField())
    waiting_for = serializers.SerializerMethodField(
        help_text="Councils that take part when it begins and have not agreed to it."
    )
    agreed = serializers.SerializerMethodField(
        help_text="Whether every council that takes part when it begins has agreed."
    )

    class Meta:
        model = AttributionRule
        fields = [
            "id",
            "service",
            "kind",
            "version",
            "method",
            "effective_from",
            "shares",
            "driver",
            "weights",
            "indirect_variance",
            "basis",
            "decision",
            *ANSWERED,
        ]

    def _needed(self, rule: AttributionRule) -> tuple[str, ...]:
        tree: ServiceTree = self.context["tree"]
        return tree.participants(rule.service.slug, rule.effective_from)

    def get_waiting_for(self, rule: AttributionRule) -> list[str]:
        agreed = rule.as_rule().agreed_by
        return [code for code in self._needed(rule) if code not in agreed]

    def get_agreed(self, rule: AttributionRule) -> bool:
        return bool(self._needed(rule)) and not self.get_waiting_for(rule)


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
    if not _CODE.fullmatch(code):
        return "Name this by its code: letters, digits, hyphens and underscores."
    if not isinstance(text, str):
        return 'Send a share as text, such as "0.25" or "1/3".'
    try:
        parse_share(text)
    except ShareError as error:
        return str(error)
    return ""


class DecisionNumber(WholeNumber):
    """The number of a decision; becomes the decision."""

    default_error_messages = {"unknown": "There is no proposal of this number."}

    def run_validation(self, data: Any = empty) -> Any:
        number = super().run_validation(data)
        if not isinstance(number, int):
            return number
        decision = Decision.objects.filter(id=number).first()
        if decision is None:
            self.fail("unknown")
        return decision


class ProposalBody(Shape):
    """What everything that is put to councils may say."""

    answer_by = Day(
        required=False,
        allow_null=True,
        help_text="The day by which councils are asked to answer: they are reminded of it.",
    )
    revises = DecisionNumber(
        required=False,
        allow_null=True,
        help_text="The `decision` of what this takes the place of: about the same, and disputed.",
    )


class RuleBody(ProposalBody):
    service = Text("Name the service by its slug.", max_length=80)
    kind = Choice(AttributionRule.Kind.choices)
    method = Choice(AttributionRule.Method.choices)
    effective_from = QuarterText(help_text="The first quarter that the rule holds for.")
    shares = Shares(help_text="For fixed: council code to share; they add up to one.")
    driver = Text(
        required=False,
        allow_null=True,
        max_length=_LONGEST_CODE,
        help_text="For driver: the driver's code.",
    )
    weights = Shares(help_text="For blend: driver code to weight; they add up to one.")
    indirect_variance = Choice(
        AttributionRule.IndirectVariance.choices,
        required=False,
        help_text="For ongoing_cost: whose a variance in the host's indirect costs is.",
    )
    basis = Text(
        required=False, allow_blank=True, help_text="Why these shares: the reason or the document."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What a rule shares by is what its method says, and nothing beside it."""
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


class Answer(Shape):
    agree = Flag("Send true to agree or false to refuse.")
    minute_reference = Text("Enter the minute that records it.", max_length=200)
    reason = Text(
        required=False, allow_blank=True, help_text="A refusal needs it: why your council refuses."
    )


# --- Attributed amounts ------------------------------------------------------------


class GroupBy(Text):
    """Names between commas; becomes a list without repetitions."""

    default_error_messages = {"unknown": f"Use {', '.join(GROUPS)}, with commas between them."}

    def run_validation(self, data: Any = empty) -> Any:
        value = super().run_validation(data)
        if not isinstance(value, str):
            return value
        names = [name.strip() for name in value.split(",")]
        if any(name not in GROUPS for name in names):
            self.fail("unknown")
        return [name for name in GROUPS if name in names]


class AttributionParameters(Shape):
    kind = Choice(Entry.Kind.choices, default=Entry.Kind.SAVING.value)
    service = Text(required=False, max_length=80, help_text="A slug: takes in what lies below it.")
    group_by = GroupBy(
        default=lambda: list(GROUPS),
        help_text="Any of council, service and period, with commas between them; all three "
        "unless said.",
    )
    as_at = MomentText()

    def get_fields(self) -> dict[str, serializers.Field]:
        # “from” can't be the name of an attribute.
        between = {
            "from": QuarterText(required=False, help_text="The first quarter to count."),
            "to": QuarterText(required=False, help_text="The last quarter to count."),
        }
        return {**between, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("from"), attrs.get("to")
        if first and last and last < first:
            raise serializers.ValidationError({"to": f"Give {first} or a later quarter."})
        return attrs


class AttributedRowSerializer(serializers.Serializer):
    council = serializers.CharField(required=False)
    service = serializers.CharField(required=False)
    period = serializers.CharField(required=False)
    amount = Money()
    illustrative = serializers.BooleanField()

    def to_representation(self, instance: AttributedRow) -> dict[str, object]:
        """Only what it was grouped by."""
        names = {
            "council": instance.council,
            "service": instance.service,
            "period": instance.quarter.code if instance.quarter else None,
        }
        return {
            **{name: value for name, value in names.items() if value is not None},
            "amount": self.fields["amount"].to_representation(instance.amount),
            "illustrative": instance.illustrative,
        }


class AttributedSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    total = Money(help_text="The sum of the rows and of what is unattributed.")
    unattributed = Money(help_text="What no rule in force attributes to a council.")
    illustrative = serializers.BooleanField(
        help_text="Whether any row rests on an illustrative rule."
    )
    as_at = serializers.DateTimeField(
        allow_null=True, help_text="The moment asked for; null for how it stands now."
    )
    rows = AttributedRowSerializer(many=True)


def one_of(field: str, value: str, known: Mapping[str, Any], what: str) -> Any:
    """What a code in a body or a parameter stands for; raises BadContent for an unknown one."""
    if value not in known:
        raise BadContent([FieldError(field, f"There is no {what} of this name.", value[:200])])
    return known[value]
