"""Reading what lies undivided in closed quarters, and what rules that reach back have divided.

Certified entries that fall on no council because no rule was in force. A rule can be proposed to
reach back for them: `docs/adr/0035-rules-that-reach-back.md`. All amounts are whole pence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce

from finance.apportionment import split_pence
from finance.periods import Quarter
from savings.agreements.reports import Proposal, ProposalStanding, decisions, proposals
from savings.drivers.models import DriverValue
from savings.formulas.arithmetic import (
    ONGOING_COST,
    SAVING,
    SPECIFICATION_CHANGE,
    VARIANCE,
    Attribution,
)
from savings.formulas.models import AttributionRule
from savings.formulas.reports import facts_of, with_facts
from savings.quarters.models import Period
from savings.returns.models import Entry
from savings.rollup.models import Fact, Total
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council

#: The kinds of entries that each kind of rule splits.
SPLIT_BY = {SAVING: (SAVING,), ONGOING_COST: (ONGOING_COST, VARIANCE)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something lies undivided: a quarter, a service and the kind of rule that splits it."""

    quarter: Quarter
    service: Service
    kind: str

    @property
    def kind_name(self) -> str:
        return "Ongoing costs and variances" if self.kind == ONGOING_COST else "Savings"


@dataclass(frozen=True, slots=True)
class Undivided:
    """What lies undivided in a place: pence of so many entries.

    `councils` took part then, and all of them have to agree. `proposed` are the rules put to them
    that would divide it and are not decided, `agreed` whether one is that is still being added.
    """

    place: Place
    pence: int
    entries: int
    councils: tuple[Council, ...]
    proposed: tuple[Proposal, ...] = ()
    agreed: tuple[Proposal, ...] = ()

    @property
    def may_be_divided(self) -> bool:
        """Whether a rule can be put to somebody."""
        return bool(self.councils)


@dataclass(frozen=True, slots=True)
class Part:
    """A council's pence."""

    council: Council
    pence: int


