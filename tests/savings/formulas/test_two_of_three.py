"""A rule with two of three consents is not in force, whatever is tried.

Two of the three councils that share the libraries have agreed that one of them gains all. Each way
of doing without the third is tried on it: by the API and the pages, as an administrator, and past
all of it in the database. After each, a full rollup still leaves the shared amount unattributed, to
the penny.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from savings.agreements.actions import answer, withdraw_proposal
from savings.calendar.actions import close_period
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.quarters.models import Period
from savings.rollup.actions import roll_up_everything
from savings.rollup.models import Fact
from services.models import Participation
from sovereignty.models import Consent, Decision, User
from tests.calling import Caller
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving, build

pytestmark = pytest.mark.django_db

ALL_TO_ONE = {"LBHF": "1", "RBKC": "0", "WCC": "0"}
UNATTRIBUTED = [(None, 9000)]


@pytest.fixture
@kept
def two(db: None) -> Partnership:
    partnership = build()
    partnership.rule("libraries", ALL_TO_ONE, agreed_by=["LBHF", "RBKC"])
    # Something else that all three have agreed to, whose answers somebody might want to use.
    partnership.approval()
    partnership.certified("WCC", a_saving(amount="90.00"))
    return partnership


def figures() -> list[tuple[str | None, int]]:
    roll_up_everything(at=NOW)
    return list(Fact.objects.order_by("pence").values_list("council__code", "pence"))


def rule() -> AttributionRule:
    return AttributionRule.objects.get(version=1)


def raw(statement: str, **given: Any) -> None:
    """As the owner of the database, to the end of a transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        # What the test has still to check at its end would stop a TRUNCATE before any trigger.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(statement, given)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- Through the front door ------------------------------------------------------------

WHO_ELSE = {
    "s151.lbhf": 409,  # has answered, and answers only for its own council
    "s151.rbkc": 409,
    "finance.wcc": 403,
    "councillor.wcc": 403,
    "programme.office": 403,
    "auditor": 403,
    None: 401,
}
#: The body can't choose the council.
NAMING_THE_THIRD = {**WHO_ELSE, "s151.lbhf": 422, "s151.rbkc": 422}


@pytest.mark.parametrize("more", [{}, {"council": "WCC"}], ids=["plain", "naming the third"])
@pytest.mark.parametrize("who", WHO_ELSE)
def test_nobody_else_can_answer_by_the_api(
    who: str | None, more: dict[str, str], two: Partnership
) -> None:
    caller = Caller(two.people[who] if who else None)
    answered = caller.post(
        f"attribution-rules/{rule().id}/consent/", {"agree": True, "minute_reference": "7", **more}
    )
    assert answered.status_code == (NAMING_THE_THIRD if more else WHO_ELSE)[who]
    assert sorted(rule().decision.consents.values_list("council__code", flat=True)) == [
        "LBHF",
        "RBKC",
    ]
    assert figures() == UNATTRIBUTED


@pytest.mark.parametrize("who", [who for who in WHO_ELSE if who])
def test_nobody_else_can_answer_on_the_page(who: str, two: Partnership, client: Client) -> None:
    client.force_login(two.people[who])
    sent = {"agree": "yes", "minute_reference": "7", "council": "WCC"}
    answered = client.post(f"/agreements/{rule().decision_id}/answer/", sent)
    assert answered.status_code == WHO_ELSE[who]
    assert rule().decision.consents.count() == 2
    assert figures() == UNATTRIBUTED


@pytest.mark.parametrize(
    "page",
    [
        "sovereignty/consent/add/",
        "sovereignty/decision/",
        "sovereignty/decision/{decision}/change/",
        "savings/attributionrule/add/",
        "savings/attributionrule/{rule}/change/",
        "savings/transitionapproval/",
        "savings/period/",
        "services/participation/",
        "services/service/",
    ],
)
def test_an_administrator_has_no_page_for_it(page: str, two: Partnership, client: Client) -> None:
    client.force_login(User.objects.create_superuser("administrator", password="long-enough-one"))
    address = "/admin/" + page.format(decision=rule().decision_id, rule=rule().id)
    sent = {"agree": "on", "council": two.councils["WCC"].id, "decision": rule().decision_id}
    assert [client.get(address).status_code, client.post(address, sent).status_code] == [404, 404]
    assert figures() == UNATTRIBUTED


def test_an_administrator_can_not_answer_for_a_council(two: Partnership) -> None:
    administrator = User.objects.create_superuser("administrator", password="long-enough-one")
    asked = Caller(administrator).post(
        f"attribution-rules/{rule().id}/consent/", {"agree": True, "minute_reference": "7"}
    )
    assert asked.status_code == 403
    assert figures() == UNATTRIBUTED


# --- Past all of it --------------------------------------------------------------------

