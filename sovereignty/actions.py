"""Appointing people, and ending an appointment: each with its event."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

import audit.actions
from sovereignty.models import PARTNERSHIP_ROLES, Appointment, Council, User
from sovereignty.refusals import BadContent, FieldError


@transaction.atomic
def appoint(
    *, user: User, role: str, council: Council | None, by: User, at: datetime
) -> Appointment:
    """Give a person a role, of one council or of the partnership.

    Raises BadContent where the role doesn't fit the council, or the person acts for
    another council or has the role already.
    """
    mistakes = mistakes_in_appointing(user, role, council)
    if mistakes:
        raise BadContent(mistakes)
    appointment = Appointment.objects.create(user=user, role=role, council=council)
    _record(appointment, by, at, "appointed")
    return appointment


def mistakes_in_appointing(user: User, role: str, council: Council | None) -> list[FieldError]:
    """Why a person can't be given a role; empty where they can."""
    held = list(user.appointments.select_related("council"))
    if any(appointment.role == role for appointment in held):
        return [FieldError("role", f"{user} has this role already.")]
    if role in PARTNERSHIP_ROLES:
        if council is not None:
            return [FieldError("council", "This role is of the whole partnership: leave it empty.")]
        return []
    if council is None:
        return [FieldError("council", "Choose the council that this is a role of.")]
    other = next((a.council for a in held if a.council and a.council != council), None)
    if other:
        return [FieldError("council", f"{user} acts for {other}: a person acts for one council.")]
    return []


@transaction.atomic
def end_appointment(*, appointment: Appointment, by: User, at: datetime) -> None:
    """Take a role from a person; what they did in it keeps their name."""
    _record(appointment, by, at, "appointment ended")
    appointment.delete()


def _record(appointment: Appointment, by: User, at: datetime, action: str) -> None:
    audit.actions.record(
        by=by.username,
        at=at,
        action=action,
        subject="person",
        subject_id=appointment.user.username,
        chain=appointment.council.code if appointment.council else audit.actions.PARTNERSHIP,
        after={
            "role": appointment.role,
            "council": appointment.council.code if appointment.council else None,
        },
    )
