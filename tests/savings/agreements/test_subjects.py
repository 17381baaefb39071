"""What can be put to councils: each subject is registered, and a decision is about one thing."""

from __future__ import annotations

import re
from typing import Any

import pgtrigger
import pytest
import rules
from django.db import IntegrityError, InternalError, transaction
from django.test import Client
from django.urls import reverse

from savings.agreements.actions import answer
from savings.agreements.subjects import SUBJECTS, Subject, about_of, register, subject_of
from savings.budgets.models import TransitionApproval
from savings.fairness.actions import propose_test
from savings.fairness.models import FairnessTest
from savings.kit.provenance import Provenance
from sovereignty.models import Decision
from sovereignty.refusals import NotAllowed, WrongState
from sovereignty.rules import PERMISSIONS
from tests.partnership import NOW, Partnership

#: What every page asks before anything else.
SEE = "sovereignty.see_partnership"


def a_decision(partnership: Partnership) -> Decision:
    return Decision.objects.create(
        title="To be answered",
        proposed_by=partnership.people["programme.office"],
        proposed_at=NOW,
    )


def a_test(decision: Decision) -> FairnessTest:
    return FairnessTest.objects.create(
        below="1/2", quarters=4, provenance=Provenance.REPORTED, decision=decision
    )


@pytest.mark.parametrize("kind", sorted(SUBJECTS))
def test_every_subject_has_what_a_proposal_needs(kind: str) -> None:
    subject = SUBJECTS[kind]
    fields = {field.name for field in subject.model._meta.get_fields()}
    needed = {"decision", "provenance"}
    if subject.of_a_service:
        needed |= {"service", "effective_from"}
    assert needed <= fields
    assert set(subject.keeps) <= fields | {f"{name}_id" for name in fields}
    assert subject.name
    assert subject.title
    assert subject.proposed_with in PERMISSIONS
    assert reverse(subject.propose_at).startswith("/")


@pytest.mark.parametrize("kind", sorted(SUBJECTS))
def test_a_trigger_of_each_subject_says_what_its_decision_is_about(kind: str) -> None:
    model: Any = SUBJECTS[kind].model
    triggers = {trigger.name: trigger for of, trigger in pgtrigger.registered() if of == model}
    told = triggers["comes_before_its_answers"].render_func(model)
    assert f"SET about = '{kind}'" in told


def test_two_subjects_of_one_kind_are_refused() -> None:
    class Another(Subject):
        kind = "rule"

    with pytest.raises(ValueError, match="Two subjects are called “rule”"):
        register(Another())
    assert type(SUBJECTS["rule"]).__name__ == "RuleSubject"


def agreeing(decision: Decision, partnership: Partnership, *, agree: bool = True) -> None:
    """A council answers, or refuses and says why."""
    answer(
        decision_id=decision.id,
        agree=agree,
        minute_reference="7",
        reason="" if agree else "Too much.",
        by=partnership.s151("WCC"),
        at=NOW,
    )


def propose(kind: str, partnership: Partnership) -> Decision:
    """One of each kind, by a finance officer or the programme office."""
    if kind == "rule":
        return partnership.rule("libraries", {"LBHF": "1/2", "WCC": "1/2"}, agreed_by=[]).decision
    if kind == "budget":
        count = TransitionApproval.objects.count()
        return partnership.approval(code=f"moves-{count}", agreed_by=[]).decision
    if kind == "tolerance":
        return partnership.tolerance("0.01", agreed_by=[]).decision
    person = partnership.finance("WCC")
    return propose_test(below="1/2", quarters=4, by=person, at=NOW).decision


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(SUBJECTS))
def test_who_proposes_and_revises_is_asked_by_the_permission_of_that_kind(
    partnership: Partnership, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, decision = SUBJECTS[kind], propose(kind, partnership)
    agreeing(decision, partnership, agree=False)
    client = Client()
    client.force_login(partnership.finance("WCC"), "django.contrib.auth.backends.ModelBackend")

    def offered() -> tuple[bool, bool, int]:
        page = client.get(f"/agreements/{decision.id}/").content.decode()
        offers = client.get("/agreements/").context["may_propose"]
        opened = client.get(reverse(subject.propose_at))
        return f"?revises={decision.id}" in page, subject in offers, opened.status_code

    def take(permission: str) -> None:
        monkeypatch.setitem(rules.permissions.permissions, permission, rules.always_deny)

    for permission in sorted(PERMISSIONS.keys() - {subject.proposed_with, SEE}):
        take(permission)
    assert offered() == (True, True, 200)
    assert propose(kind, partnership)
    take(subject.proposed_with)
    assert offered() == (False, False, 403)
    with pytest.raises(NotAllowed, match="propose"):
        propose(kind, partnership)


@pytest.mark.django_db
def test_the_list_offers_what_may_be_proposed(partnership: Partnership) -> None:
    client = Client()
    client.force_login(partnership.finance("WCC"), "django.contrib.auth.backends.ModelBackend")
    page = client.get("/agreements/").content.decode()
    titles = ["rule", "transition budget", "test of fairness", "tolerance"]
    assert re.findall(r"(?<=>)Propose a ([a-z ]+)</a>", page) == titles
    client.force_login(
        partnership.people["councillor.wcc"], "django.contrib.auth.backends.ModelBackend"
    )
    assert "Propose a" not in client.get("/agreements/").content.decode()


@pytest.mark.django_db
def test_a_decision_says_what_it_is_about(partnership: Partnership) -> None:
    decision = a_decision(partnership)
    assert decision.about == ""
    test = a_test(decision)
    decision.refresh_from_db()
    assert decision.about == "test"
    subject, about = about_of(decision)
    assert (subject, about) == (SUBJECTS["test"], test)
    assert subject_of(test) is SUBJECTS["test"]


@pytest.mark.django_db
def test_a_decision_with_nothing_under_it_is_not_answered(partnership: Partnership) -> None:
    decision = a_decision(partnership)
    nothing = "Nothing was put to councils under “To be answered”"
    with pytest.raises(WrongState, match=nothing):
        about_of(decision)
    with pytest.raises(WrongState, match=nothing):
        agreeing(decision, partnership)
    assert not decision.consents.exists()
    # Nor where it says what it is about and that is not there.
    Decision.objects.filter(id=decision.id).update(about="budget")
    decision.refresh_from_db()
    with pytest.raises(WrongState, match=nothing):
        about_of(decision)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"about": "rule"}, {"about": ""}])
def test_what_a_decision_is_about_never_changes(
    partnership: Partnership, change: dict[str, Any]
) -> None:
    decision = a_decision(partnership)
    a_test(decision)
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        Decision.objects.filter(id=decision.id).update(**change)
    decision.refresh_from_db()
    assert decision.about == "test"


@pytest.mark.django_db
def test_a_second_thing_under_one_decision_is_refused(partnership: Partnership) -> None:
    decision = a_decision(partnership)
    Decision.objects.filter(id=decision.id).update(about="budget")
    with pytest.raises(IntegrityError, match="needs a new decision"), transaction.atomic():
        a_test(decision)
    assert FairnessTest.objects.count() == 0
