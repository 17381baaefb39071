"""Which of some quarters is the latest closed one, wherever lists of quarters are offered."""

from __future__ import annotations

import pytest

from finance.periods import Quarter
from savings.comparison.reports import Choices
from savings.quarters.choosing import to_the_end_of
from savings.quarters.models import Period, latest_closed_of

Q1, Q2, Q3 = (Quarter.parse(f"2013-14-Q{number}") for number in (1, 2, 3))
OPEN, CLOSED = Period.Status.OPEN, Period.Status.CLOSED


@pytest.mark.parametrize(
    ("standing", "latest"),
    [
        ({}, None),
        ({Q1: OPEN}, None),
        ({Q1: CLOSED, Q2: OPEN}, Q1),
        ({Q3: OPEN, Q2: CLOSED, Q1: CLOSED}, Q2),
    ],
)
def test_the_latest_closed_quarter(standing: dict[Quarter, str], latest: Quarter | None) -> None:
    periods = [Period(quarter=quarter, status=status) for quarter, status in standing.items()]
    assert latest_closed_of(periods) == latest
    assert Choices((), {}, tuple(periods)).latest_closed == latest
    value, usual = to_the_end_of(periods)[0]
    assert value == ""
    assert usual == (f"Latest closed quarter ({latest.label})" if latest else "No closed quarter")
