"""From a refusal to a revised proposal or none: no step puts a refused rule in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, transaction

from audit.models import Event
from savings.agreements.actions import answer, remind, withdraw_proposal
from savings.agreements.models import AnswerReminder
from savings.agreements.reports import ProposalStanding, proposal, waiting
from savings.budgets.actions import propose_budget
from savings.drivers.actions import propose_tolerance
from savings.fairness.actions import propose_test
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.rollup.actions import roll_up_dirty
from savings.rollup.models import Fact
from sovereignty import disputes
from sovereignty.models import Consent, Decision, Dispute, DisputeStep, User
from sovereignty.refusals import BadContent, NotAllowed, WrongState
from tests.kept import kept
from tests.partnership import NOW, Q1, Partnership, a_saving

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}


@pytest.fixture
@kept
def rule(partnership: Partnership) -> AttributionRule:
    """A rule for libraries that nobody has answered."""
    return partnership.rule("libraries", THIRDS, agreed_by=[])


def say(partnership: Partnership, rule: AttributionRule, code: str, *, agree: bool) -> Consent:
    return answer(
        decision_id=rule.decision_id,
        agree=agree,
        minute_reference=f"{code} 1",
        reason="" if agree else f"{code} bears too much.",
        by=partnership.s151(code),
        at=NOW,
    )


def standing(rule: AttributionRule) -> ProposalStanding:
    found = proposal(rule.decision_id)
    assert found is not None
    return found.standing


def test_a_proposal_waits_until_every_council_has_agreed(
    partnership: Partnership, rule: AttributionRule
) -> None:
    for code, left in (("LBHF", ["RBKC", "WCC"]), ("RBKC", ["WCC"]), ("WCC", [])):
        say(partnership, rule, code, agree=True)
        found = proposal(rule.decision_id)
        assert found is not None
        assert [council.code for council in found.waiting_for] == left
    assert standing(rule) == ProposalStanding.AGREED
    assert not Dispute.objects.exists()


def test_a_refusal_opens_a_dispute_and_later_consents_change_nothing(
    partnership: Partnership, rule: AttributionRule
) -> None:
    say(partnership, rule, "WCC", agree=False)
    say(partnership, rule, "LBHF", agree=True)
    say(partnership, rule, "RBKC", agree=True)
    partnership.certified("WCC", a_saving(amount="3"))
    roll_up_dirty(at=NOW)

    assert Fact.objects.values("council", "pence").get() == {"council": None, "pence": 300}
    assert standing(rule) == ProposalStanding.DISPUTED
    dispute = Dispute.objects.get()
    assert dispute.stage == "discussion"
    assert [
        (step.kind, step.council and step.council.code, step.text) for step in dispute.steps.all()
    ] == [("refusal", "WCC", "WCC bears too much.")]


def test_a_dispute_is_discussed_mediated_and_ends_with_a_revised_proposal(
    partnership: Partnership, rule: AttributionRule
) -> None:
    say(partnership, rule, "WCC", agree=False)
    say(partnership, rule, "RBKC", agree=False)
    which: dict[str, Any] = {"decision_id": rule.decision_id, "at": NOW}
    disputes.speak(text=" Let us look at the loans. ", by=partnership.s151("LBHF"), **which)
    disputes.call_mediator(
        mediator="A retired treasurer",
        text="Find shares that follow use.",
        by=partnership.people["programme.office"],
        **which,
    )
    with pytest.raises(WrongState, match="is already the mediator"):
        disputes.call_mediator(mediator="X", text="Y", by=partnership.s151("LBHF"), **which)
    revised = propose_rule(
        service=partnership.services["libraries"],
        kind="saving",
        method="fixed",
        shares={"LBHF": "0.5", "RBKC": "0.25", "WCC": "0.25"},
        effective_from=Q1,
        basis="By loans.",
        revises=rule.decision,
        by=partnership.s151("LBHF"),
        at=NOW,
    )

    dispute = Dispute.objects.get()
    assert (dispute.stage, dispute.ended_at) == ("revised", NOW)
    assert list(dispute.steps.values_list("kind", "by__username", "text")) == [
        ("refusal", "s151.wcc", "WCC bears too much."),
        ("refusal", "s151.rbkc", "RBKC bears too much."),
        ("statement", "s151.lbhf", "Let us look at the loans."),
        ("mediation", "programme.office", "A retired treasurer: Find shares that follow use."),
        ("revision", "s151.lbhf", "Revised by: Libraries: savings, version 2"),
    ]
    assert (standing(rule), standing(revised)) == (
        ProposalStanding.REVISED,
        ProposalStanding.WAITING,
    )
    with pytest.raises(WrongState, match="no open dispute"):
        disputes.speak(text="More.", by=partnership.s151("LBHF"), **which)

    for code in THIRDS:
        say(partnership, revised, code, agree=True)
    partnership.certified("WCC", a_saving(amount="4"))
    roll_up_dirty(at=NOW)
    assert list(Fact.objects.order_by("council__code").values_list("pence", flat=True)) == [
        200,
        100,
        100,
    ]
    actions = Event.objects.about("decision", rule.decision_id).values_list("action", flat=True)
    assert list(actions) == [
        "dispute opened",
        "spoke in a dispute",
        "mediator called",
        "dispute ended",
    ]


def test_a_withdrawn_proposal_can_not_be_answered(
    partnership: Partnership, rule: AttributionRule
) -> None:
    say(partnership, rule, "WCC", agree=False)
    office = partnership.people["programme.office"]
    withdraw_proposal(decision_id=rule.decision_id, reason="Too early.", by=office, at=NOW)

    assert standing(rule) == ProposalStanding.WITHDRAWN
    assert Dispute.objects.get().stage == "withdrawn"
    assert DisputeStep.objects.filter(kind="withdrawal", text="Too early.").count() == 1
    with pytest.raises(WrongState, match="withdrawn"):
        say(partnership, rule, "LBHF", agree=True)
    with pytest.raises(DatabaseError, match="withdrawn"), transaction.atomic():
        Consent.objects.create(
            decision=rule.decision,
            council=partnership.councils["LBHF"],
            agree=True,
            by=partnership.s151("LBHF"),
            at=NOW,
            minute_reference="1",
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.filter(id=rule.decision_id).update(
            withdrawn_at=None, withdrawn_by=None, withdrawn_reason=""
        )
    with pytest.raises(WrongState, match="already"):
        withdraw_proposal(decision_id=rule.decision_id, reason="Again.", by=office, at=NOW)


def test_a_proposal_that_all_have_agreed_to_can_not_be_withdrawn(
    partnership: Partnership, rule: AttributionRule
) -> None:
    for code in THIRDS:
        say(partnership, rule, code, agree=True)
    office = partnership.people["programme.office"]
    with pytest.raises(WrongState, match="stands"):
        withdraw_proposal(decision_id=rule.decision_id, reason="No.", by=office, at=NOW)


@pytest.mark.parametrize("username", ["finance.wcc", "councillor.wcc", "auditor"])
def test_people_without_permission_can_not_speak_mediate_or_withdraw(
    partnership: Partnership, rule: AttributionRule, username: str
) -> None:
    say(partnership, rule, "WCC", agree=False)
    by = partnership.people[username]
    which: dict[str, Any] = {"decision_id": rule.decision_id, "at": NOW}
    with pytest.raises(NotAllowed):
        disputes.speak(text="A", by=by, **which)
    with pytest.raises(NotAllowed):
        disputes.call_mediator(mediator="A", text="B", by=by, **which)
    with pytest.raises(NotAllowed):
        withdraw_proposal(reason="A", by=by, **which)
    assert DisputeStep.objects.count() == 1


def test_a_step_of_a_dispute_needs_words(partnership: Partnership, rule: AttributionRule) -> None:
    say(partnership, rule, "WCC", agree=False)
    by = partnership.s151("WCC")
    which: dict[str, Any] = {"decision_id": rule.decision_id, "at": NOW}
    with pytest.raises(BadContent) as nothing:
        disputes.call_mediator(mediator=" ", text="", by=by, **which)
    assert [error.field for error in nothing.value.errors] == ["mediator", "text"]
    with pytest.raises(BadContent):
        disputes.speak(text=" ", by=by, **which)


def test_a_dispute_and_its_steps_are_never_changed_or_lost(
    partnership: Partnership, rule: AttributionRule
) -> None:
    say(partnership, rule, "WCC", agree=False)
    for change in (
        lambda: DisputeStep.objects.update(text="Nothing."),
        lambda: DisputeStep.objects.all()._raw_delete("default"),
        lambda: Dispute.objects.all()._raw_delete("default"),
        lambda: Decision.objects.filter(id=rule.decision_id).update(title="Other"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_each_person_sees_what_waits_for_them_and_for_others(
    partnership: Partnership, rule: AttributionRule
) -> None:
    say(partnership, rule, "WCC", agree=True)
    mine = waiting(partnership.s151("LBHF"))
    assert ([one.id for one in mine.for_me], mine.for_others) == ([rule.decision_id], ())
    for username in ("s151.wcc", "finance.lbhf", "programme.office"):
        others = waiting(partnership.people[username])
        assert others.for_me == ()
        assert [one.id for one in others.for_others] == [rule.decision_id]
    say(partnership, rule, "LBHF", agree=True)
    say(partnership, rule, "RBKC", agree=True)
    assert not waiting(partnership.s151("LBHF"))


@pytest.mark.parametrize(
    ("today", "kind"),
    [
        (date(2013, 7, 24), "before"),
        (date(2013, 7, 31), "before"),
        (date(2013, 8, 1), "after"),
    ],
)
def test_each_council_that_has_not_answered_is_reminded_once_before_and_once_after(
    partnership: Partnership, rule: AttributionRule, today: date, kind: str
) -> None:
    two_have_not_answered(partnership, rule)
    remind_twice(today)
    sent = [(reminder.council.code, reminder.kind) for reminder in AnswerReminder.objects.all()]
    assert sent == [("LBHF", kind)]
    (message,) = mail.outbox
    assert message.to == ["s151@lbhf.example.com"]
    assert f"https://savings.example.gov.uk/agreements/{rule.decision_id}/" in str(message.body)


def test_nobody_is_reminded_more_than_a_week_before(
    partnership: Partnership, rule: AttributionRule
) -> None:
    two_have_not_answered(partnership, rule)
    remind_twice(date(2013, 7, 23))
    assert not AnswerReminder.objects.exists()
    assert mail.outbox == []


def remind_twice(today: date) -> None:
    for _ in range(2):
        remind(today=today, at=NOW, site="https://savings.example.gov.uk")


def two_have_not_answered(partnership: Partnership, rule: AttributionRule) -> None:
    """One of the two has an address, and so has the one that answered."""
    Decision.objects.filter(id=rule.decision_id).update(answer_by=date(2013, 7, 31))
    for code, email in (("LBHF", "s151@lbhf.example.com"), ("RBKC", "s151@rbkc.example.com")):
        User.objects.filter(id=partnership.s151(code).id).update(email=email)
    User.objects.filter(id=partnership.s151("WCC").id).update(email="")
    say(partnership, rule, "RBKC", agree=True)


# --- What a revision revises -----------------------------------------------------


def refused(partnership: Partnership, decision_id: int) -> Decision:
    """A proposal that Westminster has refused."""
    answer(
        decision_id=decision_id,
        agree=False,
        minute_reference="WCC 1",
        reason="Too much.",
        by=partnership.s151("WCC"),
        at=NOW,
    )
    return Decision.objects.get(id=decision_id)


def each_kind(partnership: Partnership, **more: Any) -> dict[str, Callable[[], Any]]:
    """How each kind of proposal is proposed, for libraries where it is a service's."""
    libraries = partnership.services["libraries"]
    given: dict[str, Any] = {"by": partnership.finance("LBHF"), "at": NOW, **more}
    rule: dict[str, Any] = {
        "method": "fixed",
        "effective_from": Q1,
        "shares": THIRDS,
        "basis": "By loans.",
    }
    budget: dict[str, Any] = {"ceiling": 1_00, "effective_from": Q1, "description": "Moves."}
    return {
        "rule": lambda: propose_rule(service=libraries, kind="saving", **rule, **given),
        "budget": lambda: propose_budget(code="again", service=libraries, **budget, **given),
        "test": lambda: propose_test(below="1/3", quarters=4, **given),
        "tolerance": lambda: propose_tolerance(share="1/50", **given),
    }


