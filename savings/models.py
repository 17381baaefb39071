"""Lists the models so that Django finds them. Each subject keeps its own models."""

from savings.agreements.models import AnswerReminder
from savings.budgets.models import TransitionApproval
from savings.calendar.models import Reminder
from savings.drivers.models import Driver, DriverValue, Restatement, Tolerance
from savings.fairness.models import FairnessTest
from savings.formulas.models import AttributionRule
from savings.plans.models import Plan, PlanLine
from savings.quarters.models import Period
from savings.record.models import Figure, FootingDifference, RecordTable, SourceDocument
from savings.returns.models import DirtyReturn, Entry, Forecast, Question, Return
from savings.rollup.models import Fact, RolledReturn, RollupState, Total
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
