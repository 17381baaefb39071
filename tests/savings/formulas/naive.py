"""Attribution a second time, from the contract only: slow, plain, and without the project.

Nothing is imported from the project, nothing is remembered between two questions, and the
rules come in the order of the contract. A world is plain values:

- `services`: slug to `parent`, `participants` and `hosts`, each a list of
  (council, first quarter, last quarter or None), quarters being whole numbers, and `states`,
  a list of (state, first quarter, last quarter or None);
- `rules`: `id`, `service`, `kind`, `method`, `from`, `agreed`, `refused`, `withdrawn`, `shares`,
  `driver`, `weights`, `indirect_variance`; one that reaches back has the last quarter that it
  reaches as `until` (None otherwise), and in `turns` when each council agreed;
- `values`: `driver`, `council`, `from`, `value`;
- `approvals`: `code`, `service`, `from`, `agreed`, `refused`, `withdrawn`;
- `entries`: `id`, `council` (None for the partnership), `quarter` (its return's), `service`,
  `kind`, `scope`, `pence`, `cause`, `caused_by`, `tupe`, `approval`, `corrects`.

Where the contract leaves a choice, it is the one that `docs/adr/` gives.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

World = dict[str, Any]
Split = dict[str, int]


def attribute(world: World) -> dict[int, Split]:
    """Each entry's pence by council, by its id; an empty split where it is unattributed."""
    found: dict[int, Split] = {}
    # Claims on a transition budget depend on how savings and costs fell, so they come last.
    for entry in sorted(world["entries"], key=lambda e: e["kind"] == "transition_cost"):
        found[entry["id"]] = pennies(entry["pence"], shares(world, entry, found))
    return found


def shares(world: World, entry: World, found: dict[int, Split]) -> dict[str, Fraction]:
    quarter, kind = quarter_of(world, entry), entry["kind"]
    # 1.
    if entry["scope"] == "own" and entry["council"] is not None:
        return {entry["council"]: Fraction(1)}
    # 4. and 6., each with rule 2 as the last resort.
    if kind == "variance":
        return variance(world, entry, quarter)
    if kind == "transition_cost":
        return transition_cost(world, entry, quarter, found)
    # 2. and 3.
    split = by_rule(world, entry["service"], kind, quarter)
    # 5.
    if kind == "ongoing_cost" and entry["tupe"]:
        return scaled({each: share for each, share in split.items() if each in entry["tupe"]})
    return split


def quarter_of(world: World, entry: World) -> int:
    """The quarter of its return; for a correction, the quarter of what it corrects."""
    for other in world["entries"]:
        if other["id"] == entry["corrects"]:
            return int(other["quarter"])
    return int(entry["quarter"])


# --- 2. The rule in force ------------------------------------------------------------


def above(world: World, service: str | None) -> list[str]:
    """The service, then each one above it, up to the programme."""
    if service is None:
        return []
    return [service, *above(world, world["services"][service]["parent"])]


def spells(world: World, service: str, what: str, quarter: int) -> list[str]:
    """Who takes part (or hosts) then, by the nearest service that has any spells."""
    for node in above(world, service):
        said = world["services"][node][what]
        if said:
            return [
                council
                for council, first, last in said
                if first <= quarter and (last is None or last >= quarter)
            ]
    return []


def kept_apart(world: World, service: str, quarter: int) -> bool:
    """Whether the nearest service that says anything has a state then by which nobody shares."""
    for node in above(world, service):
        said = world["services"][node]
        for state, first, last in said["states"]:
            if first <= quarter and (last is None or last >= quarter):
                return bool(state != "shared")
        if said["participants"]:
            return False
    return False


def participants(world: World, service: str, quarter: int) -> list[str]:
    if kept_apart(world, service, quarter):
        return []
    return sorted(set(spells(world, service, "participants", quarter)))


def rule_in_force(world: World, service: str, kind: str, quarter: int) -> World | None:
    for node in above(world, service):
        if not participants(world, node, quarter):
            continue
        # Every council in the rule's service, and every council that the figure may fall on.
        needed = participants(world, node, quarter) + participants(world, service, quarter)
        best: World | None = None
        for rule in world["rules"]:
            if rule["service"] != node or rule["kind"] != kind or rule["from"] > quarter:
                continue
            if rule["until"] is not None:
                continue
            if any(council not in rule["agreed"] for council in needed):
                continue
            if rule["withdrawn"] or rule["refused"]:
                continue
            if best is None or (rule["from"], rule["id"]) > (best["from"], best["id"]):
                best = rule
        if best is not None:
            return best
    return first_that_reaches_back(world, service, kind, quarter)


def first_that_reaches_back(world: World, service: str, kind: str, quarter: int) -> World | None:
    """Of the rules for what no rule had divided, the one that all agreed to first."""
    found: list[tuple[int, World]] = []
    for node in above(world, service):
        needed = participants(world, node, quarter)
        if not needed:
            continue
        for council in participants(world, service, quarter):
            if council not in needed:
                needed.append(council)
        for rule in world["rules"]:
            if rule["service"] != node or rule["kind"] != kind or rule["until"] is None:
                continue
            if not rule["from"] <= quarter <= rule["until"]:
                continue
            if rule["withdrawn"] or rule["refused"]:
                continue
            if all(council in rule["agreed"] for council in needed):
                found.append((max(rule["turns"][council] for council in needed), rule))
    return min(found, key=lambda each: each[0])[1] if found else None


