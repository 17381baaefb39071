"""Reading chains: the length and head of each, and where it breaks, if it does."""

from __future__ import annotations

from dataclasses import dataclass

from audit.chain import BEGINNING
from audit.models import Event


@dataclass(frozen=True, slots=True)
class Checked:
    """A chain that was checked. `head` is the hash of its last event, which covers all of them.

    `broken` is the first event that doesn't follow from the one before it; None if the chain
    is whole. `position` is its number, counted from 1.
    """

    chain: str
    events: int
    head: str
    broken: Event | None = None
    position: int | None = None


def chains() -> list[str]:
    """The names of all chains, in alphabetical order."""
    return list(Event.objects.order_by("chain").values_list("chain", flat=True).distinct())


def check(chain: str) -> Checked:
    """Read a chain from its first event to its last, one at a time."""
    events = Event.objects.filter(chain=chain).order_by("id")
    head = events.values_list("hash", flat=True).last() or BEGINNING
    position = Event.objects.first_break(chain)
    if position is None:
        return Checked(chain, events.count(), head)
    return Checked(chain, events.count(), head, events[position], position + 1)


def missing_heads(noted: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The heads noted earlier (chain, hash) that their chain no longer has."""
    found = Event.objects.filter(hash__in=[head for _, head in noted])
    there = set(found.values_list("chain", "hash"))
    return [pair for pair in noted if pair[1] != BEGINNING and pair not in there]
