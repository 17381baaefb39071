"""Appointing people and ending appointments, each with its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

import audit.actions
from audit.chain import PARTNERSHIP
from sovereignty.models import PARTNERSHIP_ROLES, Appointment, Council, User
from sovereignty.refusals import BadContent, FieldError
from sovereignty.rules import require


@transaction.atomic
def appoint(
    *, user: User, role: str, council: Council | None, by: User, at: datetime
) -> Appointment:
    """Give a person a role, for one council or for the partnership.

    Raises NotAllowed if people appoint themselves. Raises BadContent if the role doesn't fit
    the council, or if the person acts for another council or for the partnership, or has the
    role already.
    """
    require(by, "sovereignty.appoint", user)
    mistakes = mistakes_in_appointing(user, role, council)
    if mistakes:
        raise BadContent(mistakes)
    appointment = Appointment.objects.create(user=user, role=role, council=council)
    _record(appointment, by, at, "appointed")
    return appointment


def mistakes_in_appointing(user: User, role: str, council: Council | None) -> list[FieldError]:
    """Why a person can't be given a role; empty if they can."""
    held = list(user.appointments.select_related("council"))
    if any(appointment.role == role for appointment in held):
        return [FieldError("role", f"{user} has this role already.")]
    if any((a.role in PARTNERSHIP_ROLES) != (role in PARTNERSHIP_ROLES) for a in held):
        return [
            FieldError(
                "role",
                f"{user} is {held[0].get_role_display().lower()}: a person acts for a council or "
                "for the partnership, so that nobody checks their own work. End that "
                "appointment first.",
            )
        ]
    if role in PARTNERSHIP_ROLES:
        if council is not None:
            return [
                FieldError("council", "This role is for the whole partnership: leave it empty.")
            ]
        return []
    if council is None:
        return [FieldError("council", "Choose the council that this role is for.")]
    other = next((a.council for a in held if a.council and a.council != council), None)
    if other:
        return [FieldError("council", f"{user} acts for {other}: a person acts for one council.")]
    return []


@transaction.atomic
def end_appointment(*, appointment: Appointment, by: User, at: datetime) -> None:
    """Take a role from a person. What they did in it keeps their name."""
    _record(appointment, by, at, "appointment ended")
    appointment.delete()


def record_account(*, user: User, fields: Sequence[str], new: bool, by: User, at: datetime) -> None:
    """Record that an account was opened or changed: which fields, never a password."""
    audit.actions.record(
        by=by.username,
        at=at,
        action="account opened" if new else "account changed",
        subject="person",
        subject_id=user.username,
        after={"fields": sorted(fields), "is_active": user.is_active},
    )


def record_council(*, council: Council, new: bool, by: User, at: datetime) -> None:
    """Record that a council joined the partnership, or was renamed."""
    audit.actions.record(
        by=by.username,
        at=at,
        action="council added" if new else "council renamed",
        subject="council",
        subject_id=council.code,
        after={"name": council.name, "full_name": council.full_name},
    )


def _record(appointment: Appointment, by: User, at: datetime, action: str) -> None:
    audit.actions.record(
        by=by.username,
        at=at,
        action=action,
        subject="person",
        subject_id=appointment.user.username,
        chain=appointment.council.code if appointment.council else PARTNERSHIP,
        after={
            "role": appointment.role,
            "council": appointment.council.code if appointment.council else None,
        },
    )
