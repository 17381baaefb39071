"""Reading the rollup: its state, and its totals."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection, transaction
from django.db.models import BooleanField, Exists, F, OuterRef, Q, Sum
from django.db.models.aggregates import Aggregate
from django.db.models.lookups import IsNull

from finance.periods import Quarter
from savings.formulas.delivered import COUNTED, AttributedSum, Delivered
from savings.formulas.models import AttributionRule
from savings.quarters.locks import ROLLUP
from savings.returns.models import DirtyReturn, Entry, Return
from savings.rollup.models import Fact, RollupState, Total
from services.tree import ServiceTree


class AnyOf(Aggregate):
    """Whether it is true for any row: PostgreSQL's bool_or."""

    function = "bool_or"
    output_field = BooleanField()


@contextmanager
def one_version() -> Iterator[None]:
    """Read one version with several queries, even if a rollup finishes in between.

    Does nothing inside another transaction, which decides this for itself.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@dataclass(frozen=True, slots=True)
class AttributedRow:
    """One group's amount in pence. Fields that it is not grouped by have None."""

    council: str | None
    service: str | None
    quarter: Quarter | None
    amount: int
    illustrative: bool


@dataclass(frozen=True, slots=True)
class Attributed:
    """Certified pence of one kind: `total` is the sum of `rows` plus `unattributed`."""

    kind: str
    total: int
    unattributed: int
    rows: tuple[AttributedRow, ...]


#: What amounts can be grouped by, and the field that holds it.
GROUPS = {"council": "council__code", "service": "service__slug", "period": "quarter"}


def attributed(
    *,
    kind: str,
    group_by: Sequence[str],
    first: Quarter | None = None,
    last: Quarter | None = None,
    services: Collection[str] | None = None,
    as_at: datetime | None = None,
) -> Attributed:
    """Certified amounts of a kind by council, service and period, in that order.

    `group_by` names any of `GROUPS`. `services` are slugs and must include the services
    below. With `as_at` the amounts are as they stood then, otherwise as they are now. One
    query, which reads only the rollup's totals.
    """
    totals = Total.objects.as_at(as_at).filter(kind=kind)
    if first is not None:
        totals = totals.filter(quarter__gte=first)
    if last is not None:
        totals = totals.filter(quarter__lte=last)
    if services is not None:
        totals = totals.filter(service__slug__in=services)
    fields = [GROUPS[name] for name in GROUPS if name in group_by]
    rows: list[AttributedRow] = []
    unattributed = 0
    # Both in one query: a rollup that ends between two would be counted twice or not at all.
    for group in (
        totals.order_by(*fields)
        .values(*fields, on_no_council=IsNull(F("council"), True))
        .annotate(sum=Sum("pence"), marked=AnyOf("illustrative"))
    ):
        amount = group["sum"]
        if group["on_no_council"]:
            unattributed += amount
            continue
        rows.append(
            AttributedRow(
                council=group.get("council__code"),
                service=group.get("service__slug"),
                quarter=group.get("quarter"),
                amount=amount,
                illustrative=group["marked"],
            )
        )
    return Attributed(
        kind=kind,
        total=sum((row.amount for row in rows), unattributed),
        unattributed=unattributed,
        rows=tuple(rows),
    )


def delivered(services: Collection[str] | None = None, last: Quarter | None = None) -> Delivered:
    """Savings and ongoing costs as they fell, to share costs by net reduction: three queries.

    `services` are slugs and must include the services below; None means all. Reads the
    latest rollup, less what rules that reach back have divided: a claim stays as it fell.
    """
    totals = Total.objects.current().filter(kind__in=COUNTED, council__isnull=False)
    if services is not None:
        totals = totals.filter(service__slug__in=services)
    if last is not None:
        totals = totals.filter(quarter__lte=last)
    sums = [
        AttributedSum(*row)
        for row in totals.order_by()
        .values("service__slug", "quarter", "council__code", "kind")
        .annotate(sum=Sum("pence"), marked=AnyOf("illustrative"))
        .values_list("service__slug", "quarter", "council__code", "kind", "sum", "marked")
    ]
    return Delivered([*sums, *_reached_back(services, last)])


