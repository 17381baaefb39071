"""Loads the record into the database: all of it or none. A second load changes nothing.

What the files name is made, or corrected in place with the same id. Figures, lines
and differences that they no longer name are removed. Whatever people have added
(other services, participants, plans, returns) is left as it is. The partnership's
own return is certified once, from the document that published it, and never changes
after that: files with other figures are refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, models, transaction
from psycopg2.errors import RestrictViolation

from audit.models import Event
from savings.plans.models import Plan, PlanLine
from savings.quarters.locks import change_basis
from savings.record.delivery import load_delivery
from savings.record.drivers import load_drivers
from savings.record.footing import Difference, foot, reconcile
from savings.record.imports import Record, RecordError, ServiceRow, lines_called
from savings.record.models import Figure, FootingDifference, RecordTable, SourceDocument
from savings.returns.models import DirtyReturn, Return
from services.models import Participation, Service, ServiceState
from services.tree import Spell, StateSpell
from sovereignty.models import Council

_CATEGORIES = {
    "tri-borough": "Proposed for sharing in February 2011.",
    "under-consideration": "Still under consideration in February 2011.",
    "joint-procurement-later": "In February 2011 thought to suit joint procurement later.",
    "two-borough-first": "In February 2011 thought to suit two boroughs first.",
    "not-recommended": "Not recommended for sharing in February 2011.",
}
CLOSED = (
    "The record changes where a service is, who takes part in it or its state in a quarter that is "
    "closed and has certified figures, which stand. Make the change from a later quarter on."
)
M = TypeVar("M", bound=models.Model)
S = TypeVar("S", Participation, ServiceState)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the record now holds, and whether this load made the partnership's return."""

    documents: int
    tables: int
    figures: int
    differences: int
    services: int
    drivers: int
    plan_lines: int
    certified: bool


@transaction.atomic
def load(record: Record, *, at: datetime) -> Loaded:
    """Make the database match the record; `at` is the time of the audit event.

    If that changes who shares what, every certified return is marked for the rollup.
    Raises RecordError if the partnership's certified return, or what a closed quarter's
    figures depend on, would have to change; FootingError if a check can't be worked out.
    """
    change_basis()
    documents = _documents(record)
    tables = _tables(record, documents)
    _figures(record, tables)
    differences = _differences(record, tables)
    councils = _councils(record)
    before = _who_shares_what()
    try:
        services = _services(record)
        _participation(record, services, councils)
        _states(record, services)
    except IntegrityError as error:
        if isinstance(error.__cause__, RestrictViolation):
            raise RecordError([CLOSED]) from error
        raise
    if _who_shares_what() != before:
        _mark_everything(at)
    _plans(record, services, councils)
    # Before the partnership's return closes its quarter: drivers are of earlier years.
    drivers = load_drivers(record, councils, at)
    certified = load_delivery(record, services, at)
    return Loaded(
        documents=len(documents),
        tables=len(tables),
        figures=len(record.figures),
        differences=differences,
        services=len(services),
        drivers=drivers,
        plan_lines=len(record.plan_lines),
        certified=certified,
    )


def _upsert(
    manager: models.Manager[M], rows: Iterable[M], *, unique: Sequence[str], update: Sequence[str]
) -> list[M]:
    """Insert the rows, or update those that exist already (by the `unique` fields)."""
    return manager.bulk_create(
        rows, update_conflicts=True, unique_fields=unique, update_fields=update
    )


def _only(standing: models.QuerySet[M], rows: Iterable[M]) -> None:
    """Remove all but these rows: the record no longer names the others."""
    standing.exclude(pk__in=[row.pk for row in rows]).delete()


def _documents(record: Record) -> dict[str, SourceDocument]:
    rows = _upsert(
        SourceDocument.objects,
        (
            SourceDocument(
                code=row.code,
                title=row.title,
                publisher=row.publisher,
                published=row.published,
                note=row.note,
            )
            for row in record.documents
        ),
        unique=["code"],
        update=["title", "publisher", "published", "note"],
    )
    return {row.code: row for row in rows}


def _tables(record: Record, documents: dict[str, SourceDocument]) -> dict[str, RecordTable]:
    rows = _upsert(
        RecordTable.objects,
        (
            RecordTable(
                code=row.code,
                document=documents[row.document],
                title=row.title,
                place=row.place,
                note=row.note,
                position=position,
            )
            for position, row in enumerate(record.tables)
        ),
        unique=["code"],
        update=["document", "title", "place", "note", "position"],
    )
    _only(RecordTable.objects.all(), rows)
    _only(SourceDocument.objects.all(), documents.values())
    return {row.code: row for row in rows}


