"""Every share of an entry worked out again from its explanation's JSON, and nothing else.

Nothing is imported from the project. `shares` and `rounding` are not read: they are what the
rebuilt shares are compared with.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

Said = dict[str, Any]


def rebuild(said: Said) -> dict[str, tuple[str, str]]:
    """Each council's exact share and amount, as text; nothing where it is unattributed."""
    shares = {council: share for council, share in _shares(said).items() if share}
    split = _split(_pence(said["entry"]["amount"]), shares)
    return {council: (str(share), _pounds(split[council])) for council, share in shares.items()}


def shown(said: Said) -> dict[str, tuple[str, str]]:
    """The same as the explanation shows it."""
    return {part["council"]: (part["share"], part["amount"]) for part in said["shares"]}


def _shares(said: Said) -> dict[str, Fraction]:
    entry = said["entry"]
    council = None if entry["council"] == "partnership" else entry["council"]
    if entry["scope"] == "own" and council:
        return {council: Fraction(1)}
    if entry["cause"] == "specification_change":
        return {entry["caused_by"]: Fraction(1)}
    if entry["kind"] == "transition_cost":
        return _transition_cost(said, council)
    rule = said["rule"]
    if entry["cause"] == "indirect" and rule and rule["indirect_variance"] == "host":
        return {said["host"]["council"]: Fraction(1)} if said["host"] else {}
    shares = _by_rule(said)
    if entry["tupe"]:
        return _scaled({each: share for each, share in shares.items() if each in entry["tupe"]})
    return shares


def _transition_cost(said: Said, council: str | None) -> dict[str, Fraction]:
    working = said["transition"]
    if not working:
        return {council: Fraction(1)} if council else {}
    approval = working["approval"]
    assert approval["effective_from"] <= said["attributed_in"]
    assert set(working["approval_participants"]) <= _agreed(approval["consents"])
    gains = {}
    for each in working["reductions"]:
        assert each["net_pence"] == each["savings_pence"] - each["ongoing_costs_pence"]
        gains[each["council"]] = Fraction(max(each["net_pence"], 0))
    assert sorted(gains) == said["participants"]
    return _scaled(gains) or _by_rule(said)


def _by_rule(said: Said) -> dict[str, Fraction]:
    rule, there = said["rule"], said["participants"]
    if not rule or not there:
        return {}
    assert rule["effective_from"] <= said["attributed_in"]
    assert set(said["rule_participants"]) <= _agreed(rule["consents"])
    if rule["method"] == "fixed":
        return _scaled({each: Fraction(rule["shares"].get(each, "0")) for each in there})
    weights = {rule["driver"]: "1"} if rule["method"] == "driver" else rule["weights"]
    blend = dict.fromkeys(there, Fraction(0))
    for driver, weight in weights.items():
        values = {
            value["council"]: Fraction(value["value"])
            for value in said["driver_values"]
            if value["driver"] == driver
        }
        shares = _scaled(values) if sorted(values) == there else {}
        if Fraction(weight) and not shares:
            return {}
        for each, share in shares.items():
            blend[each] += Fraction(weight) * share
    return blend


def _agreed(consents: list[Said]) -> set[str]:
    return {c["council"] for c in consents if c["agree"] and c["minute_reference"] and c["by"]}


def _scaled(given: dict[str, Fraction]) -> dict[str, Fraction]:
    whole = sum(given.values())
    return {each: Fraction(share) / whole for each, share in given.items()} if whole else {}


def _split(pence: int, shares: dict[str, Fraction]) -> dict[str, int]:
    exact = {council: abs(pence) * share for council, share in shares.items()}
    split = {council: int(amount) for council, amount in exact.items()}
    by_remainder = sorted(shares, key=lambda council: (split[council] - exact[council], council))
    for council in by_remainder[: abs(pence) - sum(split.values())] if shares else []:
        split[council] += 1
    return {council: -part if pence < 0 else part for council, part in split.items()}


def _pence(amount: str) -> int:
    pounds, _, pence = amount.partition(".")
    return int(pounds + pence)


def _pounds(pence: int) -> str:
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02d}"
