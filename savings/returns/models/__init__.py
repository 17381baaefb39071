"""What is reported.

A **return** is one council's report for one period: `draft`, `submitted`, `certified`;
sent back means draft again, with a reason. The record's own figures are a return of the
partnership itself (no council). An **entry** is one row of a return: a saving, an ongoing
cost, a transition cost or a variance, falling on the council alone (`own`) or on all who
share the service (`shared`). With a return go its **forecasts**, and the **questions**
that are asked about its entries. Who may see which of them is in `savings.returns.visibility`.

Certified figures never change: triggers in the database refuse to update or delete a
certified return or its entries, or to add to them, however somebody asks. A correction is
a new entry in a later period that names what it corrects.
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
