"""A quarter's dates as people type them: day, month and year, each in its own box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from finance.periods import FinancialYear, PeriodError, Quarter
from savings.kit.choosing import ChoosingForm, choice
from sovereignty.refusals import FieldError

PARTS = ("day", "month", "year")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


class DateParts(forms.MultiWidget):
    """Three text inputs, named `…-day`, `…-month` and `…-year`, and kept as typed."""

    def __init__(self) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__({part: forms.TextInput(attrs) for part in PARTS})
        self.widgets_names = [f"-{part}" for part in PARTS]

    def decompress(self, value: date | None) -> list[str]:
        return [str(value.day), str(value.month), str(value.year)] if value else ["", "", ""]


class DateField(forms.Field):
    """A date in three boxes; a month may also be written out."""

    widget = DateParts

    def __init__(self, *, which: str, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.which = which

    def clean(self, value: Sequence[str]) -> date:
        parts = [(part or "").strip() for part in value]
        if not any(parts):
            raise ValidationError(f"Enter the {self.which}.")
        missing = [name for name, part in zip(PARTS, parts, strict=True) if not part]
        if missing:
            raise ValidationError(f"The {self.which} needs a {' and a '.join(missing)}.")
        try:
            day, month, year = (_number(part) for part in (parts[0], _month(parts[1]), parts[2]))
            return date(year, month, day)
        except ValueError:
            raise ValidationError(
                f"Enter the {self.which} as a real date, such as 31 7 2013."
            ) from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise ValueError(text)
    return int(text)


def _month(text: str) -> str:
    """The month's number, if the text is its name or at least its first three letters."""
    found = [
        number
        for number, name in enumerate(MONTHS, start=1)
        if len(text) >= 3 and name.startswith(text.lower())
    ]
    return str(found[0]) if found else text


class DatesForm(forms.Form):
    """A quarter's three dates."""

    opens_on = DateField(
        label="Opens on", which="opening date", help_text="The first day for its returns."
    )
    due_on = DateField(
        label="Due on", which="due date", help_text="The last day to submit a return."
    )
    closes_on = DateField(
        label="Closes on",
        which="closing date",
        help_text="The day by which every return must be certified.",
    )

    def dates(self) -> dict[str, date]:
        """The dates by their names, once the form is valid."""
        return {name: self.cleaned_data[name] for name in ("opens_on", "due_on", "closes_on")}

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        for error in errors:
            self.add_error(error.field if error.field in self.fields else None, error.message)


class OpenForm(DatesForm):
    """The next quarter and its dates."""

    period = forms.CharField(
        label="Quarter", required=False, help_text="Such as 2013-14-Q1.", max_length=20
    )

    field_order = ["period", "opens_on", "due_on", "closes_on"]

    def settle(self, settled: bool) -> None:
        """Ask for the quarter only if there is a choice."""
        if settled:
            self.fields["period"].widget = forms.HiddenInput()

    def clean_period(self) -> Quarter:
        try:
            return Quarter.parse(self.cleaned_data["period"].strip())
        except PeriodError as error:
            raise ValidationError(str(error)) from error


class ChangeDatesForm(DatesForm):
    reason = forms.CharField(
        label="Why are the dates changed?",
        help_text="It stays in the quarter's history.",
        required=False,
        widget=forms.Textarea,
        strip=False,
    )


class ReopenForm(forms.Form):
    reason = forms.CharField(
        label="Why is the quarter reopened?", required=False, widget=forms.Textarea, strip=False
    )

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        for error in errors:
            self.add_error("reason", error.message)


class YearForm(ChoosingForm):
    """Which year's board to show."""

    year = choice("Financial year")

    def __init__(
        self, data: Any, years: Sequence[FinancialYear], current: FinancialYear | None
    ) -> None:
        given = data.get("year") or (current.code if current else "")
        super().__init__({"year": given})
        self.offer("year", [(year.code, year.label) for year in years])

    def clean_year(self) -> FinancialYear | None:
        given = self.cleaned_data["year"]
        if not given:
            return None
        try:
            return FinancialYear.parse(given)
        except PeriodError:
            raise ValidationError("Choose a financial year from the list.") from None
