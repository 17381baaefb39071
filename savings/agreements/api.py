"""The API call by which a council answers a proposal, whatever it is about."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.request import Request

from savings.agreements.actions import answer
from savings.agreements.serializers import Answer
from savings.agreements.subjects import SUBJECTS
from savings.permissions.rules import require
from sovereignty.calls import Call
from sovereignty.shapes import check


class ConsentCall(Call):
    """Agree to or refuse a proposal for the caller's own council, once and for good."""

    def record_answer(self, decision_id: int, request: Request) -> None:
        """Record the answer of the caller's council, and start the work that follows from it."""
        require(self.caller, "savings.answer_decision")
        body = check(Answer, request.data)
        given = answer(decision_id=decision_id, by=self.caller, at=timezone.now(), **body)
        SUBJECTS[given.decision.about].wake()
