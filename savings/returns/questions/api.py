"""Questions about the lines of a return: reading, asking and answering them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from savings.permissions.rules import require
from savings.returns.api import return_called
from savings.returns.models import Question
from savings.returns.questions import actions
from savings.returns.questions.reports import questions_of, with_people
from savings.returns.questions.serializers import (
    AnswerBody,
    QuestionBody,
    QuestionParameters,
    QuestionSerializer,
)
from sovereignty.calls import Call, Listing, found
from sovereignty.shapes import check

NO_QUESTION = "There is no such question, or you may not see it: each return lists its questions."


class QuestionsOfReturn(Listing):
    """The questions about the lines of one council's return for one quarter."""

    serializer_class = QuestionSerializer
    parameters_shape = QuestionParameters

    def get(self, request: Request, council: str, period: str) -> Response:  # type: ignore[override]
        """The questions in the order they were asked, with their answers."""
        asked = self.parameters()
        questions = questions_of(return_called(self.caller, council, period))
        if "answered" in asked:
            questions = questions.filter(answered_at__isnull=asked["answered"] == "false")
        page: Sequence[Any] = self.paginate_queryset(questions) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        request=QuestionBody,
        responses={201: QuestionSerializer},
        examples=[
            OpenApiExample(
                "A question",
                {"entry": 412, "text": "Which contract ended, and when?"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, council: str, period: str) -> Response:
        """Ask about one entry of a return that is submitted or was sent back.

        For the council's section 151 officer or deputy and the programme office. Until the
        question is answered, the return can't be submitted again or certified.
        """
        parent = return_called(self.caller, council, period)
        require(self.caller, "savings.ask_question", parent)
        said = check(QuestionBody, request.data)
        question = actions.ask(
            return_id=parent.id,
            entry_id=said["entry"],
            text=said["text"],
            by=self.caller,
            at=timezone.now(),
        )
        return Response(QuestionSerializer(_again(question)).data, status=201)


class AnswerQuestion(Call):
    """Answer a question about a line of the caller's own council's return."""

    @extend_schema(
        request=AnswerBody,
        responses=QuestionSerializer,
        examples=[
            OpenApiExample(
                "An answer", {"answer": "The payroll contract, on 31 May."}, request_only=True
            )
        ],
    )
    def post(self, request: Request, question_id: int) -> Response:
        """Answer a question, once. For the council's finance officers."""
        question = found(
            with_people(Question.objects.visible_to(self.caller)), NO_QUESTION, id=question_id
        )
        require(self.caller, "savings.answer_question", question.parent)
        said = check(AnswerBody, request.data)
        actions.answer(
            question_id=question.id, text=said["answer"], by=self.caller, at=timezone.now()
        )
        return Response(QuestionSerializer(_again(question)).data)


def _again(question: Question) -> Question:
    """The question as it is now, with its people."""
    return with_people(Question.objects.all()).get(id=question.id)