def disputed_ones(partnership: Partnership) -> dict[str, Decision]:
    """One of each kind, refused by Westminster."""
    libraries = partnership.rule("libraries", THIRDS, agreed_by=[])
    budget = partnership.approval(agreed_by=[])
    test = propose_test(below="1/2", quarters=4, by=partnership.finance("WCC"), at=NOW)
    tolerance = partnership.tolerance(agreed_by=[])
    ones: dict[str, Any] = {
        "rule": libraries,
        "budget": budget,
        "test": test,
        "tolerance": tolerance,
    }
    return {kind: refused(partnership, one.decision_id) for kind, one in ones.items()}


@pytest.mark.parametrize("kind", ["rule", "budget", "test", "tolerance"])
def test_each_kind_is_revised_only_by_its_own_kind(partnership: Partnership, kind: str) -> None:
    decisions = disputed_ones(partnership)
    for other in decisions.keys() - {kind}:
        with pytest.raises(BadContent) as refusal:
            each_kind(partnership, revises=decisions[other])[kind]()
        assert [error.field for error in refusal.value.errors] == ["revises"]
    assert not Dispute.objects.exclude(stage="discussion").exists()

    day = date(2013, 9, 30)
    made = each_kind(partnership, revises=decisions[kind], answer_by=day)[kind]().decision

    assert (made.revises, made.answer_by) == (decisions[kind], day)
    assert Dispute.objects.get(stage="revised").decision == decisions[kind]
    assert Dispute.objects.filter(stage="discussion").count() == 3


