"""Splitting pence, compared with the rule stated a second time in other words."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance.apportionment import (
    Part,
    ShareError,
    Splitter,
    blended,
    check_whole,
    parse_share,
    restricted,
    scaled_to_one,
    split_pence,
)

THIRD = Fraction(1, 3)
THIRDS = {"WCC": THIRD, "RBKC": THIRD, "LBHF": THIRD}
CODES = ["BRENT", "EALING", "LBHF", "RBKC", "WCC"]

PENCE = st.integers(-(10**13), 10**13)
WEIGHTS = st.dictionaries(st.sampled_from(CODES), st.integers(0, 50), min_size=1).filter(
    lambda weights: any(weights.values())
)


@st.composite
def shares(draw: st.DrawFn) -> dict[str, Fraction]:
    """Shares that add up to 1, some of them 0, in any order."""
    weights = draw(WEIGHTS)
    total = sum(weights.values())
    return {code: Fraction(weights[code], total) for code in draw(st.permutations(sorted(weights)))}


def hand_out(pence: int, shares: dict[str, Fraction]) -> dict[str, int]:
    """The rule, stated again: give out the amount penny by penny to the party owed most.

    Each party first gets the whole pence of its share. Each remaining penny then goes to the one
    with the largest unpaid fraction, the first by code among equals.
    """
    if pence < 0:
        return {code: -paid for code, paid in hand_out(-pence, shares).items()}
    due = {code: pence * share for code, share in shares.items()}
    paid = {code: int(amount) for code, amount in due.items()}
    unpaid = {code: due[code] - paid[code] for code in due}
    while sum(paid.values()) < pence:
        most = max(unpaid.values())
        winner = min(code for code in unpaid if unpaid[code] == most)
        paid[winner] += 1
        unpaid[winner] = Fraction(-1)
    return paid


def pence_of(parts: dict[str, Part]) -> dict[str, int]:
    return {code: part.pence for code, part in parts.items()}


@given(PENCE, shares())
def test_the_split_follows_the_rule(pence: int, shares: dict[str, Fraction]) -> None:
    assert pence_of(split_pence(pence, shares)) == hand_out(pence, shares)


@given(PENCE, shares())
def test_the_quick_split_gives_the_same_result(pence: int, shares: dict[str, Fraction]) -> None:
    splitter = Splitter(shares)
    parts = dict(zip(splitter.codes, splitter.split(pence), strict=True))
    assert parts == pence_of(split_pence(pence, shares))


@given(PENCE, shares())
def test_no_penny_is_lost_and_no_part_is_out_by_a_penny(
    pence: int, shares: dict[str, Fraction]
) -> None:
    parts = split_pence(pence, shares)
    assert sum(part.pence for part in parts.values()) == pence
    for code, part in parts.items():
        assert part.share == shares[code]
        assert part.exact_pence == pence * shares[code]
        assert part.pence == part.floored_pence + part.odd_pence
        assert abs(part.pence - part.exact_pence) < 1
        assert abs(part.odd_pence) <= 1
        assert abs(part.floored_pence) <= abs(part.exact_pence)


@given(PENCE, shares(), st.randoms())
def test_the_order_of_the_shares_makes_no_difference(
    pence: int, shares: dict[str, Fraction], random: Random
) -> None:
    codes = list(shares)
    random.shuffle(codes)
    shuffled = {code: shares[code] for code in codes}
    assert list(split_pence(pence, shuffled).items()) == list(split_pence(pence, shares).items())
    assert Splitter(shuffled).split(pence) == Splitter(shares).split(pence)


@given(PENCE, shares())
def test_a_negative_amount_is_split_like_the_positive_one(
    pence: int, shares: dict[str, Fraction]
) -> None:
    there, back = split_pence(pence, shares), split_pence(-pence, shares)
    assert pence_of(back) == {code: -part.pence for code, part in there.items()}


@given(PENCE, shares())
def test_a_party_without_a_share_gets_no_penny(pence: int, shares: dict[str, Fraction]) -> None:
    parts = split_pence(pence, shares)
    assert [parts[code].pence for code in shares if not shares[code]] == [0] * sum(
        not share for share in shares.values()
    )


@pytest.mark.parametrize(
    ("pence", "shares", "expected"),
    [
        # A pound by thirds: the odd penny to the first in the alphabet.
        (100, THIRDS, {"LBHF": 34, "RBKC": 33, "WCC": 33}),
        (
            -100,
            THIRDS,
            {"LBHF": -34, "RBKC": -33, "WCC": -33},
        ),
        (200, THIRDS, {"LBHF": 67, "RBKC": 67, "WCC": 66}),
        (1, THIRDS, {"LBHF": 1, "RBKC": 0, "WCC": 0}),
        (0, {"LBHF": THIRD, "WCC": 2 * THIRD}, {"LBHF": 0, "WCC": 0}),
        # The larger remainder before the alphabet: 33.33 and 66.67.
        (100, {"LBHF": THIRD, "WCC": 2 * THIRD}, {"LBHF": 33, "WCC": 67}),
        # Halves of an odd penny: a tie.
        (1, {"WCC": Fraction(1, 2), "LBHF": Fraction(1, 2)}, {"LBHF": 1, "WCC": 0}),
        (-1, {"WCC": Fraction(1, 2), "LBHF": Fraction(1, 2)}, {"LBHF": -1, "WCC": 0}),
        # One council only, and one beside another that bears nothing.
        (12_345, {"WCC": Fraction(1)}, {"WCC": 12_345}),
        (99, {"LBHF": Fraction(0), "WCC": Fraction(1)}, {"LBHF": 0, "WCC": 99}),
        # By capital letters before small ones and digits before both, as codes sort.
        (1, {"a": THIRD, "B": THIRD, "1": THIRD}, {"1": 1, "B": 0, "a": 0}),
    ],
)
def test_splits_worked_out_by_hand(
    pence: int, shares: dict[str, Fraction], expected: dict[str, int]
) -> None:
    assert list(pence_of(split_pence(pence, shares)).items()) == list(expected.items())


def test_a_split_shows_how_it_was_worked_out() -> None:
    assert split_pence(-100, {"LBHF": THIRD, "WCC": 2 * THIRD}) == {
        "LBHF": Part(THIRD, Fraction(-100, 3), -33, 0, -33),
        "WCC": Part(2 * THIRD, Fraction(-200, 3), -66, -1, -67),
    }


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({}, "The shares add up to 0; they must add up to exactly 1."),
        ({"LBHF": THIRD}, "The shares add up to 1/3; they must add up to exactly 1."),
        (
            {"LBHF": Fraction(3, 4), "WCC": Fraction(1, 2)},
            "The shares add up to 5/4; they must add up to exactly 1.",
        ),
        (
            {"LBHF": Fraction(3, 2), "WCC": Fraction(-1, 2)},
            "A share may not be less than 0.",
        ),
    ],
)
def test_shares_that_do_not_add_up_to_1_are_refused(
    shares: dict[str, Fraction], message: str
) -> None:
    for use in (check_whole, Splitter, lambda shares: split_pence(100, shares)):
        with pytest.raises(ShareError) as refusal:
            use(shares)
        assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("typed", "share"),
    [
        ("1/3", THIRD),
        ("0.25", Fraction(1, 4)),
        (".25", Fraction(1, 4)),
        ("0", Fraction(0)),
        ("1", Fraction(1)),
        ("1.000", Fraction(1)),
        ("0/7", Fraction(0)),
        ("7/7", Fraction(1)),
        ("281/432", Fraction(281, 432)),
        (" 2/4 ", Fraction(1, 2)),
        ("0.333333333333333333", Fraction(333_333_333_333_333_333, 10**18)),
    ],
)
def test_a_typed_share_is_read_exactly(typed: str, share: Fraction) -> None:
    assert parse_share(typed) == share


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        *(
            (typed, f"“{typed}” is not a share: write it as 0.25 or 1/4.")
            for typed in (
                "",
                " ",
                "-1/3",
                "-0.5",
                "+0.5",
                "25%",
                "1/3/4",
                "1 / 3",
                "1/-3",
                "/3",
                "1/",
                "0,25",
                "5.",
                "1e-3",
                "NaN",
                "Infinity",
                "a third",
                "⅓",
                "١/٣",
                "0.1_0",
                "0.3333333333333333333",
            )
        ),
        ("1/0", "“1/0” divides by 0: write it as 0.25 or 1/4."),
        ("0/0", "“0/0” divides by 0: write it as 0.25 or 1/4."),
        ("4/3", "“4/3” is more than the whole: a share is between 0 and 1."),
        ("25", "“25” is more than the whole: a share is between 0 and 1."),
        ("1.01", "“1.01” is more than the whole: a share is between 0 and 1."),
    ],
)
def test_text_that_is_not_a_share_is_refused_with_its_remedy(typed: str, message: str) -> None:
    with pytest.raises(ShareError) as refusal:
        parse_share(typed)
    assert str(refusal.value) == message


@given(st.text(max_size=12))
def test_any_text_is_a_share_from_0_to_1_or_a_share_error(text: str) -> None:
    try:
        share = parse_share(text)
    except ShareError:
        return
    assert 0 <= share <= 1


def test_values_are_scaled_to_shares_that_add_up_to_1() -> None:
    values: dict[str, Fraction | int | Decimal] = {
        "LBHF": Decimal("1.5"),
        "RBKC": 0,
        "WCC": Fraction(1, 2),
    }
    assert scaled_to_one(values) == {
        "LBHF": Fraction(3, 4),
        "RBKC": Fraction(0),
        "WCC": Fraction(1, 4),
    }
    assert scaled_to_one({"LBHF": 0, "WCC": Decimal(0)}) == {}
    assert scaled_to_one({}) == {}


def test_a_value_below_0_is_refused() -> None:
    with pytest.raises(ShareError, match=r"A value to share by may not be less than 0\."):
        scaled_to_one({"LBHF": 3, "WCC": -1})


def test_shares_restricted_to_some_councils_keep_their_proportion() -> None:
    shares = {"LBHF": Fraction(1, 2), "RBKC": Fraction(1, 3), "WCC": Fraction(1, 6)}
    assert restricted(shares, ["RBKC", "WCC"]) == {"RBKC": 2 * THIRD, "WCC": THIRD}
    assert restricted(shares, ["WCC", "BRENT"]) == {"WCC": Fraction(1)}
    assert restricted(shares, shares) == shares
    assert restricted(shares, ["BRENT"]) == {}
    assert restricted(shares, []) == {}
    assert restricted({"LBHF": Fraction(1), "WCC": Fraction(0)}, ["WCC"]) == {}


@given(shares(), st.sets(st.sampled_from(CODES)))
def test_restricted_shares_add_up_to_1_in_proportion_or_are_empty(
    shares: dict[str, Fraction], codes: set[str]
) -> None:
    part = restricted(shares, codes)
    kept = sum(share for code, share in shares.items() if code in codes)
    if not kept:
        assert part == {}
    else:
        assert sum(part.values()) == 1
        assert part == {c: shares[c] / kept for c in shares if c in codes and shares[c]}


def test_a_blend_is_weights_times_shares() -> None:
    weights = {"children": Fraction(3, 4), "posts": Fraction(1, 4)}
    drivers = {
        "children": {"LBHF": Fraction(1, 2), "WCC": Fraction(1, 2)},
        "posts": {"RBKC": Fraction(1, 4), "WCC": Fraction(3, 4)},
    }
    assert blended(weights, drivers) == {
        "LBHF": Fraction(6, 16),
        "RBKC": Fraction(1, 16),
        "WCC": Fraction(9, 16),
    }


def test_a_blend_with_a_driver_that_shares_nothing_is_empty() -> None:
    halves = {"LBHF": Fraction(1, 2), "WCC": Fraction(1, 2)}
    weights = {"children": Fraction(3, 4), "posts": Fraction(1, 4)}
    assert blended(weights, {"children": halves, "posts": {}}) == {}
    # A driver without weight is not in use: nobody asks what it shares.
    assert blended({"children": Fraction(1), "posts": Fraction(0)}, {"children": halves}) == halves


def test_weights_must_add_up_to_1() -> None:
    with pytest.raises(ShareError, match=r"The shares add up to 1/2; they must add up to exactly"):
        blended({"children": Fraction(1, 2)}, {"children": {"LBHF": Fraction(1)}})


@given(st.data())
def test_any_blend_of_full_shares_adds_up_to_1(data: st.DataObject) -> None:
    drivers = {name: data.draw(shares()) for name in ("children", "posts", "budget")}
    weight = data.draw(st.fractions(0, 1, max_denominator=100))
    weights = {"children": weight, "posts": (1 - weight) / 2, "budget": (1 - weight) / 2}
    assert sum(blended(weights, drivers).values()) == 1
