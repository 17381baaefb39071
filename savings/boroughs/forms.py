"""The form that asks for the quarter of a council's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms

from finance.periods import PeriodError, Quarter
from savings.quarters.choosing import quarters_of
from savings.quarters.models import Period

#: A longer value than this in an address is not a quarter and is shown cut short.
LONGEST = 40


class QuarterForm(forms.Form):
    """If the quarter is left out, it is `usual`.

    A quarter that is not in the list is added and selected, so that the form says what the address
    says.
    """

    period = forms.CharField(required=False, label="Quarter", widget=forms.Select)

    def __init__(
        self, data: Mapping[str, str], periods: Sequence[Period], usual: Quarter | None
    ) -> None:
        given = data.get("period", "") or (usual.code if usual else "")
        super().__init__({"period": given})
        self.usual = usual
        self.quarters = {period.code: period.quarter for period in periods}
        offered = quarters_of(periods)
        if given and given not in self.quarters:
            offered.append((given, f"{given[:LONGEST]} (not in the list)"))
        self.fields["period"].widget.choices = offered

    def clean_period(self) -> Quarter | None:
        code = self.cleaned_data["period"]
        if not code:
            return None
        if code in self.quarters:
            return self.quarters[code]
        try:
            Quarter.parse(code[:LONGEST])
        except PeriodError as error:
            raise forms.ValidationError(f"{error} Or choose one from the list.") from error
        raise forms.ValidationError(
            f"No returns are made for {code}. Choose a quarter from the list."
        )

    def quarter(self) -> Quarter | None:
        """The quarter of a valid form; None if no quarter has been opened yet."""
        quarter: Quarter | None = self.cleaned_data["period"]
        return quarter
