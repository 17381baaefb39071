"""Who may do what with savings: every permission of this floor, by name.

They go into the one registry, `sovereignty.rules`. An action asks with its `require`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import rules

from sovereignty.models import CERTIFYING_ROLES, RETURN_ROLES, Council, Role, User
from sovereignty.rules import (
    answers_for_a_council,
    is_administrator,
    is_programme_office,
    may,
    register,
    require,
)

__all__ = ["may", "require"]


class Return(Protocol):
    """What these rules need from a return, whose subject is above this one."""

    @property
    def council(self) -> Council | None: ...
    @property
    def authors(self) -> Collection[int]: ...


@rules.predicate
def fills_this_return(user: User, parent: Return) -> bool:
    return parent.council is not None and user.holds(Role.FINANCE_OFFICER, council=parent.council)


@rules.predicate
def certifies_for_this_return(user: User, parent: Return) -> bool:
    return parent.council is not None and user.holds(*CERTIFYING_ROLES, council=parent.council)


@rules.predicate
def asks_about_this_return(user: User, parent: Return) -> bool:
    return parent.council is not None and (
        user.holds(*CERTIFYING_ROLES, council=parent.council) or user.holds(Role.PROGRAMME_OFFICE)
    )


@rules.predicate
def neither_filled_nor_submitted_it(user: User, parent: Return) -> bool:
    return user.id not in parent.authors


@rules.predicate
def may_propose(user: User) -> bool:
    return user.holds(Role.PROGRAMME_OFFICE, Role.FINANCE_OFFICER, *CERTIFYING_ROLES)


@rules.predicate
def counts_for_this_council(user: User, council: Council) -> bool:
    return user.holds(Role.PROGRAMME_OFFICE) or user.holds(*RETURN_ROLES, council=council)


@rules.predicate
def sees_council(user: User, council: Council) -> bool:
    return user.sees_every_council or (user.council is not None and user.council.id == council.id)


@rules.predicate
def sees_drafts(user: User, council: Council) -> bool:
    return user.sees_every_council or user.holds(*RETURN_ROLES, council=council)


_OFFICERS = "Only the programme office and councils' finance and section 151 officers can"

PERMISSIONS = {
    "savings.begin": (
        is_administrator,
        "Only an administrator can choose what the site begins with.",
    ),
    "savings.fill_return": (
        fills_this_return,
        "Only a finance officer of the council can fill in and submit its return.",
    ),
    "savings.withdraw_return": (
        fills_this_return,
        "Only a finance officer of the council can withdraw its return.",
    ),
    "savings.ask_question": (
        asks_about_this_return,
        "Only its section 151 officer or deputy and the programme office can ask about a return.",
    ),
    "savings.answer_question": (
        fills_this_return,
        "Only a finance officer of the council can answer questions about its return.",
    ),
    "savings.send_back_return": (
        certifies_for_this_return,
        "Only the council's section 151 officer or deputy can send its return back.",
    ),
    "savings.certify_return": (
        certifies_for_this_return & neither_filled_nor_submitted_it,
        (
            "Only the council's section 151 officer or deputy can certify, and never a return that "
            "they filled in or submitted."
        ),
    ),
    "savings.run_calendar": (
        is_programme_office,
        "Only the programme office can open, close and reopen quarters.",
    ),
    "savings.propose_rule": (
        may_propose,
        f"{_OFFICERS} propose rules.",
    ),
    "savings.keep_drivers": (
        may_propose,
        f"{_OFFICERS} name drivers and give their values.",
    ),
    "savings.give_driver_value": (
        counts_for_this_council,
        "Only the programme office and the council's own officers can give or restate its values.",
    ),
    "savings.propose_budget": (
        may_propose,
        f"{_OFFICERS} propose budgets.",
    ),
    "savings.propose_fairness_test": (
        may_propose,
        f"{_OFFICERS} propose tests.",
    ),
    "savings.propose_tolerance": (
        may_propose,
        f"{_OFFICERS} propose tolerances.",
    ),
    "savings.change_sharing": (
        is_programme_office,
        "Only the programme office can record who takes part in a service and who hosts it.",
    ),
    "savings.arrange_services": (
        is_programme_office,
        "Only the programme office can add services, rename or move them, or record their state.",
    ),
    "savings.answer_decision": (
        answers_for_a_council,
        "Only a council's section 151 officer or deputy can answer for it.",
    ),
    "savings.see_council": (sees_council, "These are another council's figures."),
    "savings.see_drafts": (
        sees_drafts,
        "Only the council's own officers, the programme office and auditors can see its drafts.",
    ),
}

register(PERMISSIONS)
