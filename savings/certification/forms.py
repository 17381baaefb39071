"""The small forms that move a return on: reasons, and a certificate."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from savings.returns.forms import VersionForm
from sovereignty.refusals import FieldError


class ReasonForm(forms.Form):
    """A reason in the person's own words. The action checks it."""

    reason = forms.Field(required=False, widget=forms.Textarea)

    def text(self) -> str:
        # Browsers end lines with two characters.
        return str(self["reason"].value() or "").replace("\r\n", "\n")

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        for error in errors:
            self.add_error(error.field, error.message)


class SendBackForm(ReasonForm):
    reason = forms.Field(label="What has to change?", required=False, widget=forms.Textarea)


class WithdrawForm(ReasonForm):
    reason = forms.Field(
        label="Why is it withdrawn? (optional)",
        help_text="It stays in the return's history.",
        required=False,
        widget=forms.Textarea,
    )


class CertifyForm(VersionForm):
    """The confirmation that the statement was read, so that nobody certifies by mistake."""

    confirmed = forms.BooleanField(
        label="I have read the statement and the totals, and I certify them",
        error_messages={
            "required": "Tick the box to say that you have read the statement and the totals."
        },
    )
