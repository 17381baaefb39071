"""All that the rollup holds, as plain rows without ids, so that two rollups can be compared."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from savings.returns.models import DirtyReturn
from savings.rollup.actions import roll_up_everything
from savings.rollup.models import Fact, RolledReturn, RollupState, Total
from tests.partnership import NOW

Books = dict[str, list[tuple[object, ...]]]


def books() -> Books:
    """Facts, totals in force, digests and state as they are now."""
    return {
        "facts": list(
            Fact.objects.order_by("entry_id", F("council__code").asc(nulls_first=True)).values_list(
                "entry_id", "parent_id", "council__code", "pence", "rule_id", "illustrative"
            )
        ),
        "totals": list(
            Total.objects.current()
            .order_by(
                "parent_id",
                "service__slug",
                "kind",
                F("council__code").asc(nulls_first=True),
                "recurrence",
                "nature",
            )
            .values_list(
                "parent_id",
                "quarter",
                "service__slug",
                "kind",
                "council__code",
                "recurrence",
                "nature",
                "pence",
                "entries",
                "illustrative",
            )
        ),
        "digests": list(RolledReturn.objects.order_by("parent_id").values_list("parent", "digest")),
        "state": list(RollupState.objects.values_list("version", "digest", "finished_at")),
    }


def books_from_the_entries() -> Books:
    """The same as a full rollup would make it; the rollup is then undone."""
    with transaction.atomic():
        roll_up_everything(at=NOW)
        found = books()
        transaction.set_rollback(True)
    return found


def waiting() -> list[str]:
    """The outbox: the council of each return in it, in the order marked."""
    return [
        dirty.parent.council_code
        for dirty in DirtyReturn.objects.select_related("parent__council").order_by("id")
    ]


def parts(slug: str = "library-service", kind: str = "saving") -> list[tuple[str | None, int]]:
    """The facts of a service and kind, by entry and council: whose, and how many pence."""
    return list(
        Fact.objects.filter(entry__service__slug=slug, entry__kind=kind)
        .order_by("entry_id", "council__code")
        .values_list("council__code", "pence")
    )
