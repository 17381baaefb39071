"""What is certified, in words, and what is new in a return since the last certified one.

The statement that a section 151 officer reads and confirms is the one that the event keeps:
both come from `statement_of`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Sum

from finance.money import to_pence
from savings.returns.models import Entry, Return
from savings.returns.reports import Sums, sums_of


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody states by certifying: an opening and its points."""

    opening: str
    points: tuple[str, ...]

    def as_text(self) -> str:
        return "\n".join([self.opening, *(f"- {point}" for point in self.points)])


def statement_of(parent: Return) -> Statement:
    """The statement about this council's return for this quarter. Reads no entry."""
    council = parent.council.full_name if parent.council else "the partnership"
    quarter = parent.quarter
    span = (
        f"{quarter.first_day.day} {quarter.first_day:%B %Y} to "
        f"{quarter.last_day.day} {quarter.last_day:%B %Y}"
    )
    return Statement(
        opening=f"As section 151 officer or deputy of {council} I certify version "
        f"{parent.version} of its return for {quarter.label}. I have read its entries and "
        "totals, and to the best of my knowledge:",
        points=(
            f"they agree with the council's accounts for {span}",
            "each saving has been made, is reported once, and the evidence for it is held",
            "the costs of making the savings, and any variances, are reported in full",
            "what I and others asked about its lines has been answered",
        ),
    )


@dataclass(frozen=True, slots=True)
class KindChange:
    """The pence of a kind in the return and in the last certified one; None for no entry."""

    label: str
    now: int | None
    before: int | None
    illustrative: int

    @property
    def change(self) -> int:
        return (self.now or 0) - (self.before or 0)


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """The entries of one service and kind, added up, in pence."""

    service: str
    kind: str
    amount: int
    entries: int


@dataclass(frozen=True, slots=True)
class SinceLast:
    """A return beside the council's last certified one before it.

    `last` is None if there is none. `new` are the services and kinds that only this return reports,
    `gone` those that only the last did.
    """

    last: Return | None
    kinds: tuple[KindChange, ...]
    new: tuple[ServiceKind, ...]
    gone: tuple[ServiceKind, ...]


def since_last_certified(parent: Return, sums: Sums) -> SinceLast:
    """What is new: four queries, however long the returns are."""
    last = (
        Return.objects.filter(
            council=parent.council_id,
            status=Return.Status.CERTIFIED,
            period__quarter__lt=parent.quarter,
        )
        .select_related("council", "period")
        .order_by("-period__quarter")
        .first()
    )
    if last is None:
        return SinceLast(None, _changes(sums, None), (), ())
    now, before = _by_service(parent), _by_service(last)
    return SinceLast(
        last,
        _changes(sums, sums_of([last.id])[last.id]),
        _only(now, before),
        _only(before, now),
    )


def _changes(now: Sums, before: Sums | None) -> tuple[KindChange, ...]:
    earlier = {kind.kind: kind.amount for kind in before.kinds} if before else {}
    return tuple(
        KindChange(kind.label, kind.amount, earlier.get(kind.kind), kind.illustrative)
        for kind in now.kinds
    )


_Key = tuple[int, str]


def _by_service(parent: Return) -> dict[_Key, ServiceKind]:
    labels = dict(Entry.Kind.choices)
    return {
        (service, kind): ServiceKind(name, labels[kind], to_pence(amount), entries)
        for service, name, kind, amount, entries in parent.entries.order_by(
            "kind", "service__position", "service__name"
        )
        .values("service", "service__name", "kind")
        .annotate(sum=Sum("amount"), count=Count("id"))
        .values_list("service", "service__name", "kind", "sum", "count")
    }


def _only(these: dict[_Key, ServiceKind], those: Iterable[_Key]) -> tuple[ServiceKind, ...]:
    known = set(those)
    kinds = list(dict(Entry.Kind.choices).values())
    return tuple(
        sorted(
            (found for key, found in these.items() if key not in known),
            key=lambda found: kinds.index(found.kind),
        )
    )
