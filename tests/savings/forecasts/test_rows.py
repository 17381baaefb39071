"""Forecasts as they are typed: what they become, and every mistake in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from savings.forecasts.rows import (
    COLUMNS,
    IN_DOUBT,
    STATUSES,
    ForecastRow,
    describe,
    parse_date,
    read_rows,
)
from savings.returns.models import Forecast
from sovereignty.refusals import FieldError

GOOD = {"service": "hr", "this_year": "45k", "full_year_effect": "£1.2m", "status": "on_track"}
DOUBTFUL = {**GOOD, "status": "at_risk", "reason": "Late.", "replacement": "Held posts."}
TEXT_AMOUNT = 'Send the amount as text, such as "1234.50", not as a number.'
ONLY_DOUBTFUL = (
    "Only a saving that is at risk or not achievable has this: clear it, or change the status."
)
NOT_A_STATUS = "“amber” is not known here: use delivered, on_track, at_risk or not_achievable."
NOT_OWED = (
    "No adopted plan asks for a forecast for “libraries” from this council in this quarter: "
    "leave it out."
)
DATE = "Enter a date as 1/9/2013 or 1 September 2013."
NO_DAY = "There is no such day: enter a date as 1/9/2013."
NO_YEAR = "Enter a year between 2000 and 2099."


def read(*rows: Mapping[str, object]) -> tuple[list[ForecastRow], list[FieldError]]:
    return read_rows(list(enumerate(rows, start=2)), {"hr", "ict"})


def mistakes(row: Mapping[str, object]) -> list[tuple[str, str, str]]:
    rows, errors = read(row)
    assert rows == []
    assert {error.row for error in errors} == {2}
    return [(error.field, error.value, error.message) for error in errors]


def test_the_statuses_are_those_of_the_table() -> None:
    assert list(STATUSES.items()) == Forecast.Status.choices
    assert tuple(Forecast.IN_DOUBT) == IN_DOUBT


@pytest.mark.parametrize(
    ("typed", "row"),
    [
        (GOOD, ForecastRow("hr", 45_000_00, 1_200_000_00, "on_track")),
        (
            {**GOOD, "service": " hr ", "this_year": "(1,234.50)", "full_year_effect": "-"},
            ForecastRow("hr", -1_234_50, 0, "on_track"),
        ),
        (
            {**GOOD, "status": "delivered", "starts_on": " 1/4/2013 ", "reason": "  "},
            ForecastRow("hr", 45_000_00, 1_200_000_00, "delivered", date(2013, 4, 1)),
        ),
        (
            {**DOUBTFUL, "starts_on": None, "provenance": "reported"},
            ForecastRow(
                "hr",
                45_000_00,
                1_200_000_00,
                "at_risk",
                None,
                "Late.",
                "Held posts.",
            ),
        ),
        (
            {**DOUBTFUL, "status": "not_achievable", "reason": "a" * 2000},
            ForecastRow(
                "hr",
                45_000_00,
                1_200_000_00,
                "not_achievable",
                None,
                "a" * 2000,
                "Held posts.",
            ),
        ),
    ],
)
def test_a_right_forecast_is_read(typed: Mapping[str, object], row: ForecastRow) -> None:
    assert read(typed) == ([row], [])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (
            {**GOOD, "service": ""},
            [("service", "", "Enter the service's short name, such as “libraries”.")],
        ),
        (
            {**GOOD, "service": "libraries"},
            [
                (
                    "service",
                    "libraries",
                    NOT_OWED,
                )
            ],
        ),
        ({**GOOD, "service": 7}, [("service", "7", "Send this as text.")]),
        ({**GOOD, "this_year": ""}, [("this_year", "", "Enter an amount, or - for nil.")]),
        ({**GOOD, "this_year": 45000}, [("this_year", "45000", TEXT_AMOUNT)]),
        (
            {**GOOD, "full_year_effect": "1,50"},
            [
                (
                    "full_year_effect",
                    "1,50",
                    "Put commas only between groups of three digits, as in 1,234.50.",
                )
            ],
        ),
        (
            {**GOOD, "full_year_effect": "=1+1"},
            [("full_year_effect", "=1+1", "Enter the amount itself, not a formula.")],
        ),
        (
            {**GOOD, "status": ""},
            [
                (
                    "status",
                    "",
                    "Enter the status: delivered, on_track, at_risk or not_achievable.",
                )
            ],
        ),
        (
            {**GOOD, "status": "amber"},
            [
                (
                    "status",
                    "amber",
                    NOT_A_STATUS,
                )
            ],
        ),
        ({**GOOD, "starts_on": "September"}, [("starts_on", "September", DATE)]),
        ({**GOOD, "starts_on": "31/6/2013"}, [("starts_on", "31/6/2013", NO_DAY)]),
        ({**GOOD, "starts_on": "1/4/1913"}, [("starts_on", "1/4/1913", NO_YEAR)]),
        ({**GOOD, "starts_on": 20130401}, [("starts_on", "20130401", "Send this as text.")]),
        ({**DOUBTFUL, "reason": ""}, [("reason", "", "Say why the saving is at risk.")]),
        (
            {**DOUBTFUL, "replacement": " "},
            [("replacement", "", "Say what replaces the saving that is at risk.")],
        ),
        (
            {**DOUBTFUL, "status": "not_achievable", "reason": "", "replacement": None},
            [
                ("reason", "", "Say why the saving is not achievable."),
                ("replacement", "", "Say what replaces the saving that is not achievable."),
            ],
        ),
        ({**GOOD, "reason": "Late."}, [("reason", "Late.", ONLY_DOUBTFUL)]),
        (
            {**GOOD, "status": "delivered", "replacement": "Held."},
            [("replacement", "Held.", ONLY_DOUBTFUL)],
        ),
        # While the status is wrong, nobody knows whether it needs a reason.
        (
            {**DOUBTFUL, "status": "amber", "replacement": ""},
            [
                (
                    "status",
                    "amber",
                    NOT_A_STATUS,
                )
            ],
        ),
        (
            {**DOUBTFUL, "reason": "a" * 2001},
            [("reason", "a" * 200, "Shorten this to 2,000 characters.")],
        ),
        ({**DOUBTFUL, "reason": "a\x00b"}, [("reason", "a�b", "Remove the null character.")]),
        ({**DOUBTFUL, "reason": 5}, [("reason", "5", "Send this as text.")]),
        (
            {**GOOD, "Status": "x"},
            [("Status", "x", "There is no such column: remove or rename it.")],
        ),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    typed: Mapping[str, object], expected: list[tuple[str, str, str]]
) -> None:
    assert mistakes(typed) == expected


def test_a_service_has_only_one_forecast() -> None:
    rows, errors = read(GOOD, {**GOOD, "service": "ict"}, {**GOOD, "this_year": "1"})
    assert [row.service for row in rows] == ["hr", "ict"]
    assert [(error.row, error.field, error.message) for error in errors] == [
        (4, "service", "Row 2 already has a forecast for this service: leave one of them out.")
    ]


def test_every_mistake_of_every_row_comes_back_at_once() -> None:
    rows, errors = read(
        {**GOOD, "this_year": "x"}, {"service": "ict"}, {**GOOD, "service": "libraries"}
    )
    assert rows == []
    assert [(error.row, error.field) for error in errors] == [
        (2, "this_year"),
        (3, "this_year"),
        (3, "full_year_effect"),
        (3, "status"),
        (4, "service"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "1/9/2013",
        "01/09/2013",
        "1.9.2013",
        "2013-09-01",
        "1 September 2013",
        "1 sep 2013",
        "01 SEPT 2013",
    ],
)
def test_a_day_is_read_as_people_type_it(text: str) -> None:
    assert parse_date(text) == date(2013, 9, 1)


@pytest.mark.parametrize(
    "text",
    [
        "9/2013",
        "1/9/13",
        "2013/9/1",
        "2013-9-1",
        "1 S 2013",
        "1st September 2013",
        "٠١/٠٩/٢٠١٣",
        "today",
    ],
)
def test_text_that_is_not_a_day_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="Enter a date as 1/9/2013"):
        parse_date(text)


def test_february_has_29_days_in_a_leap_year() -> None:
    assert parse_date("29/2/2012") == date(2012, 2, 29)


def test_a_day_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="There is no such day"):
        parse_date("29/2/2013")


def test_a_forecast_as_plain_values_leaves_out_what_is_empty() -> None:
    (row,) = read({**DOUBTFUL, "starts_on": "1/9/2013"})[0]
    assert describe(row) == {
        "service": "hr",
        "this_year": "45000.00",
        "full_year_effect": "1200000.00",
        "status": "at_risk",
        "starts_on": "2013-09-01",
        "reason": "Late.",
        "replacement": "Held posts.",
    }
    (bare,) = read(GOOD)[0]
    assert set(describe(bare)) == {"service", "this_year", "full_year_effect", "status"}


CELLS = (
    st.none()
    | st.text(max_size=12)
    | st.sampled_from([*STATUSES, "hr", "45k", "1/9/2013", "\ud800", "\x00"])
    | st.integers()
    | st.booleans()
    | st.floats()
    | st.lists(st.text(max_size=4), max_size=3)
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(COLUMNS) | st.text(max_size=8), CELLS, max_size=8),
        max_size=4,
    )
)
def test_any_row_is_read_or_refused_and_can_be_sent_back(
    rows: list[dict[str, object]],
) -> None:
    good, errors = read(*rows)
    for error in errors:
        assert f"{error.field}{error.value}{error.message}".encode()
    refused = {error.row for error in errors}
    assert len(good) == len(rows) - len(refused)
    again, none = read(*(describe(row) for row in good))
    assert (again, none) == (good, [])
