"""Which services an entry can be shared in, and of which to warn a council. Pure.

An entry can be shared where two or more councils share its service in its quarter. A council is
warned of a saving in a service that others share without it.

Source: the public contract, "A quarterly return".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from finance.periods import Quarter
from services.states import STATE_IN_WORDS, State
from services.tree import ServiceTree
from sovereignty.refusals import FieldError


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

        >>> from services.tree import Node, StateSpell
        >>> q = Quarter.parse("2013-14-Q1")
        >>> tree = ServiceTree.of([Node("planning", "Planning", states=(
        ...     StateSpell("not_recommended", q, None, "The Cabinets", "Minutes", "Item 7"),))])
        >>> Shareable(tree, q, {}).why_not("planning", None, None).partition(": ")[2]
        'use own. The Cabinets settled that (Minutes: Item 7).'
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

    def why_retired(self, service: str, corrects: int | None) -> str:
        """Why there can be no entry of a service that is retired in the return's quarter.

        An entry may still correct an earlier one. The service is one of the tree.

        >>> from services.tree import Node, StateSpell
        >>> q = Quarter.parse("2013-14-Q1")
        >>> tree = ServiceTree.of([Node("crews", "Crews", states=(
        ...     StateSpell("retired", q, None, "The Cabinets", "Minutes", "Item 7"),))])
        >>> Shareable(tree, q, {}).why_retired("crews", None).partition(". ")[0]
        'Crews is retired since 2013/14 Q1: use another service'
        """
        retired = self.tree.retired(service, self.quarter)
        if retired is None or corrects is not None:
            return ""
        return (
            f"{self.tree.nodes[service].name} is retired since {retired.first.label}: use another "
            f"service. {retired.settled_by} settled that ({retired.source})."
        )

    def warnings(
        self, rows: Iterable[tuple[int, Mapping[str, object]]], council: str
    ) -> list[FieldError]:
        """The savings in services that others share and this council takes no part in.

        Rows as they were typed. What nobody shares is each council's own, so nothing is said of
        it. The row may be right all the same: it is stored.

        >>> from services.tree import Node, Spell
        >>> q = Quarter.parse("2013-14-Q1")
        >>> tree = ServiceTree.of([Node("cex", "CEX", participation=(
        ...     Spell("LBHF", q), Spell("RBKC", q)))])
        >>> [one] = Shareable(tree, q, {"WCC": "Westminster"}).warnings(
        ...     [(2, {"service": "cex", "kind": "saving"})], "WCC")
        >>> one.row, one.message.partition(": ")[0]
        (2, 'Westminster takes no part in CEX in 2013/14 Q1')
        """
        found = []
        for number, columns in rows:
            service = str(columns.get("service") or "").strip()
            if str(columns.get("kind") or "").strip() != "saving":
                continue
            if service not in self.tree.nodes:
                continue
            participants = self.tree.participants(service, self.quarter)
            if not participants or council in participants:
                continue
            found.append(
                FieldError(
                    field="service",
                    message=f"{self.councils.get(council, council)} takes no part in "
                    f"{self.tree.nodes[service].name} in {self.quarter.label}: check that the "
                    "saving is of this service.",
                    value=service,
                    row=number,
                )
            )
        return found
