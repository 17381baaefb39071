from importlib import import_module

from django.apps import AppConfig

#: Modules that other subjects only know by name: tasks that they wake, what councils agree to,
#: and which entries fall on a council.
KNOWN_BY_NAME = (
    "savings.rollup.tasks",
    "savings.rollup.visibility",
    "savings.budgets.proposals",
    "savings.drivers.proposals",
    "savings.fairness.proposals",
    "savings.formulas.proposals",
)


class SavingsConfig(AppConfig):
    name = "savings"
    verbose_name = "Savings"

    def ready(self) -> None:
        for module in KNOWN_BY_NAME:
            import_module(module)
