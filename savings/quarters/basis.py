"""What figures are split by can only change from an open quarter on.

Rules, budgets, drivers' values, participants and hosts each have actions that change them.
What holds for all of them is here. `savings.returns.outbox` marks the returns that depend on
them, to be worked out again.
"""

from __future__ import annotations

from finance.periods import Quarter
from savings.quarters.dates import is_closed
from savings.quarters.models import Period
from sovereignty.refusals import WrongState


def check_quarter_open(quarter: Quarter, remedy: str = "Choose a quarter after {closed}.") -> None:
    """Raise WrongState if a quarter is closed, because its figures stand.

    `remedy` says what to do, with the latest closed quarter as `closed`.
    """
    closed = Period.objects.latest_closed_quarter()
    if closed and is_closed(quarter, closed):
        raise WrongState(
            f"{quarter.label} is closed and its figures stand. "
            + remedy.format(closed=closed.label)
        )
