"""Transition budgets through the API: proposed, answered, listed with what is left."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from savings.budgets.models import TransitionApproval
from savings.returns.models import Entry
from savings.rollup.tasks import roll_up
from sovereignty.models import Consent, Decision
from tests.calling import Caller, mistakes, problem
from tests.partnership import NOW, Q1, Partnership, a_claim, a_saving

pytestmark = pytest.mark.django_db

BODY = {
    "code": "library-moves",
    "service": "libraries",
    "ceiling": "£1.2m",
    "effective_from": "2013-14-Q1",
    "description": "Moving in together.",
}
CALL = "transition-approvals/"
YES = {"agree": True, "minute_reference": "Minute 7"}


def test_a_budget_is_proposed_and_shown(office: Caller) -> None:
    answer = office.post(CALL, BODY)

    assert answer.status_code == 201
    said = answer.json()
    assert isinstance(said.pop("proposed_at"), str)
    assert said == {
        "code": "library-moves",
        "service": "libraries",
        "ceiling": "1200000.00",
        "claimed": "0.00",
        "left": "1200000.00",
        "effective_from": "2013-14-Q1",
        "description": "Moving in together.",
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
    assert TransitionApproval.objects.get().ceiling == 1_200_000


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"code": None}, {"code"}),
        ({"code": "two words"}, {"code"}),
        ({"code": "_moves"}, {"code"}),
        ({"code": "x" * 61}, {"code"}),
        ({"service": "nowhere"}, {"service"}),
        ({"ceiling": 1200}, {"ceiling"}),
        ({"ceiling": "1,50"}, {"ceiling"}),
        ({"ceiling": "1e3"}, {"ceiling"}),
        ({"ceiling": "NaN"}, {"ceiling"}),
        ({"ceiling": "-1"}, {"ceiling"}),
        ({"ceiling": "0"}, {"ceiling"}),
        ({"ceiling": "1" * 41}, {"ceiling"}),
        ({"effective_from": "2013"}, {"effective_from"}),
        ({"effective_from": "2001-02-Q1"}, {"effective_from"}),
        ({"description": ""}, {"description"}),
        ({"provenance": "published"}, {"provenance"}),
    ],
)
def test_a_wrong_budget_is_refused(office: Caller, more, fields) -> None:
    assert set(mistakes(office.post(CALL, {**BODY, **more}))) == fields
    assert not TransitionApproval.objects.exists()


def test_a_code_in_use_is_a_conflict(office: Caller) -> None:
    office.post(CALL, BODY)
    said = problem(office.post(CALL, {**BODY, "code": "Library-Moves"}), 409, "wrong-state")
    assert "Choose another code" in said["detail"]


def test_a_person_who_may_not_propose_is_told_before_the_body_is_read(
    partnership: Partnership,
) -> None:
    for name in ("councillor.wcc", "auditor"):
        problem(Caller(partnership.people[name]).post(CALL, {"x": 1}), 403, "not-allowed")
    problem(Caller().post(CALL, BODY), 401, "unknown-caller")


def test_every_council_answers_for_itself(partnership: Partnership, office: Caller) -> None:
    office.post(CALL, BODY)
    path = f"{CALL}library-moves/consent/"
    for code in ("LBHF", "WCC"):
        said = Caller(partnership.s151(code)).post(path, YES).json()
    assert (said["waiting_for"], said["agreed"]) == (["RBKC"], False)
    s151 = Caller(partnership.s151("RBKC"))
    assert set(mistakes(s151.post(path, {"agree": False, "minute_reference": "7"}))) == {"reason"}
    last = s151.post(path, YES)
    assert last.status_code == 200
    said = last.json()
    assert (said["waiting_for"], said["agreed"]) == ([], True)
    assert [
        (c["council"], c["agree"], c["by"], c["minute_reference"]) for c in said["consents"]
    ] == [(code, True, f"s151.{code.lower()}", "Minute 7") for code in ("LBHF", "RBKC", "WCC")]
    problem(s151.post(path, YES), 409, "wrong-state")


def test_only_a_section_151_officer_can_answer(partnership: Partnership, office: Caller) -> None:
    office.post(CALL, BODY)
    others = [name for name in partnership.people if not name.startswith("s151")]
    assert len(others) == 8
    for name in others:
        answer = Caller(partnership.people[name]).post(f"{CALL}library-moves/consent/", YES)
        problem(answer, 403, "not-allowed")
    assert not Consent.objects.exists()


@pytest.mark.parametrize("code", ["nothing", "0", "x" * 300, "%00", "a b"])
def test_an_unknown_budget_is_not_found(partnership: Partnership, code: str) -> None:
    answer = Caller(partnership.s151("WCC")).post(f"{CALL}{code}/consent/", YES)
    problem(answer, 404, "not-found")


def test_what_is_left_is_shown_as_far_as_it_may_be_known(partnership: Partnership) -> None:
    partnership.approval(ceiling="1000.00")
    partnership.approval("others", "cex")
    partnership.certified("LBHF", a_claim("300.00"))
    partnership.submitted("WCC", a_claim("250.00"))
    partnership.draft("RBKC", a_claim("1.00"))
    for name, claimed, left in (
        ("councillor.rbkc", "300.00", "700.00"),
        ("auditor", "550.00", "450.00"),
    ):
        caller = Caller(partnership.people[name])
        rows = caller.get(CALL).json()["results"]
        assert [(row["code"], row["claimed"], row["left"]) for row in rows] == [
            ("moves", claimed, left),
            ("others", "0.00", "1000.00"),
        ]
        assert [row["code"] for row in caller.get(CALL, service="cex").json()["results"]] == [
            "others"
        ]
        assert set(mistakes(caller.get(CALL, council="WCC"))) == {"council"}


def test_a_list_of_three_takes_as_many_queries_as_a_list_of_one(
    partnership: Partnership, office: Caller
) -> None:
    taken = []
    for number in range(3):
        partnership.approval(f"m{number}")
        with CaptureQueriesContext(connection) as captured:
            assert office.get(CALL).json()["count"] == number + 1
        taken.append(len(captured))
    assert taken == [taken[0]] * 3


def test_a_claim_comes_back_as_an_error_of_its_row(partnership: Partnership) -> None:
    partnership.approval(ceiling="100.00")
    partnership.certified("LBHF", a_claim("60.00"))
    caller = Caller(partnership.finance("WCC"))
    body = {"version": 0, "entries": [a_saving(), a_claim("40.00"), a_claim("0.01")]}
    said = problem(caller.put("returns/WCC/2013-14-Q1/", body), 422, "bad-content")
    assert [(e["row"], e["column"], e["value"]) for e in said["errors"]] == [(3, "amount", "0.01")]
    assert "nothing of £100.00 is left" in said["errors"][0]["message"]
    assert not Entry.objects.filter(parent__council__code="WCC").exists()


def test_a_claim_on_what_others_have_claimed_meanwhile_is_a_conflict(
    partnership: Partnership,
) -> None:
    partnership.approval(ceiling="100.00")
    partnership.draft("WCC", a_claim("60.00"))
    partnership.certified("LBHF", a_claim("60.00"))
    answer = Caller(partnership.finance("WCC")).post(
        "returns/WCC/2013-14-Q1/submit/", {"version": 1}
    )
    assert "£40.00 of £100.00 is left" in problem(answer, 409, "wrong-state")["detail"]


def test_the_explanation_of_a_claim_names_its_budget(partnership: Partnership) -> None:
    partnership.rule("libraries", {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"})
    partnership.rule("libraries", {"WCC": "1"}, kind="ongoing_cost", agreed_by=["LBHF", "RBKC"])
    partnership.approval(ceiling="1000.00")
    partnership.certified("WCC", a_saving(amount="100.00"), a_claim("10.00"))
    roll_up()
    claim = Entry.objects.get(approval="moves")
    said = Caller(partnership.people["councillor.lbhf"]).get(f"attribution/entries/{claim.id}/")
    said = said.json()
    assert (said["because"], said["participants"]) == ("net_reduction", ["LBHF", "RBKC", "WCC"])
    assert (said["rule"], said["host"], said["driver_values"]) == (None, None, [])
    assert said["rounding"] == {
        "left_over": 0,
        "order": ["LBHF", "RBKC", "WCC"],
        "reason": "Every share is a whole number of pence, so no penny is left over.",
    }
    working = said["transition"]
    approval = working.pop("approval")
    assert working == {
        "approval_participants": ["LBHF", "RBKC", "WCC"],
        "services": ["library-service"],
        "up_to": "2013-14-Q1",
        "reductions": [
            {
                "council": code,
                "savings_pence": pence,
                "ongoing_costs_pence": 0,
                "net_pence": pence,
                "illustrative": False,
            }
            for code, pence in (("LBHF", 5000), ("RBKC", 2500), ("WCC", 2500))
        ],
        "shared_by": "net_reduction",
    }
    assert (approval["code"], approval["claimed"], approval["left"]) == ("moves", "10.00", "990.00")
    assert [consent["council"] for consent in approval["consents"]] == ["LBHF", "RBKC", "WCC"]
    assert approval["effective_from"] == Q1.code
    assert datetime.fromisoformat(approval["consents"][0]["at"]) == NOW
