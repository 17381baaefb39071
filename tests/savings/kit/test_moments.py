"""The moment that somebody means: a day by its end in London, a time with its zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from savings.kit.moments import HOW, MomentError, day_ended, end_of, moment_of

TODAY = date(2013, 8, 2)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        # London is an hour ahead in summer,
        ("2013-08-01", datetime(2013, 8, 1, 22, 59, 59, 999999, UTC)),
        ("2013-08-02", datetime(2013, 8, 2, 22, 59, 59, 999999, UTC)),
        # and not in winter; the days that the clocks change are a day each.
        ("2013-01-31", datetime(2013, 1, 31, 23, 59, 59, 999999, UTC)),
        ("2013-03-31", datetime(2013, 3, 31, 22, 59, 59, 999999, UTC)),
        ("2012-10-28", datetime(2012, 10, 28, 23, 59, 59, 999999, UTC)),
        ("2012-02-29", datetime(2012, 2, 29, 23, 59, 59, 999999, UTC)),
        ("2013-08-01T17:30:00Z", datetime(2013, 8, 1, 17, 30, tzinfo=UTC)),
        ("2013-08-01t17:30:00z", datetime(2013, 8, 1, 17, 30, tzinfo=UTC)),
        ("2013-08-01T17:30+01:00", datetime(2013, 8, 1, 16, 30, tzinfo=UTC)),
        ("2013-08-01T17:30:00.123456-05:00", datetime(2013, 8, 1, 22, 30, 0, 123456, UTC)),
        ("1900-01-01", datetime(1900, 1, 1, 23, 59, 59, 999999, UTC)),
    ],
)
def test_a_day_or_a_time_is_read_as_a_moment(text: str, moment: datetime) -> None:
    assert moment_of(text, today=TODAY) == moment


def test_a_day_can_mean_its_first_moment() -> None:
    assert moment_of("2013-08-01", today=TODAY, first=True) == datetime(2013, 7, 31, 23, tzinfo=UTC)
    assert moment_of("2013-01-31", today=TODAY, first=True) == datetime(2013, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1 August 2013",
        "01/08/2013",
        "20130801",
        "2013-8-1",
        "2013-W31-4",
        "2013-08-01T17:30:00",
        "2013-08-01T17:30:00 01:00",
        "2013-08-01 17:30:00Z",
        "2013-08-01T17Z",
        "２０１３-08-01",
        " 2013-08-01",
        "2013-08-01\n",
        "٢٠١٣-٠٨-٠١",
    ],
)
def test_text_that_is_not_a_moment_is_never_guessed(text: str) -> None:
    with pytest.raises(MomentError) as refusal:
        moment_of(text, today=TODAY)
    assert str(refusal.value) == HOW


@pytest.mark.parametrize(
    "text",
    ["2013-02-29", "2013-13-01", "2013-00-10", "2013-04-31", "0000-01-01", "2013-08-01T25:00Z"],
)
def test_a_day_that_is_in_no_calendar_is_refused(text: str) -> None:
    with pytest.raises(MomentError) as refusal:
        moment_of(text, today=TODAY)
    assert str(refusal.value) == f"“{text}” is not a real date. {HOW}"


@pytest.mark.parametrize(
    "text", ["2013-08-03", "9999-12-31", "2013-08-02T23:00:00Z", "9999-12-31T23:59:59-23:59"]
)
def test_a_moment_in_the_future_is_refused(text: str) -> None:
    with pytest.raises(MomentError, match="today or an earlier day"):
        moment_of(text, today=TODAY)


@pytest.mark.parametrize("text", ["1899-12-31", "0001-01-01", "0001-01-01T00:00:00+14:00"])
def test_a_day_before_1900_is_refused(text: str) -> None:
    with pytest.raises(MomentError, match="from 1900 on"):
        moment_of(text, today=TODAY)


def test_the_day_that_ends_at_a_moment_is_found() -> None:
    assert day_ended(end_of(date(2013, 8, 1)).astimezone(UTC)) == date(2013, 8, 1)
    assert day_ended(datetime(2013, 8, 1, 23, 59, 59, tzinfo=UTC)) is None
