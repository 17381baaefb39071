"""Random worlds as plain values, and the same worlds in the types of the module.

For `naive`, which says what a world is. The same random numbers make the same world.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

from finance.periods import Quarter
from savings.budgets.claims import Budget
from savings.drivers.values import ValueOfDriver
from savings.formulas.arithmetic import Attribution, EntryFacts, Rule
from services.states import State
from services.tree import Node, ServiceTree, Spell, StateSpell
from tests.savings.formulas.sharing import Reported

FIRST = Quarter.parse("2013-14-Q1").ordinal
COUNCILS = ["BRENT", "LBHF", "RBKC", "WCC"]
DRIVERS = ["budget", "children", "posts"]
KINDS = ["saving", "ongoing_cost", "transition_cost", "variance"]
STATES = [State.SINGLE, State.SHARED, State.UNDER_CONSIDERATION, State.NOT_RECOMMENDED]
CAUSES = ["indirect", "demand", "quality", "direct", "specification_change"]
World = dict[str, Any]


def make(random: Random, *, entries: int, quarters: int = 6, storable: bool = False) -> World:
    """A world of that many entries in that many quarters.

    `storable` keeps to what the database takes: a rule's driver has values, not all 0,
    of everybody who takes part when the rule begins, and what is in force is not given up.
    """
    world: World = {"services": {}, "rules": [], "values": [], "approvals": [], "entries": []}
    last = FIRST + quarters - 1
    _services(random, world, last)
    _values(random, world, last, storable)
    _rules(random, world, last, storable)
    _approvals(random, world, last)
    for number in range(1, entries + 1):
        world["entries"].append(_entry(random, world, number, last))
        if not storable and random.random() < 0.03:
            # The partnership's own entries, which only the record makes.
            world["entries"][-1].update(council=None, corrects=None)
    if not storable:
        world["rules"] += reaching_back(random, world, last, storable)
    return world


def _some(random: Random, of: list[str], least: int = 0) -> list[str]:
    return random.sample(of, random.randint(least, len(of)))


def _spell(random: Random, council: str, last: int) -> tuple[str, int, int | None]:
    if random.random() < 0.6:
        return (council, FIRST - 4, None)
    first = random.randint(FIRST, last)
    return (council, first, random.choice([None, random.randint(first, last)]))


def _services(random: Random, world: World, last: int) -> None:
    slugs: list[str] = []
    for number in range(random.randint(2, 9)):
        slug = f"s{number}"
        parent = random.choice(slugs) if slugs and random.random() < 0.75 else None
        participants: list[tuple[str, int, int | None]] = []
        hosts: list[tuple[str, int, int | None]] = []
        if random.random() < (0.95 if parent is None else 0.25):
            participants = [_spell(random, c, last) for c in _some(random, COUNCILS, 1)]
        if random.random() < 0.5:
            middle = random.randint(FIRST, last)
            hosts.append((random.choice(COUNCILS), FIRST, middle))
            if random.random() < 0.6:
                hosts.append((random.choice(COUNCILS), middle + random.randint(1, 2), None))
        states: list[tuple[str, int, int | None]] = []
        if random.random() < 0.25:
            first = random.randint(FIRST, last)
            states.append((random.choice(STATES), first, first + random.randint(0, 2)))
            if random.random() < 0.3:
                states.append((random.choice(STATES), first + 3, None))
        world["services"][slug] = {
            "parent": parent,
            "participants": participants,
            "hosts": hosts,
            "states": states,
        }
        slugs.append(slug)


def _values(random: Random, world: World, last: int, storable: bool) -> None:
    for driver in DRIVERS:
        for council in COUNCILS:
            begins = [FIRST] if random.random() < (0.85 if storable else 0.7) else []
            for quarter in {*begins, *(random.randint(FIRST, last) for _ in range(2))}:
                least = 1 if storable and quarter == FIRST else 0
                world["values"].append(
                    {
                        "driver": driver,
                        "council": council,
                        "from": quarter,
                        "value": Fraction(random.choice([least, random.randint(least, 400)]))
                        / random.choice([1, 1, 2, 4]),
                    }
                )


def _parts(random: Random, codes: list[str]) -> dict[str, Fraction]:
    """Shares that add up to 1: halves, thirds, odd ones, and some of 0."""
    weights = [random.choice([0, 1, 1, 1, 2, random.randint(0, 97)]) for _ in codes]
    if not any(weights):
        weights[0] = 1
    return {code: Fraction(w, sum(weights)) for code, w in zip(codes, weights, strict=True)}


def _answers(random: Random, all_agree: float) -> World:
    """Mostly all agree, or two or three do, and others may refuse. Some are withdrawn."""
    agreed = COUNCILS
    if random.random() >= all_agree:
        agreed = sorted(random.sample(COUNCILS, random.choice([2, 3, 3])))
    silent = [council for council in COUNCILS if council not in agreed]
    refused = sorted(_some(random, silent)) if random.random() < 0.6 else []
    return {"agreed": agreed, "refused": refused, "withdrawn": random.random() < 0.1}


def _rules(random: Random, world: World, last: int, storable: bool) -> None:
    for number in range(1, random.randint(2, 12)):
        rule = _rule(random, world, number, last, storable)
        if rule is None:
            continue
        world["rules"].append(rule)
        if storable:
            _as_it_can_be_answered(rule, tree_of(world))


def reaching_back(random: Random, world: World, last: int, storable: bool) -> list[World]:
    """Rules for what the others leave undivided, with the turn in which each council agreed."""
    found = []
    numbers = range(len(world["rules"]) + 20, len(world["rules"]) + 20 + random.randint(0, 4))
    for number in numbers:
        rule = _rule(random, world, number, last, storable)
        if rule is None:
            continue
        rule["until"] = random.randint(rule["from"], last)
        rule["turns"] = {code: random.randint(0, 10**9) for code in rule["agreed"]}
        if storable:
            rule.update(refused=[], withdrawn=False)
        found.append(rule)
    return found


def _rule(random: Random, world: World, number: int, last: int, storable: bool) -> World | None:
    method = random.choice(["fixed", "driver", "blend"])
    kind = random.choice(["saving", "ongoing_cost"])
    begins = random.choice([FIRST, FIRST, random.randint(FIRST, last)])
    driver = random.choice(DRIVERS) if method == "driver" else None
    services = list(world["services"])
    if storable and method != "fixed":
        services = _countable(world, [driver] if driver else DRIVERS)
        if not services:
            return None
    return {
        "id": number,
        "service": random.choice(services),
        "kind": kind,
        "method": method,
        "from": FIRST if storable and method != "fixed" else begins,
        **_answers(random, 0.7),
        "shares": _parts(random, COUNCILS) if method == "fixed" else {},
        "driver": driver,
        "weights": _parts(random, DRIVERS) if method == "blend" else {},
        "indirect_variance": random.choice(["host", "shared"]),
        "until": None,
        "turns": {},
    }


def _as_it_can_be_answered(rule: World, tree: ServiceTree) -> None:
    """Only councils that take part refuse, and it is not withdrawn if all of them have agreed."""
    service, first = rule["service"], Quarter.from_ordinal(rule["from"])
    there = set(tree.participants(service, first))
    rule["refused"] = [code for code in rule["refused"] if tree.takes_part(service, code, first)]
    rule["withdrawn"] &= not (there and there <= set(rule["agreed"]))


def _countable(world: World, drivers: list[str]) -> list[str]:
    """Services for which every first participant has values from the start."""
    tree, first = tree_of(world), Quarter.from_ordinal(FIRST)
    known = {(v["driver"], v["council"]) for v in world["values"] if v["from"] == FIRST}
    return [
        slug
        for slug in world["services"]
        if all((d, c) in known for d in drivers for c in tree.participants(slug, first))
    ]


def _approvals(random: Random, world: World, last: int) -> None:
    for number in range(random.randint(1, 4)):
        world["approvals"].append(
            {
                "code": f"move-{number}",
                "service": random.choice(list(world["services"])),
                "from": random.choice([FIRST, random.randint(FIRST, last)]),
                **_answers(random, 0.8),
            }
        )


def _entry(random: Random, world: World, number: int, last: int) -> World:
    kind = random.choices(KINDS, (40, 20, 25, 15))[0]
    cause = random.choice(CAUSES) if kind == "variance" else ""
    council = random.choice(COUNCILS)
    quarter = random.randint(FIRST, last)
    pence = random.choice([0, 1, 100, random.randint(1, 10**9), random.randint(1, 10**9)])
    approval = ""
    if kind == "transition_cost" and random.random() < 0.8:
        approval = random.choice(world["approvals"])["code"]
    earlier = [
        entry["id"]
        for entry in world["entries"]
        if entry["council"] == council and entry["quarter"] < quarter
    ]
    return {
        "id": number,
        "council": council,
        "quarter": quarter,
        "service": random.choice(list(world["services"])),
        "kind": kind,
        "scope": "own" if random.random() < 0.2 else "shared",
        "pence": random.choice([-1, 1, 1, 1]) * pence,
        "cause": cause,
        "caused_by": random.choice(COUNCILS) if cause == "specification_change" else None,
        "tupe": sorted(_some(random, COUNCILS))
        if kind == "ongoing_cost" and random.random() < 0.4
        else [],
        "approval": approval,
        "corrects": random.choice(earlier) if earlier and random.random() < 0.2 else None,
    }


# --- As the module takes it ------------------------------------------------------------


def tree_of(world: World) -> ServiceTree:
    def spells(said: list[tuple[str, int, int | None]]) -> tuple[Spell, ...]:
        return tuple(
            Spell(
                council,
                Quarter.from_ordinal(first),
                None if last is None else Quarter.from_ordinal(last),
            )
            for council, first, last in said
        )

    return ServiceTree.of(
        Node(
            slug,
            slug,
            service["parent"],
            spells(service["participants"]),
            spells(service["hosts"]),
            tuple(
                StateSpell(
                    state,
                    Quarter.from_ordinal(first),
                    None if last is None else Quarter.from_ordinal(last),
                )
                for state, first, last in service["states"]
            ),
        )
        for slug, service in world["services"].items()
    )


def attribution_of(world: World) -> Attribution:
    return Attribution(
        tree_of(world),
        [
            Rule(
                id=rule["id"],
                service=rule["service"],
                kind=rule["kind"],
                method=rule["method"],
                effective_from=Quarter.from_ordinal(rule["from"]),
                agreed_by=frozenset(rule["agreed"]),
                shares=rule["shares"],
                driver=rule["driver"],
                weights=rule["weights"],
                indirect_variance_to_host=rule["indirect_variance"] == "host",
                given_up=rule["withdrawn"] or bool(rule["refused"]),
                reaches_back_until=None
                if rule["until"] is None
                else Quarter.from_ordinal(rule["until"]),
                turns=rule["turns"],
            )
            for rule in world["rules"]
        ],
        [
            ValueOfDriver(
                number,
                value["driver"],
                value["council"],
                Quarter.from_ordinal(value["from"]),
                value["value"],
            )
            for number, value in enumerate(world["values"])
        ],
        [
            Budget(
                approval["code"],
                approval["service"],
                10**15,
                Quarter.from_ordinal(approval["from"]),
                frozenset(approval["agreed"]),
                refused_by=frozenset(approval["refused"]),
                withdrawn=approval["withdrawn"],
            )
            for approval in world["approvals"]
        ],
    )


def reported(world: World) -> list[Reported]:
    quarters = {entry["id"]: entry["quarter"] for entry in world["entries"]}
    return [
        Reported(
            entry["id"],
            EntryFacts(
                service=entry["service"],
                kind=entry["kind"],
                scope=entry["scope"],
                quarter=Quarter.from_ordinal(quarters.get(entry["corrects"], entry["quarter"])),
                council=entry["council"],
                cause=entry["cause"],
                caused_by=entry["caused_by"],
                tupe=tuple(entry["tupe"]),
                budget=entry["approval"],
            ),
            entry["pence"],
            Quarter.from_ordinal(entry["quarter"]),
        )
        for entry in world["entries"]
    ]
