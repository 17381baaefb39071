"""The same adjusting entries added twice at the same moment are stored once."""

from __future__ import annotations

import pytest

from savings.calendar.actions import open_period
from savings.returns.models import Entry, Return
from tests.at_once import at_once, kinds
from tests.partnership import NOW, Q2, Partnership, a_saving, build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partnership() -> Partnership:
    made = build()
    made.driven("libraries", {"LBHF": 1, "RBKC": 1, "WCC": 2}, code="readers")
    made.certified("LBHF", a_saving(amount="400.00"))
    made.tolerance("1/100")
    return made


def test_entries_added_to_two_drafts_at_once_are_stored_in_one(partnership: Partnership) -> None:
    later = Q2.following
    open_period(quarter=later, by=partnership.people["programme.office"], at=NOW)
    restatement = partnership.restated("readers", "WCC", "6")

    def add(quarter: object) -> Return:
        return partnership.adjusted(restatement, "WCC", quarter)  # type: ignore[arg-type]

    results = at_once(*(lambda quarter=quarter: add(quarter) for quarter in (Q2, later)))

    assert kinds(results) == ["Return", "WrongState"]
    assert Entry.objects.filter(evidence__startswith="Restatement").count() == 1


def test_every_council_can_add_its_entries_at_once(partnership: Partnership) -> None:
    restatement = partnership.restated("readers", "WCC", "6")

    results = at_once(
        *(
            lambda code=code: partnership.adjusted(restatement, code)
            for code in partnership.councils
        )
    )

    assert kinds(results) == ["Return", "Return", "Return"]
    amounts = Entry.objects.filter(evidence__startswith="Restatement").values_list(
        "parent__council__code", "amount"
    )
    assert {code: str(amount) for code, amount in amounts} == {
        "LBHF": "-50.00",
        "RBKC": "-50.00",
        "WCC": "100.00",
    }
