"""How certified entries fall on councils, worked out once for all that fall the same way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from finance.apportionment import Splitter
from finance.periods import Quarter
from savings.formulas.arithmetic import Attribution, EntryFacts


class Grounds(NamedTuple):
    """What decides how an entry falls: entries with the same grounds fall the same way.

    `attributed_in` is the ordinal of a quarter, `tupe` its councils separated by commas, and
    `budget` the code of the transition budget that it claims on.
    """

    service: str
    kind: str
    scope: str
    attributed_in: int
    council: str | None
    cause: str
    caused_by: str | None
    tupe: str
    budget: str

    def facts(self) -> EntryFacts:
        return EntryFacts(
            self.service,
            self.kind,
            self.scope,
            Quarter.from_ordinal(self.attributed_in),
            self.council,
            self.cause,
            self.caused_by,
            tuple(self.tupe.split(",")) if self.tupe else (),
            self.budget,
        )


class CertifiedEntry(NamedTuple):
    """A certified entry: its pence, its return's quarter as an ordinal, and its grounds.

    Only a saving has a `recurrence` and a `nature`.
    """

    parent_id: int
    id: int
    pence: int
    quarter: int
    recurrence: str
    nature: str
    grounds: Grounds


@dataclass(frozen=True, slots=True)
class Way:
    """How entries with the same grounds fall: split between councils, or whole on none."""

    splitter: Splitter | None
    rule: int | None
    illustrative: bool

    def parts(self, pence: int) -> Iterable[tuple[str | None, int]]:
        """What falls on each council, by its code; all of it on None if it falls on none."""
        if self.splitter is None:
            return ((None, pence),)
        return zip(self.splitter.codes, self.splitter.split(pence), strict=True)


class Ways:
    """The way for each set of grounds, worked out once."""

    def __init__(self, attribution: Attribution) -> None:
        self.attribution = attribution
        self.found: dict[Grounds, Way] = {}
        self.splitters: dict[tuple[tuple[str, Fraction], ...], Splitter] = {}

    def of(self, grounds: Grounds) -> Way:
        way = self.found.get(grounds)
        if way is None:
            way = self.found[grounds] = self._work_out(grounds)
        return way

    def _work_out(self, grounds: Grounds) -> Way:
        outcome = self.attribution.share_out(grounds.facts())
        return Way(
            self._splitter(outcome.shares) if outcome.shares else None,
            outcome.rule.id if outcome.rule else None,
            outcome.illustrative,
        )

    def _splitter(self, shares: Mapping[str, Fraction]) -> Splitter:
        same = tuple(shares.items())
        if same not in self.splitters:
            self.splitters[same] = Splitter(shares)
        return self.splitters[same]
