"""What the comparison says in words."""

import doctest
from dataclasses import dataclass
from decimal import Decimal

import pytest

from finance.money import to_pence
from finance.periods import FinancialYear, Quarter
from savings.comparison import wording
from savings.plans.measures import Measure, Measured, Pair

FULL_YEAR = {"full_year"}
BY_2014_15 = FinancialYear(2014)


def test_the_examples_in_docstrings_are_right() -> None:
    results = doctest.testmod(wording)
    assert results.attempted > 0
    assert results.failed == 0


@dataclass
class Area:
    name: str
    pair: Pair
    to_date: Measured | None = None

    @property
    def planned(self) -> int:
        return self.pair.planned.amount

    @property
    def delivered(self) -> int:
        return self.pair.delivered.amount

    @property
    def set_against(self) -> Pair:
        return self.pair if self.to_date is None else Pair(self.to_date, self.pair.delivered)


@dataclass
class Council:
    code: str | None
    name: str
    delivered: int
    published: int = 0

    @property
    def achieved(self) -> Measured:
        return Measured(self.delivered, Measure.TO_DATE)


def pence(pounds: str) -> int:
    return to_pence(Decimal(pounds))


def area(
    name: str,
    planned: str,
    delivered: str,
    one: Measure = Measure.ANNUAL_RATE,
    other: Measure = Measure.TO_DATE,
) -> Area:
    return Area(name, Pair(Measured(pence(planned), one), Measured(pence(delivered), other)))


def of_one_measure(name: str, planned: str, delivered: str) -> Area:
    return area(name, planned, delivered, Measure.IN_YEAR, Measure.IN_YEAR)


def compared(line: Area, to: str | None = "2012-13-Q4", year: FinancialYear = BY_2014_15) -> str:
    return wording.compared(line, year=year, to=Quarter.parse(to) if to else None)


APART = (
    "The promise is a saving a year and delivery is a total since the start, "
    "so they can’t be compared."
)


def test_a_saving_a_year_and_a_total_since_the_start_have_no_verdict() -> None:
    assert compared(area("All", "33800000", "9920000")) == (
        "The promise is £33.8m a year by 2014/15. £9.92m had been delivered by the end of "
        f"2012/13. {APART}"
    )


@pytest.mark.parametrize("to", ["2014-15-Q4", "2015-16-Q1"])
def test_a_total_to_date_is_no_annual_amount_even_once_the_year_is_over(to: str) -> None:
    assert compared(area("All", "400000", "900000"), to).endswith(APART)


def test_figures_of_one_measure_have_a_percentage() -> None:
    line = of_one_measure("All", "400", "300")
    assert compared(line, "2013-14-Q3", FinancialYear(2013)) == (
        "The promise for 2013/14 is £400.00. £300.00 was certified in 2013/14 up to the end of "
        "December 2013. Delivery is 75.0% of that."
    )
    assert "up to" not in compared(line, "2014-15-Q1", FinancialYear(2013))


def test_a_rate_is_set_against_a_saving_a_year() -> None:
    line = area("All", "400", "400", Measure.ANNUAL_RATE, Measure.ANNUAL_RATE)
    assert compared(line, "2013-14-Q3", FinancialYear(2013)) == (
        "The promise is £400.00 a year by 2013/14. The recurring savings certified in 2013/14 Q3 "
        "are £400.00 a year. Delivery is 100.0% of that."
    )


def test_the_years_so_far_are_set_against_the_total_so_far() -> None:
    line = area("All", "400", "600")
    line.to_date = Measured(pence("800"), Measure.TO_DATE)
    assert compared(line, "2013-14-Q4").endswith(
        "The plan’s years up to 2013/14 add up to £800.00. Delivery is 75.0% of that."
    )


NONE = Measured(None, Measure.TO_DATE, "No quarter has been closed yet.")


def test_the_sentence_says_which_side_is_missing() -> None:
    promise = Measured(100_00, Measure.ANNUAL_RATE)
    assert compared(Area("All", Pair(promise, NONE)), None) == (
        "The promise is £100.00 a year by 2014/15. No quarter has been closed yet."
    )
    no_line = Measured(None, Measure.ANNUAL_RATE, "The plan has no figure here for 2014/15.")
    assert compared(Area("All", Pair(no_line, Measured(5_00, Measure.TO_DATE)))) == (
        "The plan has no figure here for 2014/15. £5.00 had been delivered by the end of 2012/13."
    )
    assert "Nothing is certified as delivered by the end of 2012/13." in compared(
        area("All", "100", "0")
    )


