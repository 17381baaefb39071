from importlib import import_module

from django.apps import AppConfig

#: Modules that other subjects only know by name: tasks that they wake, what councils agree to (in
#: the order in which pages offer to propose it), and which entries fall on a council.
KNOWN_BY_NAME = (
    "savings.rollup.tasks",
    "savings.rollup.visibility",
    "savings.formulas.proposals",
    "savings.budgets.proposals",
    "savings.fairness.proposals",
    "savings.drivers.proposals",
)


class SavingsConfig(AppConfig):
    name = "savings"
    verbose_name = "Savings"

    def ready(self) -> None:
        for module in KNOWN_BY_NAME:
            import_module(module)
