"""Attributed amounts, and one entry's explanation, through the API."""

from __future__ import annotations

from decimal import Decimal

import pytest

from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.returns.models import Entry
from savings.rollup.tasks import roll_up
from tests.calling import Caller, mistakes, problem
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.drivers.counting import THIRDS, count

pytestmark = pytest.mark.django_db


@pytest.fixture
@kept
def delivered(partnership: Partnership) -> Partnership:
    partnership.rule("libraries", THIRDS)
    partnership.certified(
        "WCC",
        a_saving(amount="100.00"),
        a_saving("libraries", "0.01"),
        a_saving("youth-offending", "7.00"),
    )
    partnership.certified("LBHF", a_saving("cex", "5.00", scope="own"), quarter=Q2)
    roll_up()
    return partnership


def test_amounts_come_by_council_service_and_period(delivered: Partnership):
    answer = Caller(delivered.people["councillor.wcc"]).get("attribution/").json()

    assert answer["kind"] == "saving"
    assert answer["total"] == "112.01"
    assert answer["unattributed"] == "7.00"
    assert answer["illustrative"] is False
    assert answer["rows"][0] == {
        "council": "LBHF",
        "service": "cex",
        "period": "2013-14-Q2",
        "amount": "5.00",
        "illustrative": False,
    }
    assert len(answer["rows"]) == 7
    assert sum(Decimal(row["amount"]) for row in answer["rows"]) == Decimal("105.01")


@pytest.mark.parametrize(
    ("asked", "total", "unattributed", "rows"),
    [
        (
            {"group_by": "council"},
            "112.01",
            "7.00",
            [
                {"council": "LBHF", "amount": "38.35"},
                {"council": "RBKC", "amount": "33.33"},
                {"council": "WCC", "amount": "33.33"},
            ],
        ),
        (
            {"group_by": "period", "to": "2013-14-Q1"},
            "107.01",
            "7.00",
            [{"period": "2013-14-Q1", "amount": "100.01"}],
        ),
        (
            {"group_by": "council", "from": "2013-14-Q2"},
            "5.00",
            "0.00",
            [{"council": "LBHF", "amount": "5.00"}],
        ),
        (
            {"group_by": "service,service", "service": "libraries"},
            "100.01",
            "0.00",
            [
                {"service": "libraries", "amount": "0.01"},
                {"service": "library-service", "amount": "100.00"},
            ],
        ),
        ({"service": "childrens", "group_by": "period"}, "7.00", "7.00", []),
        ({"kind": "variance", "group_by": "council"}, "0.00", "0.00", []),
        (
            {"from": "", "to": "", "kind": "", "service": "cex", "group_by": ""},
            "5.00",
            "0.00",
            [{"council": "LBHF", "service": "cex", "period": "2013-14-Q2", "amount": "5.00"}],
        ),
    ],
)
def test_amounts_are_narrowed_and_grouped_as_asked(
    delivered: Partnership, asked, total, unattributed, rows
):
    answer = Caller(delivered.people["auditor"]).get("attribution/", **asked).json()

    assert (answer["total"], answer["unattributed"]) == (total, unattributed)
    assert answer["rows"] == [{**row, "illustrative": False} for row in rows]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kind": "savings"}, "kind"),
        ({"service": "nowhere"}, "service"),
        ({"service": "\x00"}, "service"),
        ({"from": "2013"}, "from"),
        ({"to": "Q1"}, "to"),
        ({"from": "2013-14-Q2", "to": "2013-14-Q1"}, "to"),
        ({"group_by": "area"}, "group_by"),
        ({"group_by": "council,,"}, "group_by"),
        ({"council": "WCC"}, "council"),
    ],
)
def test_a_parameter_that_can_not_be_asked_for_is_named(delivered: Partnership, asked, field):
    answer = Caller(delivered.people["auditor"]).get("attribution/", **asked)

    assert set(mistakes(answer)) == {field}


# --- One entry's explanation -------------------------------------------------------


