"""Every boundary of a financial year and its quarters."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance.periods import FinancialYear, PeriodError, Quarter

DAYS = st.dates(date(1900, 4, 1), date(2900, 3, 31))
ORDINALS = st.integers(1900 * 4, 2899 * 4 + 3)


@pytest.mark.parametrize(
    ("day", "year", "quarter"),
    [
        (date(2012, 3, 31), "2011-12", "2011-12-Q4"),
        (date(2012, 4, 1), "2012-13", "2012-13-Q1"),
        (date(2012, 6, 30), "2012-13", "2012-13-Q1"),
        (date(2012, 7, 1), "2012-13", "2012-13-Q2"),
        (date(2012, 9, 30), "2012-13", "2012-13-Q2"),
        (date(2012, 10, 1), "2012-13", "2012-13-Q3"),
        (date(2012, 12, 31), "2012-13", "2012-13-Q3"),
        (date(2013, 1, 1), "2012-13", "2012-13-Q4"),
        (date(2013, 2, 28), "2012-13", "2012-13-Q4"),
        (date(2013, 3, 31), "2012-13", "2012-13-Q4"),
        (date(2013, 4, 1), "2013-14", "2013-14-Q1"),
        (date(2012, 2, 29), "2011-12", "2011-12-Q4"),
        (date(2000, 2, 29), "1999-00", "1999-00-Q4"),
        (date(2000, 3, 31), "1999-00", "1999-00-Q4"),
        (date(2000, 4, 1), "2000-01", "2000-01-Q1"),
        (date(2099, 12, 31), "2099-00", "2099-00-Q3"),
    ],
)
def test_a_day_has_its_year_and_quarter(day: date, year: str, quarter: str) -> None:
    assert FinancialYear.containing(day).code == year
    assert Quarter.containing(day).code == quarter


@pytest.mark.parametrize(
    ("code", "first", "last", "months", "label"),
    [
        ("2012-13-Q1", date(2012, 4, 1), date(2012, 6, 30), "April to June", "2012/13 Q1"),
        ("2012-13-Q2", date(2012, 7, 1), date(2012, 9, 30), "July to September", "2012/13 Q2"),
        ("2012-13-Q3", date(2012, 10, 1), date(2012, 12, 31), "October to December", "2012/13 Q3"),
        ("2012-13-Q4", date(2013, 1, 1), date(2013, 3, 31), "January to March", "2012/13 Q4"),
        ("2899-00-Q4", date(2900, 1, 1), date(2900, 3, 31), "January to March", "2899/00 Q4"),
        ("1900-01-Q1", date(1900, 4, 1), date(1900, 6, 30), "April to June", "1900/01 Q1"),
    ],
)
def test_a_quarter_has_its_days_months_and_label(
    code: str, first: date, last: date, months: str, label: str
) -> None:
    quarter = Quarter.parse(code)
    assert (quarter.first_day, quarter.last_day) == (first, last)
    assert (quarter.code, str(quarter), quarter.label) == (code, code, label)
    assert quarter.months == months


def test_a_financial_year_has_its_days_label_and_quarters() -> None:
    year = FinancialYear.parse("2012-13")
    assert (year.first_day, year.last_day) == (date(2012, 4, 1), date(2013, 3, 31))
    assert (year.code, str(year), year.label) == ("2012-13", "2012-13", "2012/13")
    assert [quarter.code for quarter in year.quarters] == [
        "2012-13-Q1",
        "2012-13-Q2",
        "2012-13-Q3",
        "2012-13-Q4",
    ]


@pytest.mark.parametrize("code", ["2012-13", "1999-00", "2000-01", "2009-10", "2099-00"])
def test_a_year_is_read_back_from_its_code(code: str) -> None:
    assert FinancialYear.parse(code).code == code


@pytest.mark.parametrize(
    "code",
    [
        "",
        "2012",
        "2012-14",
        "2012-12",
        "2012-2013",
        "2012/13",
        "12-13",
        "2012-13 ",
        " 2012-13",
        "2012-13\n",
        "2012–13",
        "２０１２-13",
        "2012-13-Q1",
        "None",
        "1899-00",
        "2900-01",
    ],
)
def test_text_that_is_not_a_year_is_refused(code: str) -> None:
    with pytest.raises(PeriodError):
        FinancialYear.parse(code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "2012-13",
        "2012-13-Q0",
        "2012-13-Q5",
        "2012-13-Q10",
        "2012-13-q4",
        "2012-13-4",
        "2012-13Q4",
        "2012/13-Q4",
        "2012-14-Q4",
        "2012-Q4",
        "2012-13-Q4 ",
        "2012-13-Q4\n",
        "2012-13-Q٤",
        "1899-00-Q4",
        "2900-01-Q1",
    ],
)
def test_text_that_is_not_a_quarter_is_refused(code: str) -> None:
    with pytest.raises(PeriodError):
        Quarter.parse(code)


def test_a_refusal_says_what_to_write() -> None:
    with pytest.raises(PeriodError) as year:
        FinancialYear.parse("2012")
    with pytest.raises(PeriodError) as quarter:
        Quarter.parse("Q4")
    assert str(year.value) == "“2012” is not a financial year: write it as 2012-13."
    with pytest.raises(PeriodError) as empty:
        Quarter.parse("")
    assert str(quarter.value) == "“Q4” is not a quarter: write it as 2012-13-Q4."
    assert str(empty.value) == "Enter a quarter, such as 2013-14-Q3."


@pytest.mark.parametrize("number", [0, 5, -1])
def test_a_year_has_four_quarters(number: int) -> None:
    with pytest.raises(PeriodError):
        Quarter(FinancialYear(2012), number)


@pytest.mark.parametrize("ordinal", [1900 * 4 - 1, 2900 * 4, -1, 0])
def test_an_ordinal_outside_the_calendar_is_refused(ordinal: int) -> None:
    with pytest.raises(PeriodError):
        Quarter.from_ordinal(ordinal)


def test_the_calendar_has_a_first_and_a_last_quarter() -> None:
    with pytest.raises(PeriodError):
        _ = Quarter.parse("1900-01-Q1").preceding
    with pytest.raises(PeriodError):
        _ = Quarter.parse("2899-00-Q4").following


@given(DAYS)
def test_a_day_is_in_its_quarter_and_the_quarter_in_its_year(day: date) -> None:
    quarter = Quarter.containing(day)
    assert quarter.first_day <= day <= quarter.last_day
    assert quarter.year == FinancialYear.containing(day)
    assert quarter in quarter.year.quarters


@given(st.integers(1900 * 4, 2899 * 4 + 2))
def test_quarters_follow_each_other_without_a_gap(ordinal: int) -> None:
    quarter = Quarter.from_ordinal(ordinal)
    following = quarter.following
    assert quarter.last_day + timedelta(days=1) == following.first_day
    assert following.preceding == quarter
    assert quarter < following
    assert following > quarter
    assert following.ordinal - quarter.ordinal == 1


@given(ORDINALS, ORDINALS)
def test_ordinals_sort_as_quarters_do_and_codes_read_back(one: int, other: int) -> None:
    first, second = Quarter.from_ordinal(one), Quarter.from_ordinal(other)
    assert (first.ordinal, second.ordinal) == (one, other)
    assert Quarter.parse(first.code) == first
    assert (first < second, first <= second, first == second) == (
        one < other,
        one <= other,
        one == other,
    )
    assert (first < second) == (first.first_day < second.first_day)


def test_a_span_includes_both_ends() -> None:
    first, last = Quarter.parse("2012-13-Q3"), Quarter.parse("2013-14-Q2")
    assert [quarter.code for quarter in first.until(last)] == [
        "2012-13-Q3",
        "2012-13-Q4",
        "2013-14-Q1",
        "2013-14-Q2",
    ]
    assert list(first.until(first)) == [first]
    assert list(last.until(first)) == []


def test_years_sort_by_date() -> None:
    years = [FinancialYear(2013), FinancialYear(1999), FinancialYear(2012)]
    assert sorted(years) == [FinancialYear(1999), FinancialYear(2012), FinancialYear(2013)]
