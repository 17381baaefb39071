"""Only so that Django finds the models: each subject keeps its own beside its rules."""

from savings.attribution.models import AttributionRule, Driver, DriverValue
from savings.plans.models import Plan, PlanLine
from savings.record.models import Figure, FootingDifference, RecordTable, SourceDocument
from savings.returns.models import Entry, Period, Return
from savings.rollup.models import DirtyReturn, Fact, RolledReturn, RollupState, Total

__all__ = [
    "AttributionRule",
    "DirtyReturn",
    "Driver",
    "DriverValue",
    "Entry",
    "Fact",
    "Figure",
    "FootingDifference",
    "Period",
    "Plan",
    "PlanLine",
    "RecordTable",
    "Return",
    "RolledReturn",
    "RollupState",
    "SourceDocument",
    "Total",
]
