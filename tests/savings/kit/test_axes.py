"""An axis of money: round steps that hold every amount, never too many."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from savings.kit.axes import in_short, money_axis, round_steps


@given(st.lists(st.integers(-(10**15), 10**15), max_size=8))
def test_steps_are_even_and_round_and_hold_every_amount(amounts: list[int]) -> None:
    steps = round_steps(amounts)
    (size,) = {after - before for before, after in pairwise(steps)}
    assert str(size).rstrip("0") in ("1", "2", "5")
    assert 0 in steps
    assert 2 <= len(steps) <= 6
    assert steps[0] <= min([0, *amounts])
    assert max([0, *amounts]) <= steps[-1]


@pytest.mark.parametrize(
    ("pence", "label"),
    [(0, "£0"), (5, "£0.05"), (-100, "−£1"), (100_000, "£1k"), (250_000_000, "£2.5m")],
)
def test_labels_are_in_pounds(pence: int, label: str) -> None:
    assert in_short(pence) == label


def test_an_axis_has_a_label_for_each_step_and_only_whole_numbers() -> None:
    axis = money_axis([-1200, 6900])
    assert len(axis["tickvals"]) == len(axis["ticktext"])
    assert all(isinstance(value, int) for value in [*axis["tickvals"], *axis["range"]])
