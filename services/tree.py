"""The service tree as plain values: who takes part, who hosts, what is below. Pure.

Participants and host are inherited: a service that has no spells of its own has
its parent's. A service with its own spells follows only those, so in a quarter
outside all of them it has no participants. It also has none in a quarter in which
its state says that nobody shares it. That is the state of the nearest service, at
or above it, that has one in the quarter, unless it has participants of its own
nearer. Source: the public contract, "Codes" and "A quarterly return".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from finance.periods import Quarter
from services.states import State


class TreeError(ValueError):
    """The services do not form a tree; the message names the wrong one."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A council's time in a service (or as its host), both quarters included.

    A host's spell has its source and provenance.
    """

    council: str
    first: Quarter
    last: Quarter | None = None
    provenance: str = ""
    source: str = ""

    def covers(self, quarter: Quarter) -> bool:
        return self.first <= quarter and (self.last is None or quarter <= self.last)


@dataclass(frozen=True, slots=True)
class StateSpell:
    """What becomes of a service in some quarters, both ends included, and who settled that."""

    state: str
    first: Quarter
    last: Quarter | None = None
    settled_by: str = ""
    document: str = ""
    place: str = ""

    def covers(self, quarter: Quarter) -> bool:
        return self.first <= quarter and (self.last is None or quarter <= self.last)

    @property
    def source(self) -> str:
        """Where it can be read: the document and the place in it.

        >>> StateSpell("single", Quarter.parse("2013-14-Q1"), None, "", "Minutes", "Item 7").source
        'Minutes: Item 7'
        """
        return ": ".join(filter(None, (self.document, self.place)))


@dataclass(frozen=True, slots=True)
class Node:
    """One service: its slug, its name, its parent's slug, and its own spells and states, if any."""

    slug: str
    name: str
    parent: str | None = None
    participation: tuple[Spell, ...] = ()
    hosting: tuple[Spell, ...] = ()
    states: tuple[StateSpell, ...] = ()


@dataclass(frozen=True)
class ServiceTree:
    """All services by slug, in the order they are shown."""

    nodes: dict[str, Node]
    children: dict[str | None, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, nodes: Iterable[Node]) -> ServiceTree:
        """Build and check a tree. Raises TreeError for an unknown parent or a circle."""
        by_slug = {node.slug: node for node in nodes}
        children: dict[str | None, list[str]] = {}
        for node in by_slug.values():
            if node.parent is not None and node.parent not in by_slug:
                raise TreeError(f"“{node.slug}” is below “{node.parent}”, which does not exist.")
            children.setdefault(node.parent, []).append(node.slug)
        tree = cls(by_slug, {parent: tuple(slugs) for parent, slugs in children.items()})
        for slug in by_slug:
            tree.path(slug)
        return tree

    def path(self, slug: str) -> tuple[str, ...]:
        """The service and those above it, nearest first, the programme last."""
        path: list[str] = []
        step: str | None = slug
        while step is not None:
            if step in path:
                raise TreeError(f"“{slug}” is below itself.")
            path.append(step)
            step = self.nodes[step].parent
        return tuple(path)

    def programme(self, slug: str) -> str:
        """The root above a service, or the service itself if it is one."""
        return self.path(slug)[-1]

    def below(self, slug: str) -> frozenset[str]:
        """The service and everything below it."""
        found = {slug}
        for child in self.children.get(slug, ()):
            found |= self.below(child)
        return frozenset(found)

    def participants_from(self, slug: str) -> str | None:
        """The nearest service, at or above this one, that has its own participants."""
        return next((step for step in self.path(slug) if self.nodes[step].participation), None)

    def host_from(self, slug: str) -> str | None:
        """The nearest service, at or above this one, that has its own hosts."""
        return next((step for step in self.path(slug) if self.nodes[step].hosting), None)

    def participation(self, slug: str) -> tuple[Spell, ...]:
        """The spells of the councils that take part, its own or inherited.

        In a quarter in which the service's state keeps it apart, they take no part for all that.
        """
        nearest = self.participants_from(slug)
        return self.nodes[nearest].participation if nearest else ()

    def state_from(self, slug: str, quarter: Quarter) -> tuple[str, StateSpell] | None:
        """The service whose state in the quarter is this one's too, with that state.

        The nearest, at or above it, that has a state in the quarter. None where there is
        none, or where one with participants of its own lies nearer.
        """
        for step in self.path(slug):
            node = self.nodes[step]
            for state in node.states:
                if state.covers(quarter):
                    return step, state
            if node.participation:
                return None
        return None

    def kept_apart(self, slug: str, quarter: Quarter) -> StateSpell | None:
        """The state by which nobody shares the service in the quarter, if it has such a one."""
        found = self.state_from(slug, quarter)
        return found[1] if found and found[1].state != State.SHARED else None

    def retired(self, slug: str, quarter: Quarter) -> StateSpell | None:
        """The state by which the service is retired in the quarter, if it is."""
        apart = self.kept_apart(slug, quarter)
        return apart if apart and apart.state == State.RETIRED else None

    def state(self, slug: str, quarter: Quarter) -> str | None:
        """What becomes of the service in the quarter; None where nothing says so.

        By its state. Without one, it is shared if two councils or more take part.
        """
        apart = self.kept_apart(slug, quarter)
        if apart:
            return apart.state
        return State.SHARED if len(self.participants(slug, quarter)) > 1 else None

    def participants(self, slug: str, quarter: Quarter) -> tuple[str, ...]:
        """Codes of the councils that take part in that quarter, in alphabetical order."""
        if self.kept_apart(slug, quarter):
            return ()
        spells = self.participation(slug)
        return tuple(sorted({spell.council for spell in spells if spell.covers(quarter)}))

    def takes_part(
        self, slug: str, council: str, since: Quarter, until: Quarter | None = None
    ) -> bool:
        """Whether a council takes part in any quarter from `since` on, or from it to `until`."""
        return any(
            council in self.participants(slug, quarter)
            for quarter in self.turns(slug, since)
            if until is None or quarter <= until
        )

    def turns(self, slug: str, since: Quarter) -> tuple[Quarter, ...]:
        """`since`, and the later quarters in which the participants change."""
        spells: list[Spell | StateSpell] = [
            *self.participation(slug),
            *(state for step in self.path(slug) for state in self.nodes[step].states),
        ]
        edges = {s.first for s in spells} | {s.last.following for s in spells if s.last}
        later = sorted(edge for edge in edges if edge > since)
        return (
            since,
            *(
                edge
                for edge in later
                if self.participants(slug, edge) != self.participants(slug, edge.preceding)
            ),
        )

    def host(self, slug: str, quarter: Quarter) -> str | None:
        """Code of the council that hosts the service in that quarter, if one does."""
        spell = self.hosting(slug, quarter)
        return spell.council if spell else None

    def hosting(self, slug: str, quarter: Quarter) -> Spell | None:
        """The spell of the council that hosts the service in that quarter, if one does.

        Nobody hosts a service that its state keeps apart.
        """
        if self.kept_apart(slug, quarter):
            return None
        nearest = self.host_from(slug)
        spells = self.nodes[nearest].hosting if nearest else ()
        return next((spell for spell in spells if spell.covers(quarter)), None)

    def walk(self, start: str | None = None) -> Iterator[tuple[Node, int]]:
        """Every service with its depth (programmes are 0), parents before children."""
        stack = [(slug, 0) for slug in reversed(self.children.get(start, ()))]
        while stack:
            slug, depth = stack.pop()
            yield self.nodes[slug], depth
            stack.extend((child, depth + 1) for child in reversed(self.children.get(slug, ())))
