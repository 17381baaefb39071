"""Councils that join and leave, for tests of who shares a service."""

from __future__ import annotations

from finance.periods import Quarter
from savings.rollup.models import Fact
from savings.sharing import actions
from services.models import Participation
from tests.partnership import NOW, Q1, Q2, Partnership

Spells = list[tuple[str, str, str | None]]


def join(
    partnership: Partnership,
    slug: str = "cex",
    code: str = "WCC",
    since: Quarter = Q2,
    **more: object,
) -> Participation:
    given: dict[str, object] = {
        "service": partnership.services[slug],
        "council": partnership.councils[code],
        "effective_from": since,
        "source": " Cabinet, 3 July 2013. ",
        "by": partnership.people["programme.office"],
        "at": NOW,
        **more,
    }
    return actions.join(**given)  # type: ignore[arg-type]


def leave(
    partnership: Partnership,
    slug: str = "libraries",
    code: str = "WCC",
    last: Quarter = Q1,
    **more: object,
) -> actions.Left:
    given: dict[str, object] = {
        "service": partnership.services[slug],
        "council": partnership.councils[code],
        "last_quarter": last,
        "source": " Full council, 3 July 2013. ",
        "by": partnership.people["programme.office"],
        "at": NOW,
        **more,
    }
    return actions.leave(**given)  # type: ignore[arg-type]


def spells(slug: str) -> Spells:
    """The service's own spells: council, first quarter and last."""
    return [
        (
            spell.council.code,
            spell.from_quarter.code,
            spell.to_quarter.code if spell.to_quarter else None,
        )
        for spell in Participation.objects.filter(service__slug=slug)
        .select_related("council")
        .order_by("council__code", "from_quarter")
    ]


def falls(quarter: Quarter) -> list[tuple[str | None, int]]:
    """What the rollup says about a quarter: pence by council."""
    return list(
        Fact.objects.filter(parent__period__quarter=quarter)
        .order_by("council__code")
        .values_list("council__code", "pence")
    )
