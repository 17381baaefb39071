"""What a council's figures say at a glance."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from finance.money import to_pence
from savings.boroughs.wording import reading_of_areas
from savings.kit.wording import exactly, headline


@dataclass
class Area:
    area_name: str
    to_date: int


@pytest.mark.parametrize(
    ("amount", "shown", "exact"),
    [
        ("0", "£0", ""),
        ("0.01", "£0.01", ""),
        ("999.99", "£999.99", ""),
        ("1000.00", "£1k", "£1,000.00"),
        ("1049.99", "£1k", "£1,049.99"),
        ("1050.00", "£1.1k", "£1,050.00"),
        ("-2500.40", "−£2.5k", "−£2,500.40"),
        ("99949.99", "£99.9k", "£99,949.99"),
        ("99950.00", "£100k", "£99,950.00"),
        ("100499.99", "£100k", "£100,499.99"),
        ("999499.99", "£999k", "£999,499.99"),
        ("999500.00", "£1m", "£999,500.00"),
        ("-4540000.00", "−£4.54m", "−£4,540,000.00"),
    ],
)
def test_a_headline_is_short_with_the_exact_amount_below(
    amount: str, shown: str, exact: str
) -> None:
    assert headline(to_pence(Decimal(amount))) == shown
    assert exactly(to_pence(Decimal(amount))) == exact


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "£0.00 falls on Westminster to date."),
        ([("Adults", "-5")], "−£5.00 falls on Westminster to date."),
        ([("Adults", "5")], "All of the £5.00 to date comes from Adults."),
        (
            [("Adults", "5"), ("Libraries", "7.50")],
            "Of the £12.50 to date, most comes from Libraries: £7.50.",
        ),
    ],
)
def test_the_sentence_beside_the_chart_says_what_it_shows(
    lines: list[tuple[str, str]], sentence: str
) -> None:
    areas = [Area(name, to_pence(Decimal(amount))) for name, amount in lines]

    assert reading_of_areas("Westminster", areas) == sentence
