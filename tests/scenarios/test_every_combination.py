"""Every kind, scope and cause under every method of sharing: a table that misses none.

Libraries are shared by fixed shares, children's services by a driver, and the chief
executive, whom two councils share, by a blend. Kensington & Chelsea, which hosts the
libraries, reports everything.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import NamedTuple

import pytest

from savings.drivers.actions import create_driver, set_driver_value
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.returns.models import Entry
from tests.partnership import NOW, Q1, Partnership, a_claim, a_cost, a_saving
from tests.scenarios.accounts import Accounts

REPORTS = "RBKC"
SERVICES = {"fixed": "library-service", "driver": "youth-offending", "blend": "cex"}
#: Numbers of children and of posts. Children's services are shared by children only.
CHILDREN = {"LBHF": 3, "RBKC": 2, "WCC": 1}
POSTS = {"LBHF": 1, "RBKC": 4, "WCC": 5}
FIXED = {"saving": {"LBHF": "1/2", "RBKC": "1/3", "WCC": "1/6"}, "ongoing_cost": None}
FIXED["ongoing_cost"] = {"LBHF": "0", "RBKC": "1/3", "WCC": "2/3"}
#: For the chief executive's savings children and posts weigh the same: LBHF (3/5 + 1/5) / 2 and
#: RBKC (2/5 + 4/5) / 2; for its costs three to one: 9/20 + 1/20 and 6/20 + 4/20.
WEIGHTS = {
    "saving": {"children": "1/2", "posts": "1/2"},
    "ongoing_cost": {"children": "3/4", "posts": "1/4"},
}
#: Where indirect variances fall on the host.
HOST = {"fixed": "host", "driver": "shared", "blend": "shared"}

#: What is reported, £100.01 each time, and whom it falls on. An own entry falls on its council
#: whatever the rule; claims on a budget follow what the savings and costs above add up to.
TABLE = """
kind            | scope  | method | cause                | LBHF   | RBKC   | WCC
saving          | own    | fixed  |                      |        | 100.01 |
saving          | own    | driver |                      |        | 100.01 |
saving          | own    | blend  |                      |        | 100.01 |
saving          | shared | fixed  |                      | 50.00  | 33.34  | 16.67
saving          | shared | driver |                      | 50.00  | 33.34  | 16.67
saving          | shared | blend  |                      | 40.00  | 60.01  |
ongoing_cost    | own    | fixed  |                      |        | 100.01 |
ongoing_cost    | own    | driver |                      |        | 100.01 |
ongoing_cost    | own    | blend  |                      |        | 100.01 |
ongoing_cost    | shared | fixed  |                      |        | 33.34  | 66.67
ongoing_cost    | shared | driver |                      | 50.00  | 33.34  | 16.67
ongoing_cost    | shared | blend  |                      | 50.01  | 50.00  |
transition_cost | own    | fixed  |                      |        | 100.01 |
transition_cost | own    | driver |                      |        | 100.01 |
transition_cost | own    | blend  |                      |        | 100.01 |
transition_cost | shared | fixed  |                      | 100.01 |        |
transition_cost | shared | driver |                      | 50.00  | 33.34  | 16.67
transition_cost | shared | blend  |                      |        | 100.01 |
variance        | own    | fixed  | indirect             |        | 100.01 |
variance        | own    | fixed  | demand               |        | 100.01 |
variance        | own    | fixed  | quality              |        | 100.01 |
variance        | own    | fixed  | direct               |        | 100.01 |
variance        | own    | fixed  | specification_change |        | 100.01 |
variance        | own    | driver | indirect             |        | 100.01 |
variance        | own    | driver | demand               |        | 100.01 |
variance        | own    | driver | quality              |        | 100.01 |
variance        | own    | driver | direct               |        | 100.01 |
variance        | own    | driver | specification_change |        | 100.01 |
variance        | own    | blend  | indirect             |        | 100.01 |
variance        | own    | blend  | demand               |        | 100.01 |
variance        | own    | blend  | quality              |        | 100.01 |
variance        | own    | blend  | direct               |        | 100.01 |
variance        | own    | blend  | specification_change |        | 100.01 |
variance        | shared | fixed  | indirect             |        | 100.01 |
variance        | shared | fixed  | demand               |        | 33.34  | 66.67
variance        | shared | fixed  | quality              |        | 33.34  | 66.67
variance        | shared | fixed  | direct               |        | 33.34  | 66.67
variance        | shared | fixed  | specification_change |        |        | 100.01
variance        | shared | driver | indirect             | 50.00  | 33.34  | 16.67
variance        | shared | driver | demand               | 50.00  | 33.34  | 16.67
variance        | shared | driver | quality              | 50.00  | 33.34  | 16.67
variance        | shared | driver | direct               | 50.00  | 33.34  | 16.67
variance        | shared | driver | specification_change |        |        | 100.01
variance        | shared | blend  | indirect             | 50.01  | 50.00  |
variance        | shared | blend  | demand               | 50.01  | 50.00  |
variance        | shared | blend  | quality              | 50.01  | 50.00  |
variance        | shared | blend  | direct               | 50.01  | 50.00  |
variance        | shared | blend  | specification_change |        |        | 100.01
"""


class Line(NamedTuple):
    """A line of the table: a combination, and each council's part of £100.01."""

    kind: str
    scope: str
    method: str
    cause: str
    parts: dict[str, str]


