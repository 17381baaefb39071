"""Which moment, and which events, are asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from savings.history.moments import DAY, MomentError, moment_of


class DayInput(forms.DateInput):
    """A day as a browser asks for it; whatever else there is in it stays, as text."""

    input_type = "date"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if value and not DAY.fullmatch(str(value)):
            # A browser would empty a field for days that holds anything else.
            context["widget"]["type"] = "text"
        return context


class MomentField(forms.CharField):
    """A day that has come, meaning its end in London, or a time with its zone; or nothing.

    Becomes a time, or None.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "As it stood at the end of")
        options.setdefault("help_text", "For example 2013-08-01. Leave it empty for today.")
        super().__init__(required=False, widget=DayInput, **options)

    def clean(self, value: Any) -> datetime | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        try:
            return moment_of(text, today=timezone.localdate())
        except MomentError as error:
            raise ValidationError(str(error)) from error
