"""Councils, accounts and appointments: each change with its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

import audit.actions
from audit.chain import PARTNERSHIP
from sovereignty.invitations import invited
from sovereignty.models import PARTNERSHIP_ROLES, Appointment, Council, Role, User
from sovereignty.refusals import BadContent, FieldError, WrongState
from sovereignty.rules import require
from sovereignty.texts import mistake_in

#: The longest a council's name may be, and its name in full.
LONGEST_NAME, LONGEST_FULL_NAME = 80, 120


@transaction.atomic
def add_council(*, code: str, name: str, full_name: str, by: User, at: datetime) -> Council:
    """Add a council to the partnership. Its code never changes afterwards.

    Without a full name it has the short one. Raises NotAllowed, or BadContent for a code or name
    that is missing, too long, or another council's.
    """
    require(by, "sovereignty.add_council")
    code, name = code.strip(), " ".join(name.split())
    full_name = " ".join(full_name.split()) or name
    errors = [
        *_mistakes_in_code(code),
        *_mistakes_in_name("name", name, LONGEST_NAME, "Enter the council's name."),
        *_mistakes_in_name("full_name", full_name, LONGEST_FULL_NAME, ""),
    ]
    if not errors and Council.objects.filter(name__iexact=name).exists():
        errors = [FieldError("name", "Another council has this name. Give it another one.", name)]
    if errors:
        raise BadContent(errors)
    try:
        with transaction.atomic():
            council = Council.objects.create(code=code, name=name, full_name=full_name)
    except IntegrityError as error:
        raise BadContent([_taken(code)]) from error
    record_council(council=council, new=True, by=by, at=at)
    return council


def _mistakes_in_code(code: str) -> list[FieldError]:
    if not code:
        return [FieldError("code", "Enter a short code, such as ABC.")]
    try:
        Council(code=code).clean_fields(exclude={"name", "full_name"})
    except ValidationError:
        remedy = "Use 2 to 12 capital letters and digits, beginning with a letter."
        return [FieldError("code", remedy, code[:80])]
    return [_taken(code)] if Council.objects.filter(code=code).exists() else []


def _taken(code: str) -> FieldError:
    return FieldError("code", "Another council has this code. Choose another.", code)


def _mistakes_in_name(field: str, name: str, longest: int, remedy: str) -> list[FieldError]:
    mistake = mistake_in(name, field, remedy, longest=longest)
    return [mistake] if mistake else []


@transaction.atomic
def invite(
    *,
    username: str,
    first_name: str,
    last_name: str,
    email: str,
    role: str,
    council: Council | None,
    by: User,
    at: datetime,
) -> User:
    """Open an account for a person and appoint them. They choose the password themselves.

    The account has none until then, so nobody can sign in to it. `names_in_link` says what the
    link to send them has. Raises NotAllowed, or BadContent for a username that is taken or has
    other characters, an address that is none, or a role that doesn't fit the council.
    """
    require(by, "sovereignty.invite")
    user = User(
        username=username.strip(),
        first_name=" ".join(first_name.split()),
        last_name=" ".join(last_name.split()),
        email=email.strip(),
    )
    errors = [
        *_mistakes_in_username(user.username),
        *_mistakes_in_name("first_name", user.first_name, 150, "Enter the first name."),
        *_mistakes_in_name("last_name", user.last_name, 150, "Enter the last name."),
        *_mistakes_in_email(user.email),
    ]
    if role not in Role.values:
        errors.append(FieldError("role", "Choose the role.", role[:80]))
    else:
        errors += _mistakes_in_place(role, council)
    if errors:
        raise BadContent(errors)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise BadContent([_username_taken(user.username)]) from error
    fields = ["email", "first_name", "last_name", "username"]
    record_account(user=user, fields=fields, new=True, by=by, at=at)
    appoint(user=user, role=role, council=council, by=by, at=at)
    return user


def _mistakes_in_username(username: str) -> list[FieldError]:
    if not username:
        return [FieldError("username", "Enter a username, such as ann.smith.")]
    try:
        User(username=username).clean_fields(exclude={"password"})
    except ValidationError:
        remedy = "Use at most 150 letters, digits and @ . + - _, without spaces."
        return [FieldError("username", remedy, username[:150])]
    # Names that differ in capitals only are too easily taken for each other.
    taken = User.objects.filter(username__iexact=username).exists()
    return [_username_taken(username)] if taken else []


def _username_taken(username: str) -> FieldError:
    return FieldError("username", "Somebody has this username. Choose another.", username)


def _mistakes_in_email(email: str) -> list[FieldError]:
    if not email:
        return []
    try:
        validate_email(email)
    except ValidationError:
        remedy = "Enter an address such as name@example.gov.uk, or leave it empty."
        return [FieldError("email", remedy, email[:200])]
    return [FieldError("email", "Shorten this to 254 characters.")] if len(email) > 254 else []


@transaction.atomic
def invite_again(*, user_id: int, by: User, at: datetime) -> User:
    """Have the person's earlier links stop working, so that a new one is made.

    Raises NotAllowed, or WrongState if they have chosen a password already.
    """
    require(by, "sovereignty.invite")
    user = User.objects.select_for_update().get(id=user_id)
    if user.has_usable_password() or not user.is_active:
        raise WrongState(f"{user} has an account with a password, or a closed one.")
    user.set_unusable_password()
    user.save(update_fields=["password"])
    record_account(user=user, fields=["invitation"], new=False, by=by, at=at)
    return user


@transaction.atomic
def accept_invitation(*, person: str, token: str, password: str, at: datetime) -> User:
    """Give the account that a link names the password that its person chose.

    Raises WrongState if the link doesn't work, or no longer. Check the password first.
    """
    found = invited(person, token)
    if found is not None:
        # A second use at the same moment waits here, and then finds it used.
        User.objects.select_for_update().get(id=found.id)
        found = invited(person, token)
    if found is None:
        raise WrongState("This link does not work any more. Ask for a new one.")
    found.set_password(password)
    found.save(update_fields=["password", "password_changed_at"])
    record_account(user=found, fields=["password"], new=False, by=found, at=at)
    return found


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
    if role in PARTNERSHIP_ROLES or council is None:
        return _mistakes_in_place(role, council)
    other = next((a.council for a in held if a.council and a.council != council), None)
    if other:
        return [FieldError("council", f"{user} acts for {other}: a person acts for one council.")]
    return []


def _mistakes_in_place(role: str, council: Council | None) -> list[FieldError]:
    """Why a role can't be for this council, or for none; empty if it can."""
    if role in PARTNERSHIP_ROLES and council is not None:
        return [FieldError("council", "This role is for the whole partnership: leave it empty.")]
    if role not in PARTNERSHIP_ROLES and council is None:
        return [FieldError("council", "Choose the council that this role is for.")]
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
