"""What a plan promises by each measure, and what may be set against what."""

from __future__ import annotations

import doctest

import pytest

from finance.periods import FinancialYear, Quarter
from savings.plans import measures
from savings.plans.measures import (
    Measure,
    Measured,
    Pair,
    Promise,
    certified_a_year,
    certified_in_year,
    certified_to_date,
    promised,
    promised_a_year,
    promised_in_year,
    promised_to_date,
    why_apart,
)

Y12, Y13, Y14 = (FinancialYear(start) for start in (2012, 2013, 2014))
Q4 = Quarter.parse("2013-14-Q4")

#: A plan of £4 a year in 2012/13 and £6 a year in 2013/14, which is met exactly.
EVERY_YEAR = {Y12: Promise(annual=4_00), Y13: Promise(annual=6_00)}


def test_the_examples_in_docstrings_are_right() -> None:
    results = doctest.testmod(measures)
    assert results.attempted > 10
    assert results.failed == 0


@pytest.mark.parametrize(
    ("planned", "delivered"),
    [
        (promised_in_year(EVERY_YEAR, Y13), certified_in_year(6_00, Y13, Q4)),
        (promised_a_year(EVERY_YEAR, Y13), certified_a_year(1_50, Q4, published=False)),
        (promised_to_date(EVERY_YEAR, Q4), certified_to_date(4_00 + 6_00, Q4)),
    ],
    ids=["in the year", "a year's rate", "since the start"],
)
def test_a_plan_met_exactly_for_two_years_is_100_percent_in_each_measure(
    planned: Measured, delivered: Measured
) -> None:
    pair = Pair(planned, delivered)
    assert (pair.percentage, pair.difference, pair.why_apart) == ("100.0", 0, "")


def test_a_saving_a_year_is_never_set_against_a_total_since_the_start() -> None:
    pair = Pair(promised(EVERY_YEAR, Y13), certified_to_date(10_00, Q4))
    assert (pair.percentage, pair.difference) == (None, None)
    assert pair.why_apart == (
        "The promise is a saving a year and delivery is a total since the start, "
        "so they can’t be compared."
    )


@pytest.mark.parametrize("one", Measure)
@pytest.mark.parametrize("other", Measure)
def test_only_figures_of_one_measure_are_compared(one: Measure, other: Measure) -> None:
    assert (why_apart(Measured(1, one), Measured(1, other)) == "") == (one == other)


NOT_EVERY_YEAR = "The plan does not give a figure for every year up to {}."


@pytest.mark.parametrize(
    ("promises", "to", "why"),
    [
        (EVERY_YEAR, None, "No quarter has been closed yet."),
        ({}, Q4, NOT_EVERY_YEAR.format("2013/14")),
        ({Y14: Promise(annual=1)}, Q4, NOT_EVERY_YEAR.format("2013/14")),
        ({Y12: Promise(annual=1), Y14: Promise(annual=1)}, Q4, NOT_EVERY_YEAR.format("2013/14")),
        (EVERY_YEAR, Quarter.parse("2014-15-Q4"), NOT_EVERY_YEAR.format("2014/15")),
        (
            EVERY_YEAR,
            Quarter.parse("2013-14-Q3"),
            "2013/14 Q3 is not the end of a financial year, and the plan gives whole years.",
        ),
    ],
)
def test_what_no_document_phases_is_not_interpolated(
    promises: dict[FinancialYear, Promise], to: Quarter | None, why: str
) -> None:
    assert promised_to_date(promises, to) == Measured(None, Measure.TO_DATE, why)


def test_a_year_has_lines_for_it_only_and_lines_a_year() -> None:
    both = {Y13: Promise(annual=3_00, alone=1_00)}
    assert promised(both, Y13) == Measured(4_00, Measure.IN_YEAR)
    assert promised_in_year(both, Y13) == Measured(4_00, Measure.IN_YEAR)
    assert promised_a_year(both, Y13).pence is None


def test_a_year_without_a_figure_is_not_0() -> None:
    why = "The plan has no figure here for 2014/15."
    for found in (promised, promised_in_year, promised_a_year):
        assert found(EVERY_YEAR, Y14).pence is None
        assert found(EVERY_YEAR, Y14).why == why


def test_a_promise_of_0_is_a_figure() -> None:
    pair = Pair(promised_in_year({Y13: Promise(annual=0)}, Y13), certified_in_year(5, Y13, Q4))
    assert (pair.planned.pence, pair.difference, pair.percentage) == (0, 5, None)


def test_what_was_published_to_date_has_no_rate() -> None:
    assert certified_a_year(0, Quarter.parse("2012-13-Q4"), published=True) == Measured(
        None,
        Measure.ANNUAL_RATE,
        "What was published for 2012/13 Q4 is a sum to date, so it has no rate for a year.",
    )


def test_a_year_that_has_not_begun_has_nothing_certified() -> None:
    assert certified_in_year(0, Y14, Q4) == Measured(
        None,
        Measure.IN_YEAR,
        "2014/15 begins after 2013/14 Q4, so nothing has been certified in it yet.",
    )
    assert certified_in_year(0, Y13, Q4).pence == 0
