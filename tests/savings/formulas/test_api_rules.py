"""Rules through the API: proposed, answered, and what is refused."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from savings.calendar.actions import close_period
from savings.drivers.models import Driver
from savings.formulas.models import AttributionRule
from savings.rollup.tasks import roll_up
from sovereignty.models import Consent, Decision
from tests.calling import Caller, mistakes, problem
from tests.partnership import NOW, Q1, Partnership, a_saving
from tests.savings.drivers.counting import A_VALUE, THIRDS, count

pytestmark = pytest.mark.django_db

A_RULE = {
    "service": "libraries",
    "kind": "saving",
    "method": "fixed",
    "effective_from": "2013-14-Q1",
    "shares": THIRDS,
}


def test_a_rule_is_proposed_and_agreed_by_every_council(partnership: Partnership, office: Caller):
    made = office.post("attribution-rules/", {**A_RULE, "basis": "In equal parts."})

    assert made.status_code == 201
    rule = made.json()
    assert {key: rule[key] for key in rule if key not in ("id", "proposed_at")} == {
        **A_RULE,
        "version": 1,
        "reaches_back_until": None,
        "driver": None,
        "weights": {},
        "indirect_variance": "shared",
        "basis": "In equal parts.",
        "provenance": "reported",
        "illustrative": False,
        "proposed_by": "programme.office",
        "standing": "waiting",
        "answer_by": None,
        "revises": None,
        "withdrawn_at": None,
        "decision": Decision.objects.get().id,
        "consents": [],
        "waiting_for": ["LBHF", "RBKC", "WCC"],
        "agreed": False,
    }
    path = f"attribution-rules/{rule['id']}/"
    for code in ("LBHF", "RBKC", "WCC"):
        answer = Caller(partnership.s151(code)).post(
            f"{path}consent/", {"agree": True, "minute_reference": f"{code} 7/13"}
        )
        assert answer.status_code == 200

    agreed = office.get(path).json()
    assert (agreed["waiting_for"], agreed["agreed"]) == ([], True)
    assert [(c["council"], c["agree"], c["by"]) for c in agreed["consents"]] == [
        ("LBHF", True, "s151.lbhf"),
        ("RBKC", True, "s151.rbkc"),
        ("WCC", True, "s151.wcc"),
    ]
    assert office.get("attribution-rules/").json()["results"] == [agreed]


def test_a_rule_can_share_by_a_driver_or_by_a_blend(partnership: Partnership, office: Caller):
    count(partnership, "posts", LBHF="1", RBKC="2", WCC="3")
    count(partnership, "budget", LBHF="5", RBKC="5", WCC="0")
    plain = {key: value for key, value in A_RULE.items() if key != "shares"}

    by_driver = office.post(
        "attribution-rules/", {**plain, "method": "driver", "driver": "posts", "shares": {}}
    )
    by_blend = office.post(
        "attribution-rules/",
        {
            **plain,
            "kind": "ongoing_cost",
            "method": "blend",
            "weights": {"posts": "0.25", "budget": "3/4"},
            "driver": None,
            "indirect_variance": "host",
        },
    )

    assert (by_driver.status_code, by_driver.json()["driver"]) == (201, "posts")
    assert (by_blend.status_code, by_blend.json()["weights"]) == (
        201,
        {"posts": "0.25", "budget": "3/4"},
    )
    assert by_blend.json()["indirect_variance"] == "host"
    assert office.get("attribution-rules/", kind="ongoing_cost").json()["count"] == 1
    assert office.get("attribution-rules/", service="cex").json()["count"] == 0


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"service": "nowhere"}, {"service"}),
        ({"service": "\x00"}, {"service"}),
        ({"kind": "variance"}, {"kind"}),
        ({"method": "guess"}, {"method"}),
        ({"effective_from": "2013"}, {"effective_from"}),
        ({"effective_from": "1950-51-Q1"}, {"effective_from", "shares"}),
        ({"shares": {}}, {"shares"}),
        ({"shares": None}, {"shares"}),
        ({"shares": [["WCC", "1"]]}, {"shares"}),
        ({"shares": {"WCC": "0.5"}}, {"shares"}),
        ({"shares": {"WCC": 1}}, {"shares.WCC"}),
        ({"shares": {"WCC": "1/0"}}, {"shares.WCC"}),
        ({"shares": {"WCC": "-1", "LBHF": "2"}}, {"shares.WCC", "shares.LBHF"}),
        ({"shares": {"WCC": "one"}}, {"shares.WCC"}),
        ({"shares": {"": "1"}}, {"shares"}),
        ({"shares": {"XYZ": "1"}}, {"shares"}),
        ({"shares": {"W\x00C": "1"}}, {"shares.W\x00C"}),
        ({"driver": "posts"}, {"driver"}),
        ({"weights": {"posts": "1"}}, {"weights"}),
        ({"method": "driver"}, {"shares", "driver"}),
        ({"method": "blend"}, {"shares", "weights"}),
        ({"method": "driver", "shares": {}, "driver": "nothing"}, {"driver"}),
        ({"method": "driver", "shares": {}, "driver": "posts"}, {"driver"}),
        ({"method": "blend", "shares": {}, "weights": {"nothing": "1"}}, {"weights"}),
        ({"indirect_variance": "both"}, {"indirect_variance"}),
        ({"basis": 7}, {"basis"}),
        ({"version": 7}, {"version"}),
    ],
)
def test_a_rule_that_can_not_work_is_refused(partnership, office: Caller, changed, fields):
    Driver.objects.create(code="posts", name="Posts", unit="posts")

    answer = office.post("attribution-rules/", {**A_RULE, **changed})

    assert set(mistakes(answer)) == fields
    assert not AttributionRule.objects.exists()


def test_a_rule_can_not_begin_in_a_closed_quarter(partnership: Partnership, office: Caller):
    for code in ("LBHF", "RBKC", "WCC"):
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)

    problem(office.post("attribution-rules/", A_RULE), 409, "wrong-state")
    count(partnership, "posts")
    problem(office.post("driver-values/", A_VALUE), 409, "wrong-state")


def test_a_refusal_needs_a_reason_and_an_answer_is_given_once(partnership: Partnership):
    rule = partnership.rule("libraries", THIRDS, agreed_by=[])
    path = f"attribution-rules/{rule.id}/consent/"
    s151 = Caller(partnership.s151("WCC"))
    refusal = {"agree": False, "minute_reference": "WCC 7/13"}
    assert set(mistakes(s151.post(path, refusal))) == {"reason"}

    refused = s151.post(path, {**refusal, "reason": "We buy no books."})

    assert refused.json()["consents"][0]["reason"] == "We buy no books."
    assert refused.json()["waiting_for"] == ["LBHF", "RBKC", "WCC"]
    problem(s151.post(path, {**refusal, "agree": True}), 409, "wrong-state")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"agree", "minute_reference"}),
        ({"agree": "true", "minute_reference": "7"}, {"agree"}),
        ({"agree": 1, "minute_reference": "7"}, {"agree"}),
        ({"agree": None, "minute_reference": "7"}, {"agree"}),
        ({"agree": True, "minute_reference": " "}, {"minute_reference"}),
        ({"agree": True, "minute_reference": "x" * 201}, {"minute_reference"}),
        ({"agree": True, "minute_reference": "7", "council": "LBHF"}, {"council"}),
    ],
)
def test_an_answer_of_another_shape_is_refused(partnership: Partnership, body, fields):
    rule = partnership.rule("libraries", THIRDS, agreed_by=[])

    answer = Caller(partnership.s151("WCC")).post(f"attribution-rules/{rule.id}/consent/", body)

    assert set(mistakes(answer)) == fields


def test_only_a_section_151_officer_can_answer(partnership: Partnership):
    rule = partnership.rule("libraries", THIRDS, agreed_by=[])
    others = [name for name in partnership.people if not name.startswith("s151")]
    assert len(others) == 8
    for name in others:
        answer = Caller(partnership.people[name]).post(
            f"attribution-rules/{rule.id}/consent/", {"agree": True, "minute_reference": "7"}
        )
        problem(answer, 403, "not-allowed")
    assert not Consent.objects.exists()


@pytest.mark.parametrize("rule_id", ["0", "999999", "9" * 30, "9" * 5000, "-1", "x", "%00"])
def test_an_unknown_rule_is_not_found(office: Caller, rule_id):
    problem(office.get(f"attribution-rules/{rule_id}/"), 404, "not-found")
    problem(office.post(f"attribution-rules/{rule_id}/consent/"), 404, "not-found")


def test_an_answer_fetches_its_decision_once(partnership: Partnership):
    rule = partnership.rule("libraries", THIRDS, agreed_by=[])
    caller = Caller(partnership.s151("WCC"))
    body = {"agree": True, "minute_reference": "WCC 7"}
    with CaptureQueriesContext(connection) as queries:
        assert caller.post(f"attribution-rules/{rule.id}/consent/", body).status_code == 200
    # With what is joined to it, it is shown.
    alone = 'FROM "sovereignty_decision" WHERE "sovereignty_decision"."id" ='
    fetched = [query["sql"] for query in queries if alone in query["sql"]]
    assert [sql.endswith("FOR UPDATE") for sql in fetched] == [True]


def test_the_last_consent_attributes_entries_already_certified(partnership: Partnership):
    partnership.certified("WCC", a_saving(amount="100.00"))
    rule = partnership.rule("libraries", THIRDS, agreed_by=["LBHF", "RBKC"])
    roll_up()
    caller = Caller(partnership.s151("WCC"))
    before = caller.get("attribution/", group_by="council").json()
    assert (before["total"], before["unattributed"], before["rows"]) == ("100.00", "100.00", [])

    caller.post(
        f"attribution-rules/{rule.id}/consent/", {"agree": True, "minute_reference": "WCC 7"}
    )

    after = caller.get("attribution/", group_by="council").json()
    assert (after["total"], after["unattributed"]) == ("100.00", "0.00")
    assert [(row["council"], row["amount"]) for row in after["rows"]] == [
        ("LBHF", "33.34"),
        ("RBKC", "33.33"),
        ("WCC", "33.33"),
    ]


def test_a_proposal_says_whether_it_waits_is_disputed_or_was_revised(
    partnership: Partnership, office: Caller
):
    rule = office.post("attribution-rules/", {**A_RULE, "answer_by": "2013-09-30"}).json()
    assert (rule["standing"], rule["answer_by"]) == ("waiting", "2013-09-30")
    again = {**A_RULE, "revises": rule["decision"]}
    problem(office.post("attribution-rules/", again), 409, "wrong-state")
    no = {"agree": False, "minute_reference": "7", "reason": "Too much."}
    path = f"attribution-rules/{rule['id']}/"
    answer = Caller(partnership.s151("WCC")).post(f"{path}consent/", no)
    assert answer.json()["standing"] == "disputed"
    revision = office.post("attribution-rules/", again).json()
    assert (revision["standing"], revision["revises"]) == ("waiting", rule["decision"])
    assert office.get(path).json()["standing"] == "revised"
    assert set(mistakes(office.post("attribution-rules/", {**A_RULE, "revises": 999}))) == {
        "revises"
    }
    assert set(mistakes(office.post("attribution-rules/", {**A_RULE, "answer_by": "soon"}))) == {
        "answer_by"
    }