CONSENT = (
    "INSERT INTO sovereignty_consent (decision_id, council_id, agree, by_id, at,"
    " minute_reference, reason) SELECT %(decision)s, c.id, true, u.id, now(), '7', ''"
    " FROM sovereignty_council c, sovereignty_user u"
)
RULE = (
    "INSERT INTO savings_attributionrule (service_id, kind, method, effective_from, shares,"
    " weights, indirect_variance, version, basis, provenance, decision_id)"
    " SELECT service_id, kind, method, effective_from, shares, weights, indirect_variance, 7,"
    " basis, provenance, "
)
WAYS = {
    "a consent by another council's officer": f"{CONSENT}"
    " WHERE c.code = 'WCC' AND u.username = 's151.lbhf'",
    "a consent by its finance officer": f"{CONSENT}"
    " WHERE c.code = 'WCC' AND u.username = 'finance.wcc'",
    "a consent by the programme office": f"{CONSENT}"
    " WHERE c.code = 'WCC' AND u.username = 'programme.office'",
    "a second consent": f"{CONSENT} WHERE c.code = 'LBHF' AND u.username = 's151.lbhf'",
    "a consent over another": f"{CONSENT} WHERE c.code = 'LBHF' AND u.username = 's151.lbhf'"
    " ON CONFLICT (decision_id, council_id) DO UPDATE SET council_id ="
    " (SELECT id FROM sovereignty_council WHERE code = 'WCC')",
    "a consent given to another council": "UPDATE sovereignty_consent SET council_id = %(wcc)s"
    " WHERE decision_id = %(decision)s AND council_id <> %(wcc)s",
    "a consent moved from another decision": "UPDATE sovereignty_consent"
    " SET decision_id = %(decision)s WHERE council_id = %(wcc)s",
    "consents deleted": "DELETE FROM sovereignty_consent",
    "consents truncated": "TRUNCATE sovereignty_consent CASCADE",
    "the rule put under what all agreed to": "UPDATE savings_attributionrule"
    " SET decision_id = %(agreed)s",
    "a rule put under what all agreed to": f"{RULE} %(agreed)s FROM savings_attributionrule",
    "a second rule under its decision": f"{RULE} %(decision)s FROM savings_attributionrule",
    "the rule moved to a service of two": "UPDATE savings_attributionrule SET service_id ="
    " (SELECT id FROM services_service WHERE slug = 'cex')",
    "the rule begins when there were two": "UPDATE savings_attributionrule SET effective_from = 1",
    "the rule deleted": "DELETE FROM savings_attributionrule",
    "rules truncated": "TRUNCATE savings_attributionrule",
    "its decision deleted": "DELETE FROM sovereignty_decision WHERE id = %(decision)s",
    "its decision is another": "UPDATE sovereignty_decision SET id = -id",
    "its decision says something else": "UPDATE sovereignty_decision SET title = 'Lunch'",
    "its decision revises what all agreed to": "UPDATE sovereignty_decision"
    " SET revises_id = %(agreed)s WHERE id = %(decision)s",
    "decisions truncated": "TRUNCATE sovereignty_decision CASCADE",
    "the councils change their codes": "UPDATE sovereignty_council SET code = 'X' || code",
    "the council deleted": "DELETE FROM sovereignty_council WHERE code = 'WCC'",
    "participation truncated": "TRUNCATE services_participation",
    "a quarter moved to when there were two": "UPDATE savings_period SET quarter = quarter + 40",
    "facts made up": "TRUNCATE savings_attributionrule, savings_fact CASCADE",
}


RULE_STANDS = "Cannot update or delete rows from savings_attributionrule"
CONSENT_STANDS = "Cannot update or delete rows from sovereignty_consent"
#: The words of each refusal, so that none is refused for being misspelt.
REFUSED = {
    "a consent by another council's officer": "by its section 151 officer or deputy",
    "a consent by its finance officer": "by its section 151 officer or deputy",
    "a consent by the programme office": "by its section 151 officer or deputy",
    "a second consent": '"consent_once"',
    "a consent over another": CONSENT_STANDS,
    "a consent given to another council": CONSENT_STANDS,
    "a consent moved from another decision": CONSENT_STANDS,
    "consents deleted": CONSENT_STANDS,
    "consents truncated": "the table sovereignty_consent may not be emptied",
    "the rule put under what all agreed to": RULE_STANDS,
    "a rule put under what all agreed to": "needs a new decision, not answered yet",
    "a second rule under its decision": "needs a new decision, not answered yet",
    "the rule moved to a service of two": RULE_STANDS,
    "the rule begins when there were two": RULE_STANDS,
    "the rule deleted": RULE_STANDS,
    "rules truncated": "the table savings_attributionrule may not be emptied",
    "its decision deleted": "Cannot delete rows from sovereignty_decision",
    "its decision is another": 'violates foreign key constraint "sovereignty_consent_decision_id',
    "its decision says something else": "Cannot update rows from sovereignty_decision",
    "its decision revises what all agreed to": "Cannot update rows from sovereignty_decision",
    "decisions truncated": "the table sovereignty_decision may not be emptied",
    "the councils change their codes": "Cannot update rows from sovereignty_council",
    "the council deleted": "violates foreign key constraint",
    "participation truncated": "the table services_participation may not be emptied",
    "a quarter moved to when there were two": "Cannot update rows from savings_period",
    "facts made up": "the table savings_attributionrule may not be emptied",
}