@dataclass(frozen=True, slots=True)
class Divided:
    """What a rule that reaches back has divided, and when the last council agreed to it.

    Before that moment all of `pence` fell on no council. `parts` add up to it.
    """

    rule: AttributionRule
    at: datetime
    parts: tuple[Part, ...]
    entries: int

    @property
    def pence(self) -> int:
        return sum(part.pence for part in self.parts)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would divide if every council agreed: `parts` and `left` add up to `before`."""

    before: int
    left: int
    parts: tuple[Part, ...]


def undivided() -> list[Undivided]:
    """What lies undivided in closed quarters, the earliest first: twelve queries."""
    tree = Service.objects.tree()
    closed = Period.objects.latest_closed_quarter()
    if closed is None:
        return []
    services = {service.slug: service for service in Service.objects.all()}
    councils = {council.code: council for council in Council.objects.all()}
    sums: dict[tuple[Quarter, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for quarter, slug, kind, pence, entries in (
        undivided_facts(closed)
        .order_by()
        .values("attributed_in", "entry__service__slug", "entry__kind")
        .annotate(sum=Sum("pence"), entries=Count("id"))
        .values_list("attributed_in", "entry__service__slug", "entry__kind", "sum", "entries")
    ):
        found = sums[quarter, slug, SAVING if kind == SAVING else ONGOING_COST]
        found[0] += pence
        found[1] += entries
    put = _reaching_back()
    order = {slug: place for place, slug in enumerate(node.slug for node, _ in tree.walk())}
    return [
        Undivided(
            Place(quarter, services[slug], kind),
            pence,
            entries,
            tuple(councils[code] for code in tree.participants(slug, quarter)),
            tuple(_about(put, tree, quarter, slug, kind, *_OPEN)),
            tuple(_about(put, tree, quarter, slug, kind, ProposalStanding.AGREED)),
        )
        for (quarter, slug, kind), (pence, entries) in sorted(
            sums.items(), key=lambda item: (item[0][0], order[item[0][1]], item[0][2] != SAVING)
        )
    ]


def undivided_facts(closed: Quarter) -> QuerySet[Any]:
    """Facts of entries that no rule divides in a quarter to `closed`, each with `attributed_in`."""
    on_none = Total.objects.current().filter(parent=OuterRef("parent"), council__isnull=True)
    kinds = [kind for kinds in SPLIT_BY.values() for kind in kinds]
    return (
        Fact.objects.filter(
            Exists(on_none),
            council__isnull=True,
            rule_id__isnull=True,
            entry__kind__in=kinds,
        )
        .exclude(entry__cause=SPECIFICATION_CHANGE)
        .annotate(
            attributed_in=Coalesce(
                F("entry__corrects__parent__period__quarter"), F("entry__parent__period__quarter")
            )
        )
        .filter(attributed_in__lte=closed)
    )


_OPEN = (ProposalStanding.WAITING, ProposalStanding.DISPUTED)


def _reaching_back() -> list[Proposal]:
    return proposals(decisions().filter(rule__reaches_back_until__isnull=False))


def _about(
    put: Iterable[Proposal],
    tree: ServiceTree,
    quarter: Quarter,
    slug: str,
    kind: str,
    *standing: ProposalStanding,
) -> Iterable[Proposal]:
    """The proposals that would divide what lies in a place."""
    above = tree.path(slug)
    return (
        one
        for one in put
        if one.standing in standing
        and one.about.kind == kind
        and one.about.service.slug in above
        and one.about.effective_from <= quarter <= one.about.reaches_back_until
    )


def undivided_in(place: Place) -> Undivided | None:
    """What lies undivided in a place; None if nothing does."""
    return next((found for found in undivided() if found.place == place), None)


def preview(proposed: AttributionRule) -> Preview:
    """What a proposed rule divides if every council agrees to it, by the rollup's arithmetic.

    Only what lies undivided now in its service, below it and in its quarters.
    """
    tree = Service.objects.tree()
    councils = {council.code: council for council in Council.objects.all()}
    others = [rule for rule in AttributionRule.objects.as_rules() if rule.id != proposed.id]
    agreed = replace(proposed.as_rule(), agreed_by=frozenset(councils), given_up=False)
    then = Attribution(tree, [*others, agreed], DriverValue.objects.as_values())
    last = proposed.reaches_back_until or proposed.effective_from
    found = undivided_facts(last).filter(
        attributed_in__gte=proposed.effective_from,
        entry__kind__in=SPLIT_BY[proposed.kind],
        entry__service__slug__in=tree.below(proposed.service.slug),
    )
    before = left = 0
    sums: dict[str, int] = defaultdict(int)
    for entry in with_facts(Entry.objects.filter(id__in=found.values("entry"))).iterator():
        before += entry.pence
        shares = then.share_out(facts_of(entry)).shares
        if not shares:
            left += entry.pence
            continue
        for code, part in split_pence(entry.pence, shares).items():
            sums[code] += part.pence
    return Preview(before, left, tuple(Part(councils[code], sums[code]) for code in sorted(sums)))


def divided(council: Council | None = None, to: Quarter | None = None) -> list[Divided]:
    """What rules that reach back have divided, the latest first: five queries at most.

    With a `council` only its part; with `to`, only of returns up to the end of that quarter.
    """
    rules = {
        rule.id: rule
        for rule in AttributionRule.objects.with_consents().filter(reaches_back_until__isnull=False)
    }
    if not rules:
        return []
    facts = Fact.objects.filter(rule_id__in=rules, council__isnull=False)
    if council is not None:
        facts = facts.filter(council=council)
    if to is not None:
        facts = facts.filter(parent__period__quarter__lte=to)
    tree = Service.objects.tree()
    councils = {each.id: each for each in Council.objects.all()}
    parts: dict[Any, list[Part]] = defaultdict(list)
    for rule_id, council_id, pence in (
        facts.order_by()
        .values("rule_id", "council")
        .annotate(sum=Sum("pence"))
        .values_list("rule_id", "council", "sum")
    ):
        parts[rule_id].append(Part(councils[council_id], pence))
    counted = dict(
        facts.order_by()
        .values("rule_id")
        .annotate(entries=Count("entry", distinct=True))
        .values_list("rule_id", "entries")
    )
    found = [
        Divided(
            rules[rule_id],
            agreed_at(rules[rule_id], tree),
            tuple(sorted(of, key=lambda part: part.council.code)),
            counted[rule_id],
        )
        for rule_id, of in parts.items()
    ]
    return sorted(found, key=lambda each: (each.at, each.rule.id), reverse=True)


def agreed_at(rule: AttributionRule, tree: ServiceTree) -> datetime:
    """When the last council that takes part in its service agreed; read by `with_consents`.

    One that takes part only in a service below may agree later, for what is recorded there.
    """
    slug, first, last = rule.service.slug, rule.effective_from, rule.reaches_back_until
    return max(
        each.at
        for each in rule.decision.consents.all()
        if each.agree and tree.takes_part(slug, each.council.code, first, last)
    )


def total_of(found: Sequence[Undivided]) -> int:
    return sum(each.pence for each in found)
