"""Who bears it when a shared service costs more than was planned, or less."""

from __future__ import annotations

from savings.kit.provenance import Provenance
from savings.sharing.actions import set_host
from tests.partnership import NOW, Q2, Partnership
from tests.scenarios.accounts import Accounts, Told

HALF_AND_QUARTERS = {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"}


def a_variance(amount: str, cause: str, **more: object) -> dict[str, object]:
    return {
        "service": "library-service",
        "kind": "variance",
        "scope": "shared",
        "amount": amount,
        "cause": cause,
        **more,
    }


def test_a_variance_in_the_hosts_overheads_falls_on_the_host(
    partnership: Partnership, accounts: Accounts
) -> None:
    """The councils agreed that the host bears its own overheads, and then the host changes."""
    partnership.rule("libraries", HALF_AND_QUARTERS, kind="ongoing_cost", indirect_variance="host")
    set_host(
        service=partnership.services["libraries"],
        council=partnership.councils["WCC"],
        effective_from=Q2,
        source="Cabinet, 3 July 2013",
        provenance=Provenance.REPORTED,
        by=partnership.people["programme.office"],
        at=NOW,
    )

    overheads, readers = partnership.certified(
        "RBKC", a_variance("1234.56", "indirect"), a_variance("100.03", "demand")
    ).entries.order_by("position")
    underspent = partnership.certified(
        "LBHF", a_variance("-200.00", "indirect"), quarter=Q2
    ).entries.get()
    put_right = partnership.certified(
        "RBKC", a_variance("-34.56", "indirect", corrects=str(overheads.id)), quarter=Q2
    ).entries.get()
    accounts.roll_up()

    assert accounts.explained(overheads) == Told(
        "indirect_host", "2013-14-Q1", 1, {"RBKC": ("1", "1234.56")}
    )
    # More readers are no council's fault: that is shared as the running costs are.
    assert accounts.explained(readers) == Told(
        "rule",
        "2013-14-Q1",
        1,
        {"LBHF": ("1/2", "50.01"), "RBKC": ("1/4", "25.01"), "WCC": ("1/4", "25.01")},
    )
    # An underspend falls on the new host; a correction on the host of that time.
    assert accounts.explained(underspent) == Told(
        "indirect_host", "2013-14-Q2", 1, {"WCC": ("1", "-200.00")}
    )
    assert accounts.explained(put_right) == Told(
        "indirect_host", "2013-14-Q1", 1, {"RBKC": ("1", "-34.56")}
    )
    assert accounts.attributed(kind="variance") == {
        "LBHF": "50.01",
        "RBKC": "1225.01",
        "WCC": "-174.99",
        "unattributed": "0.00",
        "total": "1100.03",
    }


def test_overheads_are_shared_where_nothing_was_agreed_about_the_host(
    partnership: Partnership, accounts: Accounts
) -> None:
    partnership.rule("libraries", HALF_AND_QUARTERS, kind="ongoing_cost")
    entry = partnership.certified("RBKC", a_variance("1234.56", "indirect")).entries.get()
    accounts.roll_up()
    assert accounts.explained(entry) == Told(
        "rule",
        "2013-14-Q1",
        1,
        {"LBHF": ("1/2", "617.28"), "RBKC": ("1/4", "308.64"), "WCC": ("1/4", "308.64")},
    )


def test_the_council_that_changes_its_specification_bears_the_cost(
    partnership: Partnership, accounts: Accounts
) -> None:
    """Westminster opens its libraries on Sundays; the host reports what that costs the service."""
    sundays, readers = partnership.certified(
        "RBKC",
        a_variance("10000.01", "specification_change", caused_by="WCC"),
        a_variance("400.00", "demand"),
    ).entries.order_by("position")
    accounts.roll_up()
    # This needs no rule; everything else is not attributed yet.
    assert accounts.explained(sundays) == Told(
        "specification_change", "2013-14-Q1", None, {"WCC": ("1", "10000.01")}
    )
    assert accounts.explained(readers) == Told("no_rule", "2013-14-Q1", None, {})
    assert accounts.attributed(kind="variance") == {
        "WCC": "10000.01",
        "unattributed": "400.00",
        "total": "10400.01",
    }

    # A rule agreed later splits the rest, and leaves the Sundays where they are.
    partnership.rule("libraries", HALF_AND_QUARTERS, kind="ongoing_cost", indirect_variance="host")
    accounts.roll_up()
    assert accounts.attributed(kind="variance") == {
        "LBHF": "200.00",
        "RBKC": "100.00",
        "WCC": "10100.01",
        "unattributed": "0.00",
        "total": "10400.01",
    }
    # None of it is a saving or a running cost.
    for kind in ("saving", "ongoing_cost", "transition_cost"):
        assert accounts.attributed(kind=kind) == {"unattributed": "0.00", "total": "0.00"}
