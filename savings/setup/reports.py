"""What a partnership has of what it needs, and who can sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from savings.arranging.reports import first_open
from savings.drivers.models import Driver
from savings.plans.models import Plan
from savings.quarters.models import Period
from savings.returns.models import Return
from savings.setup.imports import Known
from savings.setup.steps import Facts, Held
from services.models import Participation, Service
from services.tree import Node, ServiceTree
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


def known() -> Known:
    """What a file of services or drivers may name: as many queries for one as for many."""
    councils = list(Council.objects.all())
    by_name = {council.name.casefold(): council.code for council in councils}
    by_code = {council.code.casefold(): council.code for council in councils}
    return Known(
        councils=by_name | by_code,
        services=dict(Service.objects.values_list("slug", "name")),
        drivers={
            code: (name, unit)
            for code, name, unit in Driver.objects.values_list("code", "name", "unit")
        },
        retired=_retired(),
        closed=Period.objects.latest_closed_quarter(),
    )


def _retired() -> dict[str, str]:
    """Services that are retired in the first open quarter, and since when."""
    quarter, tree = first_open(), Service.objects.tree()
    if quarter is None:
        return {}
    found = {slug: tree.retired(slug, quarter) for slug in tree.nodes}
    return {slug: spell.first.label for slug, spell in found.items() if spell}


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A service in the list: how deep it is below an area, and the councils that take part."""

    node: Node
    above: str
    councils: Sequence[str]
    inherited: bool


def service_lines() -> list[ServiceLine]:
    """Every service, each after the one above it, with the councils that have begun to take part.

    Four queries for any number of services.
    """
    tree = Service.objects.tree()
    names = dict(Council.objects.values_list("code", "name"))
    return [_line(tree, slug, names) for slug in _in_order(tree, None)]


def _line(tree: ServiceTree, slug: str, names: dict[str, str]) -> ServiceLine:
    node = tree.nodes[slug]
    return ServiceLine(
        node=node,
        above=tree.nodes[node.parent].name if node.parent else "",
        councils=sorted({names[spell.council] for spell in tree.participation(slug)}),
        inherited=not node.participation and bool(node.parent),
    )


def _in_order(tree: ServiceTree, parent: str | None) -> list[str]:
    found: list[str] = []
    for slug in tree.children.get(parent, ()):
        found += [slug, *_in_order(tree, slug)]
    return found
