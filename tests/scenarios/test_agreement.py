"""No council is outvoted: what is shared is unattributed until the last council agrees."""

from __future__ import annotations

from tests.calling import Caller
from tests.partnership import Partnership, a_saving
from tests.scenarios.accounts import Accounts, Told

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
UNATTRIBUTED = {"unattributed": "100.01", "total": "100.01"}
NO_RULE = Told("no_rule", "2013-14-Q1", None, {})


def answer(partnership: Partnership, rule_id: int, code: str, **body: object) -> int:
    """A council's section 151 officer answers through the API, which wakes the rollup."""
    body = {"agree": True, "minute_reference": f"{code} minute 2", **body}
    response = Caller(partnership.s151(code)).post(f"attribution-rules/{rule_id}/consent/", body)
    return response.status_code


def test_a_saving_is_attributed_once_the_last_council_agrees(
    partnership: Partnership, accounts: Accounts
) -> None:
    entry = partnership.certified("WCC", a_saving(amount="100.01")).entries.get()
    accounts.roll_up()
    assert accounts.explained(entry) == NO_RULE
    assert accounts.attributed() == UNATTRIBUTED

    rule = partnership.rule("libraries", THIRDS, agreed_by=())
    for code in ("LBHF", "RBKC"):
        assert answer(partnership, rule.id, code) == 200
        accounts.roll_up()
        assert accounts.explained(entry) == NO_RULE
        assert accounts.attributed() == UNATTRIBUTED

    assert answer(partnership, rule.id, "WCC") == 200
    # The consent has woken the rollup: there is nothing left to do.
    assert accounts.attributed() == {
        "LBHF": "33.34",
        "RBKC": "33.34",
        "WCC": "33.33",
        "unattributed": "0.00",
        "total": "100.01",
    }
    assert accounts.explained(entry) == Told(
        "rule",
        "2013-14-Q1",
        1,
        {"LBHF": ("1/3", "33.34"), "RBKC": ("1/3", "33.34"), "WCC": ("1/3", "33.33")},
    )
    accounts.roll_up()


def test_one_refusal_is_enough_and_the_next_version_may_be_agreed(
    partnership: Partnership, accounts: Accounts
) -> None:
    entry = partnership.certified("LBHF", a_saving(amount="100.01")).entries.get()
    first = partnership.rule("libraries", THIRDS, agreed_by=("LBHF", "RBKC"))
    assert answer(partnership, first.id, "WCC", agree=False, reason="Too much for us.") == 200
    accounts.roll_up()
    assert accounts.attributed() == UNATTRIBUTED
    # An answer is given once.
    assert answer(partnership, first.id, "WCC") == 409

    second = partnership.rule(
        "libraries", {"LBHF": "0.4", "RBKC": "0.35", "WCC": "0.25"}, agreed_by=("LBHF", "RBKC")
    )
    accounts.roll_up()
    assert accounts.attributed() == UNATTRIBUTED
    assert answer(partnership, second.id, "WCC") == 200
    accounts.roll_up()
    assert accounts.explained(entry) == Told(
        "rule",
        "2013-14-Q1",
        2,
        {"LBHF": ("2/5", "40.01"), "RBKC": ("7/20", "35.00"), "WCC": ("1/4", "25.00")},
    )


def test_the_rule_of_the_service_above_applies_until_a_nearer_one_is_agreed(
    partnership: Partnership, accounts: Accounts
) -> None:
    """While a proposal for one service waits, the rule above it still applies."""
    partnership.rule("libraries", THIRDS)
    entry = partnership.certified("LBHF", a_saving(amount="9.00")).entries.get()
    nearer = partnership.rule(
        "library-service", {"LBHF": "1/2", "RBKC": "1/2"}, agreed_by=("LBHF", "RBKC")
    )
    accounts.roll_up()
    assert accounts.explained(entry).shares == {
        "LBHF": ("1/3", "3.00"),
        "RBKC": ("1/3", "3.00"),
        "WCC": ("1/3", "3.00"),
    }
    # It takes part, so it is asked, though the rule gives it no share.
    assert answer(partnership, nearer.id, "WCC") == 200
    accounts.roll_up()
    assert accounts.attributed() == {
        "LBHF": "4.50",
        "RBKC": "4.50",
        "unattributed": "0.00",
        "total": "9.00",
    }
