"""The register as a person reads it: each driver, its values by council, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from finance.periods import Quarter
from savings.agreements.unanimous import in_force_and_waiting
from savings.drivers.models import Driver, DriverValue, Restatement, Tolerance
from savings.kit.provenance import Provenance
from sovereignty.models import Council


@dataclass(frozen=True, slots=True)
class Change:
    """A driver's values from one quarter on: what is new in it, and which values hold by then.

    `holds` is by council, in the order of `councils`; None if it has none yet.
    """

    quarter: Quarter
    given: tuple[DriverValue, ...]
    holds: tuple[DriverValue | None, ...]


@dataclass(frozen=True, slots=True)
class History:
    driver: Driver
    councils: tuple[Council, ...]
    changes: tuple[Change, ...]
    restatements: tuple[Restatement, ...]

    @property
    def restated(self) -> dict[int, Restatement]:
        """The latest restatement of each value that has one, by the value's id."""
        return {each.restates_id: each for each in self.restatements}

    @property
    def illustrative(self) -> bool:
        return any(
            value.provenance == Provenance.ILLUSTRATIVE
            for change in self.changes
            for value in change.given
        )

    @property
    def latest(self) -> tuple[DriverValue | None, ...]:
        return self.changes[-1].holds if self.changes else tuple(None for _ in self.councils)


def drivers() -> QuerySet[Driver]:
    """Every driver with how many values and rules it has: one query."""
    return Driver.objects.annotate(
        value_count=Count("values", distinct=True), rule_count=Count("rules", distinct=True)
    )


def history(driver: Driver) -> History:
    """A driver's values from the first quarter on: three queries."""
    councils = tuple(Council.objects.all())
    values = list(
        driver.values.select_related("council").order_by("effective_from", "council__code")
    )
    return History(
        driver,
        councils,
        tuple(_changes(values, councils)),
        tuple(restatements().filter(restates__driver=driver)),
    )


def restatements() -> QuerySet[Restatement]:
    """Every restatement with all that is needed to show it, in the order they were made."""
    return Restatement.objects.select_related(
        "restates__driver", "restates__council", "stated_by"
    ).order_by("stated_at", "id")


def tolerances_of(councils: Iterable[str]) -> tuple[Tolerance | None, tuple[Tolerance, ...]]:
    """The tolerance in force (the latest that every council has agreed to), and those that wait.

    Two queries.
    """
    tolerances = Tolerance.objects.with_consents().order_by("-id")
    return in_force_and_waiting(tolerances, councils)


def _changes(values: Sequence[DriverValue], councils: Sequence[Council]) -> list[Change]:
    holds: dict[int, DriverValue] = {}
    changes = []
    for quarter in sorted({value.effective_from for value in values}):
        given = tuple(value for value in values if value.effective_from == quarter)
        holds.update({value.council_id: value for value in given})
        changes.append(Change(quarter, given, tuple(holds.get(council.id) for council in councils)))
    return changes
