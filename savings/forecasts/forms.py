"""The form of a return's forecasts, and the form that chooses what the overview shows.

There is a form for each initiative, which keeps everything as typed. `savings.forecasts.rows`
decides whether a forecast is right, for the form and the API. An initiative whose form is empty has
no forecast and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from finance.money import typed_pounds
from finance.periods import Quarter
from savings.forecasts.reports import ForecastLine, is_illustrative
from savings.forecasts.rows import COLUMNS, IN_DOUBT, STATUSES
from savings.forecasts.wording import MISSING, NO_FORECAST_YET
from savings.kit.choosing import ChoosingForm, choice, cut_short
from savings.quarters.models import Period
from savings.returns.forms import VersionForm
from savings.returns.models import Forecast
from sovereignty.models import Council
from sovereignty.refusals import FieldError

#: The columns that are typed: all but the service.
TYPED = COLUMNS[1:]

#: The page's own words, where the reader of rows would speak of codes.
EMPTY_MESSAGES = {"status": "Choose the status."}


class ForecastForm(forms.Form):
    """The forecast of one initiative, every column as text."""

    this_year = forms.Field(
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "spellcheck": "false"}),
    )
    full_year_effect = forms.Field(
        label="Full-year effect (£)",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "spellcheck": "false"}),
    )
    status = forms.Field(
        label="Status",
        required=False,
        widget=forms.Select(choices=[("", "Choose"), *STATUSES.items()]),
    )
    starts_on = forms.Field(
        label="Start date (optional)",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    reason = forms.Field(
        label="Why is it in doubt?", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    replacement = forms.Field(
        label="What replaces the saving?",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        number: int,
        line: ForecastLine,
        quarter: Quarter,
        data: QueryDict | None = None,
        initial: dict[str, str] | None = None,
    ) -> None:
        super().__init__(data, prefix=line.initiative.service, initial=initial)
        self.number = number
        self.line = line
        self.fields["this_year"].label = f"Forecast for {quarter.year.label} (£)"
        #: Whether to use what is stored instead of what was typed.
        self.takes_stored = bool(data) and f"{self.prefix}-stored" in (data or {})

    def columns(self) -> dict[str, object]:
        """What was typed, or what is stored, for each column of a forecast."""
        return {"service": self.line.initiative.service, **self.typed()}

    def typed(self) -> dict[str, str]:
        return self.stored() if self.takes_stored else self.written()

    def written(self) -> dict[str, str]:
        """The text in its controls."""
        return {name: _plain(self[name].value()) for name in TYPED}

    def stored(self) -> dict[str, str]:
        forecast = self.line.forecast
        return typed(forecast) if forecast else dict.fromkeys(TYPED, "")

    @property
    def differences(self) -> list[tuple[str, str]]:
        """What is stored in each column that was typed differently, by the column's name."""
        stored, written = self.stored(), self.written()
        said = {**stored, "status": STATUSES.get(stored["status"], "")}
        return [
            (str(self.fields[name].label).removesuffix(" (optional)"), said[name])
            for name in TYPED
            if stored[name] != written[name]
        ]

    @property
    def is_empty(self) -> bool:
        return not any(value.strip() for value in self.typed().values())

    @property
    def as_last_quarter(self) -> bool:
        """Whether it is identical to last quarter's forecast."""
        return self.line.last is not None and self.typed() == typed(self.line.last)

    @property
    def is_stored(self) -> bool:
        return self.line.forecast is not None and self.typed() == typed(self.line.forecast)

    @property
    def is_illustrative(self) -> bool:
        """Whether it is still identical to an illustrative forecast."""
        known = [found for found in (self.line.forecast, self.line.last) if found]
        said = self.typed()
        return any(said == typed(found) for found in known if is_illustrative(found))

    @property
    def shows_explanation(self) -> bool:
        """Whether to show reason and replacement: needed, given or wrong."""
        said = self.typed()
        return said["status"] in IN_DOUBT or bool(
            said["reason"] or said["replacement"] or {"reason", "replacement"} & set(self.errors)
        )


class SizeForm(VersionForm):
    """The version, and the initiatives that the page had: one that lost some is not saved.

    `beside` says that it showed what is stored beside what was typed.
    """

    initiatives = forms.CharField(required=False, widget=forms.HiddenInput)
    beside = forms.CharField(required=False, widget=forms.HiddenInput)


