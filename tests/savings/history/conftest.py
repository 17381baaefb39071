"""A return with a history: saved twice, sent back, put right and certified, a day apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from savings.certification.actions import certify, send_back, submit
from savings.filling.actions import replace_entries
from savings.forecasts.actions import replace_forecasts
from savings.returns.models import Return
from savings.returns.questions.actions import answer, ask
from tests.kept import kept
from tests.partnership import NOW, Partnership, a_saving, build
from tests.savings.forecasts.conftest import make_plans

DAY = timedelta(days=1)
PATH = "/returns/WCC/2013-14-Q1/"
#: What each person gets where the return's history is asked for.
SEES = {
    "finance.wcc": 200,
    "s151.wcc": 200,
    "councillor.wcc": 200,
    "finance.lbhf": 404,
    "s151.lbhf": 404,
    "councillor.lbhf": 404,
    "finance.rbkc": 404,
    "s151.rbkc": 404,
    "councillor.rbkc": 404,
    "programme.office": 200,
    "auditor": 200,
}


@pytest.fixture
@kept
def with_history(db: None) -> Partnership:
    """Westminster's return of Q1, version by version; day by day from 2 July 2013 on.

    1 two lines saved; 2 one changed, one removed, two added; 3 a forecast; 4 submitted, and
    asked about; 5 sent back; 6 answered and submitted; 7 certified on 9 July.
    """
    partnership = build()
    make_plans()
    finance, s151 = partnership.finance("WCC"), partnership.s151("WCC")
    rows = [a_saving(amount="100.00"), a_saving("cex", "7.00", note="=Gone")]
    parent = save(partnership, 1, rows)
    kept = parent.entries.earliest("position").id
    rows = [
        a_saving(amount="-3.50", evidence="Ledger 5"),
        a_saving(amount="120.00", id=kept, note="Two\nlines"),
        a_saving("childrens", "9.00", provenance="illustrative"),
    ]
    save(partnership, 2, rows)
    forecast = {
        "service": "library-service",
        "this_year": "50.00",
        "full_year_effect": "60.00",
        "status": "at_risk",
        "starts_on": "2013-09-01",
        "reason": "Late.",
        "replacement": "None.",
    }
    parent = partnership.parent("WCC")
    replace_forecasts(
        return_id=parent.id, version=2, rows=[(1, forecast)], by=finance, at=NOW + 3 * DAY
    )
    submit(return_id=parent.id, version=3, by=finance, at=NOW + 4 * DAY)
    question = ask(
        return_id=parent.id, entry_id=kept, text="Why?", by=s151, at=NOW + 4 * DAY + DAY / 2
    )
    send_back(return_id=parent.id, version=4, reason="The children's.", by=s151, at=NOW + 5 * DAY)
    answer(question_id=question.id, text="Because.", by=finance, at=NOW + 5 * DAY + DAY / 2)
    save(partnership, 6, rows[:2])
    submit(return_id=parent.id, version=6, by=finance, at=NOW + 7 * DAY)
    certify(return_id=parent.id, version=7, by=s151, at=NOW + 8 * DAY)
    return partnership


def save(partnership: Partnership, day: int, rows: list[dict[str, object]]) -> Return:
    parent = partnership.parent("WCC")
    return replace_entries(
        return_id=parent.id,
        version=parent.version,
        rows=list(enumerate(rows, start=1)),
        by=partnership.finance("WCC"),
        at=NOW + day * DAY,
    )


SignIn = Callable[[str], Client]


@pytest.fixture
def signed_in(with_history: Partnership) -> SignIn:
    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(with_history.people[username])
        return client

    return sign_in
