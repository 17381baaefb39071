"""The state of a proposal when quarters close and councils join or leave."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import mail
from django.test import Client

from finance.periods import Quarter
from savings.agreements.actions import answer, remind, withdraw_proposal
from savings.agreements.reports import Proposal, ProposalStanding, proposal, waiting
from savings.calendar.actions import close_period
from savings.formulas.models import AttributionRule
from services.models import Participation
from sovereignty.models import Decision, Dispute
from sovereignty.refusals import WrongState
from tests.partnership import COUNCILS, NOW, Q1, Q2, Partnership
from tests.savings.pages import read

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
HALVES = {"LBHF": "1/2", "RBKC": "1/2"}
BEFORE = Quarter.parse("2012-13-Q4")


def close(partnership: Partnership) -> None:
    for code in COUNCILS:
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)


def joins(partnership: Partnership, code: str, slug: str, first: Quarter) -> None:
    Participation.objects.create(
        service=partnership.services[slug], council=partnership.councils[code], from_quarter=first
    )


def leaves(partnership: Partnership, slug: str, last: Quarter, *codes: str) -> None:
    spells = Participation.objects.filter(service=partnership.services[slug])
    spells.filter(council__code__in=codes).update(to_quarter=last)


def found(decision_id: int) -> Proposal:
    one = proposal(decision_id)
    assert one is not None
    return one


def lede(partnership: Partnership, decision_id: int) -> str:
    """What the page says first about its state."""
    client = Client()
    client.force_login(partnership.people["s151.wcc"], "django.contrib.auth.backends.ModelBackend")
    return read(client.get(f"/agreements/{decision_id}/")).words


def withdraw(partnership: Partnership, decision_id: int) -> None:
    office = partnership.people["programme.office"]
    withdraw_proposal(decision_id=decision_id, reason="Too early.", by=office, at=NOW)


def refuse(partnership: Partnership, rule: AttributionRule, code: str) -> None:
    answer(
        decision_id=rule.decision_id,
        agree=False,
        minute_reference="7",
        reason="Too much.",
        by=partnership.s151(code),
        at=NOW,
    )


def test_a_proposal_not_agreed_before_its_quarter_closed_lapses(partnership: Partnership) -> None:
    rule = partnership.rule("libraries", THIRDS, agreed_by=["LBHF"])
    later = partnership.rule("libraries", THIRDS, effective_from=Q2, agreed_by=["LBHF"])
    Decision.objects.update(answer_by=date(2013, 7, 31))
    close(partnership)

    assert (found(rule.decision_id).standing, found(later.decision_id).standing) == (
        ProposalStanding.LAPSED,
        ProposalStanding.WAITING,
    )
    assert found(rule.decision_id).waiting_for == ()
    s151 = waiting(partnership.s151("WCC"))
    assert [one.id for one in (*s151.for_me, *s151.for_others)] == [later.decision_id]
    sent = remind(today=date(2013, 8, 2), at=NOW, site="https://savings.example.gov.uk")
    assert {reminder.decision_id for reminder in sent} == {later.decision_id}
    assert [message.subject for message in mail.outbox] == [
        "Answer needed: Libraries: savings, version 2"
    ] * 2
    assert (
        "Lapsed: it was never in force and can no longer come into force. It was due to start in "
        "2013/14 Q1, which closed before every council had agreed. Propose another from a "
        "later quarter."
    ) in lede(partnership, rule.decision_id)
    withdraw(partnership, rule.decision_id)
    assert found(rule.decision_id).standing == ProposalStanding.WITHDRAWN


def test_a_dispute_stays_open_after_the_quarter_but_waits_for_no_answer(
    partnership: Partnership,
) -> None:
    rule = partnership.rule("libraries", THIRDS, agreed_by=["LBHF"])
    refuse(partnership, rule, "WCC")
    close(partnership)
    one = found(rule.decision_id)
    assert (one.standing, one.waiting_for) == (ProposalStanding.DISPUTED, ())


def joined(partnership: Partnership, *, closed: bool) -> tuple[int, int]:
    """The decisions on a rule and a budget of two councils, in force when Westminster joins."""
    rule = partnership.rule("cex", HALVES)
    budget = partnership.approval(slug="cex")
    if closed:
        close(partnership)
    joins(partnership, "WCC", "cex", Q2)
    return rule.decision_id, budget.decision_id


@pytest.mark.parametrize("closed", [True, False])
def test_a_proposal_in_force_stays_agreed_when_a_council_joins(
    partnership: Partnership, closed: bool
) -> None:
    decisions = joined(partnership, closed=closed)

    for decision_id in decisions:
        one = found(decision_id)
        assert (one.standing, one.force.in_words) == (ProposalStanding.AGREED, "in 2013/14 Q1")
        assert [council.code for council in one.force.ended_by] == ["WCC"]
        with pytest.raises(
            WrongState, match=r"agreed to this in 2013/14 Q1, so it stands\. Propose another"
        ):
            withdraw(partnership, decision_id)
    since = (
        "From 2013/14 Q2 on Westminster also takes part and has not agreed, so it is not in "
        "force then."
    )
    of_rule, of_budget = (lede(partnership, decision_id) for decision_id in decisions)
    assert f"Every council concerned had agreed: it applies in 2013/14 Q1. {since}" in of_rule
    assert (
        "Every council concerned had agreed: costs can be claimed on it in 2013/14 Q1, "
        f"up to £1,000.00. {since}"
    ) in of_budget


def test_a_council_that_joins_is_asked_while_the_first_quarter_is_open(
    partnership: Partnership,
) -> None:
    decisions = joined(partnership, closed=False)
    for decision_id in decisions:
        one = found(decision_id)
        assert [council.code for council in one.waiting_for] == ["WCC"]
        assert one in waiting(partnership.s151("WCC")).for_me
    partnership.agree(decisions[0], "WCC")
    assert found(decisions[0]).force.ended is None


def test_a_council_that_joins_is_not_asked_once_the_first_quarter_is_closed(
    partnership: Partnership,
) -> None:
    for decision_id in joined(partnership, closed=True):
        one = found(decision_id)
        assert one.waiting_for == ()
        assert one not in waiting(partnership.s151("WCC")).for_me


def test_a_council_that_joins_can_not_refuse_what_is_already_in_force(
    partnership: Partnership,
) -> None:
    rule = partnership.rule("cex", HALVES)
    joins(partnership, "WCC", "cex", Q2)
    with pytest.raises(WrongState, match="can no longer be refused"):
        refuse(partnership, rule, "WCC")
    assert not Dispute.objects.exists()
    assert found(rule.decision_id).standing == ProposalStanding.AGREED
    with pytest.raises(WrongState, match="in 2013/14 Q1, so it stands"):
        withdraw(partnership, rule.decision_id)


def joining_after_a_rule_begins(partnership: Partnership) -> AttributionRule:
    """A rule that Kensington & Chelsea has still to answer; no quarter of it is open yet."""
    begins = Q2.following.following
    rule = partnership.rule("cex", HALVES, effective_from=begins, agreed_by=["LBHF"])
    joins(partnership, "WCC", "cex", begins.following)
    return rule


def test_a_council_that_joins_after_a_rule_begins_can_refuse_in_time(
    partnership: Partnership,
) -> None:
    rule = joining_after_a_rule_begins(partnership)
    refuse(partnership, rule, "WCC")
    partnership.agree(rule.decision_id, "RBKC")
    assert found(rule.decision_id).standing == ProposalStanding.DISPUTED
    assert "so it is not in force" in lede(partnership, rule.decision_id)


def test_a_council_that_joins_after_a_rule_begins_can_not_refuse_late(
    partnership: Partnership,
) -> None:
    """What all who take part then have agreed to stays agreed."""
    rule = joining_after_a_rule_begins(partnership)
    partnership.agree(rule.decision_id, "RBKC")
    with pytest.raises(WrongState, match="can no longer be refused"):
        refuse(partnership, rule, "WCC")
    assert found(rule.decision_id).standing == ProposalStanding.AGREED


def test_a_council_that_never_answered_and_left_delays_nothing(
    partnership: Partnership,
) -> None:
    rule = partnership.rule("libraries", THIRDS, agreed_by=["LBHF", "RBKC"])
    leaves(partnership, "libraries", Q1, "WCC")
    one = found(rule.decision_id)
    assert (one.standing, one.force.since, one.force.ended) == (ProposalStanding.AGREED, Q2, None)
    with pytest.raises(WrongState, match="stands"):
        withdraw(partnership, rule.decision_id)


def test_a_refusal_stays_after_the_council_has_left(partnership: Partnership) -> None:
    rule = partnership.rule("libraries", THIRDS, agreed_by=["LBHF", "RBKC"])
    refuse(partnership, rule, "WCC")
    leaves(partnership, "libraries", Q1, "WCC")
    assert found(rule.decision_id).standing == ProposalStanding.DISPUTED


def test_an_agreed_rule_ends_when_no_council_takes_part_any_more(partnership: Partnership) -> None:
    rule = partnership.rule("cex", HALVES)
    leaves(partnership, "cex", Q2, *HALVES)
    one = found(rule.decision_id)
    assert (one.standing, one.force.ended_by) == (ProposalStanding.AGREED, ())
    words = lede(partnership, rule.decision_id)
    assert (
        "it applies from 2013/14 Q1 to 2013/14 Q2. From 2013/14 Q3 on no council takes part in Cex."
        in words
    )


def test_a_proposal_without_any_council_lapses(partnership: Partnership) -> None:
    rule = partnership.rule("cex", HALVES, agreed_by=[])
    leaves(partnership, "cex", BEFORE, *HALVES)
    one = found(rule.decision_id)
    assert (one.standing, one.answers) == (ProposalStanding.LAPSED, ())
    assert "No council takes part in Cex from 2013/14 Q1 on." in lede(partnership, rule.decision_id)
