"""The story of the odd penny."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance.apportionment import split_pence
from savings.formulas.wording import Remainder, odd_pennies

NAMES = {"LBHF": "Fulham", "RBKC": "Chelsea", "WCC": "Westminster"}
CODES = ["BRENT", "EALING", "LBHF", "RBKC", "WCC"]


def story(pence: int, **shares: str) -> str:
    parts = split_pence(pence, {code: Fraction(share) for code, share in shares.items()})
    return odd_pennies(
        [
            Remainder(code, abs(p.exact_pence) - abs(p.floored_pence), bool(p.odd_pence))
            for code, p in parts.items()
        ],
        NAMES,
    )


@pytest.mark.parametrize(
    ("pence", "shares", "told"),
    [
        (
            300,
            {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"},
            "Every share is a whole number of pence, so no penny is left over.",
        ),
        (
            100,
            {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"},
            (
                "One penny is left over. It goes to Fulham. Chelsea and Westminster have a "
                "remainder as large, 1/3 of a penny. Ties go in alphabetical order of code, in "
                "which LBHF comes first."
            ),
        ),
        (
            -200,
            {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"},
            (
                "Two pennies are left over. They go to Fulham and Chelsea. Westminster has a "
                "remainder as large, 2/3 of a penny. Ties go in alphabetical order of code, in "
                "which "
                "LBHF and RBKC come first."
            ),
        ),
        (
            100,
            {"LBHF": "1/3", "WCC": "2/3"},
            (
                "One penny is left over. It goes to Westminster, which has the largest remainder, "
                "2/3 of a penny."
            ),
        ),
        (
            100,
            {"LBHF": "3/7", "RBKC": "3/7", "WCC": "1/7"},
            (
                "Two pennies are left over. They go to Fulham and Chelsea, "
                "which have the largest remainders, 6/7 and 6/7 of a penny."
            ),
        ),
        (
            100,
            {"BRENT": "1/7", "LBHF": "2/7", "RBKC": "2/7", "WCC": "2/7"},
            (
                "Two pennies are left over. They go to Fulham and Chelsea. Westminster has a "
                "remainder as large, 4/7 of a penny. Ties go in alphabetical order of code, in "
                "which "
                "LBHF and RBKC come first."
            ),
        ),
        (7, {"WCC": "1"}, "Every share is a whole number of pence, so no penny is left over."),
    ],
)
def test_the_story_says_who_got_the_odd_penny_and_why(
    pence: int, shares: dict[str, str], told: str
) -> None:
    assert story(pence, **shares) == told


@given(
    st.integers(-(10**9), 10**9),
    st.dictionaries(st.sampled_from(CODES), st.integers(0, 50), min_size=1).filter(
        lambda weights: any(weights.values())
    ),
)
def test_any_split_has_its_story(pence: int, weights: dict[str, int]) -> None:
    whole = sum(weights.values())
    shares = {code: f"{weight}/{whole}" for code, weight in weights.items()}
    parts = split_pence(pence, {code: Fraction(share) for code, share in shares.items()})
    told = story(pence, **shares)
    lucky = [code for code, part in parts.items() if part.odd_pence]
    assert ("no penny" in told) == (not lucky)
    assert all(NAMES.get(code, code) in told for code in lucky)
