"""A service that two councils share, and what it means for the third.

From October 2011 Hammersmith & Fulham and Kensington & Chelsea shared a chief executive;
Westminster kept its own.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from savings.returns.models import Entry
from sovereignty.refusals import BadContent
from tests.calling import Caller
from tests.partnership import Q1, Q2, Partnership, a_saving
from tests.savings.sharing.changing import join, leave
from tests.scenarios.accounts import Accounts, Told

LEADERSHIP = "chief-executive-leadership"


def test_the_third_council_has_no_share_and_no_say(
    partnership: Partnership, accounts: Accounts
) -> None:
    """Two agree, so the rule applies; the third has no share and sees only what it reports."""
    with pytest.raises(BadContent) as refused:
        partnership.rule("cex", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    assert [error.message for error in refused.value.errors] == [
        "Westminster takes no part in this service: leave its share out."
    ]
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})

    partnership.certified("RBKC", a_saving(LEADERSHIP, "50000.01"))
    partnership.certified("WCC", a_saving(LEADERSHIP, "7000.00", scope="own"))
    # Even what Westminster reports there as shared falls on the two.
    partnership.certified("WCC", a_saving(LEADERSHIP, "0.99"), quarter=Q2)
    accounts.roll_up()
    shared = Entry.objects.get(amount=Decimal("50000.01"))
    assert accounts.explained(shared) == Told(
        because="rule",
        quarter="2013-14-Q1",
        rule_version=1,
        shares={"LBHF": ("1/2", "25000.01"), "RBKC": ("1/2", "25000.00")},
    )
    assert accounts.attributed(service="cex") == {
        "LBHF": "25000.51",
        "RBKC": "25000.49",
        "WCC": "7000.00",
        "unattributed": "0.00",
        "total": "57001.00",
    }

    # A council that a part falls on may open the entry; for the third it does not exist.
    opened = {
        code: Caller(partnership.people[f"councillor.{code}"])
        .get(f"attribution/entries/{shared.id}/")
        .status_code
        for code in ("lbhf", "rbkc", "wcc")
    }
    assert opened == {"lbhf": 200, "rbkc": 200, "wcc": 404}


def test_a_council_that_joins_is_not_bound_by_what_it_never_agreed_to(
    partnership: Partnership, accounts: Accounts
) -> None:
    """Until the newcomer has agreed to a rule, what is shared from then on is unattributed."""
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    join(partnership, "cex", "WCC", since=Q2)
    partnership.certified("RBKC", a_saving(LEADERSHIP, "50000.00"))
    partnership.certified("RBKC", a_saving(LEADERSHIP, "60000.00"), quarter=Q2)
    accounts.roll_up()
    assert accounts.explained(Entry.objects.get(amount=60000)) == Told(
        because="no_rule", quarter="2013-14-Q2", rule_version=None, shares={}
    )
    assert accounts.attributed(service="cex") == {
        "LBHF": "25000.00",
        "RBKC": "25000.00",
        "unattributed": "60000.00",
        "total": "110000.00",
    }

    partnership.rule("cex", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}, effective_from=Q2)
    accounts.roll_up()
    assert accounts.attributed(service="cex", to="2013-14-Q1") == {
        "LBHF": "25000.00",
        "RBKC": "25000.00",
        "unattributed": "0.00",
        "total": "50000.00",
    }
    assert accounts.attributed(service="cex", **{"from": "2013-14-Q2"}) == {
        "LBHF": "20000.00",
        "RBKC": "20000.00",
        "WCC": "20000.00",
        "unattributed": "0.00",
        "total": "60000.00",
    }


def test_when_a_council_leaves_the_others_shares_are_scaled_up(
    partnership: Partnership, accounts: Accounts
) -> None:
    """Westminster leaves the libraries after the first quarter: its share goes to the others."""
    partnership.rule("libraries", {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"})
    leave(partnership, "libraries", "WCC", last=Q1)
    for quarter in (Q1, Q2):
        partnership.certified("LBHF", a_saving(amount="100.00"), quarter=quarter)
    accounts.roll_up()
    first, second = Entry.objects.order_by("parent__period__quarter")
    assert accounts.explained(first).shares == {
        "LBHF": ("1/2", "50.00"),
        "RBKC": ("1/4", "25.00"),
        "WCC": ("1/4", "25.00"),
    }
    assert accounts.explained(second).shares == {
        "LBHF": ("2/3", "66.67"),
        "RBKC": ("1/3", "33.33"),
    }
    assert accounts.attributed() == {
        "LBHF": "116.67",
        "RBKC": "58.33",
        "WCC": "25.00",
        "unattributed": "0.00",
        "total": "200.00",
    }
