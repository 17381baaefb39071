"""What a partnership has of what it needs, and who can sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from savings.drivers.models import Driver
from savings.plans.models import Plan
from savings.returns.models import Return
from savings.setup.steps import Facts, Held
from services.models import Participation, Service
from sovereignty.models import Appointment, Council, User


def facts() -> Facts:
    """What there is: one query for each step, and one more for who takes part in services."""
    held = [
        Held(
            person=str(each.user),
            role=each.role,
            council=each.council.name if each.council else "",
            active=can_sign_in(each.user),
        )
        for each in Appointment.objects.filter(user__is_active=True).select_related(
            "user", "council"
        )
    ]
    shared = (
        Participation.objects.values("service")
        .annotate(councils=Count("council", distinct=True))
        .filter(councils__gt=1)
    )
    of_councils = Return.objects.filter(council__isnull=False)
    return Facts(
        councils=list(Council.objects.values_list("name", flat=True)),
        held=held,
        services=Service.objects.count(),
        shared=shared.count(),
        drivers=Driver.objects.count(),
        quarters=of_councils.aggregate(many=Count("period", distinct=True))["many"],
        plans=Plan.objects.filter(adopted=True, lines__isnull=False).distinct().count(),
    )


def can_sign_in(user: User) -> bool:
    """Whether a person's account is open and has a password."""
    return user.is_active and user.has_usable_password()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a role, as the list of people shows them."""

    user: User
    appointments: Sequence[Appointment]
    can_sign_in: bool


def people() -> list[Person]:
    """Everybody with an appointment, by username: two queries."""
    found = (
        User.objects.filter(appointments__isnull=False)
        .distinct()
        .order_by("username")
        .prefetch_related("appointments__council")
    )
    return [Person(user, list(user.appointments.all()), can_sign_in(user)) for user in found]
