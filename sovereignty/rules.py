"""Who may do what: one registry of permissions, and those of this floor.

Each subject above adds its permissions with `register`, and an action asks with `require`. What a
person may *see* is decided before these, by the querysets' `visible_to`.
"""

from __future__ import annotations

from collections.abc import Mapping

import rules

from sovereignty.models import CERTIFYING_ROLES, Decision, Role, User
from sovereignty.refusals import NotAllowed

#: By name: who may, and the sentence for people who may not. Only `register` fills it.
PERMISSIONS: dict[str, tuple[rules.Predicate, str]] = {}


def register(permissions: Mapping[str, tuple[rules.Predicate, str]]) -> None:
    """Add permissions, each of them once."""
    for name, (predicate, sentence) in permissions.items():
        rules.add_perm(name, predicate)  # raises KeyError if the name is taken
        PERMISSIONS[name] = predicate, sentence


def may(user: User, permission: str, subject: object = None) -> bool:
    """Whether the person has the permission, for this subject."""
    return user.is_active and rules.has_perm(permission, user, subject)


def require(user: User, permission: str, subject: object = None) -> None:
    """Raise NotAllowed, saying who may, unless the person has the permission."""
    if not may(user, permission, subject):
        raise NotAllowed(PERMISSIONS[permission][1])


@rules.predicate
def is_programme_office(user: User) -> bool:
    return user.holds(Role.PROGRAMME_OFFICE)


@rules.predicate
def is_administrator(user: User) -> bool:
    return user.is_superuser


@rules.predicate
def answers_for_a_council(user: User) -> bool:
    return user.holds(*CERTIFYING_ROLES)


@rules.predicate
def has_appointment(user: User) -> bool:
    return bool(user.held_appointments)


@rules.predicate
def appoints_another(user: User, appointed: User) -> bool:
    return user != appointed


@rules.predicate
def proposed_it(user: User, decision: Decision) -> bool:
    return user.id == decision.proposed_by_id


register(
    {
        "sovereignty.see_partnership": (
            has_appointment,
            "Your account has no appointment yet: ask the programme office for one.",
        ),
        "sovereignty.appoint": (
            appoints_another,
            "Nobody appoints themselves: ask another administrator.",
        ),
        "sovereignty.see_set_up": (
            is_administrator | is_programme_office,
            "Only an administrator and the programme office can set the partnership up.",
        ),
        "sovereignty.add_council": (
            is_administrator,
            "Only an administrator can add a council.",
        ),
        "sovereignty.invite": (
            is_administrator,
            "Only an administrator can invite people.",
        ),
        "sovereignty.speak_in_dispute": (
            answers_for_a_council | is_programme_office,
            "Only councils' section 151 officers and the programme office can speak in a dispute.",
        ),
        "sovereignty.withdraw_proposal": (
            proposed_it | is_programme_office,
            "Only the person who proposed it and the programme office can withdraw a proposal.",
        ),
    }
)