def _figures(record: Record, tables: dict[str, RecordTable]) -> None:
    rows = _upsert(
        Figure.objects,
        (
            Figure(
                table=tables[row.cell.table],
                section=row.cell.section,
                row=row.cell.row,
                column=row.cell.column,
                printed=row.cell.printed,
                value=row.cell.value,
                unit=row.cell.unit,
                total=row.cell.total,
                provenance=row.provenance,
                derivation=row.derivation,
                place=row.place,
                note=row.note,
                position=position,
            )
            for position, row in enumerate(record.figures)
        ),
        unique=["table", "section", "row", "column"],
        update=[
            "printed",
            "value",
            "unit",
            "total",
            "provenance",
            "derivation",
            "place",
            "note",
            "position",
        ],
    )
    _only(Figure.objects.all(), rows)


def _differences(record: Record, tables: dict[str, RecordTable]) -> int:
    result = reconcile(foot(record.cells(), record.checks), record.known)

    def row(difference: Difference, listed: bool, position: int) -> FootingDifference:
        return FootingDifference(
            code=difference.code,
            table=tables[difference.table],
            what=difference.what,
            printed=difference.printed,
            derived=difference.derived,
            difference=difference.difference,
            unit=difference.unit,
            reason=difference.reason,
            listed=listed,
            position=position,
        )

    found = [(item, True) for item in result.listed] + [(item, False) for item in result.unlisted]
    rows = _upsert(
        FootingDifference.objects,
        (row(item, listed, position) for position, (item, listed) in enumerate(found)),
        unique=["code"],
        update=[
            "table",
            "what",
            "printed",
            "derived",
            "difference",
            "unit",
            "reason",
            "listed",
            "position",
        ],
    )
    _only(FootingDifference.objects.all(), rows)
    return len(rows)


def _councils(record: Record) -> dict[str, Council]:
    rows = _upsert(
        Council.objects,
        (Council(code=row.code, name=row.name, full_name=row.full_name) for row in record.councils),
        unique=["code"],
        update=["name", "full_name"],
    )
    return {row.code: row for row in rows}


#: What the events of a service say that people have settled, which the record leaves alone.
_SETTLED_BY_PEOPLE = {
    "service added": ("name", "parent", "description"),
    "service renamed": ("name",),
    "service described": ("description",),
    "service moved": ("parent",),
}


def _services(record: Record) -> dict[str, Service]:
    """Make the services match the record, but not in what people have settled about them."""
    made: dict[str, Service] = {}
    settled: dict[str, set[str]] = defaultdict(set)
    events = Event.objects.filter(subject="service", action__in=_SETTLED_BY_PEOPLE)
    for slug, action in events.values_list("subject_id", "action"):
        settled[slug].update(_SETTLED_BY_PEOPLE[action])
    standing = {each.slug: each for each in Service.objects.filter(slug__in=settled)}
    for level in record.levels():
        found = []
        for position, row in level:
            service = Service(
                slug=row.slug,
                name=row.name,
                parent=made[row.parent] if row.parent else None,
                position=position,
                description=_description(row, record),
            )
            for name in settled[row.slug]:
                setattr(service, name, getattr(standing[row.slug], name))
            found.append(service)
        rows = _upsert(
            Service.objects,
            found,
            unique=["slug"],
            update=["name", "parent", "position", "description"],
        )
        made |= {row.slug: row for row in rows}
    return made


def _description(row: ServiceRow, record: Record) -> str:
    notes = dict.fromkeys(spell.note for spell in record.participation if spell.service == row.slug)
    return " ".join(filter(None, (row.description, _CATEGORIES.get(row.category, ""), *notes)))


def _participation(
    record: Record, services: dict[str, Service], councils: dict[str, Council]
) -> None:
    titles = {document.code: document.title for document in record.documents}
    _spells(
        Participation,
        (
            Participation(
                service=services[row.service],
                council=councils[row.council],
                from_quarter=row.from_quarter,
                to_quarter=row.to_quarter,
                source=f"{titles[row.document]}: {row.place}",
            )
            for row in record.participation
        ),
        update=["source"],
    )


