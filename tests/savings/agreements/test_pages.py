"""The pages of agreements: who sees and does what, what is refused and what is kept."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from savings.agreements.actions import answer
from savings.agreements.reports import proposals
from savings.budgets.models import TransitionApproval
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from sovereignty.models import Consent, Decision, Dispute
from tests.partnership import NOW, Q1, Partnership

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
A_RULE = {
    "service": "libraries",
    "kind": "saving",
    "effective_from": "2013-14-Q2",
    "method": "fixed",
    "share_LBHF": "1/2",
    "share_RBKC": "1/4",
    "share_WCC": "1/4",
    "basis": "By loans.",
    "answer_by": "2013-09-30",
}


def signed_in(partnership: Partnership, username: str) -> Client:
    client = Client()
    client.force_login(partnership.people[username], "django.contrib.auth.backends.ModelBackend")
    return client


def refuse(partnership: Partnership, decision_id: int) -> None:
    answer(
        decision_id=decision_id,
        agree=False,
        minute_reference="7",
        reason="Too much.",
        by=partnership.s151("LBHF"),
        at=NOW,
    )


def test_the_list_shows_what_waits_for_the_reader_and_the_state_of_each(
    partnership: Partnership,
) -> None:
    partnership.rule("libraries", THIRDS, agreed_by=["WCC"])
    partnership.rule("childrens", THIRDS)
    page = signed_in(partnership, "s151.lbhf").get("/agreements/").content.decode()
    assert "Waiting for your council" in page
    assert page.count("Libraries: savings, version 1") == 2
    assert page.count("Childrens: savings, version 1") == 1
    page = signed_in(partnership, "s151.wcc").get("/comparison/").content.decode()
    assert "Waiting for agreement" in page
    assert "waiting for Hammersmith &amp; Fulham, Kensington &amp; Chelsea" in page


def test_a_transition_budget_is_an_agreement_like_any_other(partnership: Partnership) -> None:
    approval = partnership.approval(ceiling="1000.00", agreed_by=["LBHF"])
    reader = signed_in(partnership, "s151.wcc")
    page = reader.get(f"/agreements/{approval.decision_id}/").content.decode()
    assert "Libraries: transition budget moves" in page
    assert "£1,000.00" in page
    assert "Moving in together." in page
    assert "Propose a revised rule" not in page
    said = {"agree": "yes", "minute_reference": "WCC 7", "reason": ""}
    assert reader.post(f"/agreements/{approval.decision_id}/answer/", said).status_code == 302
    (proposal,) = proposals()
    assert (proposal.kind, proposal.standing) == ("budget", "waiting")
    assert [council.code for council in proposal.waiting_for] == ["RBKC"]
    partnership.agree(approval.decision_id, "RBKC")
    assert proposals()[0].standing == "agreed"


def test_the_list_takes_as_many_queries_for_one_as_for_three(partnership: Partnership) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            proposals()
        return len(queries)

    partnership.rule("libraries", THIRDS, agreed_by=["WCC"])
    one = count()
    partnership.rule("libraries", THIRDS)
    partnership.rule("childrens", THIRDS, agreed_by=[])
    assert count() == one


def test_all_can_read_that_one_council_agrees_and_why_another_refuses(
    partnership: Partnership,
) -> None:
    rule = partnership.rule("libraries", THIRDS, agreed_by=[])
    here = f"/agreements/{rule.decision_id}/"
    said = {"agree": "yes", "minute_reference": "Cabinet 7"}
    assert signed_in(partnership, "s151.wcc").post(f"{here}answer/", said).status_code == 302
    refusing = {"agree": "no", "minute_reference": "Cabinet 8", "reason": ""}
    lbhf = signed_in(partnership, "s151.lbhf")
    response = lbhf.post(f"{here}answer/", refusing)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Say why your council refuses." in page
    assert 'value="Cabinet 8"' in page
    assert not Consent.objects.filter(council__code="LBHF").exists()

    refusing["reason"] = "We lend more than we save."
    assert lbhf.post(f"{here}answer/", refusing).status_code == 302
    assert Dispute.objects.get().stage == "discussion"
    page = signed_in(partnership, "councillor.rbkc").get(here).content.decode()
    assert "We lend more than we save." in page
    assert "Refused by Hammersmith &amp; Fulham, so it is not in force." in page
    assert "Record this answer" not in page


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("answer/", {"agree": "yes", "minute_reference": "1"}),
        ("speak/", {"text": "x"}),
        ("mediator/", {"mediator": "x", "text": "y"}),
        ("withdraw/", {"reason": "x"}),
    ],
)
def test_people_without_permission_are_told_so_and_nothing_changes(
    partnership: Partnership, path: str, data: dict[str, str]
) -> None:
    rule = partnership.rule("libraries", THIRDS, agreed_by=[])
    client = signed_in(partnership, "councillor.wcc")
    assert client.post(f"/agreements/{rule.decision_id}/{path}", data).status_code == 403
    assert Consent.objects.count() == 0
    assert not Dispute.objects.exists()
    assert client.post(f"/agreements/999/{path}", data).status_code == 404
    assert client.get("/agreements/propose/").status_code == 403


@pytest.mark.parametrize(
    ("username", "offered"),
    [
        ("programme.office", {"speak", "call a mediator", "withdraw", "revise"}),
        ("finance.wcc", {"withdraw", "revise"}),
        ("finance.rbkc", {"revise"}),
        ("s151.rbkc", {"answer", "speak", "call a mediator", "revise"}),
        ("s151.lbhf", {"speak", "call a mediator", "revise"}),
        ("councillor.rbkc", set()),
        ("auditor", set()),
    ],
)
def test_a_page_offers_what_the_reader_may_do(
    partnership: Partnership, username: str, offered: set[str]
) -> None:
    rule = propose_rule(
        service=partnership.services["libraries"],
        kind="saving",
        method="fixed",
        effective_from=Q1,
        shares=THIRDS,
        basis="In equal parts.",
        by=partnership.finance("WCC"),
        at=NOW,
    )
    refuse(partnership, rule.decision_id)
    page = signed_in(partnership, username).get(f"/agreements/{rule.decision_id}/").context["page"]
    may = {
        "answer": page.may_answer,
        "speak": page.may_speak,
        "call a mediator": page.may_call_a_mediator,
        "withdraw": page.may_withdraw,
        "revise": page.may_revise,
    }
    assert {name for name, allowed in may.items() if allowed} == offered


def test_a_rule_is_proposed_and_a_form_with_mistakes_keeps_its_text(
    partnership: Partnership,
) -> None:
    client = signed_in(partnership, "finance.wcc")
    wrong = {**A_RULE, "share_WCC": "1/5", "answer_by": "soon"}
    response = client.post("/agreements/propose/", wrong)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Write the day as 2013-09-30." in page
    assert 'value="1/5"' in page
    response = client.post("/agreements/propose/", {**wrong, "answer_by": ""})
    assert response.status_code == 422
    assert "There is a problem" in response.content.decode()
    assert not AttributionRule.objects.exists()

    assert client.post("/agreements/propose/", A_RULE).status_code == 302
    rule = AttributionRule.objects.get()
    assert rule.shares == {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"}
    assert str(rule.decision.answer_by) == "2013-09-30"


def test_an_empty_form_names_every_gap(partnership: Partnership) -> None:
    response = signed_in(partnership, "finance.wcc").post("/agreements/propose/", {})
    page = response.content.decode()
    assert response.status_code == 422
    for remedy in (
        "Choose the service.",
        "Choose what it splits.",
        "Enter a quarter, such as 2013-14-Q3.",
        "Choose how it splits.",
        "Say why these shares.",
    ):
        assert remedy in page


def test_a_revision_starts_from_the_proposal_that_it_revises(partnership: Partnership) -> None:
    rule = partnership.rule("libraries", THIRDS, agreed_by=[])
    refuse(partnership, rule.decision_id)
    client = signed_in(partnership, "finance.wcc")
    page = client.get(f"/agreements/propose/?revises={rule.decision_id}").content.decode()
    assert page.count('value="1/3"') == 3
    assert "Agreed for the tests." in page
    revises = {**A_RULE, "revises": str(rule.decision_id)}
    assert client.post("/agreements/propose/", revises).status_code == 302
    assert AttributionRule.objects.get(version=2).decision.revises == rule.decision


A_BUDGET = {
    "service": "libraries",
    "code": "library-moves",
    "ceiling": "£1.2m",
    "effective_from": "2013-14-Q2",
    "description": "Moving in together.",
    "answer_by": "2013-09-30",
}


def test_a_transition_budget_is_proposed_on_a_page(partnership: Partnership) -> None:
    client = signed_in(partnership, "finance.wcc")
    here = "/agreements/propose-budget/"
    assert here in client.get("/agreements/").content.decode()
    assert signed_in(partnership, "councillor.wcc").get(here).status_code == 403
    response = client.post(here, {**A_BUDGET, "ceiling": "1,50", "answer_by": "soon", "code": ""})
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="1,50"' in page
    assert "Write the day as 2013-09-30." in page
    assert "Give a short code, such as library-moves." in page
    empty = client.post(here, {**A_BUDGET, "effective_from": " "}).content.decode()
    assert "Enter a quarter, such as 2013-14-Q3." in empty
    assert client.post(here, A_BUDGET).status_code == 302
    budget = TransitionApproval.objects.get()
    assert (str(budget.ceiling), str(budget.decision.answer_by)) == ("1200000.00", "2013-09-30")
    assert client.post(here, A_BUDGET).status_code == 409

    refuse(partnership, budget.decision_id)
    page = client.get(f"/agreements/{budget.decision_id}/").content.decode()
    assert f"{here}?revises={budget.decision_id}" in page
    again = {**A_BUDGET, "code": "again", "revises": str(budget.decision_id)}
    assert client.post(here, again).status_code == 302
    assert TransitionApproval.objects.get(code="again").decision.revises == budget.decision
    assert client.get(f"{here}?revises=999").status_code == 404


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/fairness/propose/", {"below": "1/2", "quarters": "4"}),
        ("/drivers/tolerance/propose/", {"share": "0.01"}),
    ],
)
def test_a_test_of_fairness_or_a_tolerance_has_a_day_and_can_be_revised(
    partnership: Partnership, path: str, said: dict[str, str]
) -> None:
    client = signed_in(partnership, "finance.wcc")
    assert client.post(path, {**said, "answer_by": "soon"}).status_code == 422
    assert client.post(path, {**said, "answer_by": "2013-09-30"}).status_code == 302
    decision = Decision.objects.get()
    assert str(decision.answer_by) == "2013-09-30"
    assert client.post(path, {**said, "revises": str(decision.id)}).status_code == 409
    refuse(partnership, decision.id)
    page = client.get(f"/agreements/{decision.id}/").content.decode()
    assert f"{path}?revises={decision.id}" in page
    assert "This replaces" in client.get(f"{path}?revises={decision.id}").content.decode()
    assert client.post(path, {**said, "revises": str(decision.id)}).status_code == 302
    assert Decision.objects.get(revises=decision).revises == decision
