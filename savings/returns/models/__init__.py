"""What is reported.

A **return** is one council's report for one period: `draft`, `submitted`, `certified`;
sent back means draft again, with a reason. The record's own figures are a return of the
partnership itself (no council). An **entry** is one row of a return: a saving, an ongoing
cost, a transition cost or a variance. It falls on the council only (`own`) or on all that
share the service (`shared`). A return also has **forecasts**, and **questions** about its
entries. `savings.returns.visibility` says who may see which of them.

Certified figures never change: triggers in the database refuse every way to update or
delete a certified return or its entries, or to add to them. A correction is a new entry
in a later period that names the entry it corrects.
"""

from savings.returns.models.dirty import DirtyReturn
from savings.returns.models.entries import Entry, EntryQuerySet
from savings.returns.models.forecasts import Forecast, ForecastQuerySet
from savings.returns.models.questions import MOST_QUESTIONS, Question, QuestionQuerySet
from savings.returns.models.returns import PARTNERSHIP, Return, ReturnQuerySet

__all__ = [
    "MOST_QUESTIONS",
    "PARTNERSHIP",
    "DirtyReturn",
    "Entry",
    "EntryQuerySet",
    "Forecast",
    "ForecastQuerySet",
    "Question",
    "QuestionQuerySet",
    "Return",
    "ReturnQuerySet",
]
