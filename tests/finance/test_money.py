"""Amounts as finance people type them, and what is never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from finance.money import (
    LIMIT_PENCE,
    MoneyError,
    format_millions,
    format_pounds,
    from_pence,
    json_money,
    parse_money,
    read_json_money,
    to_pence,
    typed_pounds,
)

#: Whole pence of every amount that the project may hold.
PENCE = st.integers(-LIMIT_PENCE + 1, LIMIT_PENCE - 1)

IN_FULL = "Enter an amount of money in digits, such as 1,234.50, £1,234, (1,234), 45k or £1.2m."
COMMAS = "Put commas only between groups of three digits, as in 1,234.50."
WHOLE_PENCE = "Enter an amount in whole pence, such as 1,234.50."
TOO_LARGE = "Enter an amount below £100,000,000,000."
ONE_MINUS = "Show a minus once: -1,234 or (1,234)."
FORMULA = "Enter the amount itself, not a formula."
EMPTY = "Enter an amount, or - for nil."


@pytest.mark.parametrize(
    ("typed", "pounds"),
    [
        # The contract's own.
        ("4540000.00", "4540000.00"),
        ("1,234.50", "1234.50"),
        ("£1,234", "1234.00"),
        ("(1,234)", "-1234.00"),
        ("45k", "45000.00"),
        ("£1.2m", "1200000.00"),
        ("-", "0.00"),
        # Nil, and other ways to write 0.
        ("0", "0.00"),
        ("-0", "0.00"),
        ("(0)", "0.00"),
        ("0.00", "0.00"),
        ("£0", "0.00"),
        ("0k", "0.00"),
        # Pounds and pence.
        ("1", "1.00"),
        ("0.01", "0.01"),
        ("1.5", "1.50"),
        ("1.50", "1.50"),
        ("1.500", "1.50"),
        ("007", "7.00"),
        ("999", "999.00"),
        ("1000", "1000.00"),
        ("1,000", "1000.00"),
        ("12,345,678.90", "12345678.90"),
        # A minus sign, once and in any of its places.
        ("-1,234", "-1234.00"),
        ("-£5", "-5.00"),
        ("£-5", "-5.00"),
        ("(£1.2m)", "-1200000.00"),
        ("(0.01)", "-0.01"),
        ("( 5 )", "-5.00"),
        # Thousands and millions, as long as they come to whole pence.
        ("45K", "45000.00"),
        ("1.2M", "1200000.00"),
        ("0.1k", "100.00"),
        ("1.2345m", "1234500.00"),
        ("1.23456k", "1234.56"),
        ("1.23456789m", "1234567.89"),
        ("1,234k", "1234000.00"),
        ("-45k", "-45000.00"),
        # Spaces around it.
        (" 45k ", "45000.00"),
        ("\t12\n", "12.00"),
        # Just below the bound.
        ("99999999999.99", "99999999999.99"),
        ("99,999,999,999.99", "99999999999.99"),
        ("(99999.9999999m)", "-99999999999.90"),
        ("-99999999.999k", "-99999999999.00"),
    ],
)
def test_a_typed_amount_is_read_exactly(typed: str, pounds: str) -> None:
    assert json_money(parse_money(typed)) == pounds


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        # The contract's own.
        ("1,50", COMMAS),
        ("1e3", IN_FULL),
        ("1.005", WHOLE_PENCE),
        ("NaN", IN_FULL),
        ("2013-04-01", IN_FULL),
        ("=1+1", FORMULA),
        # Nothing, and what only looks like nil.
        ("", EMPTY),
        ("   ", EMPTY),
        ("\N{NO-BREAK SPACE}", EMPTY),
        ("--", IN_FULL),
        ("(-)", IN_FULL),
        ("()", IN_FULL),
        ("£", IN_FULL),
        ("£-", IN_FULL),
        ("k", IN_FULL),
        ("nil", IN_FULL),
        ("n/a", IN_FULL),
        # Commas anywhere but between groups of three.
        ("1,234,56", COMMAS),
        ("12,34", COMMAS),
        ("1,2345", COMMAS),
        ("1234,567", COMMAS),
        ("1,,234", COMMAS),
        (",123", COMMAS),
        ("123,", COMMAS),
        ("1.234,50", COMMAS),
        ("1.2,345", COMMAS),
        # Points and spaces that would leave it to a guess.
        (".", IN_FULL),
        (".5", IN_FULL),
        ("5.", IN_FULL),
        ("1.2.3", IN_FULL),
        ("1 234", IN_FULL),
        ("1\N{NO-BREAK SPACE}234", IN_FULL),
        ("1\N{NARROW NO-BREAK SPACE}234", IN_FULL),
        ("£\N{NO-BREAK SPACE}5", IN_FULL),
        ("£ 5", IN_FULL),
        ("£  5", IN_FULL),
        ("0,001", COMMAS),
        ("\N{EN DASH}", IN_FULL),
        ("\N{EM DASH}", IN_FULL),
        ("5 k", IN_FULL),
        ("1\n2", IN_FULL),
        # Minus twice, half a bracket, plus.
        ("(-5)", ONE_MINUS),
        ("(£-5)", ONE_MINUS),
        ("-£-5", ONE_MINUS),
        ("--5", ONE_MINUS),
        ("5-", IN_FULL),
        ("- 5", IN_FULL),
        ("(5", IN_FULL),
        ("5)", IN_FULL),
        ("((5))", IN_FULL),
        ("-(5)", IN_FULL),
        ("£(5)", IN_FULL),
        ("+5", IN_FULL),
        ("\N{MINUS SIGN}5", IN_FULL),
        # Fractions of a penny, however they are written.
        ("0.001", WHOLE_PENCE),
        ("1.0050", WHOLE_PENCE),
        ("0.000001k", WHOLE_PENCE),
        ("1.234567k", WHOLE_PENCE),
        ("1.234567891m", WHOLE_PENCE),
        # A hundred billion and beyond.
        ("100000000000", TOO_LARGE),
        ("-100000000000", TOO_LARGE),
        ("100,000,000,000.00", TOO_LARGE),
        ("100000m", TOO_LARGE),
        ("9" * 20, TOO_LARGE),
        ("9" * 21, "Enter an amount below £100,000,000,000, in whole pence."),
        ("0." + "0" * 21, "Enter an amount below £100,000,000,000, in whole pence."),
        # Other notations.
        ("inf", IN_FULL),
        ("-Infinity", IN_FULL),
        ("1E+3", IN_FULL),
        ("0x10", IN_FULL),
        ("1_000", IN_FULL),
        ("1'000", IN_FULL),
        ("1/2", IN_FULL),
        ("50%", IN_FULL),
        ("5p", IN_FULL),
        ("5bn", IN_FULL),
        ("5kk", IN_FULL),
        ("5km", IN_FULL),
        ("5 million", IN_FULL),
        ("$5", IN_FULL),
        ("€5", IN_FULL),
        ("££5", IN_FULL),
        ("5£", IN_FULL),
        ("GBP 5", IN_FULL),
        ("k£5", IN_FULL),
        # Dates, truth values and formulas.
        ("12/03/2013", IN_FULL),
        ("1 April 2013", IN_FULL),
        ("TRUE", IN_FULL),
        ("None", IN_FULL),
        ("=SUM(A1:A9)", FORMULA),
        ("=SUM(A1,A9)", FORMULA),
        ("=1,000", FORMULA),
        ("@SUM(1)", IN_FULL),
        ("#REF!", IN_FULL),
        # Digits that are not ASCII.
        ("１２３", IN_FULL),
        ("£１", IN_FULL),
        ("\N{ARABIC-INDIC DIGIT THREE}", IN_FULL),
        ("\N{DEVANAGARI DIGIT FIVE}00", IN_FULL),
        ("1\N{SUPERSCRIPT TWO}", IN_FULL),
        ("\N{VULGAR FRACTION ONE HALF}", IN_FULL),
        ("1\N{FULLWIDTH COMMA}234", IN_FULL),
        ("1\N{ARABIC DECIMAL SEPARATOR}5", IN_FULL),
        ("45\N{KELVIN SIGN}", IN_FULL),
        # Characters that come with a paste.
        ("5\x00", IN_FULL),
        ("\N{ZERO WIDTH SPACE}5", IN_FULL),
        ("\N{ZERO WIDTH NO-BREAK SPACE}5", IN_FULL),
        ("\ud800", IN_FULL),
    ],
)
def test_text_that_is_not_an_amount_is_refused_with_its_remedy(typed: str, remedy: str) -> None:
    with pytest.raises(MoneyError) as refusal:
        parse_money(typed)
    assert str(refusal.value) == remedy


@given(PENCE)
def test_every_way_of_writing_an_amount_reads_as_that_amount(pence: int) -> None:
    size = f"{abs(pence) // 100}.{abs(pence) % 100:02d}"
    grouped = f"{abs(pence) // 100:,}.{abs(pence) % 100:02d}"
    minus = "-" if pence < 0 else ""
    written = [
        json_money(pence),
        typed_pounds(pence),
        f"{minus}{size}",
        f"{minus}£{grouped}",
        f" £{minus}{grouped} ",
    ]
    if pence < 0:
        written += [f"({size})", f"(£{grouped})"]
    if pence % 100_000 == 0:
        written += [f"{pence // 100_000}k"]
    assert {parse_money(text) for text in written} == {pence}


@given(st.integers(-99_999, 99_999))
def test_whole_millions_may_be_written_with_m(millions: int) -> None:
    assert parse_money(f"{millions}m") == millions * 1_000_000_00


@given(st.text(max_size=30))
def test_any_text_is_an_amount_in_whole_pence_or_a_money_error(text: str) -> None:
    try:
        pence = parse_money(text)
    except MoneyError:
        return
    assert type(pence) is int
    assert abs(pence) < LIMIT_PENCE


def by_another_reading(text: str) -> int | None:
    """The pence of an amount of these characters, or None where it is none: by the contract."""
    typed = text.strip(" ")
    if typed == "-":
        return 0
    bracketed = re.fullmatch(r"\((.*)\)", typed)
    body = bracketed[1].strip(" ") if bracketed else typed
    found = re.fullmatch(r"(-?)£?(-?)([0-9][0-9,]*)(\.[0-9]+)?([kKmM]?)", body)
    if found is None:
        return None
    before, after, whole, part, suffix = found.groups()
    pounds = int(whole.replace(",", ""))
    minuses = [sign for sign in ("(" if bracketed else "", before, after) if sign]
    factor = {"": 1, "k": 1_000, "m": 1_000_000}[suffix.lower()]
    pence = Decimal(f"{pounds}{part or ''}") * factor * 100
    right = (
        ("," not in whole or whole == f"{pounds:,}")
        and len(minuses) <= 1
        and pence == int(pence)
        and pence < LIMIT_PENCE
    )
    return (-int(pence) if minuses else int(pence)) if right else None


def pence_or_none(text: str) -> int | None:
    try:
        return parse_money(text)
    except MoneyError:
        return None


@given(st.text(alphabet="0123456789.,-()£kKmM eE+", max_size=12))
@example("(£1,234.50)")
@example("- £1")
@example("-£-1")
@example("0,123")
@example("1.005k")
@example("1.005")
@example("99999999m")
def test_text_of_the_right_characters_is_read_exactly_or_refused(text: str) -> None:
    assert pence_or_none(text) == by_another_reading(text)


@given(PENCE)
def test_pence_become_pounds_and_the_same_pence_again(pence: int) -> None:
    pounds = from_pence(pence)
    assert to_pence(pounds) == pence
    assert pounds.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("pounds", "pence"),
    [
        ("0", 0),
        ("-0.00", 0),
        ("0E+999999999", 0),
        ("0E-999999999", 0),
        ("0.01", 1),
        ("1E+3", 100_000),
        ("1.5000000000000000000000000000000000000000", 150),
        ("12345678901234567890123456789012.34", 1234567890123456789012345678901234),
        ("-0.01", -1),
    ],
)
def test_pence_are_exact_for_any_number_of_digits(pounds: str, pence: int) -> None:
    assert to_pence(Decimal(pounds)) == pence


@pytest.mark.parametrize(
    ("pounds", "remedy"),
    [
        ("0.001", WHOLE_PENCE),
        ("-1.005", WHOLE_PENCE),
        ("1E-30", WHOLE_PENCE),
        ("NaN", "Enter an amount of money, such as 1,234.50."),
        ("sNaN", "Enter an amount of money, such as 1,234.50."),
        ("Infinity", "Enter an amount of money, such as 1,234.50."),
        ("1E+41", TOO_LARGE),
        ("1E+999999999", TOO_LARGE),
        ("1E-999999999", WHOLE_PENCE),
    ],
)
def test_pounds_that_are_not_whole_pence_are_refused(pounds: str, remedy: str) -> None:
    with pytest.raises(MoneyError) as refusal:
        to_pence(Decimal(pounds))
    assert str(refusal.value) == remedy


@pytest.mark.parametrize(
    ("pounds", "text"),
    [
        ("4540000", "4540000.00"),
        ("4540000.00", "4540000.00"),
        ("-0.5", "-0.50"),
        ("-0.00", "0.00"),
        ("1E+6", "1000000.00"),
        ("99999999999.99", "99999999999.99"),
    ],
)
def test_an_amount_is_written_for_json(pounds: str, text: str) -> None:
    assert json_money(to_pence(Decimal(pounds))) == text
    assert read_json_money(text) == to_pence(Decimal(pounds))


@pytest.mark.parametrize(
    ("pounds", "text"),
    [
        ("0", "£0.00"),
        ("1234.5", "£1,234.50"),
        ("-1234.5", "−£1,234.50"),
        ("-0.01", "−£0.01"),
        ("33800000", "£33,800,000.00"),
    ],
)
def test_an_amount_is_written_for_a_page(pounds: str, text: str) -> None:
    assert format_pounds(to_pence(Decimal(pounds))) == text


@pytest.mark.parametrize(
    ("pounds", "text"),
    [
        ("33800000", "£33.8m"),
        ("9920000", "£9.92m"),
        ("40000000", "£40m"),
        ("1234567890", "£1,234.57m"),
        ("0", "£0m"),
        ("4999.99", "£0m"),
        ("5000", "£0.01m"),
        ("-5000", "−£0.01m"),
        ("-4999.99", "£0m"),
        ("-33800000", "−£33.8m"),
        ("10000000", "£10m"),
        ("1005000", "£1.01m"),
        ("1004999.99", "£1m"),
    ],
)
def test_a_headline_is_written_in_millions(pounds: str, text: str) -> None:
    assert format_millions(to_pence(Decimal(pounds))) == text


@pytest.mark.parametrize("printer", [json_money, format_pounds, format_millions, typed_pounds])
def test_printing_pence_refuses_pounds(printer: Callable[..., str]) -> None:
    """Pounds printed as if they were pence would be a hundredth of what they are."""
    with pytest.raises((TypeError, ValueError)):
        printer(Decimal("1234.50"))


@pytest.mark.parametrize("text", ["", "ten", "1,234.50", "NaN", "0.001"])
def test_only_amounts_as_json_writes_them_are_read(text: str) -> None:
    with pytest.raises(MoneyError):
        read_json_money(text)
