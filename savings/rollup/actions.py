"""Keeps the rollup up to date: works out dirty returns, or everything, in one transaction.

Readers see the old version until the transaction commits and the new one afterwards.
A lock in the database lets only one rollup run at a time, so that running it twice,
late or in parallel changes nothing. A total that has not changed stays as it is. One
that has changed is retired, and the new one is added from the same moment. Amounts are
whole pence in Python integers, which do not overflow.
"""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection, transaction

from finance.periods import Quarter
from savings.formulas.delivered import AttributedSum, Delivered
from savings.formulas.reports import current_attribution
from savings.kit.copying import line_of, send
from savings.quarters.locks import wait_for_rollup
from savings.returns.models import DirtyReturn, Entry, Return
from savings.rollup.models import Fact, RolledReturn, RollupState
from savings.rollup.ways import CertifiedEntry, Grounds, Ways
from services.models import Service
from sovereignty.models import Council

#: Facts are written in batches of about this many rows, to limit memory.
BATCH = 50_000

_FACT_TABLE = "savings_fact"
_FACT_COLUMNS = ("entry_id", "parent_id", "council_id", "pence", "rule_id", "illustrative")
#: The new totals, until they are compared with those in force.
_WORKED_OUT = "worked_out_total"

#: What a total says, apart from its times, and the condition that two rows say the same,
#: written so that PostgreSQL can hash it (no id is 0).
_SAID = (
    "parent_id, quarter, service_id, council_id, kind, recurrence, nature, pence, entries, "
    "illustrative"
)
_THE_SAME = """
    t.parent_id = w.parent_id AND t.service_id = w.service_id
    AND coalesce(t.council_id, 0) = coalesce(w.council_id, 0) AND t.kind = w.kind
    AND t.recurrence = w.recurrence AND t.nature = w.nature
    AND t.quarter = w.quarter AND t.pence = w.pence AND t.entries = w.entries
    AND t.illustrative = w.illustrative
"""
# Made only from the two texts above.
_RETIRE = f"""
    UPDATE savings_total t SET until = %s
    WHERE t.until IS NULL AND (%s OR t.parent_id = ANY(%s))
      AND NOT EXISTS (SELECT 1 FROM {_WORKED_OUT} w WHERE {_THE_SAME})
"""  # nosec B608
_PUT_IN_FORCE = f"""
    INSERT INTO savings_total ({_SAID}, since)
    SELECT {_SAID}, %s FROM {_WORKED_OUT} w
    WHERE NOT EXISTS (
        SELECT 1 FROM savings_total t WHERE t.until IS NULL AND {_THE_SAME}
    )
    ORDER BY parent_id, service_id, council_id, kind, recurrence, nature
"""  # nosec B608

#: Savings and ongoing costs by the council they fall on, before the new totals are in force, less
#: what rules that reach back have divided: a claim stays as it fell.
_DELIVERED = f"""
    SELECT s.slug, t.quarter, c.code, t.kind, sum(t.pence), bool_or(t.illustrative)
    FROM (
        SELECT {_SAID} FROM savings_total
        WHERE until IS NULL AND NOT (%s OR parent_id = ANY(%s))
        UNION ALL
        SELECT {_SAID} FROM {_WORKED_OUT}
        UNION ALL
        SELECT f.parent_id, p.quarter, e.service_id, f.council_id, e.kind, e.recurrence, e.nature,
               -f.pence, 1, FALSE
        FROM savings_attributionrule r
        JOIN savings_fact f ON f.rule_id = r.id
        JOIN savings_entry e ON e.id = f.entry_id
        JOIN savings_return o ON o.id = f.parent_id
        JOIN savings_period p ON p.id = o.period_id
        WHERE r.reaches_back_until IS NOT NULL AND f.council_id IS NOT NULL
    ) t
    JOIN services_service s ON s.id = t.service_id
    JOIN sovereignty_council c ON c.id = t.council_id
    WHERE t.kind IN ('saving', 'ongoing_cost')
    GROUP BY s.slug, t.quarter, c.code, t.kind
"""  # nosec B608

#: How many of the columns below are an entry's own.
_OF_ITS_OWN = len(CertifiedEntry._fields) - 1