class ForecastsForm:
    """The forecasts of a return, a form for each initiative, and the version they were read at."""

    def __init__(
        self,
        version: int | None,
        rows: Sequence[ForecastForm],
        *,
        whole: bool = True,
        beside: bool = False,
    ) -> None:
        self.version = version
        self.rows = rows
        #: False if a part of the page was lost on its way here.
        self.whole = whole
        #: Whether what is stored is shown beside what was typed, to choose from.
        self.beside = beside

    @classmethod
    def of_lines(
        cls, lines: Sequence[ForecastLine], version: int, quarter: Quarter
    ) -> ForecastsForm:
        """A form with what is stored or, if nothing is yet, with last quarter's forecasts."""
        begun = any(line.forecast for line in lines)
        found = []
        for number, line in enumerate(lines, start=1):
            from_ = line.forecast if begun else line.last
            initial = typed(from_) if from_ else None
            found.append(ForecastForm(number, line, quarter, initial=initial))
        return cls(version, found)

    @classmethod
    def of_post(
        cls, data: QueryDict, lines: Sequence[ForecastLine], quarter: Quarter
    ) -> ForecastsForm:
        """The form as it was sent."""
        size = SizeForm(data)
        slugs = [line.initiative.service for line in lines]
        whole = size.is_valid() and size.cleaned_data["initiatives"].split() == slugs
        whole = whole and all(f"{slug}-{name}" in data for slug in slugs for name in TYPED)
        found = [
            ForecastForm(number, line, quarter, data) for number, line in enumerate(lines, start=1)
        ]
        said = size.cleaned_data
        return cls(said.get("version"), found, whole=whole, beside=bool(said.get("beside")))

    @property
    def initiatives(self) -> str:
        """The initiatives of the page, for `SizeForm`."""
        return " ".join(form.line.initiative.service for form in self.rows)

    @property
    def starts_from_last_quarter(self) -> bool:
        """Whether it shows last quarter's forecasts, which are not stored yet."""
        return any(form.as_last_quarter and form.line.forecast is None for form in self.rows)

    def lay_beside_stored(self, version: int) -> None:
        """Show what is stored at that version beside what was typed, which can be saved over it."""
        self.version, self.beside = version, True
        for form in self.rows:
            # An earlier choice was between other things.
            form.takes_stored = False

    def raw_rows(self) -> list[tuple[int, dict[str, object]]]:
        """The forecasts to save, each with its place on the page, as typed."""
        return [(form.number, form.columns()) for form in self.rows if not form.is_empty]

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        """Put every mistake beside the control it is in."""
        for error in errors:
            if error.row is not None:
                said = EMPTY_MESSAGES.get(error.field, "") if not error.value else ""
                # The service is not typed, so a mistake in it has no control.
                field = error.field if error.field in TYPED else None
                self.rows[error.row - 1].add_error(field, said or error.message)

    @property
    def error_links(self) -> list[dict[str, str]]:
        """The error summary: each mistake with its initiative, a link to its control."""
        links = [
            {
                "message": f"{form.line.initiative.name}: {message}",
                "href": f"#initiative-{form.prefix}",
            }
            for form in self.rows
            for message in form.non_field_errors()
        ]
        links += [
            {
                "message": f"{form.line.initiative.name}{_of(field, str(message))}: {message}",
                "href": f"#{field.auto_id}",
            }
            for form in self.rows
            for field in form
            for message in field.errors
        ]
        return links


def typed(forecast: Forecast) -> dict[str, str]:
    """A forecast as a person would have typed it."""
    day = forecast.starts_on
    return {
        "this_year": typed_pounds(forecast.this_year_pence),
        "full_year_effect": typed_pounds(forecast.full_year_effect_pence),
        "status": forecast.status,
        "starts_on": f"{day.day}/{day.month}/{day.year}" if day else "",
        "reason": forecast.reason,
        "replacement": forecast.replacement,
    }


class OverviewForm(ChoosingForm):
    """By default: the usual quarter, any status, every council that one may see."""

    period = choice("Quarter")
    status = choice("Status")
    council = choice("Council")

    def __init__(
        self,
        data: QueryDict,
        *,
        periods: Sequence[Period],
        usual: Quarter | None,
        councils: Sequence[Council],
    ) -> None:
        super().__init__(data)
        self.usual = usual
        self.quarters = {period.code: period.quarter for period in periods}
        self.councils = {council.code: council for council in councils}
        self.statuses = {**STATUSES, MISSING: NO_FORECAST_YET}
        label = f"Latest with forecasts ({usual.label})" if usual else "No quarter yet"
        self.offer("period", [("", label), *((p.code, str(p)) for p in periods)])
        self.offer("status", [("", "Any status"), *self.statuses.items()])
        self.offer("council", [("", "Every council"), *((c.code, c.name) for c in councils)])
        if len(councils) < 2 and not data.get("council"):
            del self.fields["council"]

    def clean_period(self) -> Quarter | None:
        code = self.cleaned_data["period"]
        if not code:
            return self.usual
        if code not in self.quarters:
            raise ValidationError(
                f"“{cut_short(code)}” is not a quarter with returns that you can see. "
                "Choose one from the list."
            )
        return self.quarters[code]

    def clean_status(self) -> str:
        code: str = self.cleaned_data["status"]
        if code and code not in self.statuses:
            raise ValidationError(
                f"There is no status “{cut_short(code)}”. Choose one from the list."
            )
        return code

    def clean_council(self) -> str:
        code: str = self.cleaned_data["council"]
        if code and code not in self.councils:
            raise ValidationError(
                f"“{cut_short(code)}” is not a council whose forecasts you can see. "
                "Choose one from the list."
            )
        return code

    def answer(self) -> tuple[Quarter | None, str, str]:
        """Quarter, status and council of a valid form; the last two empty for all."""
        said = self.cleaned_data
        return said["period"], said["status"], said.get("council", "")


def _of(field: forms.BoundField, message: str) -> str:
    """The control's name inside a sentence, if the message itself doesn't say it."""
    if message.startswith(("Choose", "Say")):
        return ""
    label = str(field.label).partition(" (")[0].rstrip("?")
    return f", {label[:1].lower()}{label[1:]}"


def _plain(value: object) -> str:
    """A control's value as rows are compared and read; browsers send lines ending in CRLF."""
    return "" if value is None else str(value).replace("\r\n", "\n")
