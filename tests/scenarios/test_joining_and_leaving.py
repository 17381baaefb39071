"""A council joins a shared service, and another leaves it: told quarter by quarter.

Two councils share a chief executive. Westminster joins in the second quarter, when the first is
closed; two quarters later Kensington & Chelsea, which hosts it, leaves.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from finance.periods import Quarter
from savings.calendar.actions import close_period, open_period
from savings.kit.provenance import Provenance
from savings.sharing.actions import set_host
from sovereignty.refusals import BadContent
from tests.partnership import NOW, Q1, Q2, Partnership, a_cost, a_saving
from tests.savings.sharing.changing import join, leave
from tests.scenarios.accounts import Accounts

LEADERSHIP = "chief-executive-leadership"
Q3 = Q2.following
HALVES = {"LBHF": "1/2", "RBKC": "1/2"}
THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}


def falls(accounts: Accounts, quarter: Quarter, kind: str = "saving") -> Mapping[str, str]:
    """What the rollup says about a kind in a quarter."""
    asked = {"service": "cex", "kind": kind, "from": quarter.code, "to": quarter.code}
    return accounts.attributed(**asked)


def test_a_council_joins_and_the_host_leaves(partnership: Partnership, accounts: Accounts) -> None:
    office = partnership.people["programme.office"]
    partnership.rule("cex", HALVES)
    partnership.rule("cex", HALVES, kind="ongoing_cost", indirect_variance="host")
    set_host(
        service=partnership.services["cex"],
        council=partnership.councils["RBKC"],
        effective_from=Q1,
        source="The agreement of 2011",
        provenance=Provenance.REPORTED,
        by=office,
        at=NOW,
    )
    overheads = a_cost("variance", "cex", "30.00", cause="indirect")
    for code in partnership.councils:
        rows = [a_saving(LEADERSHIP, "90.00"), overheads] if code == "RBKC" else []
        partnership.certified(code, *rows)
    accounts.roll_up()
    close_period(quarter=Q1, by=office, at=NOW)
    first_saving = {"LBHF": "45.00", "RBKC": "45.00", "unattributed": "0.00", "total": "90.00"}
    assert falls(accounts, Q1) == first_saving

    # The second quarter is certified on the old halves before the newcomer is recorded.
    partnership.certified("RBKC", a_saving(LEADERSHIP, "90.00"), overheads, quarter=Q2)
    accounts.roll_up()
    assert falls(accounts, Q2) == first_saving
    join(partnership, "cex", "WCC", since=Q2)
    accounts.roll_up()
    assert falls(accounts, Q2) == {"unattributed": "90.00", "total": "90.00"}
    assert falls(accounts, Q2, "variance") == {"unattributed": "30.00", "total": "30.00"}
    partnership.rule("cex", THIRDS, effective_from=Q2)
    partnership.rule(
        "cex", THIRDS, kind="ongoing_cost", effective_from=Q2, indirect_variance="host"
    )
    accounts.roll_up()
    assert falls(accounts, Q2) == {
        "LBHF": "30.00",
        "RBKC": "30.00",
        "WCC": "30.00",
        "unattributed": "0.00",
        "total": "90.00",
    }
    assert falls(accounts, Q2, "variance") == {
        "RBKC": "30.00",
        "unattributed": "0.00",
        "total": "30.00",
    }

    # The host can't leave while it hosts; once another council does, it can.
    with pytest.raises(BadContent) as refusal:
        leave(partnership, "cex", "RBKC", last=Q2)
    assert [error.message for error in refusal.value.errors] == [
        "Kensington & Chelsea hosts Cex in 2013/14 Q3: first record who hosts it from then on."
    ]
    set_host(
        service=partnership.services["cex"],
        council=partnership.councils["WCC"],
        effective_from=Q3,
        source="Cabinet, 3 July 2013",
        provenance=Provenance.REPORTED,
        by=office,
        at=NOW,
    )
    leave(partnership, "cex", "RBKC", last=Q2)
    open_period(quarter=Q3, by=office, at=NOW)
    partnership.certified("LBHF", a_saving(LEADERSHIP, "90.00"), overheads, quarter=Q3)
    accounts.roll_up()
    assert falls(accounts, Q3) == {
        "LBHF": "45.00",
        "WCC": "45.00",
        "unattributed": "0.00",
        "total": "90.00",
    }
    assert falls(accounts, Q3, "variance") == {
        "WCC": "30.00",
        "unattributed": "0.00",
        "total": "30.00",
    }

    # Through all of that the closed quarter stayed as it was closed.
    assert falls(accounts, Q1) == first_saving
    assert falls(accounts, Q1, "variance") == {
        "RBKC": "30.00",
        "unattributed": "0.00",
        "total": "30.00",
    }
