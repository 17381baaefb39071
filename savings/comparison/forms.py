"""The form that chooses a comparison: plan, year, the last quarter to count and the moment."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import QueryDict

from finance.periods import FinancialYear, Quarter
from savings.comparison.reports import Choices, usual_quarter
from savings.kit.choosing import ChoosingForm, choice, cut_short
from savings.kit.forms import MomentField
from savings.plans.measures import CHOICES, Measure
from savings.plans.models import Plan
from savings.quarters.choosing import to_the_end_of


class ComparisonForm(ChoosingForm):
    """By default the first plan, its latest year, since the start, the latest closed quarter."""

    plan = choice("Plan")
    measure = choice("Measure")
    year = choice("Year of the plan")
    to = choice("Delivered to the end of")
    as_at = MomentField()

    def __init__(self, data: QueryDict, choices: Choices) -> None:
        super().__init__(data)
        self.choices = choices
        self.offer("measure", ((measure.value, measure.label) for measure in CHOICES))
        years = choices.all_years
        self.offer("plan", ((plan.code, plan.name) for plan in choices.plans))
        self.offer(
            "year",
            [("", "The plan’s latest year"), *((year.code, year.label) for year in years)],
        )
        self.offer("to", to_the_end_of(choices.periods, open_again=True))

    def clean_plan(self) -> Plan | None:
        code = self.cleaned_data["plan"]
        plan = self.choices.plan(code) if code else next(iter(self.choices.plans), None)
        if plan is None and code:
            raise ValidationError(
                f"There is no plan “{cut_short(code)}”. Choose one from the list."
            )
        return plan

    def clean_year(self) -> FinancialYear | None:
        code = self.cleaned_data["year"]
        plan = self.cleaned_data.get("plan")
        if plan is None:
            return None
        years = self.choices.years[plan.code]
        if not code:
            return years[-1]
        for year in self.choices.all_years:
            if year.code == code:
                return year
        raise ValidationError(
            f"“{cut_short(code)}” is a year without a plan or a return. Choose one from the list."
        )

    def clean_measure(self) -> Measure:
        code = self.cleaned_data["measure"] or Measure.TO_DATE
        if code not in CHOICES:
            raise ValidationError(
                f"“{cut_short(code)}” is not a measure. Choose one from the list."
            )
        return Measure(code)

    def clean_to(self) -> Quarter | None:
        code = self.cleaned_data["to"]
        if not code:
            return self.choices.usual
        for period in self.choices.periods:
            if period.code == code:
                return period.quarter
        raise ValidationError(
            f"“{cut_short(code)}” is not a quarter that returns are made for. "
            "Choose one from the list."
        )

    def answer(self) -> tuple[Plan | None, FinancialYear | None, Quarter | None]:
        """Plan, year and quarter of a valid form; each is None if there is none.

        At a moment in the past, the latest closed quarter is the one that was the latest then.
        """
        data = self.cleaned_data
        to = data["to"]
        if data["as_at"] is not None and not self.data.get("to"):
            to = usual_quarter(data["as_at"])
        return data["plan"], data["year"], to

    @property
    def chosen_measure(self) -> Measure:
        """The measure that a valid form asks for."""
        return Measure(self.cleaned_data["measure"])

    @property
    def moment(self) -> datetime | None:
        """The moment that a valid form asks for; None for now."""
        return self.cleaned_data["as_at"]
