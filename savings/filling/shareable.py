"""Which services an entry can be shared in: those that two or more councils share. Pure.

Source: the public contract, "A quarterly return".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from finance.periods import Quarter
from services.states import STATE_IN_WORDS, State
from services.tree import ServiceTree


@dataclass(frozen=True, slots=True)
class Shareable:
    """What councils share in a return's quarter; `councils` are their names by code.

    `corrected` are ids of shared entries that a row may correct. Such a row may be shared
    whatever has become of the service since: otherwise nothing could take the entry back.
    """

    tree: ServiceTree
    quarter: Quarter
    councils: Mapping[str, str]
    corrected: frozenset[int] = field(default_factory=frozenset)

    def why_not(self, service: str, quarter: Quarter | None, corrects: int | None) -> str:
        """Why an entry of a service can't be shared, with who settled that, if it can't.

        `quarter` is that of the entry that it corrects, if it corrects one. The service is one
        of the tree.

        >>> q = Quarter.parse("2013-14-Q1")
        >>> tree = ServiceTree.of([Node("planning", "Planning", states=(
        ...     StateSpell("not_recommended", q, None, "The Cabinets", "Minutes", "Item 7"),))])
        >>> print(Shareable(tree, q, {}).why_not("planning", None, None))
        Planning is not recommended for sharing in 2013/14 Q1: use own. The Cabinets settled that (Minutes: Item 7).
        """
        if corrects in self.corrected:
            return ""
        quarter = quarter or self.quarter
        name = self.tree.nodes[service].name
        found = self.tree.state_from(service, quarter)
        if found and found[1].state != State.SHARED:
            above, state = found
            where = "" if above == service else f"{name} is part of {self.tree.nodes[above].name}. "
            return (
                f"{where}{self.tree.nodes[above].name} {STATE_IN_WORDS[State(state.state)]} in "
                f"{quarter.label}: use own. {state.settled_by} settled that ({state.source})."
            )
        participants = self.tree.participants(service, quarter)
        if len(participants) > 1:
            return ""
        only = self.councils.get(participants[0], participants[0]) if participants else ""
        who = f"Only {only} takes part in" if only else "No council shares"
        return (
            f"{who} {name} in {quarter.label} yet: use own, or ask the programme office to record "
            "who takes part."
        )
