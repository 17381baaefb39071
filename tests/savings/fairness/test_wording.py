"""What fairness says: who, how much, and what can't be told."""

from __future__ import annotations

from fractions import Fraction

import pytest

from savings.fairness.fairness import Amounts, Criterion, Warned, tracks
from savings.fairness.wording import (
    break_even_of,
    gains_little_of,
    nothing_of,
    percent,
    reading_of_net,
    reading_of_shares,
    rule_of,
    times,
    warning_of,
)
from tests.savings.fairness.test_fairness import Q1, alone, two

NAMES = {"LBHF": "Hammersmith & Fulham", "RBKC": "Kensington & Chelsea", "WCC": "Westminster"}
HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (Fraction(1, 2000), "0.1%"),
        (Fraction(1, 2001), "0.0%"),
        (Fraction(-1, 2001), "0.0%"),
        (Fraction(-5, 4), "−125.0%"),
    ],
)
def test_a_share_is_rounded_away_from_0(share: Fraction, said: str) -> None:
    assert percent(share) == said


def test_gain_for_contribution_has_two_decimals() -> None:
    assert [times(ratio) for ratio in (Fraction(5, 9), Fraction(-1, 3), Fraction(2))] == [
        "0.56",
        "−0.33",
        "2.00",
    ]


def test_the_rule_is_stated_with_its_parameters() -> None:
    assert rule_of(Criterion(HALF, 4)) == (
        "A council gains little if its share of the net to date is below 1/2 of its share of the "
        "contribution to date. It does so persistently if that is so at the end of four quarters "
        "with figures in a row, up to the latest closed one."
    )


def test_the_warning_names_every_council_it_is_about() -> None:
    assert warning_of([], NAMES) == ""
    assert warning_of([Warned("WCC", 4), Warned("LBHF", 11)], NAMES) == (
        "Westminster has gained little for what it puts in for four quarters in a row and "
        "Hammersmith & Fulham has gained little for what it puts in for 11 quarters in a row."
    )


def test_the_sentence_names_who_gains_most_and_least() -> None:
    assert reading_of_net((), NAMES) == "Nothing certified has fallen on any council yet."
    assert reading_of_net(two((100, 5)), NAMES) == (
        "To date Hammersmith & Fulham has gained the most, £9.00, and Westminster the least, £1.00."
    )
    assert reading_of_net(two((900, 5)), NAMES) == "To date every council’s net is £9.00."
    nobody = tracks({(Q1, "LBHF"): Amounts(500)}, ["LBHF", "WCC"])
    assert reading_of_net(nobody, NAMES) == "To date every council’s net is £5.00."


def test_the_sentence_names_who_gains_least_for_what_it_puts_in() -> None:
    assert reading_of_shares((), NAMES) == "Nothing certified has fallen on any council yet."
    assert reading_of_shares(two((100, 100)), NAMES) == (
        "Westminster gains least for what it puts in: 10.0% of the net for 50.0% of the "
        "contribution."
    )
    assert reading_of_shares(two((900, 100)), NAMES) == (
        "Every council that puts something in gains in proportion to it."
    )
    assert reading_of_shares(two((900, 0), lbhf=(900, 0)), NAMES) == (
        "No council has put anything in yet, so there is nothing to compare the gain with."
    )
    assert reading_of_shares(two((-900, 100)), NAMES) == (
        "The councils together have not gained on balance yet, so there are no shares of it."
    )


def test_break_even_is_given_in_words() -> None:
    assert break_even_of(alone(5)) == "Never behind"
    assert break_even_of(alone(-500, 300)) == "Not yet: £2.00 behind"
    assert break_even_of(alone(-500, 300, 300)) == (
        "2013/14 Q3, after being £5.00 behind by the end of 2013/14 Q1"
    )
    assert break_even_of(two((0, 0))[1]) == "No figures yet"


def test_gaining_little_is_yes_no_or_unknown() -> None:
    criterion = Criterion(HALF, 4)
    poor, rich = two((100, 100))[1].points[0], two((900, 100))[1].points[0]
    untold = two((-900, 100))[1].points[0]
    assert [gains_little_of(point, criterion, Q1) for point in (poor, rich, untold)] == [
        "yes",
        "no",
        "not known",
    ]
    assert gains_little_of(poor, criterion, None) == "still open"
    assert gains_little_of(poor, None, Q1) == ""


def test_a_reopened_quarter_is_not_said_to_be_never_closed() -> None:
    assert nothing_of(None, None) == (
        "No quarter is closed yet, and fairness is shown for closed quarters."
    )
    assert nothing_of(None, None, Q1) == (
        f"{Q1.label} is open again, and fairness is shown for closed quarters."
    )