def _states(record: Record, services: dict[str, Service]) -> None:
    titles = {document.code: document.title for document in record.documents}
    _spells(
        ServiceState,
        (
            ServiceState(
                service=services[row.service],
                state=row.state,
                from_quarter=row.from_quarter,
                to_quarter=row.to_quarter,
                settled_by=row.settled_by,
                document=titles[row.document],
                place=row.place,
                note=row.note,
            )
            for row in record.states
        ),
        update=["state", "settled_by", "document", "place", "note"],
    )


def _spells(model: type[S], rows: Iterable[S], *, update: Sequence[str]) -> None:
    """Make what is new and bring up to date what begins in the same quarter, as people ended it.

    A council that has since left stays out when the record is loaded again. Where people have
    recorded something else for a quarter of the row, that stands and the row is left out. What
    is new is made in one statement: the database compares who shared closed quarters before
    and after each.
    """
    standing: dict[object, list[S]] = defaultdict(list)
    for kept in model.objects.all():
        standing[_whose(kept)].append(kept)
    new = []
    for row in rows:
        others = standing[_whose(row)]
        same = next((each for each in others if each.from_quarter == row.from_quarter), None)
        if same is not None:
            said = {name: getattr(row, name) for name in update}
            if said != {name: getattr(same, name) for name in update}:
                model.objects.filter(pk=same.pk).update(**said)
        elif not any(_overlap(each, row) for each in others):
            new.append(row)
    model.objects.bulk_create(new)


def _whose(row: Participation | ServiceState) -> tuple[int, int | None]:
    """The service that a row is of, and the council whose participation it is."""
    return row.service_id, row.council_id if isinstance(row, Participation) else None


def _overlap(one: Participation | ServiceState, other: Participation | ServiceState) -> bool:
    first, second = sorted((one, other), key=lambda row: row.from_quarter)
    return first.to_quarter is None or second.from_quarter <= first.to_quarter


def _who_shares_what() -> dict[str, tuple[str | None, frozenset[Spell], frozenset[StateSpell]]]:
    """What attribution reads from the tree: the service above each, who takes part, its states."""
    return {
        slug: (node.parent, frozenset(node.participation), frozenset(node.states))
        for slug, node in Service.objects.tree().nodes.items()
    }


def _mark_everything(at: datetime) -> None:
    DirtyReturn.objects.bulk_create(
        DirtyReturn(parent=parent, marked_at=at)
        for parent in Return.objects.filter(status=Return.Status.CERTIFIED)
    )


def _plans(record: Record, services: dict[str, Service], councils: dict[str, Council]) -> None:
    plans = _upsert(
        Plan.objects,
        (
            Plan(
                code=row.code,
                name=row.name,
                description=row.description,
                kind=row.kind,
                source=row.document,
                adopted=row.adopted,
                position=position,
            )
            for position, row in enumerate(record.plans)
        ),
        unique=["code"],
        update=["name", "description", "kind", "source", "adopted", "position"],
    )
    by_code = {plan.code: plan for plan in plans}
    lines = _upsert(
        PlanLine.objects,
        (
            PlanLine(
                plan=by_code[row.plan],
                label=row.label,
                service=services[row.service] if row.service else None,
                council=councils[row.council] if row.council else None,
                category=row.category,
                year=row.year.code,
                low=row.low,
                middle=row.middle,
                high=row.high,
                cost=row.cost,
                basis=row.basis,
                phasing=row.phasing,
                derivation=row.derivation,
                provenance=row.provenance,
                document=row.document,
                place=row.place,
                note=row.note,
            )
            for row in record.plan_lines
        ),
        unique=["plan", "year", "label", "service", "council"],
        update=[
            "category",
            "low",
            "middle",
            "high",
            "cost",
            "basis",
            "phasing",
            "derivation",
            "provenance",
            "document",
            "place",
            "note",
        ],
    )
    _inside(record, lines)
    _only(PlanLine.objects.filter(plan__in=plans), lines)


def _inside(record: Record, lines: Sequence[PlanLine]) -> None:
    """Put each line inside the one that its row names; the lines are in the order of the rows."""
    around = {
        line.pk: lines[lines_called(record.plan_lines, row)[0]].pk
        for line, row in zip(lines, record.plan_lines, strict=True)
        if row.inside
    }
    standing = dict(
        PlanLine.objects.filter(pk__in=[line.pk for line in lines]).values_list("pk", "inside")
    )
    changed = [pk for pk, inside in standing.items() if inside != around.get(pk)]
    # First out of the old, so that lines which change places pass through no circle.
    PlanLine.objects.filter(pk__in=changed).update(inside=None)
    for pk in changed:
        if pk in around:
            PlanLine.objects.filter(pk=pk).update(inside=around[pk])
