"""Only so that Django finds the models: each subject keeps its own beside its rules."""

from savings.agreements.models import AnswerReminder
from savings.budgets.models import TransitionApproval
from savings.calendar.models import Reminder
from savings.drivers.models import Restatement, Tolerance
from savings.fairness.models import FairnessTest
from savings.forecasts.models import Forecast
from savings.formulas.models import AttributionRule, Driver, DriverValue
from savings.plans.models import Plan, PlanLine
from savings.record.models import Figure, FootingDifference, RecordTable, SourceDocument
from savings.returns.models import Entry, Period, Return
from savings.returns.questions.models import Question
from savings.rollup.models import DirtyReturn, Fact, RolledReturn, RollupState, Total
from savings.uploads.models import Upload

__all__ = [
    "AnswerReminder",
    "AttributionRule",
    "DirtyReturn",
    "Driver",
    "DriverValue",
    "Entry",
    "Fact",
    "FairnessTest",
    "Figure",
    "FootingDifference",
    "Forecast",
    "Period",
    "Plan",
    "PlanLine",
    "Question",
    "RecordTable",
    "Reminder",
    "Restatement",
    "Return",
    "RolledReturn",
    "RollupState",
    "SourceDocument",
    "Tolerance",
    "Total",
    "TransitionApproval",
    "Upload",
]