def lines() -> list[Line]:
    heads, *rows = [[cell.strip() for cell in row.split("|")] for row in TABLE.strip().splitlines()]
    return [
        Line(
            kind,
            scope,
            method,
            cause,
            {code: part for code, part in zip(heads[4:], parts, strict=True) if part},
        )
        for kind, scope, method, cause, *parts in rows
    ]


def test_no_combination_is_missing() -> None:
    """A new kind, scope, method or cause has to be given its lines."""
    possible = {
        (kind, scope, method, cause)
        for kind, scope, method, cause in product(
            Entry.Kind.values,
            Entry.Scope.values,
            AttributionRule.Method.values,
            ["", *Entry.Cause.values],
        )
        # A variance has a cause and nothing else has one.
        if (kind == Entry.Kind.VARIANCE) == bool(cause)
    }
    listed = [line[:4] for line in lines()]
    assert len(listed) == len(set(listed)) == len(possible) == 48
    assert set(listed) == possible


@pytest.fixture
def sharing(partnership: Partnership) -> Partnership:
    """Rules of all methods for savings and ongoing costs, and a budget for each service."""
    office = partnership.people["programme.office"]
    drivers = {}
    for code, counted in (("children", CHILDREN), ("posts", POSTS)):
        drivers[code] = create_driver(code=code, name=code, unit="number", by=office, at=NOW)
        for council, number in counted.items():
            set_driver_value(
                driver=drivers[code],
                council=partnership.councils[council],
                effective_from=Q1,
                value=Decimal(number),
                source="Counted for the tests.",
                provenance=Provenance.REPORTED,
                by=office,
                at=NOW,
            )
    for method, slug in SERVICES.items():
        for kind in ("saving", "ongoing_cost"):
            rule = propose_rule(
                service=partnership.services[slug],
                kind=kind,
                method=method,
                effective_from=Q1,
                shares=FIXED[kind] if method == "fixed" else None,
                driver=drivers["children"] if method == "driver" else None,
                weights=WEIGHTS[kind] if method == "blend" else None,
                indirect_variance=HOST[method] if kind == "ongoing_cost" else "shared",
                basis="Made up.",
                by=office,
                at=NOW,
            )
            for code in ("LBHF", "RBKC") if method == "blend" else partnership.councils:
                partnership.agree(rule.decision_id, code)
        partnership.approval(f"{method}-move", slug)
    return partnership


def row(line: Line) -> dict[str, object]:
    """What is reported for a line; a shared transition cost claims on its service's budget."""
    common = {"service": SERVICES[line.method], "scope": line.scope, "amount": "100.01"}
    if line.kind == "saving":
        return {**a_saving(), **common}
    if line.kind == "transition_cost" and line.scope == "shared":
        return {**a_claim(code=f"{line.method}-move"), **common}
    if line.kind == "variance":
        whose = {"caused_by": "WCC"} if line.cause == "specification_change" else {}
        return {**a_cost("variance", cause=line.cause, **whose), **common}
    return {**a_cost(line.kind), **common}


def test_every_combination_falls_as_the_table_says(
    sharing: Partnership, accounts: Accounts
) -> None:
    listed = lines()
    parent = sharing.certified(REPORTS, *(row(line) for line in listed))
    accounts.roll_up()
    entries = list(parent.entries.order_by("position"))
    found = [
        line._replace(
            parts={code: amount for code, (_, amount) in accounts.explained(entry).shares.items()}
        )
        for line, entry in zip(listed, entries, strict=True)
    ]
    assert found == listed
