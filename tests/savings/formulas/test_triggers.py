"""The database refuses a formula that can't be one, however it is written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from finance.periods import Quarter
from savings.calendar.actions import close_period
from savings.drivers.actions import create_driver, set_driver_value
from savings.drivers.models import Driver, DriverValue, Restatement
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from services.models import Participation
from sovereignty.models import Decision
from sovereignty.refusals import BadContent
from tests.partnership import NOW, Q1, Q2, Partnership

pytestmark = pytest.mark.django_db


@pytest.fixture
def drivers(partnership: Partnership) -> dict[str, Driver]:
    """Children are counted by all three from Q1, posts by two, budgets are 0."""
    counted = {
        "children": {"LBHF": 1, "RBKC": 2, "WCC": 0},
        "posts": {"LBHF": 1, "RBKC": 2},
        "budget": {"LBHF": 0, "RBKC": 0, "WCC": 0},
    }
    office = partnership.people["programme.office"]
    drivers = {}
    for code, values in counted.items():
        drivers[code] = create_driver(code=code, name=code, unit="number", by=office, at=NOW)
        for council, value in values.items():
            set_driver_value(
                driver=drivers[code],
                council=partnership.councils[council],
                effective_from=Q1,
                value=Decimal(value),
                source="Counted.",
                provenance=Provenance.REPORTED,
                by=office,
                at=NOW,
            )
    return drivers


def write(partnership: Partnership, slug: str = "libraries", **more: object) -> AttributionRule:
    """Write a rule past the actions."""
    given: dict[str, object] = {
        "service": partnership.services[slug],
        "kind": "saving",
        "method": "fixed",
        "effective_from": Q1,
        "shares": {"LBHF": "1"},
        "version": AttributionRule.objects.count() + 1,
        "basis": "By hand.",
        "provenance": Provenance.REPORTED,
        **more,
    }
    given["decision"] = Decision.objects.create(
        title="By hand", proposed_by=partnership.people["auditor"], proposed_at=NOW
    )
    return AttributionRule.objects.create(**given)


@pytest.mark.parametrize(
    "shares",
    [
        {"LBHF": "1"},
        {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"},
        {"LBHF": "0.25", "RBKC": " 1/2 ", "WCC": ".25"},
        {"LBHF": "281/432", "RBKC": "80/432", "WCC": "71/432"},
        {"LBHF": "0", "WCC": "1.000"},
    ],
)
def test_shares_that_add_up_to_exactly_1_are_accepted(
    shares: dict[str, str], partnership: Partnership
) -> None:
    assert write(partnership, shares=shares).shares == shares


@pytest.mark.parametrize(
    ("shares", "why"),
    [
        ({"LBHF": "1/3", "RBKC": "1/3", "WCC": "0.333333333333333333"}, "exactly one"),
        ({"LBHF": "999999999999999998/999999999999999999"}, "exactly one"),
        ({"LBHF": "0.5", "WCC": "0.500000000000000001"}, "exactly one"),
        ({"LBHF": "0.5"}, "exactly one"),
        ({"LBHF": "1", "WCC": "1"}, "exactly one"),
        ({"LBHF": "0"}, "exactly one"),
        # Longer than a share may be written, and not cut short.
        (
            {
                "LBHF": "333333333333333333/1000000000000000000",
                "WCC": "666666666666666667/1000000000000000000",
            },
            "is not a share",
        ),
        ({"BRENT": "1"}, "no “BRENT”"),
        ({"lbhf": "1"}, "no “lbhf”"),
        ({"LBHF": "1/0"}, "is not a share"),
        ({"LBHF": "-1", "WCC": "2"}, "is not a share"),
        ({"LBHF": "100%"}, "is not a share"),
        ({"LBHF": "1e0"}, "is not a share"),
        ({"LBHF": ""}, "is not a share"),
        ({"LBHF": None}, "is not a share"),
        ({"LBHF": 1}, "is not a share"),
        ({"LBHF": ["1"]}, "is not a share"),
    ],
)
def test_shares_that_do_not_add_up_to_1_are_refused(
    shares: dict[str, str], why: str, partnership: Partnership
) -> None:
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        write(partnership, shares=shares)


def test_weights_that_do_not_add_up_to_1_are_refused(
    partnership: Partnership, drivers: dict[str, Driver]
) -> None:
    blend: dict[str, Any] = {"method": "blend", "shares": {}}
    for weights, why in (
        ({"children": "0.5"}, "exactly one"),
        ({"children": "2/3"}, "exactly one"),
        ({"children": "1", "LBHF": "0"}, "no “LBHF”"),
        ({"LBHF": "1"}, "no “LBHF”"),
        ({"pets": "1"}, "no “pets”"),
    ):
        with pytest.raises(IntegrityError, match=why), transaction.atomic():
            write(partnership, weights=weights, **blend)
    assert write(partnership, weights={"children": "1"}, **blend).weights == {"children": "1"}


def test_a_driver_needs_a_value_for_every_council_that_takes_part(
    partnership: Partnership, drivers: dict[str, Driver]
) -> None:
    def by(code: str, slug: str = "library-service", since: Quarter = Q1) -> AttributionRule:
        given = {"method": "driver", "shares": {}, "driver": drivers[code]}
        return write(partnership, slug, effective_from=since, **given)

    assert by("children").driver == drivers["children"]
    # Two take part in the chief executive, and both have counted their posts.
    assert by("posts", "chief-executive-leadership").driver == drivers["posts"]
    for code, since in (("posts", Q1), ("budget", Q1), ("children", Q1.preceding)):
        with pytest.raises(IntegrityError, match="nothing to share by"), transaction.atomic():
            by(code, since=since)
    blend: dict[str, Any] = {
        "method": "blend",
        "shares": {},
        "weights": {"children": "1/2", "posts": "1/2"},
    }
    with pytest.raises(IntegrityError, match="“posts” has nothing"), transaction.atomic():
        write(partnership, **blend)
    # A council that takes part only from Q2 on needs no value before.
    Participation.objects.create(
        service=partnership.services["cex"], council=partnership.councils["WCC"], from_quarter=Q2
    )
    assert by("posts", "cex").driver == drivers["posts"]
    with pytest.raises(IntegrityError, match="nothing to share by"), transaction.atomic():
        by("posts", "cex", Q2)


@pytest.mark.parametrize("value", ["NaN", "-1"])
@pytest.mark.parametrize("table", [DriverValue, Restatement])
def test_a_value_is_a_number_of_0_or_more(
    table: Any, value: str, partnership: Partnership, drivers: dict[str, Driver]
) -> None:
    said: dict[str, Any] = {"source": "By hand.", "provenance": Provenance.REPORTED}
    of: dict[str, Any]
    if table is DriverValue:
        of = {
            "driver": drivers["posts"],
            "council": partnership.councils["WCC"],
            "effective_from": Q1,
        }
    else:
        auditor = partnership.people["auditor"]
        restated = DriverValue.objects.first()
        of = {"restates": restated, "stated_by": auditor, "stated_at": NOW}
    row = table(**of, **said, value=1)
    row.save()
    columns = [field.column for field in table._meta.local_fields if field.column != "id"]
    given = {**{c: f'"{c}"' for c in columns}, "value": f"'{value}'::numeric"}
    if table is DriverValue:
        given["effective_from"] = "effective_from + 1"
    name = table._meta.db_table
    copied = (
        f"INSERT INTO {name} ({', '.join(given)}) SELECT {', '.join(given.values())}"
        f" FROM {name} WHERE id = %s"
    )
    with pytest.raises(IntegrityError, match="in_bounds"), transaction.atomic():
        connection.cursor().execute(copied, [row.id])


def test_a_reason_of_blanks_is_refused(partnership: Partnership) -> None:
    with pytest.raises(BadContent) as refused:
        propose_rule(
            service=partnership.services["libraries"],
            kind="saving",
            method="fixed",
            effective_from=Q1,
            shares={"LBHF": "1"},
            basis="  ",
            by=partnership.people["programme.office"],
            at=NOW,
        )
    assert [(error.field, error.message) for error in refused.value.errors] == [
        ("basis", "Say why these shares, or leave this out.")
    ]
    for basis in (" ", " \n"):
        with pytest.raises(IntegrityError, match="says_why"), transaction.atomic():
            write(partnership, basis=basis)
    assert not AttributionRule.objects.exists()


def test_nothing_can_take_effect_in_a_closed_quarter(
    partnership: Partnership, drivers: dict[str, Driver]
) -> None:
    for code in partnership.councils:
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)

    def value(since: Quarter) -> DriverValue:
        return DriverValue.objects.create(
            driver=drivers["posts"],
            council=partnership.councils["WCC"],
            effective_from=since,
            value=1,
            source="By hand.",
            provenance=Provenance.REPORTED,
        )

    for late in (Q1, Q1.preceding):
        for act in (lambda q=late: write(partnership, effective_from=q), lambda q=late: value(q)):
            with pytest.raises(IntegrityError, match="figures stand"), transaction.atomic():
                act()
    assert write(partnership, effective_from=Q2).effective_from == Q2
    assert value(Q2).effective_from == Q2
