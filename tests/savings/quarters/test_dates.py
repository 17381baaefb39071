"""A quarter's dates: the usual ones, what is wrong with others, and how long until they are due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from finance.periods import FinancialYear, Quarter
from savings.quarters.dates import LATEST, Dates, dates_of, days_late, due_in_words, mistakes_in

Q1 = Quarter.parse("2013-14-Q1")
DUE = date(2013, 7, 31)


@pytest.mark.parametrize(
    ("code", "opens_on", "due_on", "closes_on"),
    [
        ("2013-14-Q1", date(2013, 7, 1), date(2013, 7, 31), date(2013, 8, 15)),
        ("2013-14-Q2", date(2013, 10, 1), date(2013, 10, 31), date(2013, 11, 15)),
        ("2013-14-Q3", date(2014, 1, 1), date(2014, 1, 31), date(2014, 2, 15)),
        ("2013-14-Q4", date(2014, 4, 1), date(2014, 5, 1), date(2014, 5, 16)),
        ("2023-24-Q3", date(2024, 1, 1), date(2024, 1, 31), date(2024, 2, 15)),
    ],
)
def test_a_quarter_has_usual_dates(
    code: str, opens_on: date, due_on: date, closes_on: date
) -> None:
    quarter = Quarter.parse(code)
    assert dates_of(quarter) == Dates(opens_on, due_on, closes_on)
    assert mistakes_in(dates_of(quarter), quarter) == []
    assert (closes_on - opens_on).days == 45


def test_every_quarter_has_usual_dates_without_a_mistake() -> None:
    for start in (1900, 2012, 2899):
        for quarter in FinancialYear(start).quarters:
            assert mistakes_in(dates_of(quarter), quarter) == []


def test_dates_not_given_follow_from_the_others() -> None:
    assert dates_of(Q1, opens_on=date(2013, 7, 8)) == Dates(
        date(2013, 7, 8), date(2013, 8, 7), date(2013, 8, 22)
    )
    assert dates_of(Q1, due_on=date(2013, 7, 10)) == Dates(
        date(2013, 7, 1), date(2013, 7, 10), date(2013, 7, 25)
    )
    assert dates_of(Q1, closes_on=date(2013, 9, 1)).closes_on == date(2013, 9, 1)


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        (
            {"opens_on": date(2013, 3, 31)},
            "opens_on",
            "2013/14 Q1 begins on 1 April 2013: give that day or later.",
        ),
        (
            {"due_on": date(2013, 6, 30)},
            "due_on",
            "Give a due date on or after the opening date.",
        ),
        (
            {"closes_on": date(2013, 7, 30)},
            "closes_on",
            "Give a closing date on or after the due date.",
        ),
        ({"opens_on": date.max}, "opens_on", "Give a year up to 2999."),
        ({"due_on": date.max}, "due_on", "Give a year up to 2999."),
        ({"closes_on": date.max}, "closes_on", "Give a year up to 2999."),
        ({"opens_on": LATEST}, "due_on", "Give a year up to 2999."),
    ],
)
def test_a_wrong_date_is_named(given: dict[str, date], field: str, message: str) -> None:
    assert mistakes_in(dates_of(Q1, **given), Q1) == [(field, message)]


def test_dates_may_fall_together_and_on_the_quarters_first_day() -> None:
    day = Q1.first_day
    assert mistakes_in(Dates(day, day, day), Q1) == []


def test_two_dates_out_of_order_are_two_mistakes() -> None:
    backwards = Dates(date(2013, 8, 15), DUE, date(2013, 7, 1))
    assert [name for name, _ in mistakes_in(backwards, Q1)] == ["due_on", "closes_on"]


@pytest.mark.parametrize(
    ("days", "late", "words"),
    [
        (-1000, 0, "due in 1,000 days"),
        (-2, 0, "due in 2 days"),
        (-1, 0, "due tomorrow"),
        (0, 0, "due today"),
        (1, 1, "1 day late"),
        (2, 2, "2 days late"),
        (1000, 1000, "1,000 days late"),
    ],
)
def test_a_due_date_is_put_in_words_with_the_days_late(days: int, late: int, words: str) -> None:
    today = DUE + timedelta(days=days)
    assert days_late(DUE, today) == late
    assert due_in_words(DUE, today) == words


def test_without_a_due_date_nothing_is_late() -> None:
    assert days_late(None, DUE) == 0
    assert due_in_words(None, DUE) == ""
