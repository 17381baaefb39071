"""Staff who came over under TUPE keep their terms, and their councils keep that cost."""

from __future__ import annotations

from tests.partnership import Partnership
from tests.scenarios.accounts import Accounts, Told


def a_cost(amount: str, tupe: str = "", service: str = "library-service") -> dict[str, object]:
    return {
        "service": service,
        "kind": "ongoing_cost",
        "scope": "shared",
        "amount": amount,
        "tupe": tupe,
    }


def test_protected_terms_cost_only_the_councils_the_staff_came_from(
    partnership: Partnership, accounts: Accounts
) -> None:
    """Running costs are split by 1/2, 1/4 and 1/4; old contracts likewise, among those named."""
    partnership.rule("libraries", {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"}, kind="ongoing_cost")
    everyones, two, others, one = partnership.certified(
        "RBKC",
        a_cost("400.00"),
        a_cost("1000.01", "RBKC,WCC"),
        a_cost("90.00", "WCC, LBHF"),
        a_cost("12.34", "WCC"),
    ).entries.order_by("position")
    accounts.roll_up()

    assert accounts.explained(everyones) == Told(
        "rule",
        "2013-14-Q1",
        1,
        {"LBHF": ("1/2", "200.00"), "RBKC": ("1/4", "100.00"), "WCC": ("1/4", "100.00")},
    )
    assert accounts.explained(two) == Told(
        "tupe", "2013-14-Q1", 1, {"RBKC": ("1/2", "500.01"), "WCC": ("1/2", "500.00")}
    )
    assert accounts.explained(others) == Told(
        "tupe", "2013-14-Q1", 1, {"LBHF": ("2/3", "60.00"), "WCC": ("1/3", "30.00")}
    )
    assert accounts.explained(one) == Told("tupe", "2013-14-Q1", 1, {"WCC": ("1", "12.34")})
    assert accounts.attributed(kind="ongoing_cost") == {
        "LBHF": "260.00",
        "RBKC": "600.01",
        "WCC": "642.34",
        "unattributed": "0.00",
        "total": "1502.35",
    }


def test_the_cost_is_unattributed_where_no_council_named_has_a_share(
    partnership: Partnership, accounts: Accounts
) -> None:
    """Westminster has no share of the chief executive, so it has none of this either."""
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"}, kind="ongoing_cost")
    entry = partnership.certified(
        "WCC", a_cost("75.00", "WCC", "chief-executive-leadership")
    ).entries.get()
    accounts.roll_up()
    assert accounts.explained(entry) == Told("nothing_to_share_by", "2013-14-Q1", 1, {})
    assert accounts.attributed(kind="ongoing_cost") == {"unattributed": "75.00", "total": "75.00"}
