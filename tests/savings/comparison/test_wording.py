"""What the comparison says in words."""

import doctest
from dataclasses import dataclass
from decimal import Decimal

import pytest

from finance.money import to_pence
from finance.periods import FinancialYear, Quarter
from savings.comparison import wording

FULL_YEAR, IN_YEAR = {"full_year"}, {"in_year"}
BY_2014_15 = FinancialYear(2014)


def test_the_examples_in_docstrings_are_right() -> None:
    results = doctest.testmod(wording)
    assert results.attempted > 0
    assert results.failed == 0


@dataclass
class Area:
    name: str
    planned: int
    delivered: int


@dataclass
class Council:
    code: str | None
    name: str
    delivered: int
    published: int = 0


def pence(pounds: str) -> int:
    return to_pence(Decimal(pounds))


def area(name: str, planned: str, delivered: str) -> Area:
    return Area(name, pence(planned), pence(delivered))


def compared(
    planned: str,
    delivered: str,
    to: str | None = "2012-13-Q4",
    bases: set[str] = FULL_YEAR,
    year: FinancialYear = BY_2014_15,
) -> str:
    return wording.compared(
        planned=pence(planned),
        delivered=pence(delivered),
        year=year,
        to=Quarter.parse(to) if to else None,
        bases=bases,
    )


def test_delivery_before_the_year_of_an_annual_promise_is_not_a_shortfall() -> None:
    assert compared("33800000", "9920000") == (
        "The £33.8m is an annual saving to be reached by 2014/15 and the £9.92m is what had been "
        "delivered by the end of 2012/13, two years earlier, so the difference is not a "
        "shortfall."
    )


@pytest.mark.parametrize(
    ("to", "ahead"),
    [
        ("2013-14-Q4", "one year earlier"),
        ("2013-14-Q1", "seven quarters before 2014/15 ends"),
        ("2014-15-Q3", "one quarter before 2014/15 ends"),
    ],
)
def test_the_sentence_says_how_long_until_the_promised_year_ends(to: str, ahead: str) -> None:
    assert f", {ahead}, so the difference is not a shortfall." in compared("100", "10", to)


@pytest.mark.parametrize("to", ["2014-15-Q4", "2015-16-Q1"])
def test_a_sum_to_date_is_no_annual_amount_even_once_the_year_is_over(to: str) -> None:
    assert compared("400000", "900000", to).endswith(
        "the total since the start, so the difference is neither a shortfall nor a surplus."
    )


def test_a_promise_for_a_single_year_is_called_that() -> None:
    sentence = compared("2900000", "9920000", bases=IN_YEAR, year=FinancialYear(2011))
    assert sentence.startswith("The £2.9m is what was to be saved in 2011/12 only and the £9.92m")


def test_a_promise_of_both_kinds_is_called_neither_annual_nor_single() -> None:
    sentence = compared("2900000", "9920000", bases=FULL_YEAR | IN_YEAR)
    assert sentence.startswith("The £2.9m is what was to be saved for 2014/15 and")


@pytest.mark.parametrize(
    ("planned", "delivered", "to", "sentence"),
    [
        (
            "100",
            "0",
            None,
            (
                "The £100.00 is an annual saving to be reached by 2014/15; no quarter has been "
                "closed yet, so nothing counts as delivered."
            ),
        ),
        (
            "100",
            "0",
            "2012-13-Q4",
            (
                "The £100.00 is an annual saving to be reached by 2014/15, and nothing is "
                "certified as delivered by the end of 2012/13."
            ),
        ),
        (
            "0",
            "5",
            "2013-14-Q2",
            (
                "The plan promises nothing here for 2014/15; the £5.00 is what had been delivered "
                "by the end of September 2013."
            ),
        ),
    ],
)
def test_the_sentence_says_which_side_is_missing(
    planned: str, delivered: str, to: str | None, sentence: str
) -> None:
    assert compared(planned, delivered, to) == sentence


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
    assert wording.difference(pence(planned), pence(delivered)) == difference
    assert wording.share(pence(planned), pence(delivered)) == share


def reading(*areas: Area, undivided: str = "0") -> str:
    return wording.reading_of_areas(areas, BY_2014_15, FULL_YEAR, undivided=pence(undivided))


def test_the_sentence_on_areas_names_the_most_the_furthest_and_the_passed() -> None:
    assert reading(
        area("Children's", "10500000", "4540000"),
        area("CEX", "200000", "260000"),
        area("Corporate Services", "10000000", "480000"),
    ) == (
        "Children's has delivered the most, £4.54m, compared with £10.5m promised a year by "
        "2014/15; "
        "Corporate Services is furthest from its promise, £0.48m compared with £10m; "
        "CEX has passed its promise, £0.26m compared with £0.2m."
    )


def test_the_sentence_on_areas_counts_those_that_have_passed() -> None:
    assert reading(area("A", "100", "200"), area("B", "100", "300")) == (
        "B has delivered the most, £300.00, compared with £100.00 promised a year by 2014/15; "
        "two areas have passed their promises."
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