# --- 3. Shares -----------------------------------------------------------------------


def by_rule(world: World, service: str, kind: str, quarter: int) -> dict[str, Fraction]:
    there = participants(world, service, quarter)
    rule = rule_in_force(world, service, kind, quarter)
    if rule is None or not there:
        return {}
    if rule["method"] == "fixed":
        return scaled({each: rule["shares"].get(each, Fraction(0)) for each in there})
    if rule["method"] == "driver":
        return by_driver(world, rule["driver"], there, quarter)
    blend = {each: Fraction(0) for each in there}
    for driver, weight in rule["weights"].items():
        if weight == 0:
            continue
        part = by_driver(world, driver, there, quarter)
        if not part:
            return {}
        for each, share in part.items():
            blend[each] += weight * share
    return scaled(blend)


def by_driver(world: World, driver: str, there: list[str], quarter: int) -> dict[str, Fraction]:
    counted = {}
    for council in there:
        known = [
            (value["from"], value["value"])
            for value in world["values"]
            if (value["driver"], value["council"]) == (driver, council) and value["from"] <= quarter
        ]
        if not known:
            # To use 0 would be a guess.
            return {}
        counted[council] = max(known)[1]
    return scaled(counted)


def scaled(given: dict[str, Fraction]) -> dict[str, Fraction]:
    """Scaled up to one; nothing where there is nothing to share by."""
    whole = sum(given.values(), Fraction(0))
    if whole == 0:
        return {}
    return {each: share / whole for each, share in given.items() if share != 0}


# --- 4. Variances --------------------------------------------------------------------


def variance(world: World, entry: World, quarter: int) -> dict[str, Fraction]:
    service, cause = entry["service"], entry["cause"]
    if cause == "specification_change":
        return {entry["caused_by"]: Fraction(1)}
    rule = rule_in_force(world, service, "ongoing_cost", quarter)
    if not rule or not participants(world, service, quarter):
        return {}
    if cause == "indirect" and rule["indirect_variance"] == "host":
        hosts = spells(world, service, "hosts", quarter)
        return {hosts[0]: Fraction(1)} if hosts else {}
    return by_rule(world, service, "ongoing_cost", quarter)


# --- 6. Transition costs -------------------------------------------------------------


def transition_cost(
    world: World, entry: World, quarter: int, found: dict[int, Split]
) -> dict[str, Fraction]:
    if not claims_on_an_agreed_budget(world, entry, quarter):
        return {} if entry["council"] is None else {entry["council"]: Fraction(1)}
    gains = {}
    for council in participants(world, entry["service"], quarter):
        net = net_reduction(world, entry["service"], quarter, council, found)
        if net > 0:
            gains[council] = net
    if not gains:
        return by_rule(world, entry["service"], "saving", quarter)
    return {council: Fraction(gain, sum(gains.values())) for council, gain in gains.items()}


def claims_on_an_agreed_budget(world: World, entry: World, quarter: int) -> bool:
    """Whether its budget has begun and every council that takes part has agreed to it."""
    for approval in world["approvals"]:
        if approval["code"] == entry["approval"]:
            needed = {
                *participants(world, approval["service"], quarter),
                *participants(world, entry["service"], quarter),
            }
            return (
                approval["service"] in above(world, entry["service"])
                and approval["from"] <= quarter
                and needed != set()
                and needed <= set(approval["agreed"])
                and not approval["withdrawn"]
                and not any(
                    council in approval["refused"]
                    for service in (approval["service"], entry["service"])
                    for council in participants(world, service, approval["from"])
                )
            )
    return False


def divided_later(world: World, entry: World) -> bool:
    """Whether a rule that reaches back divides it: claims on budgets stay as they fell."""
    if entry["scope"] == "own" and entry["council"] is not None:
        return False
    rule = rule_in_force(world, entry["service"], entry["kind"], quarter_of(world, entry))
    return rule is not None and rule["until"] is not None


def net_reduction(
    world: World, service: str, quarter: int, council: str, found: dict[int, Split]
) -> int:
    net = 0
    for entry in world["entries"]:
        if divided_later(world, entry):
            continue
        if entry["quarter"] <= quarter and service in above(world, entry["service"]):
            if entry["kind"] == "saving":
                net += found[entry["id"]].get(council, 0)
            if entry["kind"] == "ongoing_cost":
                net -= found[entry["id"]].get(council, 0)
    return net


# --- 7. Pennies ----------------------------------------------------------------------


def pennies(pence: int, given: dict[str, Fraction]) -> Split:
    """Round every share of the absolute amount down, then give out the rest one by one."""
    if not given:
        return {}
    exact = {council: abs(pence) * share for council, share in given.items()}
    split = {council: amount.numerator // amount.denominator for council, amount in exact.items()}
    owed = {council: exact[council] - split[council] for council in exact}
    while sum(split.values()) < abs(pence):
        first = sorted(owed, key=lambda council: (-owed[council], council))[0]
        split[first] += 1
        owed[first] = Fraction(-1)
    return {council: -part if pence < 0 else part for council, part in split.items()}