#: Each entry's own columns, in the order of `CertifiedEntry`, and then what decides how it
#: falls, in the order of `Grounds`.
_ENTRIES = """
    SELECT e.parent_id, e.id, (e.amount * 100)::bigint, p.quarter, e.recurrence, e.nature,
           s.slug, e.kind, e.scope, coalesce(corrected_period.quarter, p.quarter), c.code,
           e.cause, caused.code, array_to_string(e.tupe, ','), e.approval
    FROM savings_entry e
    JOIN savings_return r ON r.id = e.parent_id
    JOIN savings_period p ON p.id = r.period_id
    JOIN services_service s ON s.id = e.service_id
    LEFT JOIN sovereignty_council c ON c.id = r.council_id
    LEFT JOIN sovereignty_council caused ON caused.id = e.caused_by_id
    LEFT JOIN savings_entry corrected ON corrected.id = e.corrects_id
    LEFT JOIN savings_return corrected_return ON corrected_return.id = corrected.parent_id
    LEFT JOIN savings_period corrected_period ON corrected_period.id = corrected_return.period_id
    WHERE r.status = 'certified' AND r.id = ANY(%s) AND (e.kind = 'transition_cost') = %s
    ORDER BY e.parent_id, e.id
"""

#: Certified returns with claims on transition budgets that depend on what these returns
#: delivered: for the same service or one above, in their quarter or a later one.
_RESTING_ON = """
    WITH RECURSIVE touched(service_id, quarter) AS (
        SELECT DISTINCT e.service_id, p.quarter
        FROM savings_entry e
        JOIN savings_return r ON r.id = e.parent_id
        JOIN savings_period p ON p.id = r.period_id
        WHERE r.id = ANY(%s) AND e.kind IN ('saving', 'ongoing_cost')
        UNION
        SELECT s.parent_id, t.quarter FROM touched t JOIN services_service s ON s.id = t.service_id
        WHERE s.parent_id IS NOT NULL
    ), earliest AS (
        SELECT service_id, min(quarter) AS quarter FROM touched GROUP BY service_id
    )
    SELECT DISTINCT e.parent_id
    FROM savings_entry e
    JOIN earliest t ON t.service_id = e.service_id
    JOIN savings_return r ON r.id = e.parent_id
    JOIN savings_period p ON p.id = r.period_id
    LEFT JOIN savings_entry corrected ON corrected.id = e.corrects_id
    LEFT JOIN savings_return corrected_return ON corrected_return.id = corrected.parent_id
    LEFT JOIN savings_period corrected_period ON corrected_period.id = corrected_return.period_id
    WHERE e.approval <> '' AND e.kind = 'transition_cost' AND r.status = 'certified'
      AND coalesce(corrected_period.quarter, p.quarter) >= t.quarter
"""


@transaction.atomic
def roll_up_dirty(*, at: datetime) -> RollupState:
    """Work out the returns that the outbox names, and those that depend on them."""
    wait_for_rollup()
    dirty = dict(DirtyReturn.objects.values_list("id", "parent_id"))
    if not dirty:
        return _state()
    state = _state()
    moment = _moment(state, at)
    returns = set(dirty.values())
    _rewrite(sorted(returns | _resting_on(returns)), moment)
    DirtyReturn.objects.filter(id__in=list(dirty)).delete()
    return _switch(state, moment)


@transaction.atomic
def roll_up_everything(*, at: datetime) -> RollupState:
    """Work out every certified return from its entries, whatever the totals were before."""
    wait_for_rollup()
    dirty = list(DirtyReturn.objects.values_list("id", flat=True))
    state = _state()
    moment = _moment(state, at)
    _rewrite(
        list(
            Return.objects.filter(status=Return.Status.CERTIFIED)
            .order_by("id")
            .values_list("id", flat=True)
        ),
        moment,
        everything=True,
    )
    DirtyReturn.objects.filter(id__in=dirty).delete()
    return _switch(state, moment)


def _moment(state: RollupState, at: datetime) -> datetime:
    """When this rollup takes effect: never before the previous one, whatever the clock says."""
    return max(at, state.finished_at) if state.finished_at else at


@dataclass
class _Sum:
    pence: int = 0
    entries: int = 0
    illustrative: bool = False


@dataclass
class _Batch:
    """Rows waiting to be copied in, as lines of `savings.kit.copying`."""

    facts: io.StringIO = field(default_factory=io.StringIO)
    totals: io.StringIO = field(default_factory=io.StringIO)
    size: int = 0


class _Total(NamedTuple):
    """A total within a return: what falls on a council and is alike in all this."""

    service: str
    council: str | None
    kind: str
    recurrence: str
    nature: str


def _rewrite(returns: list[int], moment: datetime, *, everything: bool = False) -> None:
    for model in (Fact, RolledReturn):
        rows = model.objects.all() if everything else model.objects.filter(parent__in=returns)
        rows.delete()
    _lay_out()
    attribution = current_attribution()
    services = dict(Service.objects.values_list("slug", "id"))
    councils: dict[str | None, int | None] = {None: None}
    councils.update(Council.objects.values_list("code", "id"))
    seals: dict[int, Any] = defaultdict(hashlib.sha256)
    # Transition costs come last: how they fall may depend on how the others fall.
    for transition_costs in (False, True):
        if transition_costs and _any_claims(returns):
            attribution = attribution.knowing(_delivered(returns, everything=everything))
        ways = Ways(attribution)
        batch = _Batch()
        certified = _entries(returns, transition_costs)
        for parent_id, entries in groupby(certified, key=attrgetter("parent_id")):
            _add_return(parent_id, entries, ways, services, councils, batch, seals[parent_id])
            if batch.size >= BATCH:
                _copy_in(batch)
                batch = _Batch()
        _copy_in(batch)
    RolledReturn.objects.bulk_create(
        RolledReturn(parent_id=parent_id, digest=seal.hexdigest())
        for parent_id, seal in sorted(seals.items())
    )
    _put_in_force(returns, moment, everything=everything)


