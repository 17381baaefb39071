"""An answer to a rule or a budget comes before its first quarter closes: by action and in SQL."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from finance.periods import Quarter
from savings.agreements.actions import answer
from savings.quarters.models import Period
from sovereignty.models import Consent
from sovereignty.refusals import WrongState
from tests.partnership import NOW, Q1, Q2, Partnership

pytestmark = pytest.mark.django_db

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}


def proposed(partnership: Partnership, about: str, first: Quarter) -> int:
    if about == "rule":
        rule = partnership.rule("libraries", THIRDS, effective_from=first, agreed_by=["LBHF"])
        return rule.decision_id
    return partnership.approval(effective_from=first, agreed_by=["LBHF"]).decision_id


@pytest.mark.parametrize("agree", [True, False])
@pytest.mark.parametrize("about", ["rule", "budget"])
@pytest.mark.parametrize(
    ("closed", "first", "late"), [(Q1, Q1, True), (Q2, Q1, True), (Q1, Q2, False)]
)
def test_an_answer_is_refused_once_the_first_quarter_is_closed(
    partnership: Partnership, about: str, agree: bool, closed: Quarter, first: Quarter, late: bool
) -> None:
    decision = proposed(partnership, about, first)
    Period.objects.filter(quarter=closed).update(status=Period.Status.CLOSED)
    by = partnership.s151("RBKC")
    said: dict[str, Any] = {
        "agree": agree,
        "minute_reference": "RBKC 2",
        "reason": "" if agree else "Too dear.",
    }
    council = partnership.councils["RBKC"]

    def in_the_database() -> None:
        with transaction.atomic():
            Consent.objects.create(decision_id=decision, council=council, by=by, at=NOW, **said)
            transaction.set_rollback(True)

    if late:
        with pytest.raises(WrongState):
            answer(decision_id=decision, by=by, at=NOW, **said)
        with pytest.raises(DatabaseError):
            in_the_database()
        assert Consent.objects.filter(decision_id=decision).count() == 1
    else:
        in_the_database()
        answer(decision_id=decision, by=by, at=NOW, **said)
        assert Consent.objects.filter(decision_id=decision).count() == 2
