"""Reading what a change to the tree of services concerns: who shares, rules, plans and returns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from audit.models import Event
from finance.periods import Quarter
from savings.arranging.effects import Difference, Words, differences
from savings.formulas.arithmetic import Attribution
from savings.formulas.models import AttributionRule
from savings.plans.models import PlanLine
from savings.quarters.models import Period
from savings.returns.models import Entry, Forecast, Return
from services.tree import ServiceTree
from sovereignty.models import Council, Decision


@dataclass(frozen=True, slots=True)
class Named:
    """A service by its slug and its name."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Concerned:
    """A difference with the services that it is for: `all_of_it` if for all in reach."""

    difference: Difference
    services: tuple[Named, ...]
    all_of_it: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Entries of a service in returns of a council for a quarter that is not closed."""

    service: str
    council: str
    quarter: Quarter
    status: str
    scope: str
    approval: str
    entries: int


@dataclass(frozen=True, slots=True)
class Effects:
    """What a change does, and what it concerns.

    `notes` are sentences. `digest` tells whether it still does the same.
    """

    concerned: tuple[Concerned, ...]
    notes: tuple[str, ...]

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr((self.concerned, self.notes)).encode()).hexdigest()[:16]


#: The actions of events about a service that are changes to the tree.
ARRANGED = (
    "service added",
    "service renamed",
    "service described",
    "service moved",
    "service state recorded",
    "service retired",
)


def changes_of(slug: str) -> list[Event]:
    """What was changed about a service, the latest first: one query."""
    events = Event.objects.filter(subject="service", subject_id=slug, action__in=ARRANGED)
    return list(events.order_by("-id"))


def first_open() -> Quarter | None:
    """The quarter after the latest closed one, or the first period if none is closed, or None."""
    closed = Period.objects.latest_closed_quarter()
    if closed:
        return closed.following
    first = Period.objects.order_by("quarter").first()
    return first.quarter if first else None


def held_entries(slugs: Sequence[str], since: Quarter | None) -> list[Held]:
    """What returns of quarters from `since` on hold of these services, corrections left out.

    One query. A correction is split as in the quarter that it corrects.
    """
    if since is None:
        return []
    rows = (
        Entry.objects.filter(
            service__slug__in=slugs,
            corrects=None,
            parent__council__isnull=False,
            parent__period__quarter__gte=since,
        )
        .order_by("parent__period__quarter", "parent__council__name", "service__slug")
        .values_list(
            "service__slug",
            "parent__council__name",
            "parent__period__quarter",
            "parent__status",
            "scope",
            "approval",
        )
        .annotate(entries=Count("id"))
    )
    return [Held(*row) for row in rows]


def sealed_in(slugs: Sequence[str]) -> Quarter | None:
    """The latest closed quarter with certified figures of these services; None if none has.

    A correction is of the quarter that it corrects. `stays_in_the_tree` says the same in SQL.
    """
    closed = Period.objects.latest_closed_quarter()
    if closed is None:
        return None
    certified: QuerySet[Entry] = Entry.objects.filter(
        Q(corrects=None, parent__period__quarter__lte=closed)
        | Q(corrects__parent__period__quarter__lte=closed),
        service__slug__in=slugs,
        parent__status=Return.Status.CERTIFIED,
    )
    found = certified.values_list("parent__period__quarter", "corrects__parent__period__quarter")
    return max((corrected or own for own, corrected in found), default=None)


def effects_of(
    before: Attribution,
    after: Attribution,
    slugs: Sequence[str],
    *,
    since: Quarter | None,
    notes: Sequence[str] = (),
) -> Effects:
    """What differs for these services, and which lines, returns and forecasts name them.

    The same number of queries for any number of services.
    """
    words = Words(
        dict(Council.objects.values_list("code", "name")),
        dict(AttributionRule.objects.values_list("id", "decision__title")),
    )
    found = differences(before, after, slugs, since, words) if since else ()
    names = after.tree.nodes
    said = [*notes]
    if since:
        said += [*_entries(slugs, since), *_forecasts(slugs, since)]
    said += _agreements(slugs)
    said += _plans(slugs, before.tree, after.tree)
    return Effects(
        tuple(
            Concerned(
                each,
                tuple(Named(slug, names[slug].name) for slug in each.services),
                all_of_it=len(slugs) > 1 and len(each.services) == len(slugs),
            )
            for each in found
        ),
        tuple(said),
    )


def _entries(slugs: Sequence[str], since: Quarter) -> list[str]:
    """In a sentence, what returns hold, by council and quarter."""
    returns: dict[tuple[str, Quarter, str], int] = {}
    for held in held_entries(slugs, since):
        key = (held.council, held.quarter, held.status)
        returns[key] = returns.get(key, 0) + held.entries
    if not returns:
        return ["No return of a quarter that is not closed has an entry here."]
    statuses = dict(Return.Status.choices)
    parts = (
        f"{council} {quarter.label} ({str(statuses[status]).lower()}): {count}"
        for (council, quarter, status), count in returns.items()
    )
    return [f"Entries here in returns of quarters that are not closed: {'; '.join(parts)}."]


def _forecasts(slugs: Sequence[str], since: Quarter) -> list[str]:
    count = Forecast.objects.filter(
        service__slug__in=slugs, parent__period__quarter__gte=since
    ).count()
    if not count:
        return []
    many = count > 1
    return [
        (
            f"{count} forecast{'s' if many else ''} in these returns {'are' if many else 'is'} for "
            "a service here. A council owes a forecast only for a service that it takes part in."
        )
    ]


def _agreements(slugs: Sequence[str]) -> list[str]:
    """In a sentence, the rules and budgets of these services."""
    titles = (
        Decision.objects.filter(
            Q(rule__service__slug__in=slugs) | Q(transition_approval__service__slug__in=slugs),
            withdrawn_at=None,
        )
        .order_by("id")
        .values_list("title", flat=True)
    )
    if not titles:
        return []
    said = f"Agreements about a service here: {'; '.join(titles)}."
    return [f"{said} They stay, and are in force where every council that takes part has agreed."]


def _plans(slugs: Sequence[str], before: ServiceTree, after: ServiceTree) -> list[str]:
    """In sentences, which plans name these services, and the area in which they count."""
    lines = list(
        PlanLine.objects.filter(service__slug__in=slugs)
        .order_by("plan__position", "plan__code")
        .values_list("plan__name", "service__slug")
    )
    if not lines:
        return ["No line of a plan names a service here."]
    plans: dict[str, int] = {}
    for plan, _ in lines:
        plans[plan] = plans.get(plan, 0) + 1
    parts = (f"{plan} ({count} line{'s' if count > 1 else ''})" for plan, count in plans.items())
    said = [f"Plans that name a service here: {'; '.join(parts)}. What they promise stays."]
    slug = lines[0][1]
    if slug in before.nodes and before.programme(slug) != after.programme(slug):
        said.append(
            "In the comparison these lines count in "
            f"{after.nodes[after.programme(slug)].name} instead of "
            f"{before.nodes[before.programme(slug)].name}, in every year."
        )
    return said
