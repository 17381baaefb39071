"""The bodies that move a return on."""

from __future__ import annotations

from savings.returns.questions.serializers import QuestionList
from savings.returns.serializers import VersionRead
from sovereignty.shapes import Text


class Withdrawal(VersionRead):
    reason = Text(
        "Say why, or leave this out.",
        required=False,
        allow_blank=True,
        help_text="Why, for the return's history.",
    )


class SendingBack(VersionRead):
    reason = Text("Say what has to change.", help_text="What has to change.")
    questions = QuestionList(
        required=False, help_text="Questions to ask on its lines in the same step."
    )
