"""Where the compared figures were published: lines of plans and the partnership's own entries.

Read only from the record, so the number of rows does not grow with what councils report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from finance.periods import FinancialYear, Quarter
from savings.plans.models import Plan, PlanLine
from savings.record.models import SourceDocument
from savings.returns.models import Entry, Return

#: The target for all services together that the councils set themselves later.
LATER_TARGET = "overall-target-2013"


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a document, and the names of the figures there.

    `title` is the document's title, or its code if the record does not have it.
    """

    figures: tuple[str, ...]
    provenance: str
    document: str
    title: str
    place: str


@dataclass(frozen=True, slots=True)
class PublishedLine:
    """One delivered amount, in pence, that was published for the partnership, and where."""

    entry: int
    service: str
    amount: int
    provenance: str
    document: str
    title: str
    place: str


@dataclass(frozen=True, slots=True)
class Target:
    """A plan's pence a year from `year` on, with its sources."""

    plan: Plan
    year: FinancialYear
    amount: int
    sources: tuple[Source, ...]


def document_titles() -> dict[str, str]:
    """The title of every document of the record, by code: one query."""
    return dict(SourceDocument.objects.values_list("code", "title"))


def promised_lines(plan: Plan, year: FinancialYear) -> list[PlanLine]:
    """A plan's lines for a year, in the order of the services: one query.

    To be shown, not added up: one that is inside another is among them.
    """
    lines = PlanLine.objects.filter(plan=plan, year=year.code)
    lines = lines.select_related("service", "council", "inside")
    return list(lines.order_by("service__position", "id"))


def published_lines(
    to: Quarter | None, services: Collection[str] | None, titles: Mapping[str, str]
) -> list[PublishedLine]:
    """Savings of the partnership's own certified returns, to the end of a quarter: one query.

    `services` limits them to those slugs. An entry's evidence says its place, after the
    code of the document.
    """
    entries = Entry.objects.filter(
        kind=Entry.Kind.SAVING,
        parent__council__isnull=True,
        parent__status=Return.Status.CERTIFIED,
    )
    if services is not None:
        entries = entries.filter(service__slug__in=services)
    entries = entries.filter(parent__period__quarter__lte=to) if to else entries.none()
    return [
        PublishedLine(
            entry=entry.id,
            service=entry.service.name,
            amount=entry.pence,
            provenance=entry.provenance,
            document=entry.parent.published_in,
            title=titles.get(entry.parent.published_in, entry.parent.published_in),
            place=entry.evidence.removeprefix(f"{entry.parent.published_in}: "),
        )
        for entry in entries.select_related("service", "parent").order_by("service__position", "id")
    ]


def sources_of_lines(lines: Iterable[PlanLine], titles: Mapping[str, str]) -> list[Source]:
    """The lines' sources, each once, in the order of the lines."""
    return _grouped(
        (((line.provenance, line.document, line.place), line.label) for line in lines), titles
    )


def sources_of_published(lines: Iterable[PublishedLine]) -> list[Source]:
    """The published lines' sources, each once, in the order of the lines."""
    lines = list(lines)
    return _grouped(
        (((line.provenance, line.document, line.place), line.service) for line in lines),
        {line.document: line.title for line in lines},
    )


def later_target(titles: Mapping[str, str]) -> Target | None:
    """The overall target that came after the proposals, if the record holds it: one query."""
    lines = list(
        PlanLine.objects.counted()
        .filter(plan__code=LATER_TARGET)
        .select_related("plan", "service")
        .order_by("year", "id")
    )
    if not lines:
        return None
    first = lines[0]
    in_year = [line for line in lines if line.year == first.year]
    return Target(
        plan=first.plan,
        year=FinancialYear.parse(first.year),
        amount=sum(line.middle_pence for line in in_year),
        sources=tuple(sources_of_lines(in_year, titles)),
    )


def _grouped(
    found: Iterable[tuple[tuple[str, str, str], str]], titles: Mapping[str, str]
) -> list[Source]:
    places: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for place, figure in found:
        places[place].append(figure)
    return [
        Source(
            figures=tuple(dict.fromkeys(figures)),
            provenance=provenance,
            document=document,
            title=titles.get(document, document),
            place=place,
        )
        for (provenance, document, place), figures in places.items()
    ]
