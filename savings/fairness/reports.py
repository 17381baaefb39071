"""Reading fairness from the rollup's totals: pandas adds up and reshapes whole pence.

Pence stay Python's own integers throughout (`object` columns), so that nothing overflows and no
float comes near. `savings.fairness.fairness` decides which council gains little.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from django.db.models import Sum

from finance.periods import Quarter
from savings.agreements.unanimous import in_force_and_waiting
from savings.fairness.fairness import (
    Amounts,
    Criterion,
    Least,
    Point,
    Track,
    Warned,
    gaining_least,
    is_open,
    persistently,
    tracks,
)
from savings.fairness.models import FairnessTest
from savings.quarters.models import Period
from savings.returns.models import Entry
from savings.rollup.models import Total
from savings.rollup.reports import AnyOf, one_version
from services.tree import ServiceTree
from sovereignty.models import Council

_COLUMNS = ("quarter", "service", "council", "kind", "pence", "illustrative")
#: The kinds in the order of the fields of `Amounts`.
_KINDS = (
    Entry.Kind.SAVING,
    Entry.Kind.ONGOING_COST,
    Entry.Kind.TRANSITION_COST,
    Entry.Kind.VARIANCE,
)


@dataclass(frozen=True)
class FairnessQuestion:
    """What is asked: a service with those below it, or all; from which quarter to which.

    Without a `last`, it is to the latest closed one.
    """

    tree: ServiceTree
    service: str | None = None
    first: Quarter | None = None
    last: Quarter | None = None

    @property
    def parts(self) -> dict[str, str]:
        """For each service that counts, the one under whose name it is shown.

        These are the service asked about and those right below it, or the programmes if all are
        asked about.
        """
        tops = self.tree.children.get(self.service, ())
        found = {slug: top for top in tops for slug in self.tree.below(top)}
        if self.service is not None:
            found[self.service] = self.service
        return found


@dataclass(frozen=True)
class Fairness:
    """What was found. `councils` has every council's name by code, in order of code.

    `closed` is the latest closed quarter, None if there is none yet. `services` are the parts that
    have figures, in the order of the tree; `unattributed` is what falls on no council. `test` is
    the one in force, if any, and `warned` whom it warns of; `proposed` are those that wait for an
    answer.
    """

    asked: FairnessQuestion
    closed: Quarter | None
    councils: dict[str, str]
    tracks: tuple[Track, ...]
    services: tuple[Least, ...]
    unattributed: Amounts
    test: FairnessTest | None
    proposed: tuple[FairnessTest, ...]
    warned: tuple[Warned, ...]

    @property
    def criterion(self) -> Criterion | None:
        return self.test.as_criterion() if self.test else None

    @property
    def to(self) -> Quarter | None:
        """The last quarter counted; None if none is asked for and none is closed."""
        return self.asked.last or self.closed

    def is_open(self, quarter: Quarter) -> bool:
        return is_open(quarter, self.closed)

    @property
    def is_unfinished(self) -> bool:
        """Whether an open quarter is counted, so that figures can still be added."""
        return self.to is not None and self.is_open(self.to)

    @property
    def counts_closed(self) -> bool:
        """Whether any closed quarter has figures: only those can cause a warning."""
        return not all(self.is_open(quarter) for quarter in self.quarters)

    def gains_little(self, point: Point) -> bool | None:
        """By the test in force; None if there is none, and for an open quarter."""
        if self.criterion is None or self.is_open(point.quarter):
            return None
        return point.gains_little(self.criterion.below)

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        return tuple(point.quarter for point in self.tracks[0].points) if self.tracks else ()

    @property
    def illustrative(self) -> bool:
        """Whether any of the figures rests on something made up."""
        return any(
            point.to_date.illustrative for track in self.tracks for point in track.points[-1:]
        )


@one_version()
def fairness_of(asked: FairnessQuestion) -> Fairness:
    """Who gains and who pays, from the rollup's totals: five queries."""
    councils = {council.code: council.name for council in Council.objects.order_by("code")}
    closed = Period.objects.latest_closed_quarter()
    last = asked.last or closed
    frame = _totals(asked, last)
    own = frame[frame["council"].notna()]
    taking_part = _taking_part(asked, last)
    everybody = set().union(*taking_part.values())
    found = tracks(_by_quarter(own), list(councils), everybody) if len(own) else ()
    test, proposed = tests_of(councils)
    unattributed = frame[frame["council"].isna()]
    return Fairness(
        asked=asked,
        closed=closed,
        councils=councils,
        tracks=found,
        services=_services(own, asked, taking_part),
        unattributed=sum(_by(unattributed, "quarter", "service").values(), Amounts()),
        test=test,
        proposed=proposed,
        warned=persistently(found, test.as_criterion(), closed) if test else (),
    )


