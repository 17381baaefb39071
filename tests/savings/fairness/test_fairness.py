"""Who gains, who pays and for how long: worked out by hand, and checked by properties."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from finance.periods import Quarter
from savings.fairness.fairness import (
    Amounts,
    Criterion,
    Track,
    Warned,
    gaining_least,
    persistently,
    tracks,
)

QUARTERS = list(Quarter.parse("2013-14-Q1").until(Quarter.parse("2014-15-Q4")))
Q1, Q2, Q3, Q4 = QUARTERS[:4]
HALF = Fraction(1, 2)


def nets(*pence: int, costs: int = 0) -> dict[tuple[Quarter, str], Amounts]:
    """LBHF only, with this net in each quarter."""
    return {
        (quarter, "LBHF"): Amounts(savings=net + costs, ongoing_costs=costs)
        for quarter, net in zip(QUARTERS, pence, strict=False)
    }


def alone(*pence: int) -> Track:
    (track,) = tracks(nets(*pence), ["LBHF"])
    return track


# --- Amounts -------------------------------------------------------------------------


def test_net_subtracts_costs_and_variances_and_contribution_is_the_costs() -> None:
    amounts = Amounts(savings=1000, ongoing_costs=200, transition_costs=30, variances=-4)

    assert (amounts.net, amounts.against, amounts.contribution) == (774, 226, 230)
    assert amounts + Amounts(1, 1, 1, 1, illustrative=True) == Amounts(1001, 201, 31, -3, True)


def test_figures_to_date_add_up_and_shares_are_of_all_councils_to_date() -> None:
    found = tracks(
        {
            (Q1, "LBHF"): Amounts(300, 100),
            (Q1, "WCC"): Amounts(100, 0, 100),
            (Q2, "WCC"): Amounts(200, 50, 0, 50),
        },
        ["LBHF", "WCC"],
    )

    assert [
        [(p.quarter, p.amounts.net, p.to_date.net, p.to_date.contribution) for p in t.points]
        for t in found
    ] == [
        [(Q1, 200, 200, 100), (Q2, 0, 200, 100)],
        [(Q1, 0, 0, 100), (Q2, 100, 100, 150)],
    ]
    assert [[(p.share_of_net, p.share_of_contribution) for p in t.points] for t in found] == [
        [(Fraction(1), HALF), (Fraction(2, 3), Fraction(2, 5))],
        [(Fraction(0), HALF), (Fraction(1, 3), Fraction(3, 5))],
    ]
    assert [t.points[-1].ratio for t in found] == [Fraction(5, 3), Fraction(5, 9)]


def test_without_net_or_contribution_there_is_no_share() -> None:
    nothing, loss = tracks(nets(0), ["LBHF"])[0], tracks(nets(-5, costs=9), ["LBHF"])[0]
    gain = tracks(nets(5), ["LBHF"])[0]

    for track, net, put_in in ((nothing, None, None), (loss, None, 1), (gain, 1, None)):
        (point,) = track.points
        assert (point.share_of_net, point.share_of_contribution, point.ratio) == (net, put_in, None)
        assert not point.gains_little(Fraction(1))


def test_a_council_without_any_figure_has_zeros() -> None:
    found = tracks(nets(5, costs=1), ["LBHF", "WCC"])[1]

    assert found.is_empty
    assert found.points[0].share_of_net == Fraction(0)
    assert found.points[0].share_of_contribution == Fraction(0)
    assert not found.points[0].gains_little(HALF)


def test_without_figures_there_are_no_quarters() -> None:
    (track,) = tracks({}, ["LBHF"])
    assert (track.points, track.latest, track.break_even, track.deepest) == ((), None, None, None)


# --- Break-even ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pence", "break_even", "deepest"),
    [
        ((5, 5), Q1, None),
        ((-5, 4, 1), Q3, Q1),  # 0 is enough
        ((-5, -5, 20), Q3, Q2),
        ((-5, 9, -9, 9), Q4, Q1),  # it has to stay there, and the first of the deepest counts
        ((5, -9), None, Q2),
        ((5, -9, 9), Q3, Q2),
        ((-1,), None, Q1),
    ],
)
def test_break_even_is_where_the_net_to_date_reaches_0_and_stays_there(
    pence: tuple[int, ...], break_even: Quarter | None, deepest: Quarter | None
) -> None:
    track = alone(*pence)
    assert track.break_even == break_even
    assert (track.deepest.quarter if track.deepest else None) == deepest


# --- Gaining little, and for how long ------------------------------------------------


def two(*wcc: tuple[int, int], lbhf: tuple[int, int] = (900, 100)) -> tuple[Track, ...]:
    """LBHF with the same net and costs each quarter; WCC with those given."""
    figures = {}
    for quarter, (net, costs) in zip(QUARTERS, wcc, strict=False):
        figures[quarter, "LBHF"] = Amounts(lbhf[0] + lbhf[1], lbhf[1])
        figures[quarter, "WCC"] = Amounts(net + costs, costs)
    return tracks(figures, ["LBHF", "WCC"])


def test_a_council_gains_little_below_the_limit_and_not_at_it() -> None:
    # Half of the contribution, and a quarter of the net: exactly half its share.
    exact, below = two((300, 100))[1], two((299, 100))[1]

    assert exact.points[0].share_of_net == Fraction(1, 4)
    assert exact.points[0].share_of_contribution == HALF
    assert not exact.points[0].gains_little(HALF)
    assert below.points[0].gains_little(HALF)


def test_a_council_that_loses_while_others_gain_gains_little_even_without_costs() -> None:
    assert two((-1, 0))[1].points[0].gains_little(HALF)


def test_persistent_means_quarters_in_a_row_up_to_the_latest() -> None:
    poor, rich = (0, 100), (90_000, 100)

    assert [two(*[poor] * n)[1].little_for(HALF) for n in (1, 3)] == [1, 3]
    assert two(poor, poor, rich)[1].little_for(HALF) == 0
    closed = QUARTERS[-1]
    assert persistently(two(*[poor] * 3), Criterion(HALF, 4), closed) == ()
    assert persistently(two(*[poor] * 4), Criterion(HALF, 4), closed) == (Warned("WCC", 4),)
    assert persistently(two(*[poor] * 5), Criterion(HALF, 4), closed) == (Warned("WCC", 5),)


def test_an_open_quarter_neither_warns_nor_takes_a_warning_away() -> None:
    poor, rich = (0, 100), (90_000, 100)
    half_for_three = Criterion(HALF, 3)

    poor_throughout, rich_at_last = two(*[poor] * 4), two(poor, poor, poor, rich)
    for found in (poor_throughout, rich_at_last):
        assert persistently(found, half_for_three, Q3) == (Warned("WCC", 3),)
        assert persistently(found, half_for_three, Q2) == ()
        assert persistently(found, half_for_three, None) == ()
    assert persistently(poor_throughout, half_for_three, Q4) == (Warned("WCC", 4),)
    assert persistently(rich_at_last, half_for_three, Q4) == ()


def test_a_quarter_that_can_not_be_judged_breaks_the_row() -> None:
    figures = {
        (Q1, "LBHF"): Amounts(1000, 100),
        (Q1, "WCC"): Amounts(100, 100),
        (Q2, "LBHF"): Amounts(-2000, 0),
        (Q3, "LBHF"): Amounts(3000, 0),
    }
    assert tracks(figures, ["LBHF", "WCC"])[1].little_for(HALF) == 1


# --- Services ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "least"),
    [
        ({"LBHF": 5, "RBKC": 3, "WCC": 9}, ("RBKC",)),
        ({"LBHF": -5, "RBKC": -5, "WCC": 9}, ("LBHF", "RBKC")),
        ({"LBHF": 5, "RBKC": 5}, ()),
        ({"LBHF": 5}, ()),
        ({}, ()),
    ],
)
def test_the_councils_that_gain_least_from_a_service_are_found(
    amounts: dict[str, int], least: tuple[str, ...]
) -> None:
    found = gaining_least("hr", {code: Amounts(net) for code, net in amounts.items()})
    assert (found.councils, dict(found.nets)) == (least, amounts)


# --- By property -----------------------------------------------------------------------

PENCE = st.integers(-(10**12), 10**12)
FIGURES = st.dictionaries(
    st.tuples(st.sampled_from(QUARTERS), st.sampled_from(["LBHF", "RBKC", "WCC"])),
    st.builds(Amounts, PENCE, PENCE, PENCE, PENCE),
    max_size=16,
)


@given(FIGURES)
@example({(Q1, "LBHF"): Amounts(300, 100), (Q1, "WCC"): Amounts(50)})  # net and contribution
@example({(Q1, "LBHF"): Amounts(300), (Q1, "WCC"): Amounts(0, 0, 0, 300)})  # neither
@example({(Q1, "LBHF"): Amounts(100, 300)})  # no council has gained on balance
def test_shares_add_up_to_1_or_nothing_is_there_to_have_a_share_of(
    figures: dict[tuple[Quarter, str], Amounts],
) -> None:
    found = tracks(figures, ["LBHF", "RBKC", "WCC"])
    for points in zip(*(track.points for track in found), strict=True):
        to_date = [of for (quarter, _), of in figures.items() if quarter <= points[0].quarter]
        for shares, total in (
            ([point.share_of_net for point in points], sum(of.net for of in to_date)),
            (
                [point.share_of_contribution for point in points],
                sum(of.contribution for of in to_date),
            ),
        ):
            # Either way by the figures, whatever the shares say.
            assert (shares == [None] * 3) == (total <= 0)
            assert total <= 0 or sum(share for share in shares if share is not None) == 1
            assert total <= 0 or None not in shares
    assert sum((t.latest.to_date.net for t in found if t.latest), 0) == sum(
        amounts.net for amounts in figures.values()
    )


@given(FIGURES)
def test_no_net_to_date_is_below_0_from_break_even_on(
    figures: dict[tuple[Quarter, str], Amounts],
) -> None:
    for track in tracks(figures, ["LBHF", "RBKC", "WCC"]):
        after = [p for p in track.points if track.break_even and p.quarter >= track.break_even]
        before = [p for p in track.points if p not in after]
        assert (track.break_even is None) == (not track.points or track.points[-1].to_date.net < 0)
        assert all(point.to_date.net >= 0 for point in after)
        assert not before or before[-1].to_date.net < 0