def test_an_entry_is_explained_to_the_last_penny(delivered: Partnership):
    entry = Entry.objects.get(service__slug="library-service")
    rule = AttributionRule.objects.get()

    answer = Caller(delivered.people["councillor.lbhf"]).get(f"attribution/entries/{entry.id}/")

    said = answer.json()
    assert said["entry"]["id"] == entry.id
    assert (said["entry"]["council"], said["entry"]["period"], said["entry"]["status"]) == (
        "WCC",
        "2013-14-Q1",
        "certified",
    )
    assert said["attributed_in"] == "2013-14-Q1"
    assert (said["attributed"], said["because"]) == (True, "rule")
    assert said["shares"] == [
        {
            "council": "LBHF",
            "share": "1/3",
            "amount": "33.34",
            "exact_pence": "10000/3",
            "floored_pence": 3333,
            "remainder": "1/3",
            "odd_pence": 1,
        },
        {
            "council": "RBKC",
            "share": "1/3",
            "amount": "33.33",
            "exact_pence": "10000/3",
            "floored_pence": 3333,
            "remainder": "1/3",
            "odd_pence": 0,
        },
        {
            "council": "WCC",
            "share": "1/3",
            "amount": "33.33",
            "exact_pence": "10000/3",
            "floored_pence": 3333,
            "remainder": "1/3",
            "odd_pence": 0,
        },
    ]
    assert said["rule"]["id"] == rule.id
    assert (said["rule"]["version"], said["rule"]["method"]) == (1, "fixed")
    assert [consent["minute_reference"] for consent in said["rule"]["consents"]] == [
        "LBHF minute 1",
        "RBKC minute 1",
        "WCC minute 1",
    ]
    assert said["driver_values"] == []
    assert (said["provisional"], said["illustrative"]) == (False, False)


def test_an_unattributed_entry_has_no_shares_and_says_why(delivered: Partnership):
    entry = Entry.objects.get(service__slug="youth-offending")

    said = Caller(delivered.people["auditor"]).get(f"attribution/entries/{entry.id}/").json()

    assert (said["shares"], said["rule"], said["attributed"]) == ([], None, False)
    assert said["because"] == "no_rule"
    assert "not attributed" in said["reason"]


def test_a_split_by_a_driver_shows_the_values_it_used(partnership: Partnership):
    rule = propose_rule(
        service=partnership.services["libraries"],
        kind="saving",
        method="driver",
        effective_from=Q1,
        driver=count(partnership, "posts", LBHF="1", RBKC="2", WCC="3.5"),
        basis="Made up.",
        provenance=Provenance.ILLUSTRATIVE,
        by=partnership.people["programme.office"],
        at=NOW,
    )
    for code in THIRDS:
        Caller(partnership.s151(code)).post(
            f"attribution-rules/{rule.id}/consent/", {"agree": True, "minute_reference": "7"}
        )
    partnership.draft("WCC", a_saving(amount="65.00"))

    entry = Entry.objects.get()
    said = Caller(partnership.finance("WCC")).get(f"attribution/entries/{entry.id}/").json()

    assert [(part["council"], part["share"], part["amount"]) for part in said["shares"]] == [
        ("LBHF", "2/13", "10.00"),
        ("RBKC", "4/13", "20.00"),
        ("WCC", "7/13", "35.00"),
    ]
    assert [(value["council"], value["value"]) for value in said["driver_values"]] == [
        ("LBHF", "1"),
        ("RBKC", "2"),
        ("WCC", "3.5"),
    ]
    assert said["driver_values"][0]["source"] == "Counted for the tests."
    assert (said["provisional"], said["illustrative"]) == (True, True)


def test_an_entry_of_a_draft_is_hidden_from_other_councils(partnership: Partnership):
    partnership.draft("WCC", a_saving())
    path = f"attribution/entries/{Entry.objects.get().id}/"

    assert Caller(partnership.s151("WCC")).get(path).status_code == 200
    for name in ("finance.lbhf", "councillor.wcc"):
        problem(Caller(partnership.people[name]).get(path), 404, "not-found")


@pytest.mark.parametrize("entry_id", ["0", "999999", "9" * 30, "9" * 5000, "x"])
def test_an_unknown_entry_is_not_found(office: Caller, entry_id):
    problem(office.get(f"attribution/entries/{entry_id}/"), 404, "not-found")
