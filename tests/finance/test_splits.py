"""Twenty thousand generated splits; `bench/splits.py` does a million of the same."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bench import splits
from finance.apportionment import Splitter


def test_every_split_is_exact_fair_and_the_same_in_any_order_and_sign() -> None:
    found = splits.generated(20_000, 2011)
    assert found.splits >= 20_000
    # Pennies were left over, so the rule was put to the test.
    assert found.odd_pennies > 10_000


class ToTheFirst(Splitter):
    """Gives every odd penny to the first in the alphabet."""

    def split(self, pence: int) -> list[int]:
        parts = [pence * numerator // self.denominator for numerator in self.numerators]
        parts[0] += pence - sum(parts)
        return parts


class FloorsAlone(Splitter):
    """Loses the odd pennies."""

    def split(self, pence: int) -> list[int]:
        return [pence * numerator // self.denominator for numerator in self.numerators]


@pytest.mark.parametrize("wrong", [ToTheFirst, FloorsAlone])
def test_a_wrong_split_does_not_pass(
    wrong: type[Splitter], monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = {"LBHF": Fraction(1, 3), "WCC": Fraction(2, 3)}
    assert splits.check(shares, [100, -100, 0]) == 2
    monkeypatch.setattr(splits, "Splitter", wrong)
    with pytest.raises(splits.Unfair, match="100 by"):
        splits.check(shares, [100])
    # Hypothesis finds it by itself, too.
    with pytest.raises(splits.Unfair):
        splits.generated(2_000, 2011)
