"""Changes to the tree of services, for their tests."""

from __future__ import annotations

from typing import Any

from finance.periods import Quarter
from savings.arranging import actions
from savings.arranging.actions import Changes, Done, NewState, Place
from services.models import ServiceState
from tests.partnership import NOW, Q2, Partnership

SOURCE = "Cabinet, 3 July 2013"


def add(partnership: Partnership, slug: str = "archives", **more: Any) -> Done:
    """Add a service below libraries, unless told otherwise."""
    given = {"name": slug.capitalize(), "place": Place("libraries"), "source": SOURCE, **more}
    by = given.pop("by", "programme.office")
    return actions.add_service(
        slug=slug, changes=Changes(**given), by=partnership.people[by], at=NOW
    )


def change(partnership: Partnership, slug: str = "library-service", **given: Any) -> Done:
    by = given.pop("by", "programme.office")
    return actions.change_service(
        service=partnership.services[slug],
        changes=Changes(**{"source": SOURCE, **given}),
        by=partnership.people[by],
        at=NOW,
    )


def move(partnership: Partnership, slug: str, parent: str) -> Done:
    return change(partnership, slug, place=Place(parent))


def retire(partnership: Partnership, slug: str, since: Quarter = Q2) -> Done:
    return change(partnership, slug, state=NewState("retired", since, "The Cabinets"))


def differs(done: Done) -> list[tuple[str, list[str], str, str, str]]:
    """What a change does: what, of which services, from when, before and after."""
    return [
        (
            each.difference.what,
            [service.slug for service in each.services],
            each.difference.since.code,
            each.difference.before,
            each.difference.after,
        )
        for each in done.effects.concerned
    ]


def states(slug: str) -> list[tuple[str, str, str | None]]:
    """A service's own states: which, from and to."""
    return [
        (
            each.state,
            each.from_quarter.code,
            each.to_quarter.code if each.to_quarter else None,
        )
        for each in ServiceState.objects.filter(service__slug=slug).order_by("from_quarter")
    ]
