"""A decision is about one thing, which comes before every answer to it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from savings.agreements.actions import withdraw_proposal
from savings.budgets.models import TransitionApproval
from savings.drivers.models import Driver, Tolerance
from savings.fairness.models import FairnessTest
from savings.formulas.models import AttributionRule
from sovereignty.models import Consent, Decision
from tests.at_once import at_once, held_up, kinds
from tests.partnership import NOW, Q1, Partnership, build

pytestmark = pytest.mark.django_db

#: A row of each table under a decision: what councils may be asked about.
SUBJECTS: dict[Any, str] = {
    AttributionRule: (
        "INSERT INTO savings_attributionrule (service_id, kind, method, effective_from, shares,"
        " weights, indirect_variance, version, basis, provenance, decision_id)"
        " VALUES (%(service)s, 'saving', 'fixed', %(quarter)s, '{\"LBHF\": \"1\"}', '{}', 'shared',"
        " 7, 'Slipped in.', 'reported', %(decision)s)"
    ),
    TransitionApproval: (
        "INSERT INTO savings_transitionapproval (code, service_id, ceiling, effective_from,"
        " description, provenance, decision_id)"
        " VALUES ('slipped-in', %(service)s, 5, %(quarter)s, 'Slipped in.', 'reported',"
        " %(decision)s)"
    ),
    FairnessTest: (
        "INSERT INTO savings_fairnesstest (below, quarters, provenance, decision_id)"
        " VALUES ('1/2', 4, 'reported', %(decision)s)"
    ),
    Tolerance: (
        "INSERT INTO savings_tolerance (share, provenance, decision_id)"
        " VALUES ('1/2', 'reported', %(decision)s)"
    ),
}
REFUSED = "needs a new decision"
every_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda model: model.__name__)


def slip_in(subject: Any, decision: Decision, partnership: Partnership) -> None:
    given = {
        "service": partnership.services["libraries"].id,
        "quarter": Q1.ordinal,
        "decision": decision.id,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SUBJECTS[subject], given)


def a_decision(partnership: Partnership) -> Decision:
    return Decision.objects.create(
        title="Where to lunch", proposed_by=partnership.people["auditor"], proposed_at=NOW
    )


def answer(decision: Decision, partnership: Partnership, **more: object) -> Consent:
    return Consent.objects.create(
        decision=decision,
        council=partnership.councils["WCC"],
        by=partnership.s151("WCC"),
        at=NOW,
        minute_reference="1",
        **{"agree": True, **more},
    )


@every_subject
def test_a_new_decision_can_be_about_any_subject(subject: Any, partnership: Partnership) -> None:
    decision = a_decision(partnership)
    slip_in(subject, decision, partnership)
    assert subject.objects.get().decision == decision


@every_subject
@pytest.mark.parametrize("more", [{}, {"agree": False, "reason": "No."}], ids=["agreed", "refused"])
def test_nothing_can_be_put_under_a_decision_that_has_an_answer(
    subject: Any, more: dict[str, object], partnership: Partnership
) -> None:
    decision = a_decision(partnership)
    answer(decision, partnership, **more)
    with pytest.raises(DatabaseError, match=REFUSED):
        slip_in(subject, decision, partnership)
    assert not subject.objects.exists()


@every_subject
def test_nothing_can_be_put_under_a_withdrawn_decision(
    subject: Any, partnership: Partnership
) -> None:
    decision = a_decision(partnership)
    Decision.objects.update(
        withdrawn_at=NOW, withdrawn_by=partnership.people["auditor"], withdrawn_reason="No."
    )
    with pytest.raises(DatabaseError, match=REFUSED):
        slip_in(subject, decision, partnership)


@every_subject
@pytest.mark.parametrize("other", SUBJECTS, ids=lambda model: model.__name__)
def test_a_decision_is_about_one_thing(subject: Any, other: Any, partnership: Partnership) -> None:
    decision = a_decision(partnership)
    slip_in(other, decision, partnership)
    with pytest.raises(DatabaseError, match=f"{REFUSED}|once|duplicate"):
        slip_in(subject, decision, partnership)
    assert sum(table.objects.count() for table in SUBJECTS) == 1


def test_agreement_to_a_budget_is_not_agreement_to_a_rule(partnership: Partnership) -> None:
    with pytest.raises(DatabaseError, match=REFUSED):
        slip_in(AttributionRule, partnership.approval().decision, partnership)


def test_a_withdrawn_proposal_can_not_be_made_into_another(partnership: Partnership) -> None:
    rule = partnership.rule("libraries", {"LBHF": "1"}, agreed_by=[])
    withdraw_proposal(
        decision_id=rule.decision_id,
        reason="Early.",
        by=partnership.people["programme.office"],
        at=NOW,
    )
    with pytest.raises(DatabaseError, match=REFUSED):
        slip_in(TransitionApproval, rule.decision, partnership)


@pytest.mark.django_db(transaction=True)
def test_a_subject_waits_for_an_answer_under_way() -> None:
    """The answer is paused while it holds the decision; the subject waits and then finds it."""
    partnership = build()
    decision = a_decision(partnership)

    @transaction.atomic
    def agree() -> Consent:
        given = answer(decision, partnership)
        Driver.objects.create(code="posts", name="Posts", unit="posts")
        return given

    late: list[object] = []
    second = threading.Thread(
        target=lambda: late.extend(at_once(lambda: slip_in(AttributionRule, decision, partnership)))
    )
    with held_up(agree, at=Driver) as results:
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join(timeout=60)
    assert (kinds(results), kinds(late)) == (["Consent"], ["IntegrityError"])
    assert not AttributionRule.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_isolation_level_that_would_not_see_the_answer_is_refused() -> None:
    partnership = build()
    decision = a_decision(partnership)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT 1 FROM sovereignty_decision")
        assert kinds(at_once(lambda: answer(decision, partnership))) == ["Consent"]
        with pytest.raises(DatabaseError, match="READ COMMITTED"):
            slip_in(AttributionRule, decision, partnership)
    assert not AttributionRule.objects.exists()