def _reached_back(
    services: Collection[str] | None, last: Quarter | None
) -> Iterator[AttributedSum]:
    """What rules that reach back have divided, to be taken off what was delivered."""
    rules = list(
        AttributionRule.objects.filter(reaches_back_until__isnull=False).values_list(
            "id", flat=True
        )
    )
    if not rules:
        return
    facts = Fact.objects.filter(rule_id__in=rules, council__isnull=False, entry__kind__in=COUNTED)
    if services is not None:
        facts = facts.filter(entry__service__slug__in=services)
    if last is not None:
        facts = facts.filter(parent__period__quarter__lte=last)
    for slug, quarter, code, kind, pence in (
        facts.order_by()
        .values("entry__service__slug", "parent__period__quarter", "council__code", "entry__kind")
        .annotate(sum=Sum("pence"))
        .values_list(
            "entry__service__slug",
            "parent__period__quarter",
            "council__code",
            "entry__kind",
            "sum",
        )
    ):
        yield AttributedSum(slug, quarter, code, kind, -pence)


@dataclass(frozen=True, slots=True)
class RollupStanding:
    """`state` is current, pending (something waits) or running; `version` counts changes.

    `since` is how long the oldest waits for that is not in the totals yet.
    """

    state: str
    version: int
    digest: str
    finished_at: datetime | None
    since: datetime | None = None


def standing() -> RollupStanding:
    """The state of the rollup: two queries."""
    state = RollupState.objects.first()
    is_running, since = _at_work()
    if is_running:
        name = "running"
    elif since is not None:
        name = "pending"
    else:
        name = "current"
    return RollupStanding(
        state=name,
        version=state.version if state else 0,
        digest=state.digest if state else "",
        finished_at=state.finished_at if state else None,
        since=since,
    )


@dataclass(frozen=True, slots=True)
class BeingAdded:
    """A certified return of which no total holds anything yet.

    `council` is its code, None for the partnership's own; `shared` the services of which
    it reports something as shared, which may fall on other councils.
    """

    council: str | None
    name: str
    quarter: Quarter
    certified_at: datetime
    shared: frozenset[str]

    def may_fall_on(self, council: str, tree: ServiceTree) -> bool:
        """Whether anything of it may fall on a council: its own, or what it shares in."""
        return self.council == council or any(
            council in tree.participants(slug, self.quarter) for slug in self.shared
        )


def being_added(to: Quarter) -> tuple[BeingAdded, ...]:
    """The certified returns of quarters to `to` that wait for their first rollup: one query."""
    waits = Exists(DirtyReturn.objects.filter(parent=OuterRef("pk")))
    found = (
        Return.objects.filter(
            waits, status=Return.Status.CERTIFIED, rolled__isnull=True, period__quarter__lte=to
        )
        .order_by("period__quarter", "council__code")
        .annotate(
            shared=ArrayAgg(
                "entries__service__slug",
                filter=Q(entries__scope=Entry.Scope.SHARED),
                distinct=True,
                default=[],
            )
        )
        .values_list("council__code", "council__name", "period__quarter", "certified_at", "shared")
    )
    return tuple(
        BeingAdded(code, name or "The partnership", quarter, at, frozenset(shared))
        for code, name, quarter, at, shared in found
        if at is not None
    )


def _at_work() -> tuple[bool, datetime | None]:
    """Whether a rollup is running, and since when the oldest return waits for one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND classid = 0 AND objid = %s AND objsubid = 1), "
            "(SELECT min(marked_at) FROM savings_dirtyreturn)",
            [ROLLUP],
        )
        return cursor.fetchone()