@pytest.mark.parametrize(
    ("planned", "delivered", "difference", "share"),
    [
        ("10500000", "4540000", "£5,960,000.00 less", "43.2%"),
        ("200000", "260000", "£60,000.00 more", "130.0%"),
        ("5", "5", "the same", "100.0%"),
        ("0", "5", "£5.00 more", ""),
        ("100", "-10", "£110.00 less", "−10.0%"),
        ("1000", "0.50", "£999.50 less", "0.1%"),
    ],
)
def test_differences_are_more_or_less_and_shares_have_one_decimal(
    planned: str, delivered: str, difference: str, share: str
) -> None:
    pair = of_one_measure("All", planned, delivered).pair
    assert (wording.difference(pair), wording.share(pair)) == (difference, share)
    apart = area("All", planned, delivered).pair
    assert (wording.difference(apart), wording.share(apart)) == ("", "")


def reading(*areas: Area, undivided: str = "0") -> str:
    return wording.reading_of_areas(areas, BY_2014_15, FULL_YEAR, undivided=pence(undivided))


def test_the_sentence_on_areas_names_the_most_the_furthest_and_the_passed() -> None:
    assert reading(
        of_one_measure("Children's", "10500000", "4540000"),
        of_one_measure("CEX", "200000", "260000"),
        of_one_measure("Corporate Services", "10000000", "480000"),
    ) == (
        "Children's has delivered the most, £4.54m; "
        "Corporate Services is furthest from its promise, £0.48m compared with £10m; "
        "CEX has passed its promise, £0.26m compared with £0.2m."
    )


def test_no_area_has_passed_or_is_behind_a_promise_of_another_measure() -> None:
    assert reading(
        area("Children's", "10500000", "4540000"),
        area("CEX", "200000", "260000"),
    ) == (
        "Children's has delivered the most, £4.54m; the largest promise is Children's, £10.5m a "
        "year by 2014/15."
    )


def test_the_sentence_on_areas_counts_those_that_have_passed() -> None:
    assert reading(of_one_measure("A", "100", "200"), of_one_measure("B", "100", "300")) == (
        "B has delivered the most, £300.00; two areas have passed their promises."
    )


def test_the_sentence_on_areas_before_any_delivery_names_the_promises() -> None:
    assert reading(area("A", "100", "0"), area("B", "300", "0")) == (
        "Nothing has been delivered yet; the largest promise is B, £300.00 a year by 2014/15."
    )


def test_the_sentence_on_areas_covers_a_promise_that_names_none() -> None:
    assert reading(area("A", "0", "5"), undivided="40000000") == (
        "A has delivered the most, £5.00; £40m of the promise is not divided by area."
    )


def test_the_sentence_on_areas_says_that_there_is_neither_promise_nor_delivery() -> None:
    assert reading(area("A", "0", "0")) == (
        "None of these areas has a promise, and nothing has been delivered."
    )


def test_services_are_not_called_behind_where_delivery_is_not_divided_by_service() -> None:
    services = [area("Education", "1000000", "0"), area("Care", "9500000", "0")]
    assert wording.reading_of_services(services, BY_2014_15, FULL_YEAR, undivided=4_540_000_00) == (
        "£4.54m was recorded for the area as a whole, not by service; the largest promise is "
        "Care, £9.5m a year by 2014/15."
    )
    assert "furthest" not in wording.reading_of_services(
        services, BY_2014_15, FULL_YEAR, undivided=1
    )


UNATTRIBUTED = Council(None, "Not attributed", 9_920_000_00, 9_920_000_00)


def test_savings_published_for_the_partnership_fall_on_no_borough() -> None:
    lines = [Council("LBHF", "Hammersmith", 0), UNATTRIBUTED]
    assert wording.reading_of_councils(lines) == (
        "The £9.92m was published for the partnership as a whole, not by council, so none of "
        "it falls on any one council."
    )


def test_the_sentence_names_the_boroughs_parts_and_why_the_rest_is_unattributed() -> None:
    parts = [
        Council("LBHF", "Hammersmith", 10_00),
        Council("WCC", "Westminster", 20_00),
    ]
    whole = "Hammersmith’s part is £10.00 and Westminster’s part is £20.00"
    assert wording.reading_of_councils(parts) == f"{whole}."
    assert wording.reading_of_councils([*parts, UNATTRIBUTED]) == (
        f"{whole}; the other £9.92m was published for the partnership as a whole, not by council, "
        "so it falls on no council."
    )
    no_rule = Council(None, "Not attributed", 30_00)
    assert wording.reading_of_councils([*parts, no_rule]) == (
        f"{whole}; the other £30.00 is not split by any rule that every council taking part has "
        "agreed to, so it falls on no council."
    )
    both = Council(None, "Not attributed", 30_00, 20_00)
    assert wording.reading_of_councils([*parts, both]) == (
        f"{whole}; of the other £30.00, £20.00 was published for the partnership as a whole, "
        "not by council and £10.00 is not split by any rule that every council taking part has "
        "agreed to, so it falls on no council."
    )


def test_before_anything_is_delivered_no_borough_has_a_part() -> None:
    assert wording.reading_of_councils([Council("LBHF", "Hammersmith", 0)]) == (
        "Nothing has been delivered yet, so no council has a part in it."
    )
