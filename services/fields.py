"""A quarter in the database: its ordinal, so that it sorts, ranges and excludes."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from finance.periods import PeriodError, Quarter


class QuarterField(models.IntegerField):
    """Holds a `Quarter`; takes a Quarter or its code, such as ``2012-13-Q4``.

    Raises ValidationError for a code that is no quarter.
    """

    description = "Quarter of a financial year"

    def from_db_value(self, value: int | None, *_: Any) -> Quarter | None:
        return None if value is None else Quarter.from_ordinal(value)

    def to_python(self, value: Any) -> Quarter | None:
        if value is None or isinstance(value, Quarter):
            return value
        if isinstance(value, int):
            return Quarter.from_ordinal(value)
        try:
            return Quarter.parse(str(value))
        except PeriodError as error:
            raise ValidationError(str(error)) from error

    def get_prep_value(self, value: Any) -> int | None:
        quarter = self.to_python(value)
        return None if quarter is None else quarter.ordinal

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj) or "")
