"""The API calls that move a return on by one step."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from savings.certification import actions
from savings.certification.serializers import SendingBack, Withdrawal
from savings.permissions.rules import require
from savings.returns import outbox
from savings.returns.api import ReturnCall, return_called
from savings.returns.models import Return
from savings.returns.questions.serializers import asked_of
from savings.returns.serializers import ReturnDocument, VersionRead
from sovereignty.shapes import Shape, check


class _ReturnStep(ReturnCall):
    permission: str
    body: type[Shape] = VersionRead

    def post(self, request: Request, council: str, period: str) -> Response:
        parent = return_called(self.caller, council, period)
        require(self.caller, self.permission, parent)
        said = check(self.body, request.data)
        with transaction.atomic():  # so that the response shows this step
            self.move(parent, said)
            return self.document(parent)

    def move(self, parent: Return, said: dict[str, Any]) -> None:
        raise NotImplementedError


class SubmitReturn(_ReturnStep):
    """Hand a draft to the council's section 151 officer. Finance officer."""

    permission = "savings.fill_return"

    @extend_schema(request=VersionRead, responses=ReturnDocument)
    def post(self, request: Request, council: str, period: str) -> Response:
        return super().post(request, council, period)

    def move(self, parent: Return, said: dict[str, Any]) -> None:
        actions.submit(return_id=parent.id, by=self.caller, at=timezone.now(), **said)


class WithdrawReturn(_ReturnStep):
    """Take a submitted return back before it is certified, as a draft. Finance officer."""

    permission = "savings.withdraw_return"
    body = Withdrawal

    @extend_schema(request=Withdrawal, responses=ReturnDocument)
    def post(self, request: Request, council: str, period: str) -> Response:
        return super().post(request, council, period)

    def move(self, parent: Return, said: dict[str, Any]) -> None:
        actions.withdraw(return_id=parent.id, by=self.caller, at=timezone.now(), **said)


class SendBackReturn(_ReturnStep):
    """Make a submitted return a draft again, saying why. Section 151 officer or deputy.

    `questions` are asked on its lines in the same step, all or nothing.
    """

    permission = "savings.send_back_return"
    body = SendingBack

    @extend_schema(request=SendingBack, responses=ReturnDocument)
    def post(self, request: Request, council: str, period: str) -> Response:
        return super().post(request, council, period)

    def move(self, parent: Return, said: dict[str, Any]) -> None:
        asked = asked_of(said.pop("questions", []))
        actions.send_back(
            return_id=parent.id, asked=asked, by=self.caller, at=timezone.now(), **said
        )


class CertifyReturn(_ReturnStep):
    """Certify a submitted return: from then on its figures count and never change.

    Section 151 officer or deputy, never a person who submitted it or ever saved its figures. The
    caller makes the statement that the page shows: that the entries agree with the accounts, that
    each saving has been made and is reported once, and that its costs are reported in full. The
    return's history keeps it with the totals.
    """

    permission = "savings.certify_return"

    @extend_schema(request=VersionRead, responses=ReturnDocument)
    def post(self, request: Request, council: str, period: str) -> Response:
        answer = super().post(request, council, period)
        outbox.wake()
        return answer

    def move(self, parent: Return, said: dict[str, Any]) -> None:
        actions.certify(return_id=parent.id, by=self.caller, at=timezone.now(), **said)
