"""The contract's attribution, rule by rule, on worlds small enough to check by eye."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from finance.apportionment import ShareError
from finance.periods import Quarter
from savings.budgets.claims import Budget, why_not
from savings.drivers.values import ValueOfDriver
from savings.formulas.arithmetic import REASONS, Attribution, EntryFacts, Outcome, Rule
from savings.formulas.delivered import AttributedSum, Delivered, Reduction
from services.tree import Node, ServiceTree, Spell

Q1, Q2, Q3, Q4 = (Quarter.parse(f"2013-14-Q{number}") for number in (1, 2, 3, 4))
ALL = frozenset({"LBHF", "RBKC", "WCC"})
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def spells(*codes: str) -> tuple[Spell, ...]:
    return tuple(Spell(code, Q1) for code in codes)


TREE = ServiceTree.of(
    [
        # RBKC joins in Q2, LBHF leaves after Q3; WCC hosts, from Q2.
        Node(
            "childrens",
            "Children's",
            participation=(Spell("LBHF", Q1, Q3), Spell("RBKC", Q2), Spell("WCC", Q1)),
            hosting=(Spell("WCC", Q2),),
        ),
        Node("services", "Services", "childrens"),
        Node("fostering", "Fostering", "services"),
        Node("cex", "Chief executive", participation=spells("LBHF", "RBKC")),
        Node("hr", "HR", participation=spells("LBHF", "RBKC", "WCC")),
        Node("nobody", "No council"),
        # WCC takes part in the cars, and in nothing else of the chief executive's.
        Node("cars", "Cars", "cex", participation=spells("LBHF", "WCC")),
    ]
)


def entry(service: str = "hr", kind: str = "saving", quarter: Quarter = Q1, **more) -> EntryFacts:
    given = {"scope": "shared", "council": "LBHF", **more}
    return EntryFacts(service, kind, quarter=quarter, **given)


def fixed(
    service: str = "hr",
    shares: Mapping[str, Fraction | int] | None = None,
    *,
    rule_id: int = 1,
    kind: str = "saving",
    since: Quarter = Q1,
    agreed: frozenset[str] = ALL,
    **more,
) -> Rule:
    given = {"LBHF": HALF, "RBKC": THIRD, "WCC": Fraction(1, 6)} if shares is None else shares
    whole = {code: Fraction(share) for code, share in given.items()}
    return Rule(rule_id, service, kind, "fixed", since, agreed, shares=whole, **more)


def values(driver: str, since: Quarter = Q1, **by_council: int) -> list[ValueOfDriver]:
    return [
        ValueOfDriver(1000 + since.ordinal * 10 + place, driver, council, since, Fraction(value))
        for place, (council, value) in enumerate(by_council.items())
    ]


def driven(
    service: str = "hr", driver: str | None = "children", *, rule_id: int = 1, **more
) -> Rule:
    return Rule(rule_id, service, "saving", "driver", Q1, ALL, driver=driver, **more)


def blend(weights: Mapping[str, Fraction | int]) -> Rule:
    whole = {driver: Fraction(weight) for driver, weight in weights.items()}
    return Rule(1, "hr", "saving", "blend", Q1, ALL, weights=whole)


def ask(facts: EntryFacts, *rules: Rule, numbers: list[ValueOfDriver] | None = None) -> Outcome:
    return Attribution(TREE, rules, numbers or []).share_out(facts)


def falls(facts: EntryFacts, *rules: Rule, numbers: list[ValueOfDriver] | None = None):
    """The shares of councils that bear any, and why."""
    outcome = ask(facts, *rules, numbers=numbers)
    assert outcome.because in REASONS
    assert sum(outcome.shares.values()) in (0, 1)
    return {code: share for code, share in outcome.shares.items() if share}, outcome.because


# --- Rule 1: an own entry ------------------------------------------------------


@pytest.mark.parametrize("kind", ["saving", "ongoing_cost", "transition_cost", "variance"])
@pytest.mark.parametrize("cause", ["", "indirect", "specification_change"])
def test_an_own_entry_falls_wholly_on_its_council(kind: str, cause: str) -> None:
    facts = entry(kind=kind, scope="own", council="WCC", cause=cause, caused_by="LBHF")
    assert falls(facts, fixed(), fixed(kind="ongoing_cost", rule_id=2)) == ({"WCC": 1}, "own")


def test_an_own_entry_needs_neither_rule_nor_participants() -> None:
    assert falls(entry("nobody", scope="own")) == ({"LBHF": 1}, "own")
    assert falls(entry("cex", scope="own", council="WCC")) == ({"WCC": 1}, "own")


# --- Rule 2: the rule in force -------------------------------------------------


def test_a_shared_entry_is_split_by_the_rule_in_force() -> None:
    rule = fixed()
    outcome = ask(entry(), rule)
    assert outcome == Outcome(rule.shares, "rule", rule)


def test_without_a_rule_an_entry_is_unattributed() -> None:
    assert falls(entry()) == ({}, "no_rule")
    assert falls(entry(), fixed(kind="ongoing_cost")) == ({}, "no_rule")
    assert falls(entry(), fixed("cex")) == ({}, "no_rule")
    assert falls(entry("childrens"), fixed("services"), fixed("fostering")) == ({}, "no_rule")


@pytest.mark.parametrize(
    ("agreed", "in_force"),
    [
        (ALL, True),
        (ALL | {"BRENT"}, True),
        (ALL - {"WCC"}, False),
        (frozenset({"WCC"}), False),
        (frozenset(), False),
    ],
)
def test_a_rule_needs_every_participating_council(agreed: frozenset[str], in_force: bool) -> None:
    found = Attribution(TREE, [fixed(agreed=agreed)], []).rule_in_force("hr", "saving", Q1)
    assert (found is not None) is in_force


def test_a_council_that_does_not_take_part_is_not_asked() -> None:
    rule = fixed("cex", {"LBHF": HALF, "RBKC": HALF}, agreed=frozenset({"LBHF", "RBKC"}))
    assert falls(entry("cex"), rule) == ({"LBHF": HALF, "RBKC": HALF}, "rule")


@pytest.mark.parametrize(("quarter", "rule_id"), [(Q1, 1), (Q2, 1), (Q3, 2), (Q4, 2)])
def test_a_later_rule_replaces_an_earlier_one_from_its_quarter_on(
    quarter: Quarter, rule_id: int
) -> None:
    rules = [fixed(rule_id=2, since=Q3), fixed(rule_id=1, since=Q1)]
    for order in (rules, rules[::-1]):
        found = Attribution(TREE, order, []).rule_in_force("hr", "saving", quarter)
        assert found is not None
        assert found.id == rule_id


def test_a_later_rule_not_agreed_by_all_replaces_nothing() -> None:
    waiting = fixed(rule_id=2, since=Q2, agreed=ALL - {"RBKC"})
    found = Attribution(TREE, [fixed(), waiting], []).rule_in_force("hr", "saving", Q3)
    assert found == fixed()


def test_of_two_rules_from_one_quarter_the_later_proposed_applies() -> None:
    found = Attribution(TREE, [fixed(rule_id=2), fixed()], []).rule_in_force("hr", "saving", Q1)
    assert found == fixed(rule_id=2)


def test_before_its_effective_quarter_a_rule_is_not_in_force() -> None:
    assert falls(entry(quarter=Q1), fixed(since=Q2)) == ({}, "no_rule")


def test_the_nearest_service_with_a_rule_in_force_decides() -> None:
    everybody = {"LBHF": HALF, "WCC": HALF}
    above = fixed("childrens", everybody, rule_id=1)
    nearer = fixed("services", {"WCC": 1}, rule_id=2)
    waiting = fixed("fostering", {"LBHF": 1}, rule_id=3, agreed=frozenset({"LBHF"}))
    facts = entry("fostering")
    assert falls(facts, above) == (everybody, "rule")
    assert falls(facts, above, nearer) == ({"WCC": 1}, "rule")
    assert falls(facts, above, nearer, waiting) == ({"WCC": 1}, "rule")
    later = fixed("childrens", everybody, rule_id=4, since=Q2)
    assert falls(entry("fostering", quarter=Q2), later, nearer) == ({"WCC": 1}, "rule")


def test_a_council_that_shares_only_a_part_has_to_agree_to_a_rule_that_splits_it() -> None:
    shares = {"LBHF": HALF, "RBKC": HALF}
    without = fixed("cex", shares, agreed=frozenset({"LBHF", "RBKC"}))
    counted = driven("cex")
    numbers = values("children", LBHF=1, RBKC=1, WCC=3)
    assert falls(entry("cex"), without) == (shares, "rule")
    assert falls(entry("cars"), without) == ({}, "no_rule")
    assert falls(entry("cars"), replace(without, agreed_by=ALL)) == ({"LBHF": 1}, "rule")
    by_count = ({"LBHF": Fraction(1, 4), "WCC": Fraction(3, 4)}, "rule")
    assert falls(entry("cars"), counted, numbers=numbers) == by_count
    fewer = replace(counted, agreed_by=ALL - {"WCC"})
    assert falls(entry("cars"), fewer, numbers=numbers) == ({}, "no_rule")
    # Nor is it enough that those of the part have agreed, if one of the whole has not.
    of_the_part = replace(without, agreed_by=frozenset({"LBHF", "WCC"}))
    assert falls(entry("cars"), of_the_part) == ({}, "no_rule")


def test_waiting_proposals_come_with_the_councils_they_wait_for_down_to_the_rule_in_force() -> None:
    nearest = fixed("fostering", rule_id=1, agreed=frozenset({"LBHF"}))
    later = fixed("services", rule_id=2, since=Q2, agreed=ALL - {"WCC"})
    in_force = fixed("services", rule_id=3)
    behind = fixed("services", rule_id=4, since=Q1.preceding, agreed=frozenset())
    further_up = fixed("childrens", rule_id=5, agreed=frozenset())
    gone = fixed("fostering", rule_id=6, agreed=frozenset(), given_up=True)
    to_come = fixed("fostering", rule_id=7, since=Q4, agreed=frozenset())
    every = [nearest, later, in_force, behind, further_up, gone, to_come]
    attribution = Attribution(TREE, every, [])
    waits = ((nearest, ("RBKC", "WCC")), (later, ("WCC",)))
    assert attribution.waiting("fostering", "saving", Q2) == waits
    assert attribution.waiting("fostering", "ongoing_cost", Q2) == ()
    assert Attribution(TREE, every[:2] + every[4:], []).waiting("fostering", "saving", Q2) == (
        *waits,
        (further_up, ("LBHF", "RBKC", "WCC")),
    )


def test_where_no_council_takes_part_none_bears_it() -> None:
    assert falls(entry("nobody"), fixed("nobody")) == ({}, "no_participants")
    assert falls(entry("hr", quarter=Q1.preceding), fixed(since=Q1.preceding)) == (
        {},
        "no_participants",
    )


# --- Councils that join and leave ----------------------------------------------


def test_a_rule_that_a_newcomer_has_not_agreed_to_ends_when_it_joins() -> None:
    old = fixed("childrens", {"LBHF": THIRD, "WCC": 2 * THIRD}, agreed=frozenset({"LBHF", "WCC"}))
    facts = [entry("childrens", quarter=quarter) for quarter in (Q1, Q2)]
    assert [falls(each, old) for each in facts] == [
        ({"LBHF": THIRD, "WCC": 2 * THIRD}, "rule"),
        ({}, "no_rule"),
    ]
    new = fixed("childrens", rule_id=2, since=Q2)
    assert falls(facts[1], old, new)[0] == {"LBHF": HALF, "RBKC": THIRD, "WCC": Fraction(1, 6)}


def test_the_share_of_an_absent_council_is_scaled_onto_the_rest() -> None:
    rule = fixed("childrens")
    assert [falls(entry("childrens", quarter=quarter), rule)[0] for quarter in (Q1, Q2, Q4)] == [
        {"LBHF": Fraction(3, 4), "WCC": Fraction(1, 4)},
        {"LBHF": HALF, "RBKC": THIRD, "WCC": Fraction(1, 6)},
        {"RBKC": 2 * THIRD, "WCC": THIRD},
    ]


def test_a_rule_that_waits_for_one_council_is_in_force_once_that_council_has_left() -> None:
    rule = fixed("childrens", agreed=frozenset({"RBKC", "WCC"}))
    assert falls(entry("childrens", quarter=Q3), rule) == ({}, "no_rule")
    assert falls(entry("childrens", quarter=Q4), rule) == (
        {"RBKC": 2 * THIRD, "WCC": THIRD},
        "rule",
    )


def test_there_is_nothing_to_share_by_once_all_councils_with_shares_have_left() -> None:
    outcome = ask(entry("childrens", quarter=Q4), fixed("childrens", {"LBHF": 1}))
    assert (dict(outcome.shares), outcome.because) == ({}, "nothing_to_share_by")
    assert outcome.rule == fixed("childrens", {"LBHF": 1})


# --- Rule 3: drivers and blends ------------------------------------------------


def test_a_driver_shares_in_proportion_to_its_values() -> None:
    numbers = values("children", LBHF=20, RBKC=5, WCC=25) + values("posts", WCC=1)
    outcome = ask(entry(), driven(), numbers=numbers)
    assert outcome.shares == {
        "LBHF": Fraction(2, 5),
        "RBKC": Fraction(1, 10),
        "WCC": Fraction(1, 2),
    }
    assert sorted(value.id for value in outcome.values) == sorted(v.id for v in numbers[:3])


def test_a_driver_goes_by_the_latest_value_at_or_before_the_quarter() -> None:
    numbers = [
        *values("children", Q3, LBHF=0, WCC=1),
        *values("children", Q1, LBHF=1, RBKC=1, WCC=2),
        *values("children", Q4, RBKC=9),
    ]
    shares = [ask(entry(quarter=q), driven(), numbers=numbers).shares for q in (Q1, Q2, Q3, Q4)]
    quarters = {"LBHF": Fraction(1, 4), "RBKC": Fraction(1, 4), "WCC": HALF}
    assert shares == [
        quarters,
        quarters,
        {"RBKC": HALF, "WCC": HALF},
        {"RBKC": Fraction(9, 10), "WCC": Fraction(1, 10)},
    ]


def test_a_driver_counts_only_councils_that_take_part() -> None:
    numbers = values("children", LBHF=1, RBKC=1, WCC=98)
    rule = Rule(1, "cex", "saving", "driver", Q1, ALL, driver="children")
    outcome = ask(entry("cex"), rule, numbers=numbers)
    assert outcome.shares == {"LBHF": HALF, "RBKC": HALF}
    assert {value.council for value in outcome.values} == {"LBHF", "RBKC"}


def test_a_driver_with_values_of_0_shares_nothing() -> None:
    numbers = values("children", LBHF=0, RBKC=0, WCC=0)
    assert falls(entry(), driven(), numbers=numbers) == ({}, "nothing_to_share_by")


@pytest.mark.parametrize(
    "numbers",
    [
        [],
        values("children", LBHF=1, WCC=1),
        values("children", LBHF=1, WCC=1) + values("children", Q2, RBKC=1),
        values("posts", LBHF=1, RBKC=1, WCC=1),
    ],
)
def test_a_driver_without_a_value_for_every_council_shares_nothing(
    numbers: list[ValueOfDriver],
) -> None:
    assert falls(entry(), driven(), numbers=numbers) == ({}, "no_value")
    assert ask(entry(), driven(), numbers=numbers).rule == driven()
    # A council that takes no part needs none.
    fewer = values("children", LBHF=1, RBKC=3)
    assert falls(entry("cex"), driven("cex"), numbers=fewer) == (
        {"LBHF": Fraction(1, 4), "RBKC": Fraction(3, 4)},
        "rule",
    )


def test_a_blend_weighs_its_drivers() -> None:
    numbers = values("children", LBHF=1, RBKC=0, WCC=1) + values("posts", LBHF=0, RBKC=1, WCC=3)
    outcome = ask(
        entry(), blend({"children": Fraction(3, 4), "posts": Fraction(1, 4)}), numbers=numbers
    )
    assert outcome.shares == {
        "LBHF": Fraction(6, 16),
        "RBKC": Fraction(1, 16),
        "WCC": Fraction(9, 16),
    }


def test_a_blend_with_a_driver_at_0_shares_nothing() -> None:
    numbers = values("children", LBHF=1, RBKC=0, WCC=1)
    numbers += values("posts", LBHF=0, RBKC=0, WCC=0)
    weights = {"children": Fraction(99, 100), "posts": Fraction(1, 100)}
    assert falls(entry(), blend(weights), numbers=numbers) == ({}, "nothing_to_share_by")
    # One without weight is not in use, and needs no values either.
    for given in (numbers, numbers[:3]):
        assert falls(entry(), blend({"children": 1, "posts": 0}), numbers=given) == (
            {"LBHF": HALF, "WCC": HALF},
            "rule",
        )
    assert falls(entry(), blend(weights), numbers=numbers[:3]) == ({}, "no_value")


def test_an_unknown_method_is_an_error_and_not_a_guess() -> None:
    rule = Rule(9, "hr", "saving", "auction", Q1, ALL)
    with pytest.raises(ShareError, match="Rule 9 has an unknown method, “auction”"):
        ask(entry(), rule)
    with pytest.raises(ShareError):
        ask(entry(), driven(driver=None))


# --- Rule 4: variances ---------------------------------------------------------

COSTS = fixed("childrens", kind="ongoing_cost", rule_id=5)
COSTS_TO_HOST = fixed("childrens", kind="ongoing_cost", rule_id=6, indirect_variance_to_host=True)


def variance(cause: str, quarter: Quarter = Q2, **more) -> EntryFacts:
    return entry("fostering", "variance", quarter, cause=cause, **more)


@pytest.mark.parametrize("rules", [[], [COSTS], [COSTS_TO_HOST]])
def test_a_changed_specification_falls_on_the_council_that_changed_it(rules: list[Rule]) -> None:
    facts = variance("specification_change", council="LBHF", caused_by="RBKC")
    assert falls(facts, *rules) == ({"RBKC": 1}, "specification_change")
    # Even on a council that does not take part.
    outside = variance("specification_change", council="LBHF", caused_by="BRENT")
    assert falls(outside, *rules) == ({"BRENT": 1}, "specification_change")


@pytest.mark.parametrize("cause", ["demand", "quality", "direct", "indirect"])
def test_a_variance_is_split_like_ongoing_costs(cause: str) -> None:
    everybody = {"LBHF": HALF, "RBKC": THIRD, "WCC": Fraction(1, 6)}
    savings = fixed("childrens", {"WCC": 1})
    assert falls(variance(cause), savings, COSTS) == (everybody, "rule")
    assert falls(variance(cause), savings) == ({}, "no_rule")


@pytest.mark.parametrize("cause", ["demand", "quality", "direct"])
def test_only_an_indirect_variance_goes_to_the_host(cause: str) -> None:
    assert falls(variance(cause), COSTS_TO_HOST) == falls(variance(cause), COSTS)
    assert falls(variance("indirect"), COSTS_TO_HOST) == ({"WCC": 1}, "indirect_host")


def test_without_a_host_an_indirect_variance_for_the_host_is_unattributed() -> None:
    rule = fixed("hr", kind="ongoing_cost", indirect_variance_to_host=True)
    facts = entry("hr", "variance", cause="indirect")
    assert falls(facts, rule) == ({}, "no_host")
    assert ask(facts, rule).rule == rule
    early = variance("indirect", Q1)
    assert falls(early, COSTS_TO_HOST) == ({}, "no_host")


def test_ongoing_costs_never_fall_only_on_the_host() -> None:
    everybody = {"LBHF": HALF, "RBKC": THIRD, "WCC": Fraction(1, 6)}
    assert falls(entry("fostering", "ongoing_cost", Q2), COSTS_TO_HOST) == (everybody, "rule")


# --- Rule 5: transferred staff -------------------------------------------------


@pytest.mark.parametrize(
    ("tupe", "shares", "because"),
    [
        ((), {"LBHF": HALF, "RBKC": THIRD, "WCC": Fraction(1, 6)}, "rule"),
        (("RBKC", "WCC"), {"RBKC": 2 * THIRD, "WCC": THIRD}, "tupe"),
        (("WCC",), {"WCC": 1}, "tupe"),
        (("BRENT", "WCC"), {"WCC": 1}, "tupe"),
        (("LBHF", "RBKC", "WCC"), {"LBHF": HALF, "RBKC": THIRD, "WCC": Fraction(1, 6)}, "tupe"),
        (("BRENT",), {}, "nothing_to_share_by"),
    ],
)
def test_transferred_staff_cost_only_the_councils_named(
    tupe: tuple[str, ...], shares: dict[str, Fraction], because: str
) -> None:
    assert falls(entry("childrens", "ongoing_cost", Q2, tupe=tupe), COSTS) == (shares, because)


def test_transferred_staff_need_a_rule_too() -> None:
    assert falls(entry("childrens", "ongoing_cost", Q2, tupe=("WCC",))) == ({}, "no_rule")


# --- Rule 6: transition costs --------------------------------------------------


@pytest.mark.parametrize("scope", ["own", "shared"])
def test_a_transition_cost_without_a_budget_falls_on_the_reporting_council(scope: str) -> None:
    facts = entry(kind="transition_cost", scope=scope, council="RBKC")
    because = {"own": "own", "shared": "unapproved_transition"}[scope]
    assert falls(facts, fixed(), fixed(kind="ongoing_cost", rule_id=2)) == ({"RBKC": 1}, because)


MOVE = Budget("MOVE", "childrens", 10**9, Q1, ALL)
#: In pence; RBKC takes part from Q2, LBHF to Q3.
DELIVERED = Delivered(
    [
        AttributedSum("fostering", Q1, "LBHF", "saving", 900),
        AttributedSum("fostering", Q1, "WCC", "saving", 300),
        AttributedSum("fostering", Q1, "WCC", "ongoing_cost", 100),
        AttributedSum("services", Q2, "RBKC", "saving", 50),
        AttributedSum("services", Q2, "RBKC", "ongoing_cost", 80),
        AttributedSum("childrens", Q2, "LBHF", "ongoing_cost", 800),
        # Not part of any council's net reduction.
        AttributedSum("fostering", Q1, "WCC", "variance", -10_000),
        AttributedSum("fostering", Q1, "WCC", "transition_cost", 10_000),
        AttributedSum("hr", Q1, "WCC", "saving", 10_000),
    ]
)


def claim(service: str = "fostering", quarter: Quarter = Q1, **more) -> EntryFacts:
    return entry(service, "transition_cost", quarter, **{"budget": "MOVE", **more})


def claimed(
    facts: EntryFacts,
    *rules: Rule,
    approval: Budget | None = MOVE,
    delivered: Delivered | None = DELIVERED,
) -> Outcome:
    approvals = [approval] if approval else []
    return Attribution(TREE, rules, [], approvals, delivered).share_out(facts)


@pytest.mark.parametrize(
    ("service", "quarter", "shares"),
    [
        # LBHF 9.00, WCC 3.00 less 1.00.
        ("fostering", Q1, {"LBHF": Fraction(9, 11), "WCC": Fraction(2, 11)}),
        ("fostering", Q2, {"LBHF": Fraction(9, 11), "WCC": Fraction(2, 11)}),
        # With what lies below; RBKC's costs are more than its savings.
        ("services", Q2, {"LBHF": Fraction(9, 11), "WCC": Fraction(2, 11)}),
        ("childrens", Q2, {"LBHF": Fraction(1, 3), "WCC": Fraction(2, 3)}),
        # LBHF has left: the others do not pay for its gain.
        ("childrens", Q4, {"WCC": Fraction(1)}),
    ],
)
def test_an_agreed_transition_cost_is_split_by_net_reductions(
    service: str, quarter: Quarter, shares: dict[str, Fraction]
) -> None:
    outcome = claimed(claim(service, quarter))
    assert (outcome.shares, outcome.because) == (shares, "net_reduction")
    assert (outcome.budget, outcome.rule) == (MOVE, None)


def test_a_net_reduction_shows_how_it_was_worked_out() -> None:
    assert claimed(claim("childrens", Q2)).reductions == (
        Reduction("LBHF", 900, 800),
        Reduction("RBKC", 50, 80),
        Reduction("WCC", 300, 100),
    )
    assert [each.net for each in claimed(claim("childrens", Q2)).reductions] == [100, -30, 200]


@pytest.mark.parametrize(
    ("rules", "shares", "because"),
    [
        ([fixed("childrens")], {"LBHF": Fraction(3, 4), "WCC": Fraction(1, 4)}, "no_reduction"),
        ([COSTS], {}, "no_rule"),
        ([fixed("childrens", {"RBKC": 1})], {}, "nothing_to_share_by"),
    ],
)
def test_without_any_net_reduction_it_is_split_like_savings(
    rules: list[Rule], shares: dict[str, Fraction], because: str
) -> None:
    zero = [AttributedSum("fostering", Q1, "WCC", kind, 5) for kind in ("saving", "ongoing_cost")]
    for sums in ([], zero):
        outcome = claimed(claim(), *rules, delivered=Delivered(sums))
        assert (outcome.shares, outcome.because) == (shares, because)
        assert outcome.budget == MOVE
        assert [each.net for each in outcome.reductions] == [0, 0]


def test_an_own_claim_falls_on_the_reporting_council() -> None:
    """Rule 1 comes first."""
    outcome = claimed(claim(scope="own", council="WCC"), delivered=None)
    assert (dict(outcome.shares), outcome.because) == ({"WCC": Fraction(1)}, "own")


@pytest.mark.parametrize(
    "approval",
    [
        None,
        replace(MOVE, agreed_by=ALL - {"WCC"}),
        replace(MOVE, agreed_by=frozenset()),
        replace(MOVE, effective_from=Q2),
        replace(MOVE, service="hr"),
        replace(MOVE, code="move"),
        replace(MOVE, withdrawn=True),
    ],
)
def test_a_budget_that_is_not_in_force_counts_for_nothing(approval: Budget | None) -> None:
    outcome = claimed(claim(council="LBHF"), approval=approval, delivered=None)
    assert (dict(outcome.shares), outcome.because) == (
        {"LBHF": Fraction(1)},
        "approval_not_in_force",
    )
    unattributed = claimed(claim(council=None, scope="own"), approval=approval, delivered=None)
    assert (unattributed.shares, unattributed.because) == ({}, "no_rule")


def test_a_budget_needs_the_councils_of_its_service_and_of_the_part_in_that_quarter() -> None:
    two = replace(MOVE, agreed_by=frozenset({"LBHF", "WCC"}))
    assert claimed(claim(quarter=Q1), approval=two).because == "net_reduction"
    # RBKC has joined and has not agreed; once LBHF is gone its agreement is not needed.
    assert claimed(claim(quarter=Q2), approval=two).because == "approval_not_in_force"
    others = replace(MOVE, agreed_by=frozenset({"RBKC", "WCC"}))
    assert claimed(claim(quarter=Q4), approval=others).because == "net_reduction"
    wider = ServiceTree.of(
        [
            Node("a", "A", participation=spells("LBHF", "WCC")),
            Node("b", "B", "a", participation=spells("LBHF", "RBKC")),
            Node("c", "C"),
        ]
    )
    assert why_not(replace(MOVE, service="a", agreed_by=ALL), wider, "b", Q1) == ""
    for needed in ("RBKC", "WCC"):
        refusal = why_not(replace(MOVE, service="a", agreed_by=ALL - {needed}), wider, "b", Q1)
        assert f"{needed} has not" in refusal
    assert "No council took part" in why_not(replace(MOVE, service="c"), wider, "c", Q1)


def test_a_refused_or_withdrawn_proposal_is_not_revived_when_a_council_leaves() -> None:
    """LBHF refuses and leaves after Q3: in Q4 only the two that agreed are left."""
    agreed = ALL - {"LBHF"}
    silent = fixed("childrens", agreed=agreed)
    for rule, held in (
        (silent, silent),
        (replace(silent, given_up=True), None),
    ):
        assert Attribution(TREE, [rule], []).rule_in_force("childrens", "saving", Q4) == held
    budget = replace(MOVE, agreed_by=agreed)
    assert not why_not(budget, TREE, "childrens", Q4)
    refused = replace(budget, refused_by=frozenset({"LBHF"}))
    assert "was refused by LBHF" in why_not(refused, TREE, "childrens", Q4)


def test_a_claim_can_only_be_split_after_the_savings_it_rests_on() -> None:
    with pytest.raises(ShareError, match="comes after savings and costs"):
        claimed(claim(), delivered=None)
    informed = Attribution(TREE, [], [], [MOVE]).knowing(DELIVERED)
    assert informed.share_out(claim()).because == "net_reduction"
    assert [facts.rests_on_others for facts in (claim(), claim(scope="own"), entry())] == [
        True,
        False,
        False,
    ]


# --- The partnership's own figures ---------------------------------------------


@pytest.mark.parametrize("scope", ["own", "shared"])
def test_a_published_figure_without_a_rule_is_unattributed(scope: str) -> None:
    for kind in ("saving", "ongoing_cost", "transition_cost"):
        assert falls(entry(kind=kind, scope=scope, council=None)) == ({}, "no_rule")
    everybody = {"LBHF": HALF, "RBKC": THIRD, "WCC": Fraction(1, 6)}
    assert falls(entry(scope=scope, council=None), fixed()) == (everybody, "rule")


# --- In general --------------------------------------------------------------------


def test_an_outcome_that_rests_on_an_illustrative_rule_says_so() -> None:
    made_up = fixed(illustrative=True)
    assert ask(entry(), made_up).illustrative
    assert not ask(entry(), fixed()).illustrative
    assert not ask(entry(scope="own"), made_up).illustrative
    assert not ask(entry(), fixed(illustrative=True, since=Q2)).illustrative


def made_up_value(driver: str, **by_council: int) -> list[ValueOfDriver]:
    return [replace(value, illustrative=True) for value in values(driver, Q1, **by_council)]


def test_an_outcome_that_rests_on_a_made_up_driver_value_says_so() -> None:
    numbers = [*values("children", LBHF=1, RBKC=1), *made_up_value("children", WCC=1)]
    assert ask(entry(), driven(), numbers=numbers).illustrative
    assert not ask(entry("cex"), driven("cex"), numbers=numbers).illustrative
    assert not ask(entry(scope="own"), driven(), numbers=numbers).illustrative


def test_an_outcome_that_rests_on_a_made_up_host_says_so() -> None:
    def tree(provenance: str) -> ServiceTree:
        host = Spell("WCC", Q1, provenance=provenance)
        return ServiceTree.of(
            [Node("hr", "HR", participation=spells("LBHF", "WCC"), hosting=(host,))]
        )

    rule = fixed("hr", {"LBHF": 1}, kind="ongoing_cost", indirect_variance_to_host=True)
    for cause, provenance, marked in (
        ("indirect", "illustrative", True),
        ("indirect", "reported", False),
        ("demand", "illustrative", False),
    ):
        facts = entry("hr", "variance", cause=cause)
        outcome = Attribution(tree(provenance), [rule], []).share_out(facts)
        assert outcome.illustrative is marked


def test_an_outcome_that_rests_on_a_made_up_net_reduction_or_budget_says_so() -> None:
    sums = [
        AttributedSum("fostering", Q1, "LBHF", "saving", 3),
        AttributedSum("services", Q1, "WCC", "ongoing_cost", 3, illustrative=True),
    ]
    # WCC bears none, because of what was made up.
    assert claimed(claim("services"), delivered=Delivered(sums)).illustrative
    assert not claimed(claim("fostering"), delivered=Delivered(sums)).illustrative
    assert claimed(claim(), approval=replace(MOVE, illustrative=True)).illustrative
    assert not claimed(claim()).illustrative


def test_the_same_question_gets_the_same_answer_from_memory() -> None:
    attribution = Attribution(TREE, [fixed()], [])
    assert attribution.share_out(entry()) is attribution.share_out(entry())