def tests_of(councils: Iterable[str]) -> tuple[FairnessTest | None, tuple[FairnessTest, ...]]:
    """The test in force (the latest that every council has agreed to), and those that wait.

    Two queries.
    """
    tests = FairnessTest.objects.with_consents().order_by("-id")
    return in_force_and_waiting(tests, councils)


def _totals(asked: FairnessQuestion, last: Quarter | None) -> pd.DataFrame:
    """Attributed pence by quarter, service, council and kind; a part's name for each service.

    To the end of `last`; with None nothing is counted yet.
    """
    parts = asked.parts
    totals = Total.objects.current()
    totals = totals.filter(quarter__lte=last) if last else totals.none()
    if asked.service is not None:
        totals = totals.filter(service__slug__in=parts)
    if asked.first is not None:
        totals = totals.filter(quarter__gte=asked.first)
    rows = (
        totals.order_by()
        .values("quarter", "service__slug", "council__code", "kind")
        .annotate(sum=Sum("pence"), marked=AnyOf("illustrative"))
        .values_list("quarter", "service__slug", "council__code", "kind", "sum", "marked")
    )
    return pd.DataFrame(
        [
            (quarter.ordinal, parts[slug], council, kind, int(pence), marked)
            for quarter, slug, council, kind, pence, marked in rows
        ],
        columns=pd.Index(_COLUMNS),
        dtype=object,
    )


def _by(frame: pd.DataFrame, first: str, second: str) -> dict[tuple[Any, str], Amounts]:
    """Amounts of each pair of values in two columns."""
    if frame.empty:
        return {}
    keys = [first, second]
    pence = frame.groupby([*keys, "kind"])["pence"].sum().unstack("kind", fill_value=0)
    pence = pence.reindex(columns=pd.Index([kind.value for kind in _KINDS]), fill_value=0)
    marked = frame.groupby(keys)["illustrative"].any()
    return {
        pair: Amounts(int(row[0]), int(row[1]), int(row[2]), int(row[3]), bool(marked.loc[pair]))
        for pair, row in zip(pence.index, pence.itertuples(index=False), strict=True)
    }


def _by_quarter(own: pd.DataFrame) -> dict[tuple[Quarter, str], Amounts]:
    return {
        (Quarter.from_ordinal(ordinal), council): amounts
        for (ordinal, council), amounts in _by(own, "quarter", "council").items()
    }


def _taking_part(asked: FairnessQuestion, last: Quarter | None) -> dict[str, set[str]]:
    """For each part that is shown the councils that take part in some of it, some of the time."""
    found: dict[str, set[str]] = defaultdict(set)
    for slug, part in asked.parts.items():
        found[part] |= {
            spell.council
            for spell in asked.tree.participation(slug)
            if (last is None or spell.first <= last)
            and (asked.first is None or spell.last is None or asked.first <= spell.last)
        }
    return found


def _services(
    own: pd.DataFrame, asked: FairnessQuestion, taking_part: Mapping[str, set[str]]
) -> tuple[Least, ...]:
    amounts: dict[str, dict[str, Amounts]] = defaultdict(dict)
    for (service, council), each in _by(own, "service", "council").items():
        amounts[service][council] = each
    order: Sequence[str] = [node.slug for node, _ in asked.tree.walk()]
    return tuple(
        gaining_least(slug, amounts[slug], taking_part[slug]) for slug in order if slug in amounts
    )
