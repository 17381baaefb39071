"""What figures are split by is changed from an open quarter on alone.

Rules, budgets, drivers' values, participants and hosts are each changed by an action of
its own; what holds for every one of them is here. `savings.returns.outbox` has all that
rests on it worked out again.
"""

from __future__ import annotations

from finance.periods import Quarter
from savings.quarters.dates import is_closed
from savings.quarters.models import Period
from sovereignty.refusals import WrongState


def check_quarter_open(quarter: Quarter, remedy: str = "Choose a quarter after {closed}.") -> None:
    """Raise WrongState where a quarter is closed, and so has figures that stand.

    `remedy` says what to do, with the latest closed quarter as `closed`.
    """
    closed = Period.objects.latest_closed_quarter()
    if closed and is_closed(quarter, closed):
        raise WrongState(
            f"{quarter.label} is closed and its figures stand. "
            + remedy.format(closed=closed.label)
        )
