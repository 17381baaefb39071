"""A quarter with everything that can be split."""

from __future__ import annotations

import pytest

from tests.kept import kept
from tests.partnership import Partnership, a_saving, build

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}


def a_cost(amount: str, kind: str = "ongoing_cost", **more: object) -> dict[str, object]:
    """A row for a shared cost of the library service."""
    return {
        "service": "library-service",
        "kind": kind,
        "scope": "shared",
        "amount": amount,
        **more,
    }


#: What each council reports for Q1; no rule is agreed for children's services.
ROWS: dict[str, list[dict[str, object]]] = {
    "LBHF": [
        a_saving(amount="100.01"),
        a_saving("youth-offending", "20.00", scope="own"),
        a_saving("chief-executive-leadership", "50.01"),
    ],
    "RBKC": [
        a_cost("12.34"),
        a_cost("9.99", tupe="RBKC,WCC"),
        a_cost("-7.77", "variance", cause="indirect"),
        a_cost("1.01", "variance", cause="demand"),
        a_cost("64.00", "transition_cost"),
    ],
    "WCC": [
        a_saving("youth-offending", "7.00"),
        a_cost("3.33", "variance", cause="specification_change", caused_by="LBHF"),
        a_saving(amount="-0.02"),
        a_saving(amount="-"),
    ],
}


@pytest.fixture
@kept
def partnership(db: None) -> Partnership:
    """Rules agreed for the libraries and the chief executive, with no returns yet."""
    partnership = build()
    partnership.rule("libraries", THIRDS)
    partnership.rule(
        "libraries",
        {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"},
        kind="ongoing_cost",
        indirect_variance="host",
    )
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    return partnership


@pytest.fixture
@kept
def certified(partnership: Partnership) -> Partnership:
    """The same with all of `ROWS` certified, waiting to be rolled up."""
    for code, rows in ROWS.items():
        partnership.certified(code, *rows)
    return partnership
