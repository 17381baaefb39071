"""How far a restatement may move amounts: proposed, agreed by every council or not in force."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from savings.agreements.actions import answer, withdraw_proposal
from savings.agreements.reports import ProposalStanding, proposal, proposals
from savings.drivers.actions import propose_tolerance
from savings.drivers.models import Tolerance
from savings.drivers.reports import tolerances_of
from savings.kit.provenance import Provenance
from savings.returns.models import DirtyReturn
from sovereignty.models import Council, Decision
from sovereignty.refusals import BadContent, NotAllowed, WrongState
from tests.calling import Caller, mistakes, problem
from tests.partnership import COUNCILS, NOW, Partnership, a_saving

pytestmark = pytest.mark.django_db


def signed_in(partnership: Partnership, username: str) -> Client:
    client = Client()
    client.force_login(partnership.people[username], "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("username", ["programme.office", "finance.lbhf", "s151.wcc"])
def test_officers_and_the_programme_office_may_propose_a_tolerance(
    username: str, partnership: Partnership
) -> None:
    tolerance = propose_tolerance(share=" 1/100 ", by=partnership.people[username], at=NOW)

    tolerance.refresh_from_db()
    assert (tolerance.share, tolerance.provenance) == ("1/100", "reported")
    assert tolerance.decision.title == "Tolerance for restated drivers: 1/100"
    event = Event.objects.get(subject="tolerance")
    assert (event.action, event.subject_id, event.by, event.after) == (
        "proposed",
        str(tolerance.id),
        username,
        {"share": "1/100", "provenance": "reported"},
    )


@pytest.mark.parametrize("username", ["councillor.wcc", "auditor"])
def test_others_may_not_propose_a_tolerance(username: str, partnership: Partnership) -> None:
    with pytest.raises(NotAllowed):
        propose_tolerance(share="1/100", by=partnership.people[username], at=NOW)
    assert signed_in(partnership, username).get("/drivers/tolerance/propose/").status_code == 403
    assert (Tolerance.objects.count(), Decision.objects.count()) == (0, 0)


@pytest.mark.parametrize("share", ["1", "2", "x", "-0.1", "", "1/0", "0.1234567891"])
def test_a_wrong_tolerance_is_refused(partnership: Partnership, share: str) -> None:
    with pytest.raises(BadContent) as refusal:
        propose_tolerance(share=share, by=partnership.finance("WCC"), at=NOW)
    assert [error.field for error in refusal.value.errors] == ["share"]
    assert Tolerance.objects.count() == 0


def test_0_is_allowed_as_a_tolerance(partnership: Partnership) -> None:
    assert partnership.tolerance("0").as_share == 0


def test_two_of_three_are_not_enough(partnership: Partnership) -> None:
    first = partnership.tolerance("1/100")
    second = partnership.tolerance("1/50", agreed_by=["LBHF", "WCC"])
    assert tolerances_of(COUNCILS) == (first, (second,))

    partnership.agree(second.decision_id, "RBKC")
    third = partnership.tolerance("0", agreed_by=[])

    assert tolerances_of(COUNCILS) == (second, (third,))


def test_a_council_that_joins_has_to_agree_too(partnership: Partnership) -> None:
    partnership.tolerance()
    Council.objects.create(code="BRENT", name="Brent", full_name="Brent Council")
    assert tolerances_of([*COUNCILS, "BRENT"])[0] is None
    assert tolerances_of([])[0] is None


def test_every_council_is_asked_once_and_no_figure_moves(partnership: Partnership) -> None:
    partnership.rule("libraries", {"LBHF": "1/2", "RBKC": "1/2"}, agreed_by=list(COUNCILS))
    partnership.certified("WCC", a_saving())
    DirtyReturn.objects.all().delete()

    tolerance = partnership.tolerance()

    assert DirtyReturn.objects.count() == 0
    agreed = Event.objects.filter(subject="tolerance", action="agreed")
    assert sorted(event.chain for event in agreed) == ["LBHF", "RBKC", "WCC"]
    assert {event.subject_id for event in agreed} == {str(tolerance.id)}
    with pytest.raises(WrongState, match="answered this already"):
        partnership.agree(tolerance.decision_id, "WCC")


def test_an_answer_needs_a_minute_and_a_refusal_a_reason(partnership: Partnership) -> None:
    tolerance = partnership.tolerance(agreed_by=[])
    said: dict[str, Any] = {"decision_id": tolerance.decision_id, "at": NOW}
    said["by"] = partnership.s151("LBHF")
    with pytest.raises(BadContent) as refusal:
        answer(agree=False, minute_reference=" ", **said)
    assert [e.field for e in refusal.value.errors] == ["minute_reference", "reason"]
    with pytest.raises(NotAllowed):
        answer(agree=True, minute_reference="7", **said | {"by": partnership.finance("LBHF")})

    answer(agree=False, minute_reference="7", reason="Too lenient.", **said)

    found = proposal(tolerance.decision_id)
    assert found is not None
    assert (found.kind, found.standing) == ("tolerance", ProposalStanding.DISPUTED)
    assert tolerances_of(COUNCILS) == (None, ())


def test_it_is_listed_with_the_agreements_and_once_agreed_can_not_be_withdrawn(
    partnership: Partnership,
) -> None:
    agreed = partnership.tolerance("1/100")
    waits = partnership.tolerance("1/50", agreed_by=["LBHF"])
    found = {one.id: one for one in proposals()}
    assert [(one.kind, one.service, one.effective_from) for one in found.values()] == [
        ("tolerance", None, None)
    ] * 2
    assert found[agreed.decision_id].standing == ProposalStanding.AGREED
    assert [council.code for council in found[waits.decision_id].waiting_for] == ["RBKC", "WCC"]

    office = partnership.people["programme.office"]
    said: dict[str, Any] = {"reason": "Another is better.", "by": office, "at": NOW}
    with pytest.raises(WrongState, match="so it stands"):
        withdraw_proposal(decision_id=agreed.decision_id, **said)
    withdraw_proposal(decision_id=waits.decision_id, **said)
    assert tolerances_of(COUNCILS) == (agreed, ())


# --- Its pages -------------------------------------------------------------------------


def test_it_is_proposed_on_a_page_and_answered_on_another(partnership: Partnership) -> None:
    client = signed_in(partnership, "finance.wcc")
    register = client.get("/drivers/").content.decode()
    assert (
        "No tolerance has been agreed by every council, so no restatement is put right." in register
    )
    assert 'href="/drivers/tolerance/propose/"' in register

    answer_ = client.post("/drivers/tolerance/propose/", {"share": "1,5"})
    assert answer_.status_code == 422
    assert 'value="1,5"' in answer_.content.decode()
    answer_ = client.post("/drivers/tolerance/propose/", {"share": "1/100"})
    tolerance = Tolerance.objects.with_consents().get()
    assert answer_["Location"] == f"/agreements/{tolerance.decision_id}/"

    for code in COUNCILS:
        officer = signed_in(partnership, f"s151.{code.lower()}")
        page = officer.get(f"/agreements/{tolerance.decision_id}/").content.decode()
        assert "moves by more than 1/100 of what the driver split" in page
        said = {"agree": "yes", "minute_reference": "Cabinet, item 7"}
        sent = officer.post(f"/agreements/{tolerance.decision_id}/answer/", said)
        assert sent.status_code == 302

    register = client.get("/drivers/").content.decode()
    assert "A restatement that moves more than <strong>1/100</strong>" in register


def test_a_made_up_tolerance_is_marked(partnership: Partnership) -> None:
    partnership.tolerance(provenance=Provenance.ILLUSTRATIVE)
    page = signed_in(partnership, "auditor").get("/drivers/").content.decode()
    assert "It was made up for the demonstration" in page
    assert "tolerance/propose" not in page


# --- By API ----------------------------------------------------------------------------


def test_it_is_proposed_and_answered_by_api(partnership: Partnership) -> None:
    sent = Caller(partnership.finance("LBHF")).post("driver-tolerances/", {"share": "0.01"})
    assert sent.status_code == 201
    said = sent.json()
    assert said == {
        "id": said["id"],
        "decision": said["decision"],
        "share": "0.01",
        "provenance": "reported",
        "illustrative": False,
        "proposed_by": "finance.lbhf",
        "proposed_at": said["proposed_at"],
        "standing": "waiting",
        "answer_by": None,
        "revises": None,
        "withdrawn_at": None,
        "consents": [],
        "waiting_for": ["LBHF", "RBKC", "WCC"],
        "agreed": False,
    }
    for code in COUNCILS:
        consent = Caller(partnership.s151(code)).post(
            f"driver-tolerances/{said['id']}/consent/", {"agree": True, "minute_reference": "9"}
        )
        assert consent.status_code == 200
    (listed,) = Caller(partnership.people["auditor"]).get("driver-tolerances/").json()["results"]
    assert listed == consent.json()
    assert (listed["waiting_for"], listed["agreed"]) == ([], True)


def test_wrong_proposals_are_refused_by_api(partnership: Partnership) -> None:
    office = Caller(partnership.people["programme.office"])
    for body in ({}, {"share": "1"}, {"share": 0.01}, {"share": ""}):
        assert list(mistakes(office.post("driver-tolerances/", body))) == ["share"]
    tolerance = partnership.tolerance(agreed_by=[])
    yes = {"agree": True, "minute_reference": "9"}
    consent = f"driver-tolerances/{tolerance.id}/consent/"
    problem(office.post(consent, yes), 403, "not-allowed")
    problem(Caller(partnership.finance("WCC")).post(consent, yes), 403, "not-allowed")
    auditor = Caller(partnership.people["auditor"])
    problem(auditor.post("driver-tolerances/", {"share": "0.1"}), 403, "not-allowed")
    officer = Caller(partnership.s151("WCC"))
    problem(officer.post("driver-tolerances/999/consent/", yes), 404, "not-found")
    assert (Tolerance.objects.count(), tolerance.decision.consents.count()) == (1, 0)


def test_three_tolerances_take_as_many_queries_as_one(partnership: Partnership) -> None:
    caller = Caller(partnership.people["auditor"])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            caller.get("driver-tolerances/")
        return len(captured)

    partnership.tolerance()
    before = queries()
    partnership.tolerance()
    partnership.tolerance(agreed_by=[])
    assert queries() == before


# --- What the database allows nobody to do -----------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE savings_tolerance SET share = '1/2'",
        "DELETE FROM savings_tolerance",
        "TRUNCATE savings_tolerance CASCADE",
    ],
)
def test_a_tolerance_is_never_edited(statement: str, partnership: Partnership) -> None:
    partnership.tolerance("1/100")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(statement)
    assert Tolerance.objects.get().share == "1/100"


@pytest.mark.parametrize("share", ["", "x", "1/0", "-1/2", "1/2\n", "10"])
def test_the_database_too_refuses_text_that_is_not_a_share(
    share: str, partnership: Partnership
) -> None:
    decision = Decision.objects.create(
        title="A tolerance", proposed_by=partnership.people["auditor"], proposed_at=NOW
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Tolerance.objects.create(share=share, provenance="reported", decision=decision)
