"""The examples in docstrings are run, so that none goes out of date."""

from __future__ import annotations

import doctest
import importlib

import pytest

PURE_MODULES = [
    "audit.chain",
    "finance.apportionment",
    "finance.money",
    "finance.periods",
    "savings.formulas.arithmetic",
    "savings.kit.moments",
    "savings.history.replay",
    "savings.budgets.claims",
    "savings.formulas.delivered",
    "savings.formulas.wording",
    "savings.kit.axes",
    "savings.kit.exports",
    "savings.fairness.exports",
    "savings.fairness.fairness",
    "savings.fairness.wording",
    "savings.forecasts.initiatives",
    "savings.forecasts.rows",
    "savings.forecasts.wording",
    "savings.quarters.dates",
    "savings.filling.rows",
    "savings.record.dates",
    "savings.record.wording",
    "savings.record.words",
    "savings.trueup.trueup",
    "savings.trueup.wording",
    "savings.whatif.asking",
    "savings.whatif.whatif",
    "savings.whatif.wording",
]


@pytest.mark.parametrize("name", PURE_MODULES)
def test_the_examples_of_a_pure_module_are_right(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted > 0
    assert results.failed == 0
