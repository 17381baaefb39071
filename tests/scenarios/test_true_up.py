"""A population is restated after it has split amounts: put right later, never rewritten.

Libraries are shared by population, which was put at 180, 160 and 260 thousand. In the first quarter
£60,000 was saved and £9,000.01 spent; then the quarter was closed. A census finds 220 thousand in
Westminster.
"""

from __future__ import annotations

import pytest

from audit.models import Event
from savings.calendar.actions import close_period, open_period
from savings.drivers.models import Restatement
from savings.returns.models import Entry, Return
from savings.returns.reports import row_of
from savings.returns.rows import describe
from savings.trueup.reports import restatements_for
from savings.trueup.trueup import RestatementStanding
from sovereignty.refusals import WrongState
from tests.kept import kept
from tests.partnership import COUNCILS, NOW, Q1, Q2, Partnership, a_cost, a_saving
from tests.scenarios.accounts import Accounts

ESTIMATES = {"LBHF": 180, "RBKC": 160, "WCC": 260}
SAVED = {"LBHF": "18000.00", "RBKC": "16000.00", "WCC": "26000.00"}
SPENT = {"LBHF": "2700.00", "RBKC": "2400.00", "WCC": "3900.01"}
# By 180, 160 and 220: 9/28, 2/7 and 11/28.
SAVED_AS_RESTATED = {"LBHF": "19285.71", "RBKC": "17142.86", "WCC": "23571.43"}
SPENT_AS_RESTATED = {"LBHF": "2892.86", "RBKC": "2571.43", "WCC": "3535.72"}
WHOLE = {"unattributed": "0.00"}


@pytest.fixture
@kept
def closed(partnership: Partnership) -> Partnership:
    """The first quarter is certified and closed, and the tolerance is a hundredth."""
    partnership.driven("libraries", ESTIMATES, code="population")
    partnership.driven("libraries", ESTIMATES, code="population", kind="ongoing_cost")
    partnership.certified(
        "LBHF", a_saving(amount="60000.00", nature="non_cashable"), a_cost(amount="9000.01")
    )
    for code in ("RBKC", "WCC"):
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    partnership.tolerance("1/100")
    return partnership


def states(partnership: Partnership, restatement: Restatement) -> dict[str, str]:
    """Where each council is with its adjusting entries, as the auditor reads it."""
    found = restatements_for(partnership.people["auditor"]).found[restatement.id]
    return {side.council.code: side.state for side in found.sides}


def test_each_council_puts_its_part_right_in_a_later_quarter(
    closed: Partnership, accounts: Accounts
) -> None:
    accounts.roll_up()
    first_quarter = {
        kind: accounts.attributed(kind=kind, to="2013-14-Q1") for kind in Entry.Kind.values
    }
    assert first_quarter["saving"] == SAVED | WHOLE | {"total": "60000.00"}
    assert first_quarter["ongoing_cost"] == SPENT | WHOLE | {"total": "9000.01"}
    certified = list(Entry.objects.order_by("id").values())

    restatement = closed.restated("population", "WCC", "220")
    assert states(closed, restatement) == dict.fromkeys(COUNCILS, "to_add")
    # The restatement itself splits nothing again.
    accounts.roll_up()
    assert accounts.attributed(kind="saving") == first_quarter["saving"]

    draft = closed.adjusted(restatement, "WCC")
    assert [describe(row_of(entry)) for entry in draft.entries.order_by("position")] == [
        {
            "service": "library-service",
            "scope": "own",
            "evidence": f"Restatement {restatement.id}, 2013-14-Q1",
            "note": "Puts right what was split in 2013/14 Q1 by Population: the value of "
            "Westminster was given as 260 and should have been 220.",
            **more,
        }
        for more in (
            {"kind": "ongoing_cost", "amount": "-364.29"},
            {
                "kind": "saving",
                "amount": "-2428.57",
                "recurrence": "recurring",
                "nature": "non_cashable",
            },
        )
    ]
    assert states(closed, restatement) == {"LBHF": "to_add", "RBKC": "to_add", "WCC": "draft"}

    closed.certify_draft("WCC", Q2)
    for code in ("LBHF", "RBKC"):
        closed.adjusted(restatement, code)
        closed.certify_draft(code, Q2)
    assert states(closed, restatement) == dict.fromkeys(COUNCILS, "certified")

    accounts.roll_up()
    assert accounts.attributed(kind="saving") == SAVED_AS_RESTATED | WHOLE | {"total": "60000.00"}
    assert accounts.attributed(kind="ongoing_cost") == SPENT_AS_RESTATED | WHOLE | {
        "total": "9000.01"
    }
    # The closed quarter stays as it was closed, entry by entry and in total.
    assert {
        kind: accounts.attributed(kind=kind, to="2013-14-Q1") for kind in Entry.Kind.values
    } == first_quarter
    assert list(Entry.objects.filter(parent__period__quarter=Q1).order_by("id").values()) == (
        certified
    )
    (saved,) = Event.objects.filter(subject_id="WCC/2013-14-Q2", action="saved")
    assert saved.reason == f"True-up of restatement {restatement.id}"


