"""A quarter in the database: its ordinal, so that it sorts, ranges and excludes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

from finance.periods import PeriodError, Quarter

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable


class QuarterField(models.Field):
    """Holds a `Quarter`. Accepts a Quarter or its code, such as ``2012-13-Q4``.

    Raises ValidationError for a code that is not a quarter.
    """

    description = "Quarter of a financial year"

    if TYPE_CHECKING:
        # Tells the type checker what goes in and comes out.
        _pyi_private_set_type: Quarter | str | Combinable
        _pyi_private_get_type: Quarter
        _pyi_lookup_exact_type: Quarter | str

    def get_internal_type(self) -> str:
        return "IntegerField"

    def from_db_value(self, value: int | None, *_: Any) -> Quarter | None:
        return None if value is None else Quarter.from_ordinal(value)

    def to_python(self, value: Any) -> Quarter | None:
        if value is None or isinstance(value, Quarter):
            return value
        try:
            if isinstance(value, int):
                return Quarter.from_ordinal(value)
            return Quarter.parse(str(value))
        except PeriodError as error:
            raise ValidationError(str(error)) from error

    def get_prep_value(self, value: Any) -> int | None:
        quarter = self.to_python(value)
        return None if quarter is None else quarter.ordinal

    def formfield(self, **kwargs: Any) -> Any:
        # An empty form field is None, not the quarter “”.
        return super().formfield(**{"empty_value": None, **kwargs})

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj) or "")