def _lay_out() -> None:
    """Make the table for the new totals. It is dropped at the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_WORKED_OUT} ON COMMIT DROP AS "  # nosec B608
            f"SELECT {_SAID} FROM savings_total WITH NO DATA"
        )


def _delivered(returns: list[int], *, everything: bool) -> Delivered:
    """What other returns delivered, and what these delivered as worked out so far."""
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERED, [everything, returns])
        return Delivered(
            AttributedSum(slug, Quarter.from_ordinal(quarter), code, kind, int(pence), made_up)
            for slug, quarter, code, kind, pence, made_up in cursor.fetchall()
        )


def _put_in_force(returns: list[int], moment: datetime, *, everything: bool) -> None:
    """Retire the totals that have changed, and add the new ones."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {_WORKED_OUT}")
        cursor.execute(_RETIRE, [moment, everything, returns])
        cursor.execute(_PUT_IN_FORCE, [moment])
        cursor.execute(f"DROP TABLE {_WORKED_OUT}")


def _resting_on(returns: set[int]) -> set[int]:
    """The certified returns whose claims depend on what these delivered.

    It is read during the rollup, because every change of figures goes through it and only one
    runs at a time: `docs/adr/0021-transition-costs-by-net-reduction.md`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RESTING_ON, [sorted(returns)])
        return {parent_id for (parent_id,) in cursor.fetchall()}


def _any_claims(returns: list[int]) -> bool:
    return Entry.objects.filter(parent__in=returns).exclude(approval="").exists()


def _entries(returns: list[int], transition_costs: bool) -> Iterator[CertifiedEntry]:
    # A cursor on the server, to limit memory.
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ENTRIES, [returns, transition_costs])
        while rows := cursor.fetchmany(10_000):
            for row in rows:
                grounds = Grounds._make(row[_OF_ITS_OWN:])
                yield CertifiedEntry._make((*row[:_OF_ITS_OWN], grounds))


def _add_return(
    parent_id: int,
    entries: Iterable[CertifiedEntry],
    ways: Ways,
    services: Mapping[str, int],
    councils: Mapping[str | None, int | None],
    batch: _Batch,
    seal: Any,
) -> None:
    sums: dict[_Total, _Sum] = defaultdict(_Sum)
    quarter = 0
    for entry in entries:
        quarter = entry.quarter
        grounds = entry.grounds
        way = ways.of(grounds)
        lines = []
        for code, part in way.parts(entry.pence):
            said = (entry.id, parent_id, councils[code], part, way.rule, way.illustrative)
            lines.append(line_of(said))
            of = _Total(grounds.service, code, grounds.kind, entry.recurrence, entry.nature)
            total = sums[of]
            total.pence += part
            total.entries += 1
            total.illustrative |= way.illustrative
        facts = "".join(lines)
        batch.facts.write(facts)
        batch.size += len(lines)
        seal.update(facts.encode())
    for of, total in sums.items():
        sum_ = (total.pence, total.entries, total.illustrative)
        place = (parent_id, quarter, services[of.service], councils[of.council])
        batch.totals.write(line_of((*place, of.kind, of.recurrence, of.nature, *sum_)))


def _copy_in(batch: _Batch) -> None:
    send(_FACT_TABLE, _FACT_COLUMNS, batch.facts)
    send(_WORKED_OUT, _SAID.split(", "), batch.totals)


def _state() -> RollupState:
    state = RollupState.objects.first()
    return state or RollupState(version=0, digest=_digest(), finished_at=None)


def _digest() -> str:
    """The hash of every rolled-up return's digest, in order of period and council."""
    seal = hashlib.sha256()
    for quarter, council, digest in RolledReturn.objects.order_by(
        "parent__period__quarter", "parent__council__code"
    ).values_list("parent__period__quarter", "parent__council__code", "digest"):
        seal.update(f"{quarter.code}:{council or ''}:{digest}\n".encode())
    return seal.hexdigest()


def _switch(state: RollupState, at: datetime) -> RollupState:
    digest = _digest()
    if digest != state.digest or not state.version:
        state.version += 1
        state.digest = digest
    state.finished_at = at
    state.save()
    return state