@pytest.mark.parametrize(("slug", "kind"), [("cex", "saving"), ("libraries", "ongoing_cost")])
def test_a_rule_is_not_revised_by_one_for_another_service_or_kind(
    partnership: Partnership, rule: AttributionRule, slug: str, kind: str
) -> None:
    decision = refused(partnership, rule.decision_id)
    with pytest.raises(BadContent):
        propose_rule(
            service=partnership.services[slug],
            kind=kind,
            method="fixed",
            effective_from=Q1,
            shares={"LBHF": "1"},
            basis="By loans.",
            revises=decision,
            by=partnership.finance("LBHF"),
            at=NOW,
        )
    assert (standing(rule), AttributionRule.objects.count()) == (ProposalStanding.DISPUTED, 1)


def test_a_proposal_that_is_not_in_dispute_can_not_be_revised(
    partnership: Partnership, rule: AttributionRule
) -> None:
    revise = each_kind(partnership, revises=rule.decision)["rule"]
    with pytest.raises(WrongState, match=r"is not disputed\. Withdraw it first"):
        revise()
    decision = refused(partnership, rule.decision_id)
    office = partnership.people["programme.office"]
    withdraw_proposal(decision_id=decision.id, reason="Too early.", by=office, at=NOW)
    with pytest.raises(WrongState, match="has ended"):
        revise()
    assert AttributionRule.objects.get() == rule
