"""The forms of the register: a driver, its values, a restatement and a tolerance."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from finance.periods import Quarter
from savings.drivers import wording
from savings.kit.forms import ProposalForm, SayingForm, quarter_field
from sovereignty.models import Council
from sovereignty.refusals import BadContent, FieldError


class DriverForm(SayingForm):
    code = forms.Field(
        label="Short name",
        help_text="Letters, digits and hyphens, such as looked-after-children.",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    name = forms.Field(label="What is counted", required=False)
    unit = forms.Field(label="Unit", help_text="Such as children or posts.", required=False)


class ValueForm(SayingForm):
    council = forms.Field(label="Council", required=False, widget=forms.Select)
    effective_from = quarter_field("Such as 2013-14-Q3. It applies until a later value does.")
    value = forms.Field(
        label="Value", required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    source = forms.Field(label="Where it comes from", required=False)

    def __init__(
        self, councils: Iterable[Council], offered: Iterable[Council], data: object = None
    ) -> None:
        """`offered` are the councils that the person may give values for."""
        super().__init__(data)  # type: ignore[arg-type]
        self.by_code = {council.code: council for council in councils}
        choices = [("", "Choose"), *((council.code, council.name) for council in offered)]
        self.fields["council"].widget.choices = choices

    def read(self) -> tuple[Council, Quarter, Decimal]:
        """Council, quarter and value as typed. Raises BadContent if one is missing or wrong."""
        errors: list[FieldError] = []
        council = self.by_code.get(self.say("council"))
        if council is None:
            errors.append(FieldError("council", "Choose the council."))
        quarter = self.read_or_add(errors, self.quarter)
        value = number(self.say("value"))
        if value is None:
            errors.append(FieldError("value", NUMBER))
        if errors or council is None or quarter is None or value is None:
            raise BadContent(errors)
        return council, quarter, value


class RestatementForm(SayingForm):
    value = forms.Field(
        label="What it should have been",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    source = forms.Field(label="Where that comes from", required=False)


class ToleranceForm(ProposalForm):
    share = forms.Field(
        label="How much may a restatement move?",
        help_text="As a share of what was split, such as 0.01 or 1/100. 0 puts every restatement "
        "right.",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )


class FileForm(SayingForm):
    file = forms.Field(
        label="A file of values",
        help_text="CSV in UTF-8, with the columns council, effective_from, value and source. "
        "All of its rows are stored, or none.",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        #: The errors in rows of the file, which a table shows separately.
        self.rows: list[FieldError] = []

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        others: list[FieldError] = []
        for error in errors:
            (others if error.row is None else self.rows).append(error)
        super().add_errors(others)
        if self.rows:
            super().add_errors([FieldError("file", wording.mistakes_in_rows(len(self.rows)))])


NUMBER = "Enter a number of 0 or more in digits, such as 412 or 12.5."


def number(text: str) -> Decimal | None:
    """A count as typed, with at most four decimals; None if it is not one."""
    if not (text.isascii() and text.replace(".", "", 1).isdigit()):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    whole, _, part = text.partition(".")
    return value if len(whole) <= 14 and len(part) <= 4 else None
