"""Reading what a what-if is worked out from: today's world, the entries and the adopted plans.

Nothing here writes, and the answer is not kept: if you open the same address later, it is
worked out again, from what is certified by then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BigIntegerField, F, Max, QuerySet
from django.db.models.functions import Cast, Coalesce

from finance.money import to_pence
from finance.periods import FinancialYear, Quarter
from savings.budgets.models import TransitionApproval
from savings.drivers.models import Driver, DriverValue
from savings.drivers.values import ValueOfDriver
from savings.formulas.arithmetic import Attribution, EntryFacts, Rule
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.plans.models import PlanLine
from savings.quarters.dates import is_closed
from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from savings.whatif.whatif import (
    ALWAYS,
    SPLIT_BY,
    Alike,
    Planned,
    PlannedLine,
    Reach,
    WhatIf,
    World,
    compare,
    over_the_plan,
)
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council

#: What decides how an entry falls, and its return's quarter, in the order of `_alike`.
_DECIDES = (
    "service__slug",
    "kind",
    "scope",
    "attributed_in",
    "parent__council__code",
    "cause",
    "caused_by__code",
    "tupe",
    "approval",
    "parent__period__quarter",
)


@dataclass(frozen=True)
class Known:
    """Today's world as plain values, with the names to describe it: ten queries.

    `rules` are the rows of the world's rules, by their decision's id.
    """

    world: World
    councils: dict[str, Council]
    drivers: dict[str, Driver]
    rules: dict[int, AttributionRule]

    @property
    def tree(self) -> ServiceTree:
        return self.world.tree


def known() -> Known:
    """Everything that attribution depends on now, read once for both worlds."""
    rules = list(AttributionRule.objects.with_consents())
    return Known(
        World(
            Service.objects.tree(),
            tuple(rule.as_rule() for rule in rules),
            tuple(DriverValue.objects.as_values()),
            tuple(TransitionApproval.objects.as_budgets()),
        ),
        councils={council.code: council for council in Council.objects.all()},
        drivers={driver.code: driver for driver in Driver.objects.all()},
        rules={rule.decision_id: rule for rule in rules},
    )


def entries_alike(
    services: Collection[str] | None = None, kinds: Collection[str] | None = None
) -> list[Alike]:
    """Certified entries, grouped by what decides how they fall: one query.

    `services` are slugs and must include the services below; None means all.
    """
    return [alike for alike, _ in entries_alike_in((), services, kinds)]


def entries_alike_in(
    more: Sequence[str],
    services: Collection[str] | None = None,
    kinds: Collection[str] | None = None,
) -> list[tuple[Alike, tuple[str, ...]]]:
    """The same, grouped by these fields of entries as well, with their values: one query."""
    entries = Entry.objects.filter(parent__status=Return.Status.CERTIFIED)
    if services is not None:
        entries = entries.filter(service__slug__in=services)
    if kinds is not None:
        entries = entries.filter(kind__in=kinds)
    return [(_alike(row), row[len(_DECIDES) : -1]) for row in _grouped(entries, more)]


def _grouped(entries: QuerySet[Entry], more: Sequence[str]) -> QuerySet[Entry, tuple[Any, ...]]:
    return (
        entries.annotate(
            attributed_in=Coalesce(
                F("corrects__parent__period__quarter"), F("parent__period__quarter")
            )
        )
        .order_by()
        .values_list(*_DECIDES, *more)
        .annotate(each_pence=ArrayAgg(Cast(F("amount") * 100, BigIntegerField())))
    )


def _alike(row: tuple[Any, ...]) -> Alike:
    """The entries in one row of `_grouped`."""
    service, kind, scope, attributed_in, council, cause, caused_by, tupe, budget = row[:9]
    return Alike(
        EntryFacts(
            service, kind, scope, attributed_in, council, cause, caused_by, tuple(tupe), budget
        ),
        quarter=row[9],
        pence=tuple(row[-1]),
    )


def adopted_lines(services: Collection[str] | None = None) -> list[Planned]:
    """The lines of the adopted plans for these services, in pence: one query.

    One that is inside another is counted in the other.
    """
    lines = PlanLine.objects.counted().of_one_year()
    lines = lines.filter(plan__adopted=True, service__isnull=False)
    if services is not None:
        lines = lines.filter(service__slug__in=services)
    return [
        Planned(
            plan=name,
            service=slug,
            year=FinancialYear.parse(year),
            basis=basis,
            pence=to_pence(middle),
            illustrative=provenance == Provenance.ILLUSTRATIVE,
        )
        for name, slug, year, basis, middle, provenance in lines.order_by(
            "plan__position", "year", "id"
        ).values_list("plan__name", "service__slug", "year", "basis", "middle", "provenance")
    ]


def last_quarter() -> Quarter | None:
    """The last quarter that returns are made for; None if none has been opened yet."""
    return Period.objects.aggregate(last=Max("quarter"))["last"]


def quarters_to_choose() -> list[Quarter]:
    """From the first reported quarter to the end of the adopted plans: two queries."""
    quarters = sorted(Period.objects.values_list("quarter", flat=True))
    ends = PlanLine.objects.filter(plan__adopted=True).aggregate(last=Max("year"))["last"]
    if ends:
        quarters.append(FinancialYear.parse(ends).quarters[-1])
    return list(min(quarters).until(max(quarters))) if quarters else []


@dataclass(frozen=True)
class Question:
    """What is asked: a rule, or a driver's value for a council, and from when it applies.

    Without `since`, it is as if it had applied from the start. `proposed` is the row of a
    rule that was really proposed.
    """

    known: Known
    since: Quarter | None
    rule: Rule | None = None
    value: ValueOfDriver | None = None
    proposed: AttributionRule | None = None

    @property
    def then(self) -> World:
        """The world that is asked about."""
        world = self.known.world
        if self.rule is not None:
            world = world.with_rule(self.rule, self.asked | self.rule.agreed_by, self.since)
        if self.value is not None:
            world = world.with_value(self.value, self.since)
        return world

    @property
    def asked(self) -> frozenset[str]:
        """Codes of the councils whose agreement the rule needs."""
        return self._taking_part(self.rule.service) if self.rule else frozenset()

    @property
    def share_a_part(self) -> list[str]:
        """Names of councils that only share a part. Without them the rule splits nothing of it."""
        if self.rule is None:
            return []
        below = self.known.tree.below(self.rule.service)
        found = frozenset().union(*(self._taking_part(slug) for slug in below))
        others = found - self.asked - self.rule.agreed_by
        return [self.known.councils[code].name for code in sorted(others)]

    def _taking_part(self, service: str) -> frozenset[str]:
        since, until = self.since or ALWAYS, self.rule.reaches_back_until if self.rule else None
        tree = self.known.tree
        return frozenset(
            c for c in self.known.councils if tree.takes_part(service, c, since, until)
        )

    @property
    def reach(self) -> Reach:
        if self.rule is not None:
            return Reach(self.known.tree.below(self.rule.service), SPLIT_BY[self.rule.kind])
        return Reach(driver=self.value.driver if self.value else None)

    @property
    def todays_value(self) -> ValueOfDriver | None:
        """The latest value that the driver asked about has for the council today."""
        asked = self.value
        if asked is None:
            return None
        found = [
            value
            for value in self.known.world.values
            if (value.driver, value.council) == (asked.driver, asked.council)
        ]
        return max(found, key=lambda value: value.effective_from, default=None)

    @property
    def replaced_by(self) -> AttributionRule | None:
        """The first agreed rule of the same service and kind that comes after this one."""
        if self.rule is None or self.since is None or self.rule.reaches_back:
            return None
        tree = self.known.tree
        later = [
            row
            for row in self.known.rules.values()
            if (row.service.slug, row.kind) == (self.rule.service, self.rule.kind)
            and row.effective_from > self.since
            and row != self.proposed
            and not row.reaches_back
            and Attribution(tree, [row.as_rule()], []).rule_in_force(
                row.service.slug, row.kind, row.effective_from
            )
        ]
        return min(later, key=lambda row: row.effective_from, default=None)


@dataclass(frozen=True)
class Answered:
    """The answer: to date, over the adopted plans, and the last closed quarter."""

    question: Question
    found: WhatIf
    planned: tuple[PlannedLine, ...]
    closed: Quarter | None

    def is_closed(self, quarter: Quarter) -> bool:
        return is_closed(quarter, self.closed)


def work_out(question: Question) -> Answered:
    """Attribute what the question can affect in both worlds: three queries, nothing stored.

    For a rule it reads its service and the services below. If there are transition budgets, it
    reads the rest of its programme too, since claims on them follow net reductions.
    """
    services: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    tree, rule = question.known.tree, question.rule
    if rule is not None and question.known.world.budgets:
        services = tree.below(tree.programme(rule.service))
    elif rule is not None:
        services, kinds = question.reach.services, question.reach.kinds
    today, then = question.known.world, question.then
    return Answered(
        question,
        compare(entries_alike(services, kinds), today, then, question.reach),
        over_the_plan(adopted_lines(services), today, then, question.reach),
        Period.objects.latest_closed_quarter(),
    )
