"""Questions as JSON, and the bodies that ask and answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from savings.returns.models import Question
from savings.returns.questions.actions import QuestionOnEntry
from sovereignty.refusals import BadContent, FieldError
from sovereignty.shapes import Shape, Text, WholeNumber, check

_EXAMPLE = {
    "id": 7,
    "council": "WDC",
    "period": "2013-14-Q1",
    "entry": 412,
    "line": {
        "row": 3,
        "id": 412,
        "service": "hr",
        "kind": "saving",
        "scope": "own",
        "amount": "75000.00",
        "recurrence": "one_off",
        "nature": "cashable",
    },
    "text": "Which contract ended, and when?",
    "asked": {"by": "s151.wdc", "at": "2013-07-22T09:30:00+01:00"},
    "answer": "The payroll contract, on 31 May.",
    "answered": {"by": "finance.wdc", "at": "2013-07-23T14:05:00+01:00"},
}


class ByWhomSerializer(serializers.Serializer):
    by = serializers.CharField(help_text="The person's username.")
    at = serializers.DateTimeField()


@extend_schema_serializer(
    examples=[OpenApiExample("A question with its answer", _EXAMPLE, response_only=True)]
)
class QuestionSerializer(serializers.Serializer):
    """A question about a line of a return, and its answer."""

    id = serializers.IntegerField()
    council = serializers.CharField(source="parent.council_code")
    period = serializers.CharField(source="parent.period.code")
    entry = serializers.IntegerField(
        source="entry_id",
        allow_null=True,
        help_text="The entry it is about; null if that has been removed since.",
    )
    line = serializers.DictField(
        help_text="The entry as it was when the question was asked: its row, its id and the "
        "columns of a return file that were not empty."
    )
    text = serializers.CharField()
    asked = serializers.SerializerMethodField()
    answer = serializers.CharField(allow_blank=True, help_text="Empty until it is answered.")
    answered = serializers.SerializerMethodField()

    @extend_schema_field(ByWhomSerializer)
    def get_asked(self, question: Question) -> dict[str, Any]:
        return ByWhomSerializer({"by": question.asked_by.username, "at": question.asked_at}).data

    @extend_schema_field(ByWhomSerializer(allow_null=True))
    def get_answered(self, question: Question) -> dict[str, Any] | None:
        if question.answered_by is None:
            return None
        said = {"by": question.answered_by.username, "at": question.answered_at}
        return ByWhomSerializer(said).data


class QuestionParameters(Shape):
    # An address has no JSON, so this is text.
    answered = serializers.ChoiceField(
        choices=["true", "false"],
        required=False,
        error_messages={"invalid_choice": "Use one of: true, false."},
        help_text="Only answered questions, or only unanswered ones.",
    )


class QuestionBody(Shape):
    entry = WholeNumber(
        "Send the id of one of the return's entries.",
        min_value=1,
        max_value=2**63 - 1,
        help_text="The id of one of the return's entries.",
    )
    text = Text("Write what you want to know.")


class AnswerBody(Shape):
    answer = Text("Write the answer.")


@extend_schema_field(QuestionBody(many=True))
class QuestionList(serializers.Field):
    """A list whose members `asked_of` checks."""

    default_error_messages = {
        "null": "Send a list of questions, or leave this out.",
        "invalid": "Send a list of questions.",
    }

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("invalid")
        return data


def asked_of(questions: list[Any]) -> list[QuestionOnEntry]:
    """The questions. Raises BadContent with every error, by row counted from 1."""
    asked: list[QuestionOnEntry] = []
    errors: list[FieldError] = []
    for number, question in enumerate(questions, start=1):
        try:
            said = check(QuestionBody, question)
        except BadContent as refusal:
            errors += [replace(error, row=number) for error in refusal.errors]
        else:
            asked.append((said["entry"], said["text"]))
    if errors:
        raise BadContent(errors)
    return asked
