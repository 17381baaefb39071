"""Transition budgets: proposed, answered, and returns held to them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.models import Event
from finance.money import to_pence
from finance.periods import Quarter
from savings.agreements.actions import answer, withdraw_proposal
from savings.budgets.actions import propose_budget
from savings.budgets.models import TransitionApproval, claimed_on
from savings.calendar.actions import close_period
from savings.certification.actions import certify, send_back, submit
from savings.returns.models import Entry, Return
from services.models import Participation
from sovereignty.models import Consent, Decision
from sovereignty.refusals import BadContent, NotAllowed, WrongState
from tests.partnership import NOW, Q1, Q2, Partnership, a_claim, a_cost, a_saving

pytestmark = pytest.mark.django_db


def propose(partnership: Partnership, **more: object) -> TransitionApproval:
    given: dict[str, object] = {
        "code": "moves",
        "service": partnership.services["libraries"],
        "ceiling": 1_000_00,
        "effective_from": Q1,
        "description": "Moving in together.",
        "by": partnership.people["programme.office"],
        "at": NOW,
        **more,
    }
    return propose_budget(**given)  # type: ignore[arg-type]


def wrong(refusal: pytest.ExceptionInfo[BadContent]) -> dict[str, str]:
    return {error.field: error.message for error in refusal.value.errors}


# --- Proposing -----------------------------------------------------------------


def test_a_budget_is_proposed_with_its_decision_and_its_event(partnership: Partnership) -> None:
    approval = propose(partnership, code=" moves ", description=" Moving in together. ")
    assert (approval.code, approval.description) == ("moves", "Moving in together.")
    assert approval.decision.title == "Libraries: transition budget moves"
    assert approval.decision.proposed_by == partnership.people["programme.office"]
    assert not approval.decision.consents.exists()
    event = Event.objects.about("transition approval", "moves").get()
    assert (event.action, event.by, event.reason) == (
        "proposed",
        "programme.office",
        "Moving in together.",
    )
    assert event.after == {
        "service": "libraries",
        "ceiling": "1000.00",
        "effective_from": "2013-14-Q1",
        "provenance": "reported",
    }


@pytest.mark.parametrize(
    ("more", "messages"),
    [
        ({"code": " "}, {"code": "Give a short code, such as library-moves."}),
        ({"code": "two words"}, {"code": "Use letters and digits, with hyphens or underscores"}),
        ({"code": "-moves"}, {"code": "Use letters and digits, with hyphens or underscores"}),
        ({"code": "moves\n."}, {"code": "Use letters and digits, with hyphens or underscores"}),
        ({"code": "x" * 61}, {"code": "Use letters and digits, with hyphens or underscores"}),
        ({"ceiling": 0}, {"ceiling": "Enter an amount above 0."}),
        ({"ceiling": -1_00}, {"ceiling": "Enter an amount above 0."}),
        ({"description": " "}, {"description": "Say what the budget is for."}),
        (
            {"effective_from": Quarter.parse("2010-11-Q4")},
            {"effective_from": "No council takes part in Libraries in 2010/11 Q4."},
        ),
        (
            {"code": "", "description": "", "ceiling": -1_00},
            {
                "code": "Give a short code, such as library-moves.",
                "description": "Say what the budget is for.",
                "ceiling": "Enter an amount above 0.",
            },
        ),
    ],
)
def test_a_wrong_budget_is_refused_with_every_mistake(
    more: dict[str, object], messages: dict[str, str], partnership: Partnership
) -> None:
    with pytest.raises(BadContent) as refusal:
        propose(partnership, **more)
    found = wrong(refusal)
    assert set(found) == set(messages)
    assert all(found[field].startswith(start) for field, start in messages.items())
    assert not TransitionApproval.objects.exists()
    assert not Decision.objects.exists()


def test_two_budgets_can_not_have_one_code_however_it_is_spelt(partnership: Partnership) -> None:
    propose(partnership)
    for code in ("moves", "MOVES"):
        with pytest.raises(WrongState, match=f"There is a transition budget “{code}” already"):
            propose(partnership, code=code, service=partnership.services["cex"])
    assert propose(partnership, code="moves-2").code == "moves-2"


def test_officers_and_the_programme_office_may_propose_a_budget(partnership: Partnership) -> None:
    others = {name for name in partnership.people if name.startswith(("councillor", "auditor"))}
    for number, name in enumerate(sorted(set(partnership.people) - others)):
        propose(partnership, by=partnership.people[name], code=f"m{number}")
    assert TransitionApproval.objects.count() == 7
    assert len(others) == 4
    for name in others:
        with pytest.raises(NotAllowed, match="propose budgets"):
            propose(partnership, by=partnership.people[name], code="another")
    assert TransitionApproval.objects.count() == 7


def test_no_budget_can_begin_in_a_closed_quarter(partnership: Partnership) -> None:
    for code in partnership.councils:
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    with pytest.raises(WrongState, match="2013/14 Q1 is closed"):
        propose(partnership)
    assert propose(partnership, effective_from=Q2).effective_from == Q2
    stored: dict[str, Any] = dict(TransitionApproval.objects.values().get())
    del stored["id"]
    with pytest.raises(IntegrityError, match="figures stand"), transaction.atomic():
        TransitionApproval.objects.create(
            **{**stored, "effective_from": Q1, "code": "late", "decision_id": 0}
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE savings_transitionapproval SET ceiling = ceiling + 1",
        "UPDATE savings_transitionapproval SET code = 'others'",
        "DELETE FROM savings_transitionapproval",
        "TRUNCATE savings_transitionapproval CASCADE",
    ],
)
def test_a_proposed_budget_is_never_changed_or_lost(
    statement: str, partnership: Partnership
) -> None:
    partnership.approval()
    before = TransitionApproval.objects.values().get()
    with (
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert TransitionApproval.objects.values().get() == before


# --- Answering -----------------------------------------------------------------


def test_a_council_answers_a_budget_like_a_rule(partnership: Partnership) -> None:
    approval = partnership.approval(agreed_by=["LBHF"])
    refusal = answer(
        decision_id=approval.decision_id,
        agree=False,
        minute_reference=" WCC 7 ",
        reason=" Too dear. ",
        by=partnership.s151("WCC"),
        at=NOW,
    )
    assert (refusal.agree, refusal.minute_reference, refusal.reason) == (
        False,
        "WCC 7",
        "Too dear.",
    )
    event = Event.objects.about("transition approval", "moves").last()
    assert event is not None
    assert (event.action, event.chain, event.reason) == ("refused", "WCC", "Too dear.")
    # A refusal opens a dispute, and is given once.
    assert approval.decision.dispute.is_open
    with pytest.raises(WrongState, match="has answered this already"):
        partnership.agree(approval.decision_id, "WCC")
    assert TransitionApproval.objects.as_budgets()[0].agreed_by == {"LBHF"}


def test_a_council_that_takes_no_part_is_not_asked(partnership: Partnership) -> None:
    approval = partnership.approval(slug="cex", agreed_by=[])
    with pytest.raises(WrongState, match="takes no part"):
        partnership.agree(approval.decision_id, "WCC")
    # A council that shares only a part of it is asked as well.
    Participation.objects.create(
        service=partnership.services["chief-executive-leadership"],
        council=partnership.councils["WCC"],
        from_quarter=Q2,
    )
    assert partnership.agree(approval.decision_id, "WCC").agree
    assert Consent.objects.count() == 1


def test_a_budget_can_be_withdrawn_until_it_is_agreed(partnership: Partnership) -> None:
    approval = partnership.approval(agreed_by=["LBHF", "RBKC"])
    office = partnership.people["programme.office"]
    given = {"decision_id": approval.decision_id, "by": office, "at": NOW}
    withdraw_proposal(reason="Another will come.", **given)  # type: ignore[arg-type]
    with pytest.raises(WrongState, match="withdrawn"):
        partnership.agree(approval.decision_id, "WCC")
    assert "was withdrawn" in mistakes(partnership, "WCC", a_claim())["approval"]


def test_a_budget_that_was_in_force_can_not_be_withdrawn(partnership: Partnership) -> None:
    """A council that joins later has not agreed; even so nobody can withdraw the budget."""
    approval = partnership.approval(slug="cex")
    partnership.submitted("LBHF", a_claim("1.00", service="cex"))
    Participation.objects.create(
        service=partnership.services["cex"], council=partnership.councils["WCC"], from_quarter=Q2
    )
    with pytest.raises(WrongState, match="had agreed to this in 2013/14 Q1, so it stands"):
        withdraw_proposal(
            decision_id=approval.decision_id,
            reason="No.",
            by=partnership.people["programme.office"],
            at=NOW,
        )


# --- Claiming ------------------------------------------------------------------


def mistakes(partnership: Partnership, code: str, *rows: dict[str, object]) -> dict[str, str]:
    with pytest.raises(BadContent) as refusal:
        partnership.draft(code, *rows)
    return wrong(refusal)


def test_a_claim_is_entered_and_certified(partnership: Partnership) -> None:
    partnership.approval(ceiling="100.00")
    partnership.certified("WCC", a_claim("100.00"), a_saving())
    assert Entry.objects.exclude(approval="").get().approval == "moves"
    assert claimed_on(["moves", "others"]) == {"moves": 100_00}


@pytest.mark.parametrize("agreed_by", [[], ["LBHF", "RBKC"], ["WCC"]])
def test_a_claim_on_a_budget_that_is_not_agreed_is_an_error(
    agreed_by: list[str], partnership: Partnership
) -> None:
    approval = partnership.approval(agreed_by=agreed_by)
    found = mistakes(partnership, "WCC", a_claim())
    assert found["approval"].startswith("Not every council taking part has agreed")
    for code in sorted(set(partnership.councils) - set(agreed_by)):
        partnership.agree(approval.decision_id, code)
    assert partnership.draft("WCC", a_claim()).entries.get().approval == "moves"


def test_a_claim_before_its_time_or_elsewhere_is_an_error(partnership: Partnership) -> None:
    partnership.approval(effective_from=Q2)
    assert "begins in 2013/14 Q2" in mistakes(partnership, "WCC", a_claim())["approval"]
    elsewhere = a_claim(service="cex")
    assert (
        "and the services below it, not cex" in mistakes(partnership, "WCC", elsewhere)["approval"]
    )
    unknown = a_claim(code="others")
    assert "There is no transition budget" in mistakes(partnership, "WCC", unknown)["approval"]
    assert partnership.draft("WCC", a_claim(), quarter=Q2).entries.count() == 1


def test_what_others_have_claimed_is_no_longer_left(partnership: Partnership) -> None:
    """Certified and submitted claims count; drafts and the return itself do not."""
    partnership.approval(ceiling="1000.00")
    partnership.certified("LBHF", a_claim("300.00"))
    partnership.submitted("RBKC", a_claim("200.00"))
    partnership.draft("RBKC", a_claim("400.00"), quarter=Q2)
    partnership.draft("WCC", a_claim("500.00"))
    partnership.draft("WCC", a_claim("499.99"))
    found = mistakes(partnership, "WCC", a_claim("500.01"))
    assert found == {
        "amount": "This would pass the ceiling of “moves”. £700.00 of £1,000.00 is left by what is "
        "certified and what your council has submitted, but other councils have submitted claims "
        "that are not certified yet. Claim less, or ask the programme office how much is left."
    }


def test_a_submitted_refund_frees_nothing_until_it_is_certified(partnership: Partnership) -> None:
    partnership.approval(ceiling="300.00")
    claim = partnership.certified("LBHF", a_claim("300.00")).entries.get()
    refund = partnership.submitted("LBHF", a_claim("-100.00", corrects=str(claim.id)), quarter=Q2)
    assert "nothing of £300.00 is left" in mistakes(partnership, "WCC", a_claim("1.00"))["amount"]
    certify(return_id=refund.id, version=refund.version, by=partnership.s151("LBHF"), at=NOW)
    assert claimed_on(["moves"]) == {"moves": 200_00}
    partnership.certified("WCC", a_claim("100.00"))


def test_a_claim_is_checked_against_the_ceiling_again_when_certified(
    partnership: Partnership,
) -> None:
    partnership.approval(ceiling="1000.00")
    mine = partnership.draft("WCC", a_saving(), a_claim("600.00"), a_claim("300.00"))
    theirs = partnership.submitted("LBHF", a_claim("600.00"))
    finance = partnership.finance("WCC")
    with pytest.raises(WrongState) as refusal:
        submit(return_id=mine.id, version=mine.version, by=finance, at=NOW)
    assert str(refusal.value) == (
        "Line 2, Library service: This would pass the ceiling of “moves”. £1,000.00 of £1,000.00 "
        "is left by what is certified and what your council has submitted, but other councils "
        "have submitted claims that are not certified yet. Claim less, or ask the programme office "
        "how much is left."
    )
    assert partnership.parent("WCC").status == "draft"
    send_back(
        return_id=theirs.id,
        version=theirs.version,
        reason="Not yet.",
        by=partnership.s151("LBHF"),
        at=NOW,
    )
    submit(return_id=mine.id, version=mine.version, by=finance, at=NOW)


def test_a_newcomer_that_has_not_agreed_delays_a_certification(partnership: Partnership) -> None:
    """The claim was right when it was submitted; then Westminster joined."""
    partnership.approval(slug="cex", agreed_by=["LBHF", "RBKC"])
    parent = partnership.submitted("RBKC", a_claim(service="cex"))
    Participation.objects.create(
        service=partnership.services["cex"], council=partnership.councils["WCC"], from_quarter=Q1
    )
    given = {"return_id": parent.id, "version": parent.version, "at": NOW}
    with pytest.raises(WrongState, match="WCC has not"):
        certify(by=partnership.s151("RBKC"), **given)  # type: ignore[arg-type]
    partnership.agree(TransitionApproval.objects.get().decision_id, "WCC")
    certify(by=partnership.s151("RBKC"), **given)  # type: ignore[arg-type]


def test_an_own_claim_uses_up_the_budget_too(partnership: Partnership) -> None:
    partnership.approval(ceiling="100.00")
    partnership.certified("WCC", a_claim("60.00", scope="own"))
    assert "£40.00 of £100.00" in mistakes(partnership, "LBHF", a_claim("41.00"))["amount"]


# --- In the database -----------------------------------------------------------


def by_hand(parent: Return, status: str, partnership: Partnership) -> None:
    """Move a return on past the actions."""
    people = {"submitted_by": partnership.finance("WCC"), "submitted_at": NOW}
    if status == "certified":
        people |= {"certified_by": partnership.s151("WCC"), "certified_at": NOW}
    Return.objects.filter(id=parent.id).update(status=status, **people)


@pytest.mark.parametrize("status", ["submitted", "certified"])
def test_the_database_enforces_the_ceiling(status: str, partnership: Partnership) -> None:
    partnership.approval(ceiling="100.00")
    partnership.certified("LBHF", a_claim("60.00"))
    parent = partnership.draft("WCC", a_claim("40.00"))
    Entry.objects.filter(parent=parent).update(amount=Decimal("40.01"))
    with pytest.raises(IntegrityError, match="would pass its ceiling"), transaction.atomic():
        by_hand(parent, status, partnership)
    Entry.objects.filter(parent=parent).update(amount=Decimal("40.00"))
    by_hand(parent, status, partnership)
    assert partnership.parent("WCC").status == status


def withdrawn_by_hand(partnership: Partnership) -> None:
    Decision.objects.update(
        withdrawn_at=NOW, withdrawn_by=partnership.people["auditor"], withdrawn_reason="No."
    )


@pytest.mark.parametrize("status", ["submitted", "certified"])
def test_the_database_lets_nobody_withdraw_a_budget_that_is_claimed_on(
    status: str, partnership: Partnership
) -> None:
    partnership.approval()
    parent = partnership.draft("WCC", a_claim("40.00"))
    by_hand(parent, status, partnership)
    with pytest.raises(IntegrityError, match="claimed on is not withdrawn"), transaction.atomic():
        withdrawn_by_hand(partnership)
    assert not Decision.objects.get().is_withdrawn


def test_a_draft_claims_nothing_yet(partnership: Partnership) -> None:
    partnership.approval()
    partnership.draft("WCC", a_claim("40.00"))
    withdrawn_by_hand(partnership)
    assert Decision.objects.get().is_withdrawn


def test_the_database_refuses_a_claim_on_an_unknown_budget(partnership: Partnership) -> None:
    parent = partnership.draft("WCC", a_cost("transition_cost"))
    Entry.objects.filter(parent=parent).update(approval="nothing")
    with pytest.raises(IntegrityError, match="no transition budget"), transaction.atomic():
        by_hand(parent, "certified", partnership)


@pytest.mark.parametrize("ceiling", ["0", "-1", "100000000000"])
def test_the_database_keeps_a_ceiling_in_bounds(ceiling: str, partnership: Partnership) -> None:
    decision = Decision.objects.create(
        title="Moves", proposed_by=partnership.people["auditor"], proposed_at=NOW
    )
    with pytest.raises(IntegrityError, match="ceiling_in_bounds"), transaction.atomic():
        TransitionApproval.objects.create(
            code="moves",
            service=partnership.services["libraries"],
            ceiling=to_pence(Decimal(ceiling)),
            effective_from=Q1,
            description="Moving.",
            provenance="reported",
            decision=decision,
        )
