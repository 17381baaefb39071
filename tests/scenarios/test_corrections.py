"""A mistake found later is put right later, and split as the mistake was."""

from __future__ import annotations

import pytest

from savings.calendar.actions import close_period
from sovereignty.refusals import WrongState
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.scenarios.accounts import Accounts, Told

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
HALF_AND_QUARTERS = {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"}


def test_a_correction_follows_the_rule_of_the_quarter_it_corrects(
    partnership: Partnership, accounts: Accounts
) -> None:
    """£300 was shared by thirds in Q1 and was £30.01 too much; from Q2 another rule applies."""
    partnership.rule("libraries", THIRDS)
    saving = partnership.certified("LBHF", a_saving(amount="300.00")).entries.get()
    for code in ("RBKC", "WCC"):
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    partnership.rule("libraries", HALF_AND_QUARTERS, effective_from=Q2)
    # What was closed under a rule stays under it.
    with pytest.raises(WrongState):
        partnership.rule("libraries", HALF_AND_QUARTERS, effective_from=Q1)

    correction, new = partnership.certified(
        "LBHF",
        a_saving(amount="(30.01)", corrects=str(saving.id), note="Counted twice."),
        a_saving(amount="300.00"),
        quarter=Q2,
    ).entries.order_by("position")
    accounts.roll_up()

    assert accounts.explained(saving) == Told(
        because="rule",
        quarter="2013-14-Q1",
        rule_version=1,
        shares={
            "LBHF": ("1/3", "100.00"),
            "RBKC": ("1/3", "100.00"),
            "WCC": ("1/3", "100.00"),
        },
    )
    assert accounts.explained(correction) == Told(
        because="rule",
        quarter="2013-14-Q1",
        rule_version=1,
        shares={
            "LBHF": ("1/3", "-10.01"),
            "RBKC": ("1/3", "-10.00"),
            "WCC": ("1/3", "-10.00"),
        },
    )
    assert accounts.explained(new) == Told(
        because="rule",
        quarter="2013-14-Q2",
        rule_version=2,
        shares={
            "LBHF": ("1/2", "150.00"),
            "RBKC": ("1/4", "75.00"),
            "WCC": ("1/4", "75.00"),
        },
    )
    # The closed quarter stays as it was certified; the correction counts where it was made.
    assert accounts.attributed(to="2013-14-Q1") == {
        "LBHF": "100.00",
        "RBKC": "100.00",
        "WCC": "100.00",
        "unattributed": "0.00",
        "total": "300.00",
    }
    assert accounts.attributed(**{"from": "2013-14-Q2"}) == {
        "LBHF": "139.99",
        "RBKC": "65.00",
        "WCC": "65.00",
        "unattributed": "0.00",
        "total": "269.99",
    }


def test_a_correction_of_the_whole_amount_leaves_no_council_a_penny(
    partnership: Partnership, accounts: Accounts
) -> None:
    """Not a penny is left behind: a negative amount is split as the positive one was."""
    partnership.rule("libraries", THIRDS)
    saving = partnership.certified("WCC", a_saving(amount="100.01")).entries.get()
    partnership.rule("libraries", HALF_AND_QUARTERS, effective_from=Q2)
    partnership.certified("WCC", a_saving(amount="-100.01", corrects=str(saving.id)), quarter=Q2)
    accounts.roll_up()
    assert accounts.explained(saving).shares == {
        "LBHF": ("1/3", "33.34"),
        "RBKC": ("1/3", "33.34"),
        "WCC": ("1/3", "33.33"),
    }
    assert accounts.attributed() == {
        "LBHF": "0.00",
        "RBKC": "0.00",
        "WCC": "0.00",
        "unattributed": "0.00",
        "total": "0.00",
    }