@pytest.mark.parametrize("way", WAYS)
def test_the_database_refuses_every_other_way(way: str, two: Partnership) -> None:
    given = {
        "decision": rule().decision_id,
        "agreed": Decision.objects.exclude(rule__isnull=False).get().id,
        "wcc": two.councils["WCC"].id,
    }
    with pytest.raises(DatabaseError, match=REFUSED[way]):
        raw(WAYS[way], **given)
    assert rule().shares == ALL_TO_ONE
    assert Consent.objects.filter(decision=rule().decision).count() == 2
    assert figures() == UNATTRIBUTED


def a_new_decision(two: Partnership, *codes: str) -> Decision:
    decision = Decision.objects.create(
        title="Where to lunch", proposed_by=two.people["auditor"], proposed_at=NOW
    )
    for code in codes:
        Consent.objects.create(
            decision=decision,
            council=two.councils[code],
            agree=True,
            by=two.s151(code),
            at=NOW,
            minute_reference="7",
        )
    return decision


def test_agreement_to_something_else_is_not_agreement_to_a_rule(two: Partnership) -> None:
    decision = a_new_decision(two, "LBHF", "RBKC", "WCC")
    with pytest.raises(DatabaseError, match="needs a new decision"):
        raw(f"{RULE} %(decision)s FROM savings_attributionrule", decision=decision.id)
    assert figures() == UNATTRIBUTED


# --- After the third has refused -------------------------------------------------------

LEAVES: dict[str, Callable[[Any], object]] = {
    "its time ended": lambda spell: spell.update(to_quarter=Q1),
    "its time ended before": lambda spell: spell.update(to_quarter=Q1.preceding),
    "its time begins later": lambda spell: spell.update(from_quarter=Q2),
    "its time deleted": lambda spell: spell.delete(),
}


def refused(two: Partnership) -> Decision:
    answer(
        decision_id=rule().decision_id,
        agree=False,
        minute_reference="7",
        reason="Never.",
        by=two.s151("WCC"),
        at=NOW,
    )
    return rule().decision


@pytest.mark.parametrize("then", ["refused", "withdrawn", "revised", "withdrawn unanswered"])
@pytest.mark.parametrize("way", LEAVES)
def test_a_refused_rule_does_not_come_back_when_the_third_leaves(
    way: str, then: str, two: Partnership
) -> None:
    """No council can be outvoted by removing it afterwards."""
    office = two.people["programme.office"]
    decision = rule().decision if then == "withdrawn unanswered" else refused(two)
    if then.startswith("withdrawn"):
        withdraw_proposal(decision_id=decision.id, reason="Early.", by=office, at=NOW)
    if then == "revised":
        propose_rule(
            service=two.services["libraries"],
            kind="saving",
            method="fixed",
            effective_from=Q2,
            shares={"RBKC": "1"},
            basis="In its place.",
            revises=decision,
            by=office,
            at=NOW,
        )
    two.certified("RBKC", a_saving(amount="10.00"), quarter=Q2)
    LEAVES[way](
        Participation.objects.filter(service=two.services["libraries"], council=two.councils["WCC"])
    )
    assert figures() == [(None, 1000), (None, 9000)]


# --- Once the quarter is closed --------------------------------------------------------

AFTERWARDS = {
    "the third agrees": f"{CONSENT} WHERE c.code = 'WCC' AND u.username = 's151.wcc'",
    "the quarter is opened for it": "UPDATE savings_period SET status = 'open'",
    "the third is removed": "DELETE FROM services_participation WHERE council_id = %(wcc)s",
    "the third takes part later": "UPDATE services_participation"
    " SET from_quarter = from_quarter + 40 WHERE council_id = %(wcc)s",
}


@pytest.mark.parametrize("way", AFTERWARDS)
def test_a_closed_quarter_stays_unattributed(way: str, two: Partnership) -> None:
    for code in ("LBHF", "RBKC"):
        two.certified(code)
    close_period(quarter=Q1, by=two.people["programme.office"], at=NOW)
    assert figures() == UNATTRIBUTED
    with pytest.raises(DatabaseError):
        raw(AFTERWARDS[way], decision=rule().decision_id, wcc=two.councils["WCC"].id)
    assert not Period.objects.get(quarter=Q1).is_open
    assert figures() == UNATTRIBUTED


def test_the_third_councils_own_answer_puts_the_rule_in_force(two: Partnership) -> None:
    """So the tests above could fail."""
    raw(f"{CONSENT} WHERE c.code = 'WCC' AND u.username = 's151.wcc'", decision=rule().decision_id)
    assert figures() == [("LBHF", 9000)]
