"""Which of some quarters is the latest closed one, wherever lists of quarters are offered."""

from __future__ import annotations

import pytest

from finance.periods import Quarter
from savings.comparison.reports import Choices
from savings.quarters.choosing import to_the_end_of
from savings.quarters.models import Period, latest_closed_of, usual_of
from sovereignty.models import User
from tests.partnership import NOW

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
    assert Choices((), {}, tuple(periods)).usual == latest
    value, usual = to_the_end_of(periods)[0]
    assert value == ""
    assert usual == (f"Latest closed quarter ({latest.label})" if latest else "No closed quarter")


def test_a_quarter_that_is_open_again_is_still_the_usual_one() -> None:
    again = Period(quarter=Q2, status=OPEN, reopened_at=NOW)
    periods = [Period(quarter=Q1, status=CLOSED), again, Period(quarter=Q3, status=OPEN)]
    assert (latest_closed_of(periods), usual_of(periods)) == (Q1, Q2)
    assert to_the_end_of(periods)[0] == ("", "Latest closed quarter (2013/14 Q1)")
    assert to_the_end_of(periods, open_again=True)[0] == (
        "",
        "Latest quarter that was closed (2013/14 Q2, open again)",
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("standing", "usual"),
    [
        ({}, None),
        ({Q1: OPEN}, None),
        ({Q1: CLOSED, Q2: OPEN}, Q1),
        ({Q1: CLOSED, Q2: "again"}, Q2),
    ],
)
def test_the_database_finds_the_usual_quarter_too(
    standing: dict[Quarter, str], usual: Quarter | None
) -> None:
    by = User.objects.create(username="programme.office")
    again = {"reopened_by": by, "reopened_at": NOW, "reopened_reason": "A line is missing."}
    for quarter, status in standing.items():
        Period.objects.create(
            quarter=quarter,
            status=CLOSED if status == CLOSED else OPEN,
            **(again if status == "again" else {}),
        )
    assert usual_of(Period.objects.all()) == Period.objects.usual_quarter() == usual
