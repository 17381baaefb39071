"""A return moved on through the API: who may do what, and what refuses."""

from __future__ import annotations

import pytest

from savings.certification.reports import next_steps
from savings.kit.provenance import Provenance
from savings.returns.models import DirtyReturn
from savings.rollup.models import Total
from sovereignty.models import Appointment, Role, User
from tests.calling import Caller, mistakes, problem
from tests.partnership import NOW, PASSWORD, Partnership, a_saving
from tests.savings.filling.addresses import WCC

pytestmark = pytest.mark.django_db


def test_a_return_goes_from_draft_to_certified(
    partnership: Partnership, finance: Caller, s151: Caller
):
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    finance.put(WCC, {"version": 0, "entries": [a_saving(amount="100.00")]})

    submitted = finance.post(f"{WCC}submit/", {"version": 1})
    assert submitted.status_code == 200
    assert submitted.json()["status"] == "submitted"
    assert submitted.json()["submitted"]["by"] == "finance.wcc"

    sent_back = s151.post(f"{WCC}send-back/", {"version": 2, "reason": "  Which ledger? "})
    assert sent_back.json()["status"] == "draft"
    assert sent_back.json()["sent_back"]["by"] == "s151.wcc"
    assert sent_back.json()["sent_back"]["reason"] == "Which ledger?"
    assert sent_back.json()["submitted"] is None

    finance.post(f"{WCC}submit/", {"version": 3})
    certified = s151.post(f"{WCC}certify/", {"version": 4})

    assert certified.status_code == 200
    assert certified.json()["status"] == "certified"
    assert certified.json()["version"] == 5
    assert certified.json()["certified"]["by"] == "s151.wcc"
    # The rollup was woken and has done its work.
    assert not DirtyReturn.objects.exists()
    assert sum(Total.objects.values_list("pence", flat=True)) == 10_000


def test_nobody_can_certify_what_they_submitted(partnership: Partnership):
    both = User.objects.create_user("both.wcc", password=PASSWORD)
    for role in (Role.FINANCE_OFFICER, Role.DEPUTY_SECTION_151_OFFICER):
        Appointment.objects.create(user=both, role=role, council=partnership.councils["WCC"])
    caller = Caller(both)
    caller.post(f"{WCC}submit/", {"version": 0})

    said = problem(caller.post(f"{WCC}certify/", {"version": 1}), 403, "not-allowed")

    assert "never a return that they filled in" in said["detail"]


def test_nobody_can_certify_what_they_typed_though_another_saved_last_and_submitted(
    partnership: Partnership, everything
):
    both, other = (User.objects.create_user(name, password=PASSWORD) for name in ("a", "b"))
    for user, role in (
        (both, Role.FINANCE_OFFICER),
        (both, Role.SECTION_151_OFFICER),
        (other, Role.FINANCE_OFFICER),
    ):
        Appointment.objects.create(user=user, role=role, council=partnership.councils["WCC"])
    typist, colleague = Caller(both), Caller(other)
    rows = [a_saving(amount=str(number)) for number in range(1, 41)]
    typed = typist.put(WCC, {"version": 0, "entries": rows}).json()
    typed["entries"][0]["note"] = "Another note"
    assert colleague.put(WCC, typed).json()["version"] == 2
    assert colleague.post(f"{WCC}submit/", {"version": 2}).json()["version"] == 3
    before = everything()

    said = problem(typist.post(f"{WCC}certify/", {"version": 3}), 403, "not-allowed")

    assert "never a return that they filled in" in said["detail"]
    assert everything() == before
    assert [step.kind for step in next_steps(both, NOW.date())] == ["fill in"]  # the next quarter
    certified = Caller(partnership.s151("WCC")).post(f"{WCC}certify/", {"version": 3})
    assert certified.json()["certified"]["by"] == "s151.wcc"


def test_a_submitted_return_is_withdrawn_by_its_finance_officer(
    partnership: Partnership, finance: Caller
):
    partnership.submitted("WCC", a_saving())
    for name in ("s151.wcc", "programme.office", "auditor"):
        answer = Caller(partnership.people[name]).post(f"{WCC}withdraw/", {"version": 2})
        assert "finance officer" in problem(answer, 403, "not-allowed")["detail"]
    for name in ("finance.lbhf", "councillor.wcc"):
        answer = Caller(partnership.people[name]).post(f"{WCC}withdraw/", {"version": 2})
        problem(answer, 404, "not-found")
    assert set(mistakes(finance.post(f"{WCC}withdraw/", {"version": 2, "reason": None}))) == {
        "reason"
    }
    problem(finance.post(f"{WCC}withdraw/", {"version": 1}), 409, "stale-version")

    withdrawn = finance.post(f"{WCC}withdraw/", {"version": 2, "reason": "A line is missing."})

    assert withdrawn.status_code == 200
    assert (withdrawn.json()["status"], withdrawn.json()["version"]) == ("draft", 3)
    assert withdrawn.json()["submitted"] is None
    problem(finance.post(f"{WCC}withdraw/", {"version": 3}), 409, "wrong-state")


@pytest.mark.parametrize("step", ["certify", "send-back"])
def test_only_the_section_151_officer_can_certify_or_send_back(partnership: Partnership, step):
    partnership.submitted("WCC", a_saving())

    for name in ("finance.wcc", "programme.office", "auditor"):
        answer = Caller(partnership.people[name]).post(f"{WCC}{step}/", {"version": 2})
        problem(answer, 403, "not-allowed")


@pytest.mark.parametrize("step", ["certify", "send-back"])
def test_a_draft_can_not_be_certified_or_sent_back(s151: Caller, step):
    body = {"version": 0, **({"reason": "Why?"} if step == "send-back" else {})}

    problem(s151.post(f"{WCC}{step}/", body), 409, "wrong-state")


@pytest.mark.parametrize("step", ["submit", "certify", "send-back"])
def test_every_step_needs_the_version_that_was_read(
    partnership: Partnership, finance: Caller, s151: Caller, step
):
    caller = finance if step == "submit" else s151
    reason = {"reason": "Why?"} if step == "send-back" else {}

    assert set(mistakes(caller.post(f"{WCC}{step}/", reason))) == {"version"}
    problem(caller.post(f"{WCC}{step}/", {"version": 9, **reason}), 409, "stale-version")
    assert set(mistakes(caller.post(f"{WCC}{step}/", {"version": "0", **reason}))) == {"version"}


@pytest.mark.parametrize("reason", [None, "", "  ", 7, ["why"], "x" * 2001])
def test_sending_back_needs_its_reason(partnership: Partnership, s151: Caller, reason):
    partnership.submitted("WCC", a_saving())

    answer = s151.post(f"{WCC}send-back/", {"version": 2, "reason": reason})

    assert set(mistakes(answer)) == {"reason"}


def test_an_illustrative_return_is_never_certified(partnership: Partnership, s151: Caller):
    parent = partnership.draft("WCC", a_saving())
    parent.entries.update(provenance=Provenance.ILLUSTRATIVE)
    Caller(partnership.finance("WCC")).post(f"{WCC}submit/", {"version": 1})

    said = problem(s151.post(f"{WCC}certify/", {"version": 2}), 409, "wrong-state")

    assert "illustrative" in said["detail"]
