"""What a change to the tree of services does to who shares what, and by which rules. Pure.

It asks two attributions, as things are and as they would be, the same questions about every
service in reach: who takes part, who hosts, which state and area it has, which rules split its
savings and ongoing costs, and on which transition budgets its costs can claim. What differs is
what the change does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from finance.periods import Quarter
from savings.formulas.arithmetic import ILLUSTRATIVE, ONGOING_COST, SAVING, Attribution
from services.states import LABELS, State
from services.tree import ServiceTree, Spell, StateSpell

#: The questions, in the order in which they are shown, each with what it is called.
AREA, STATE, TAKES_PART, HOSTS, SAVINGS, COSTS, BUDGETS = (
    "Area",
    "State",
    "Who takes part",
    "Who hosts",
    "Savings are split by",
    "Ongoing costs are split by",
    "Costs can claim on",
)
MADE_UP = " (illustrative)"


@dataclass(frozen=True, slots=True)
class Words:
    """Names of councils by code, and titles of rules by id."""

    councils: Mapping[str, str]
    rules: Mapping[int, str]

    def council(self, code: str) -> str:
        return self.councils.get(code, code)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs, for these services, from a quarter on.

    `before` is empty for a service that is new.
    """

    what: str
    services: tuple[str, ...]
    since: Quarter
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Hampered:
    """A service that would be hosted by a council that takes no part in it."""

    service: str
    host: str
    host_of: str
    quarter: Quarter


def differences(
    before: Attribution, after: Attribution, slugs: Sequence[str], since: Quarter, words: Words
) -> tuple[Difference, ...]:
    """What differs from a quarter on for these services, alike services together.

    >>> from services.tree import Node, Spell
    >>> q = Quarter.parse("2013-14-Q1")
    >>> halves = (Spell("LBHF", q), Spell("WCC", q))
    >>> def tree(parent):
    ...     return ServiceTree.of([Node("a", "A", participation=halves), Node("b", "B"),
    ...         Node("hr", "HR", parent)])
    >>> found = differences(Attribution(tree("b"), [], []), Attribution(tree("a"), [], []),
    ...     ["hr"], q, Words({}, {}))
    >>> [(each.what, each.before, each.after) for each in found][:3]
    [('Area', 'B', 'A'), ('State', 'Nothing recorded', 'Shared by two or more councils'), \
('Who takes part', 'No council', 'LBHF, WCC')]
    """
    found: dict[tuple[str, Quarter, str, str], list[str]] = {}
    order: dict[str, int] = {}
    for slug in slugs:
        said: dict[str, tuple[str, str]] = {}
        for quarter in _turns(before, after, slug, since):
            then = _answers(before, slug, quarter, words)
            now = _answers(after, slug, quarter, words)
            for what, new in now.items():
                order.setdefault(what, len(order))
                pair = (then.get(what, ""), new)
                if pair == said.get(what):
                    continue
                differs = pair[0] != pair[1]
                ended = what in said and said[what][0] != said[what][1]
                if differs or ended:
                    found.setdefault((what, quarter, *pair), []).append(slug)
                said[what] = pair
    return tuple(
        Difference(what, tuple(services), quarter, old, new)
        for (what, quarter, old, new), services in sorted(
            found.items(), key=lambda each: (order[each[0][0]], each[0][1])
        )
    )


def hampered(
    before: Attribution, after: Attribution, slugs: Iterable[str], since: Quarter
) -> Hampered | None:
    """The first service that only the change leaves with a host that takes no part in it.

    What a rule leaves with the host would fall on a council that was never asked.
    """
    for slug in slugs:
        for quarter in _turns(before, after, slug, since):
            host = _stranger(after.tree, slug, quarter)
            if host and not _stranger(before.tree, slug, quarter):
                return Hampered(slug, host, after.tree.host_from(slug) or slug, quarter)
    return None


def _stranger(tree: ServiceTree, slug: str, quarter: Quarter) -> str:
    """The council that hosts a service in which others take part and it does not."""
    if slug not in tree.nodes:
        return ""
    host = tree.host(slug, quarter)
    participants = tree.participants(slug, quarter)
    return host if host and participants and host not in participants else ""


def _turns(before: Attribution, after: Attribution, slug: str, since: Quarter) -> list[Quarter]:
    """`since`, and the later quarters in which any answer may change."""
    edges = {since, *before.beginnings, *after.beginnings}
    for tree in (before.tree, after.tree):
        for step in tree.path(slug) if slug in tree.nodes else ():
            node = tree.nodes[step]
            spells: list[Spell | StateSpell] = [*node.participation, *node.hosting, *node.states]
            for spell in spells:
                edges.add(spell.first)
                if spell.last:
                    edges.add(spell.last.following)
    return sorted(edge for edge in edges if edge >= since)


def _answers(one: Attribution, slug: str, quarter: Quarter, words: Words) -> dict[str, str]:
    tree = one.tree
    if slug not in tree.nodes:
        return {}
    state = tree.state(slug, quarter)
    councils = [words.council(code) for code in tree.participants(slug, quarter)]
    host = tree.hosting(slug, quarter)
    made_up = MADE_UP if host and host.provenance == ILLUSTRATIVE else ""
    return {
        AREA: tree.nodes[tree.programme(slug)].name,
        STATE: LABELS[State(state)] if state else "Nothing recorded",
        TAKES_PART: ", ".join(sorted(councils)) or "No council",
        HOSTS: f"{words.council(host.council)}{made_up}" if host else "No council",
        SAVINGS: _rule(one, slug, SAVING, quarter, words),
        COSTS: _rule(one, slug, ONGOING_COST, quarter, words),
        BUDGETS: ", ".join(
            sorted(
                f"{budget.code}{MADE_UP if budget.illustrative else ''}"
                for budget in one.budgets_in_force(slug, quarter)
            )
        )
        or "No budget",
    }


def _rule(one: Attribution, slug: str, kind: str, quarter: Quarter, words: Words) -> str:
    outcome = one.by_rule(slug, kind, quarter)
    if outcome.rule is None:
        return "No rule"
    title = words.rules.get(outcome.rule.id, "")
    return f"{title}{MADE_UP if outcome.rule.illustrative else ''}"
