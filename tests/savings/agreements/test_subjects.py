"""What can be put to councils: each subject is registered, and a decision is about one thing."""

from __future__ import annotations

from typing import Any

import pgtrigger
import pytest
from django.db import IntegrityError, InternalError, transaction
from django.urls import reverse

from savings.agreements.subjects import SUBJECTS, Subject, about_of, register, subject_of
from savings.fairness.models import FairnessTest
from savings.kit.provenance import Provenance
from sovereignty.models import Decision
from tests.partnership import NOW, Partnership


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
