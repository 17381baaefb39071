"""Money and years as JSON, the same in every subject."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from finance.money import json_money
from finance.periods import FinancialYear, PeriodError
from savings.kit.moments import MomentError, moment_of
from savings.kit.provenance import Provenance
from sovereignty.refusals import BadContent, FieldError
from sovereignty.shapes import Text


@extend_schema_field(
    {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$", "example": "4540000.00"}
)
class Money(serializers.Field):
    """Whole pence, sent as text in pounds with two decimals; only sent, never read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: int) -> str:
        return json_money(value)


class YearText(Text):
    """A financial year by its code, such as ``2012-13``; becomes a `FinancialYear`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "A financial year, such as 2014-15.")
        super().__init__("Give a financial year, such as 2014-15.", max_length=7, **options)

    def run_validation(self, data: Any = empty) -> Any:
        value = super().run_validation(data)
        try:
            return FinancialYear.parse(value) if isinstance(value, str) else value
        except PeriodError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: FinancialYear) -> str:  # type: ignore[override]
        return value.code


AS_AT = (
    "As it stood then: a day, such as 2013-08-01, which means its end in London, or a time with "
    "its zone, such as 2013-08-01T17:30:00Z. Without it, as it is now."
)


class MomentText(Text):
    """A day up to today, or a time with its zone; becomes a time. `first`: a day's start."""

    def __init__(self, *, first: bool = False, **options: Any) -> None:
        self.first = first
        options.setdefault("required", False)
        options.setdefault("help_text", AS_AT)
        super().__init__("Give a day, such as 2013-08-01.", max_length=40, **options)

    def run_validation(self, data: Any = empty) -> Any:
        value = super().run_validation(data)
        if not isinstance(value, str):
            return value
        try:
            return moment_of(value, today=timezone.localdate(), first=self.first)
        except MomentError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: datetime) -> str:  # type: ignore[override]
        return value.isoformat()


class ProvenanceField(serializers.ChoiceField):
    """Where a figure comes from. Illustrative figures are always marked."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=Provenance.choices, read_only=True, **options)


CODE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


LONGEST_CODE = 60


class CodeText(Text):
    """Letters, digits, hyphens and underscores: what an address can carry."""

    default_error_messages = {"code": "Use letters, digits, hyphens and underscores."}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not CODE.fullmatch(text):
            self.fail("code")
        return text


def one_of(field: str, value: str, known: Mapping[str, Any], what: str) -> Any:
    """What a code in a body or a parameter means. Raises BadContent if it is unknown."""
    if value not in known:
        raise BadContent([FieldError(field, f"There is no {what} of this name.", value[:200])])
    return known[value]
