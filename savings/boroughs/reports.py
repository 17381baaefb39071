"""Reading a council's figures: certified amounts attributed to it, and the entries behind.

Everything here is certified. What was published for the partnership alone is not
divided between councils, so it is in no council's figures; `not_attributed` says
how much that is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from finance.money import from_pence
from finance.periods import Quarter
from savings.returns.models import PARTNERSHIP, Entry
from savings.rollup.models import Fact, Total
from savings.rollup.reports import AnyOf
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A service's amount of one kind for the council: the quarter, its year, and all to date."""

    area: str
    service: str
    service_name: str
    kind: str
    quarter: Decimal
    year_to_date: Decimal
    to_date: Decimal
    illustrative: bool


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One certified entry of the quarter and the part of it that falls on the council."""

    entry: int
    reported_by: str
    service: str
    service_name: str
    kind: str
    scope: str
    amount: Decimal
    attributed: Decimal
    recurrence: str
    nature: str
    rule: int | None
    illustrative: bool
    evidence: str
    note: str


@dataclass(frozen=True, slots=True)
class BoroughFigures:
    """A council's certified figures for a quarter, every total a plain sum of its lines."""

    council: Council
    quarter: Quarter
    lines: tuple[FigureLine, ...]
    entries: tuple[EntryLine, ...]
    not_attributed: Decimal

    def total(self, kind: str) -> FigureLine:
        """All services of one kind added up."""
        lines = [line for line in self.lines if line.kind == kind]
        nil = Decimal("0.00")
        return FigureLine(
            area="",
            service="",
            service_name="All services",
            kind=kind,
            quarter=sum((line.quarter for line in lines), nil),
            year_to_date=sum((line.year_to_date for line in lines), nil),
            to_date=sum((line.to_date for line in lines), nil),
            illustrative=any(line.illustrative for line in lines),
        )

    @property
    def kinds(self) -> list[str]:
        """The kinds that have figures, in the order of the contract."""
        present = {line.kind for line in self.lines}
        return [kind for kind in Entry.Kind.values if kind in present]

    @property
    def illustrative(self) -> bool:
        return any(line.illustrative for line in self.lines)


def figures_of(council: Council, quarter: Quarter) -> BoroughFigures:
    """A council's certified figures to the end of a quarter: seven queries."""
    tree = Service.objects.tree()
    unattributed = Total.objects.filter(
        council__isnull=True, kind=Entry.Kind.SAVING, quarter__lte=quarter
    ).aggregate(sum=Sum("pence"))["sum"]
    return BoroughFigures(
        council=council,
        quarter=quarter,
        lines=_lines(tree, council, quarter),
        entries=_entries(tree, council, quarter),
        not_attributed=from_pence(unattributed or 0),
    )


def _lines(tree: ServiceTree, council: Council, quarter: Quarter) -> tuple[FigureLine, ...]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    marked: set[tuple[str, str]] = set()
    for slug, kind, in_quarter, pence, illustrative in (
        Total.objects.filter(council=council, quarter__lte=quarter)
        .values_list("service__slug", "kind", "quarter")
        .annotate(sum=Sum("pence"), marked=AnyOf("illustrative"))
    ):
        amounts = sums[slug, kind]
        amounts[2] += pence
        if in_quarter.year == quarter.year:
            amounts[1] += pence
        if in_quarter == quarter:
            amounts[0] += pence
        if illustrative:
            marked.add((slug, kind))
    order = {node.slug: position for position, (node, _) in enumerate(tree.walk())}
    kinds = {kind: position for position, kind in enumerate(Entry.Kind.values)}
    return tuple(
        FigureLine(
            area=tree.programme(slug),
            service=slug,
            service_name=tree.nodes[slug].name,
            kind=kind,
            quarter=from_pence(amounts[0]),
            year_to_date=from_pence(amounts[1]),
            to_date=from_pence(amounts[2]),
            illustrative=(slug, kind) in marked,
        )
        for (slug, kind), amounts in sorted(
            sums.items(), key=lambda item: (order[item[0][0]], kinds[item[0][1]])
        )
    )


def _entries(tree: ServiceTree, council: Council, quarter: Quarter) -> tuple[EntryLine, ...]:
    facts = (
        Fact.objects.filter(council=council, parent__period__quarter=quarter)
        .select_related("entry__service", "parent__council")
        .order_by("entry_id")
    )
    return tuple(
        EntryLine(
            entry=fact.entry_id,
            reported_by=fact.parent.council.code if fact.parent.council else PARTNERSHIP,
            service=fact.entry.service.slug,
            service_name=fact.entry.service.name,
            kind=fact.entry.kind,
            scope=fact.entry.scope,
            amount=fact.entry.amount,
            attributed=from_pence(fact.pence),
            recurrence=fact.entry.recurrence,
            nature=fact.entry.nature,
            rule=fact.rule_id,
            illustrative=fact.illustrative,
            evidence=fact.entry.evidence,
            note=fact.entry.note,
        )
        for fact in facts
    )