def test_within_the_tolerance_no_entry_has_to_be_added(closed: Partnership) -> None:
    """At 255 Westminster's parts move by £328.57 of £69,000.01: less than a hundredth."""
    restatement = closed.restated("population", "WCC", "255")
    found = restatements_for(closed.people["auditor"]).found[restatement.id]
    assert found.true_up.standing == RestatementStanding.WITHIN
    assert (found.true_up.moved.most, found.true_up.moved.shared_out) == (32_857, 6_900_001)
    assert states(closed, restatement) == dict.fromkeys(COUNCILS, "nothing")
    with pytest.raises(WrongState, match="Within the tolerance, so you have nothing to add"):
        closed.adjusted(restatement, "WCC")
    assert closed.parent("WCC", Q2).entries.count() == 0


def test_two_of_three_consents_put_no_tolerance_in_force(closed: Partnership) -> None:
    """The tolerance before it still applies."""
    waits = closed.tolerance("1/2", agreed_by=["LBHF", "RBKC"])
    restatement = closed.restated("population", "WCC", "220")
    assert states(closed, restatement) == dict.fromkeys(COUNCILS, "to_add")

    closed.agree(waits.decision_id, "WCC")
    assert states(closed, restatement) == dict.fromkeys(COUNCILS, "nothing")


def test_once_one_council_has_certified_the_others_follow_whatever_is_agreed_later(
    closed: Partnership,
) -> None:
    restatement = closed.restated("population", "WCC", "220")
    closed.adjusted(restatement, "WCC")
    closed.certify_draft("WCC", Q2)
    closed.tolerance("1/2")
    assert states(closed, restatement) == {"LBHF": "to_add", "RBKC": "to_add", "WCC": "certified"}


def test_a_second_restatement_replaces_the_first(closed: Partnership, accounts: Accounts) -> None:
    """240, not 220: the second counts, less what the first has put right, and only once."""
    first = closed.restated("population", "WCC", "220")
    for code in COUNCILS:
        closed.adjusted(first, code)
        closed.certify_draft(code, Q2)
    close_period(quarter=Q2, by=closed.people["programme.office"], at=NOW)
    open_period(quarter=Q2.following, by=closed.people["programme.office"], at=NOW)

    second = closed.restated("population", "WCC", "240")
    for code in COUNCILS:
        closed.adjusted(second, code, Q2.following)
        closed.certify_draft(code, Q2.following)
    accounts.roll_up()

    # By 180, 160 and 240: 9/29, 8/29 and 12/29.
    assert accounts.attributed(kind="saving") == {
        "LBHF": "18620.69",
        "RBKC": "16551.72",
        "WCC": "24827.59",
        "unattributed": "0.00",
        "total": "60000.00",
    }
    assert states(closed, first) == dict.fromkeys(COUNCILS, "certified")
    assert states(closed, second) == dict.fromkeys(COUNCILS, "certified")
    assert Return.objects.filter(status="certified").count() == 9


def test_restating_the_first_value_takes_everything_back(
    closed: Partnership, accounts: Accounts
) -> None:
    """What Westminster has certified is carried through, and then all of it is taken back."""
    first = closed.restated("population", "WCC", "220")
    closed.adjusted(first, "WCC")
    closed.certify_draft("WCC", Q2)
    back = closed.restated("population", "WCC", "260")
    for code in ("LBHF", "RBKC"):
        closed.adjusted(first, code)
        closed.certify_draft(code, Q2)
    open_period(quarter=Q2.following, by=closed.people["programme.office"], at=NOW)
    for code in COUNCILS:
        closed.adjusted(back, code, Q2.following)
        closed.certify_draft(code, Q2.following)
    accounts.roll_up()
    assert accounts.attributed(kind="saving") == SAVED | WHOLE | {"total": "60000.00"}
    assert accounts.attributed(kind="ongoing_cost") == SPENT | WHOLE | {"total": "9000.01"}
