"""The API call by which a council answers a proposal, whatever it is about."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.request import Request

from savings.agreements.actions import answer
from savings.agreements.serializers import Answer
from savings.agreements.subjects import about_of
from savings.permissions.rules import require
from sovereignty.calls import Call
from sovereignty.models import Decision
from sovereignty.shapes import check


class ConsentCall(Call):
    """Agree to or refuse a proposal for the caller's own council, once and for good."""

    def record_answer(self, decision: Decision, request: Request) -> None:
        """Record the answer of the caller's council, and start the work that follows from it."""
        require(self.caller, "savings.answer_decision")
        body = check(Answer, request.data)
        answer(decision_id=decision.id, by=self.caller, at=timezone.now(), **body)
        subject, _ = about_of(decision)
        subject.wake()
