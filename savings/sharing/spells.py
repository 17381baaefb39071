"""How a service's spells change when a council joins, leaves or hosts it. Pure.

Each change says which spells are removed, which end earlier and which are new. For each there
is a function that says, in a sentence, why it can't be made. The actions check whether the
quarter is open, and write the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from finance.periods import Quarter
from services.states import STATE_IN_WORDS, State
from services.tree import ServiceTree, Spell


@dataclass(frozen=True, slots=True)
class Party:
    """A council, by its code and its name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ChangeOfSpells:
    """Spells to remove, spells that end earlier with their new last quarters, and new ones."""

    removed: tuple[Spell, ...] = ()
    ended: tuple[tuple[Spell, Quarter], ...] = ()
    added: tuple[Spell, ...] = ()

    def made_to(self, spells: Iterable[Spell]) -> tuple[Spell, ...]:
        """The spells after the change; those that stay keep their order."""
        last = dict(self.ended)
        kept = (spell for spell in spells if spell not in self.removed)
        ended = (replace(spell, last=last.get(spell, spell.last)) for spell in kept)
        return (*ended, *self.added)


# --- The changes -----------------------------------------------------------------------


def joining(spells: Iterable[Spell], council: str, first: Quarter) -> ChangeOfSpells:
    """A council takes part from a quarter on, until its next spell.

    >>> q = Quarter.parse("2013-14-Q1")
    >>> change = joining([Spell("WCC", q.following.following)], "WCC", q)
    >>> [(spell.first.code, spell.last.code) for spell in change.added]
    [('2013-14-Q1', '2013-14-Q2')]
    """
    again = first_after(of(council, spells), first)
    return ChangeOfSpells(added=(Spell(council, first, again.preceding if again else None),))


def leaving(spells: Iterable[Spell], council: str, time: Spell, first: Quarter) -> ChangeOfSpells:
    """A council takes no part from a quarter on, for the rest of its `time` around it.

    Its time may consist of several spells without a gap. Spells that begin after it stay.
    """
    within = [
        spell for spell in of(council, spells) if time.last is None or spell.first <= time.last
    ]
    return ChangeOfSpells(
        removed=tuple(spell for spell in within if spell.first >= first),
        ended=_ending(within, first),
    )


def hosting(spells: Iterable[Spell], council: str, first: Quarter) -> ChangeOfSpells:
    """A council hosts from a quarter on, until the next change of host.

    The previous host stops at the end of the quarter before. A spell that begins in the same
    quarter is removed.
    """
    spells = list(spells)
    following = first_after(spells, first)
    return ChangeOfSpells(
        removed=tuple(spell for spell in spells if spell.first == first),
        ended=_ending(spells, first),
        added=(Spell(council, first, following.preceding if following else None),),
    )


def _ending(spells: Iterable[Spell], first: Quarter) -> tuple[tuple[Spell, Quarter], ...]:
    """The spells that began before a quarter and cover it, now ending before it."""
    return tuple(
        (spell, first.preceding) for spell in spells if spell.first < first and spell.covers(first)
    )


# --- What the changes use ----------------------------------------------------------------


def of(council: str, spells: Iterable[Spell]) -> list[Spell]:
    """A council's spells, in the order of their quarters."""
    own = (spell for spell in spells if spell.council == council)
    return sorted(own, key=lambda spell: spell.first)


def first_after(spells: Iterable[Spell], quarter: Quarter) -> Quarter | None:
    """The quarter in which the next spell after a quarter begins; None if there is none."""
    return min((spell.first for spell in spells if spell.first > quarter), default=None)


def time_in(spells: Iterable[Spell], council: str, quarter: Quarter) -> Spell | None:
    """The council's time around a quarter, without a gap; None if it takes no part in it."""
    found: Spell | None = None
    for spell in of(council, spells):
        if found and found.last and spell.first == found.last.following:
            found = replace(found, last=spell.last)
        elif found is None or not found.covers(quarter):
            found = spell
    return found if found and found.covers(quarter) else None


# --- What can't be done ----------------------------------------------------------------


def why_it_cannot_join(tree: ServiceTree, service: str, council: Party, first: Quarter) -> str:
    """Why a council can't join from a quarter on, in a sentence; empty if it can."""
    name, apart = tree.nodes[service].name, tree.kept_apart(service, first)
    if apart:
        return (
            f"{name} {STATE_IN_WORDS[State(apart.state)]} in {first.label}, so no council takes "
            f"part in it: {apart.settled_by} settled that ({apart.source})."
        )
    if council.code not in tree.participants(service, first):
        return ""
    return (
        f"{council.name} already takes part in {name} in {first.label}: choose "
        "another council or a quarter in which it does not."
    )


def why_it_cannot_leave(
    tree: ServiceTree, service: str, council: Party, time: Spell | None, first: Quarter
) -> str:
    """Why a council can't leave from a quarter on, in a sentence; empty if it can.

    `time` is its time around that quarter. At least two councils must share. A host can't
    leave, because what a rule leaves with the host would fall on no council.
    """
    name = tree.nodes[service].name
    if time is None or tree.kept_apart(service, first):
        return (
            f"{council.name} already takes no part in {name} in {first.label}: choose a council "
            "that does, or another quarter."
        )
    for quarter in tree.turns(service, first):
        others = [code for code in tree.participants(service, quarter) if code != council.code]
        if time.covers(quarter) and len(others) < 2:
            return (
                f"Without {council.name}, fewer than two councils would share {name} in "
                f"{quarter.label}: record another one that joins first."
            )
    for slug in _itself_and_below(tree, service):
        follows = tree.participants_from(slug) == tree.participants_from(service)
        hosted = tree.host_from(slug)
        if not follows or hosted is None:
            continue
        for spell in tree.nodes[hosted].hosting:
            quarter = max(first, spell.first)
            if (
                spell.council == council.code
                and spell.covers(quarter)
                and time.covers(quarter)
                and not tree.kept_apart(slug, quarter)
            ):
                return (
                    f"{council.name} hosts {tree.nodes[slug].name} in {quarter.label}: first "
                    "record who hosts it from then on."
                )
    return ""


def why_it_cannot_host(tree: ServiceTree, service: str, council: Party, time: Spell) -> str:
    """Why a council can't host a service in this time, in a sentence; empty if it can.

    It must take part in everything it would host. Otherwise what a rule leaves with the host
    would fall on a council that was never asked.
    """
    hosted = tree.host_from(service)
    for slug in _itself_and_below(tree, service):
        if tree.host_from(slug) != hosted:
            continue
        for quarter in tree.turns(slug, time.first):
            if not time.covers(quarter):
                break
            if council.code in tree.participants(slug, quarter):
                continue
            if slug != service and tree.kept_apart(slug, quarter):
                continue
            name = tree.nodes[slug].name
            remedy = (
                "choose one that does."
                if slug == service
                else f"first record a separate host for {name}, or choose a council that takes "
                "part in both."
            )
            return f"{council.name} takes no part in {name} in {quarter.label}: {remedy}"
    return ""


def _itself_and_below(tree: ServiceTree, service: str) -> list[str]:
    return [service, *sorted(tree.below(service) - {service})]
