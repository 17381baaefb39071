"""Who may do what with savings: every permission, asked for every person there is."""

from __future__ import annotations

import pytest

from savings.permissions.rules import PERMISSIONS, may
from savings.returns.models import Return
from sovereignty.models import User
from tests.partnership import Partnership

OFFICERS = {"finance.lbhf", "finance.rbkc", "finance.wcc", "s151.lbhf", "s151.rbkc", "s151.wcc"}
PARTNERSHIPS = {"programme.office", "auditor"}
PROPOSERS = OFFICERS | {"programme.office"}
S151 = {"s151.lbhf", "s151.rbkc", "s151.wcc"}

#: By permission: of what it is asked, and who has it.
OF_A_RETURN = {
    "savings.fill_return": {"finance.wcc"},
    "savings.withdraw_return": {"finance.wcc"},
    "savings.ask_question": {"s151.wcc", "programme.office"},
    "savings.answer_question": {"finance.wcc"},
    "savings.send_back_return": {"s151.wcc"},
    "savings.certify_return": {"s151.wcc"},
}
OF_A_COUNCIL = {
    "savings.give_driver_value": {"finance.wcc", "s151.wcc", "programme.office"},
    "savings.see_council": {"finance.wcc", "s151.wcc", "councillor.wcc", *PARTNERSHIPS},
    "savings.see_drafts": {"finance.wcc", "s151.wcc", *PARTNERSHIPS},
}
OF_NOTHING = {
    "savings.begin": {"newcomer"},
    "savings.run_calendar": {"programme.office"},
    "savings.propose_rule": PROPOSERS,
    "savings.propose_budget": PROPOSERS,
    "savings.propose_fairness_test": PROPOSERS,
    "savings.propose_tolerance": PROPOSERS,
    "savings.keep_drivers": PROPOSERS,
    "savings.arrange_services": {"programme.office"},
    "savings.change_sharing": {"programme.office"},
    "savings.answer_decision": S151,
}


def those_who_may(partnership: Partnership, permission: str, subject: object) -> set[str]:
    nobody = User.objects.create_superuser("newcomer", password="a-long-enough-password")
    people = {**partnership.people, "newcomer": nobody}
    return {name for name, person in people.items() if may(person, permission, subject)}


def test_every_permission_is_asked_about() -> None:
    assert OF_A_RETURN.keys() | OF_A_COUNCIL.keys() | OF_NOTHING.keys() == PERMISSIONS.keys()


@pytest.mark.parametrize("permission", sorted(OF_A_RETURN))
def test_who_may_do_what_with_a_return(partnership: Partnership, permission: str) -> None:
    parent = partnership.parent("WCC")
    assert those_who_may(partnership, permission, parent) == OF_A_RETURN[permission]
    published = Return(period=parent.period, published_in="delivery-2013")
    assert not any(may(person, permission, published) for person in partnership.people.values())


@pytest.mark.parametrize("permission", sorted(OF_A_COUNCIL))
def test_who_may_do_what_for_a_council(partnership: Partnership, permission: str) -> None:
    council = partnership.councils["WCC"]
    assert those_who_may(partnership, permission, council) == OF_A_COUNCIL[permission]


@pytest.mark.parametrize("permission", sorted(OF_NOTHING))
def test_who_may_do_what_at_all(partnership: Partnership, permission: str) -> None:
    assert those_who_may(partnership, permission, None) == OF_NOTHING[permission]
