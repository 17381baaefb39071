"""What another rule would have done: by hand, and compared with sharing entry by entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import Phase, assume, example, find, given, settings
from hypothesis import strategies as st

from finance.periods import FinancialYear, Quarter
from savings.budgets.claims import Budget
from savings.drivers.values import ValueOfDriver
from savings.formulas.arithmetic import EntryFacts, Rule
from savings.whatif.whatif import Alike, Planned, Reach, WhatIfLine, World, compare, over_the_plan
from services.tree import Node, ServiceTree, Spell
from tests.savings.formulas.sharing import Reported, share_all

Q1, Q2, Q3 = (Quarter.parse(f"2013-14-Q{number}") for number in (1, 2, 3))
COUNCILS = ("LBHF", "RBKC", "WCC")
HALF, THIRD, QUARTER = Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)


def tree() -> ServiceTree:
    """One programme of three councils, with youth in it; cex belongs to two councils."""
    three = tuple(Spell(code, Q1) for code in COUNCILS)
    return ServiceTree.of(
        [
            Node("childrens", "Children’s", participation=three),
            Node("youth", "Youth offending", "childrens"),
            Node("cex", "Chief executive", participation=three[:2]),
        ]
    )


def a_rule(
    number: int = 1,
    service: str = "childrens",
    kind: str = "saving",
    since: Quarter = Q1,
    agreed_by: tuple[str, ...] = COUNCILS,
    driver: str | None = None,
    **shares: Fraction,
) -> Rule:
    return Rule(
        number,
        service,
        kind,
        "driver" if driver else "fixed",
        since,
        frozenset(agreed_by),
        shares=shares,
        driver=driver,
    )


def alike(
    *pence: int,
    service: str = "youth",
    kind: str = "saving",
    scope: str = "shared",
    quarter: Quarter = Q1,
    counted_in: Quarter | None = None,
    council: str | None = "WCC",
    cause: str = "",
    approval: str = "",
) -> Alike:
    return Alike(
        EntryFacts(service, kind, scope, quarter, council, cause, budget=approval),
        counted_in or quarter,
        pence,
    )


def a_world(*rules: Rule, values: tuple[ValueOfDriver, ...] = (), **more: object) -> World:
    return World(tree(), rules, values, **more)  # type: ignore[arg-type]


SAVINGS = Reach(frozenset({"childrens", "youth"}), frozenset({"saving"}))
THIRDS = a_rule(LBHF=THIRD, RBKC=THIRD, WCC=THIRD)


def told(lines: tuple[WhatIfLine, ...]) -> list[tuple[str | None, str, str, int, int]]:
    return [(line.council, line.quarter.code, line.kind, line.today, line.then) for line in lines]


# --- By hand -----------------------------------------------------------------------


def test_each_entry_is_split_by_itself_in_whole_pence() -> None:
    # 100 by thirds is 34, 33, 33; twice that is 68, 66, 66, which 200 by thirds is not.
    found = compare(
        [alike(100, 100)],
        a_world(THIRDS),
        a_world(THIRDS).with_rule(a_rule(0, LBHF=HALF, RBKC=QUARTER, WCC=QUARTER), COUNCILS, None),
        SAVINGS,
    )

    assert told(found.lines) == [
        ("LBHF", "2013-14-Q1", "saving", 68, 100),
        ("RBKC", "2013-14-Q1", "saving", 66, 50),
        ("WCC", "2013-14-Q1", "saving", 66, 50),
    ]
    assert [line.difference for line in found.lines] == [32, -16, -16]
    assert (found.looked_at, found.moved) == (2, 2)


def test_unattributed_amounts_fall_on_councils_and_the_sum_stays() -> None:
    found = compare([alike(90)], a_world(), a_world().with_rule(THIRDS, COUNCILS, None), SAVINGS)

    assert told(found.lines) == [
        ("LBHF", "2013-14-Q1", "saving", 0, 30),
        ("RBKC", "2013-14-Q1", "saving", 0, 30),
        ("WCC", "2013-14-Q1", "saving", 0, 30),
        (None, "2013-14-Q1", "saving", 90, 0),
    ]


def test_a_rule_from_a_quarter_on_changes_nothing_earlier_and_yields_to_a_later_rule() -> None:
    later = a_rule(2, since=Q3, WCC=Fraction(1))
    entries = [alike(90, quarter=quarter) for quarter in (Q1, Q2, Q3)]
    halves = a_rule(0, LBHF=HALF, RBKC=HALF)
    today = a_world(THIRDS, later)

    since = compare(entries, today, today.with_rule(halves, COUNCILS, Q2), SAVINGS)
    always = compare(entries, today, today.with_rule(halves, COUNCILS, None), SAVINGS)

    def lbhf(lines: tuple[WhatIfLine, ...]) -> list[tuple[int, int]]:
        return [(line.today, line.then) for line in lines if line.council == "LBHF"]

    assert lbhf(since.lines) == [(30, 30), (30, 45)]
    assert (since.looked_at, since.moved) == (3, 1)
    assert lbhf(always.lines) == [(30, 45), (30, 45), (0, 45)]
    assert always.moved == 3


def test_a_rule_from_the_quarter_of_an_existing_one_replaces_it() -> None:
    today = a_world(THIRDS)
    then = today.with_rule(a_rule(0, WCC=Fraction(1)), COUNCILS, Q1)

    (line,) = (x for x in compare([alike(9)], today, then, SAVINGS).lines if x.council == "WCC")

    assert (line.today, line.then) == (3, 9)


def test_a_proposal_that_waits_replaces_itself() -> None:
    waits = a_rule(2, agreed_by=("WCC",), WCC=Fraction(1))
    today = a_world(THIRDS, waits)

    then = today.with_rule(waits, COUNCILS, Q2)

    assert [(rule.id, rule.effective_from, len(rule.agreed_by)) for rule in then.rules] == [
        (1, Q1, 3),
        (2, Q2, 3),
    ]


def test_a_nearer_rule_still_applies_below() -> None:
    nearer = a_rule(2, service="youth", WCC=Fraction(1))
    today = a_world(THIRDS, nearer)
    then = today.with_rule(a_rule(0, LBHF=Fraction(1)), COUNCILS, None)

    found = compare([alike(9), alike(9, service="childrens")], today, then, SAVINGS)

    assert told(found.lines) == [
        ("LBHF", "2013-14-Q1", "saving", 3, 9),
        ("RBKC", "2013-14-Q1", "saving", 3, 0),
        ("WCC", "2013-14-Q1", "saving", 12, 9),
    ]
    assert found.moved == 1


def test_entries_that_the_rule_does_not_reach_are_left_out() -> None:
    today = a_world(THIRDS)
    entries = [alike(9), alike(7, service="cex"), alike(5, kind="ongoing_cost")]

    found = compare(entries, today, today.with_rule(THIRDS, COUNCILS, None), SAVINGS)

    assert {(line.kind, line.today, line.then) for line in found.lines} == {("saving", 3, 3)}
    assert (found.looked_at, found.moved) == (3, 0)


def test_an_own_entry_is_included_and_does_not_move() -> None:
    today = a_world(THIRDS)
    then = today.with_rule(a_rule(0, LBHF=Fraction(1)), COUNCILS, None)

    assert told(compare([alike(9, scope="own")], today, then, SAVINGS).lines) == [
        ("WCC", "2013-14-Q1", "saving", 9, 9)
    ]


def test_a_correction_falls_as_in_the_corrected_quarter_and_counts_in_its_own() -> None:
    today = a_world(THIRDS)
    then = today.with_rule(a_rule(0, WCC=Fraction(1)), COUNCILS, Q2)

    found = compare([alike(-9, quarter=Q1, counted_in=Q2)], today, then, SAVINGS)

    assert {(line.quarter, line.today, line.then) for line in found.lines} == {(Q2, -3, -3)}


def test_variances_follow_a_rule_for_ongoing_costs() -> None:
    reach = Reach(frozenset({"youth"}), frozenset({"ongoing_cost", "variance"}))
    costs = a_rule(kind="ongoing_cost", LBHF=THIRD, RBKC=THIRD, WCC=THIRD)
    today = a_world(costs)
    then = today.with_rule(a_rule(0, kind="ongoing_cost", LBHF=HALF, RBKC=HALF), COUNCILS, None)

    found = compare([alike(9, kind="variance", cause="demand")], today, then, reach)

    assert told(found.lines) == [
        ("LBHF", "2013-14-Q1", "variance", 3, 5),
        ("RBKC", "2013-14-Q1", "variance", 3, 4),
        ("WCC", "2013-14-Q1", "variance", 3, 0),
    ]


def test_claims_on_a_budget_follow_the_net_reductions_under_the_rule() -> None:
    budget = Budget("move", "childrens", 10**6, Q1, frozenset(COUNCILS))
    today = a_world(THIRDS, budgets=(budget,))
    then = today.with_rule(a_rule(0, LBHF=HALF, WCC=HALF), COUNCILS, None)
    entries = [
        alike(900),
        alike(120, service="childrens", kind="transition_cost", approval="move"),
    ]

    found = compare(entries, today, then, SAVINGS)

    assert told(found.lines) == [
        ("LBHF", "2013-14-Q1", "saving", 300, 450),
        ("RBKC", "2013-14-Q1", "saving", 300, 0),
        ("WCC", "2013-14-Q1", "saving", 300, 450),
        ("LBHF", "2013-14-Q1", "transition_cost", 40, 60),
        ("RBKC", "2013-14-Q1", "transition_cost", 40, 0),
        ("WCC", "2013-14-Q1", "transition_cost", 40, 60),
    ]


def test_a_drivers_value_moves_only_what_it_splits() -> None:
    values = tuple(
        ValueOfDriver(place, "children", code, Q1, Fraction(value))
        for place, (code, value) in enumerate(zip(COUNCILS, (100, 100, 200), strict=True), 1)
    )
    today = a_world(
        a_rule(driver="children"), a_rule(2, service="cex", LBHF=HALF, RBKC=HALF), values=values
    )
    entries = [alike(400), alike(400, quarter=Q2), alike(10, service="cex")]
    reach = Reach(driver="children")

    since = today.with_value(ValueOfDriver(0, "children", "WCC", Q1, Fraction(600)), Q2)
    always = today.with_value(ValueOfDriver(0, "children", "WCC", Q1, Fraction(600)), None)

    assert told(compare(entries, today, since, reach).lines) == [
        ("LBHF", "2013-14-Q1", "saving", 100, 100),
        ("RBKC", "2013-14-Q1", "saving", 100, 100),
        ("WCC", "2013-14-Q1", "saving", 200, 200),
        ("LBHF", "2013-14-Q2", "saving", 100, 50),
        ("RBKC", "2013-14-Q2", "saving", 100, 50),
        ("WCC", "2013-14-Q2", "saving", 200, 300),
    ]
    assert {
        (line.council, line.quarter, line.then)
        for line in compare(entries, today, always, reach).lines
        if line.council == "WCC"
    } == {("WCC", Q1, 300), ("WCC", Q2, 300)}
    assert compare(entries, today, always, reach).moved == 2


def test_figures_that_rest_on_something_made_up_are_marked() -> None:
    made_up = Rule(
        1, "childrens", "saving", "fixed", Q1, frozenset(COUNCILS), {"WCC": Fraction(1)},
        illustrative=True,
    )  # fmt: skip
    today = a_world(made_up)
    then = today.with_rule(a_rule(0, LBHF=Fraction(1)), COUNCILS, Q2)

    found = compare([alike(5), alike(5, quarter=Q2)], today, then, SAVINGS)

    assert {(line.council, line.quarter, line.illustrative) for line in found.lines} == {
        ("WCC", Q1, True),
        ("WCC", Q2, True),
        ("LBHF", Q2, True),
    }


# --- Over the plan -----------------------------------------------------------------


def planned(pence: int, basis: str = "full_year", service: str = "youth") -> Planned:
    return Planned("The plan", service, FinancialYear(2013), basis, pence)


def test_a_saving_a_year_falls_by_the_rule_of_the_years_last_quarter() -> None:
    today = a_world(THIRDS)
    then = today.with_rule(a_rule(0, WCC=Fraction(1)), COUNCILS, Q3)

    found = over_the_plan([planned(100), planned(50, service="cex")], today, then, SAVINGS)

    assert [(line.council, line.today, line.then) for line in found] == [
        ("LBHF", 34, 0),
        ("RBKC", 33, 0),
        ("WCC", 33, 100),
    ]


def test_a_saving_in_a_single_year_falls_quarter_by_quarter_in_whole_pence() -> None:
    # 103 in four quarters is 26, 26, 26 and 25; each by thirds is 9, 9, 8 or 9, 8, 8.
    today = a_world(THIRDS)
    then = today.with_rule(a_rule(0, WCC=Fraction(1)), COUNCILS, Q3)

    found = over_the_plan([planned(103, "in_year")], today, then, SAVINGS)

    assert [(line.council, line.today, line.then) for line in found] == [
        ("LBHF", 36, 18),
        ("RBKC", 35, 18),
        ("WCC", 32, 67),
    ]


def test_a_planned_saving_that_a_driver_splits_is_included() -> None:
    values = tuple(
        ValueOfDriver(n, "children", code, Q1, Fraction(1)) for n, code in enumerate(COUNCILS)
    )
    today = a_world(a_rule(driver="children"), values=values)
    then = today.with_value(ValueOfDriver(0, "children", "WCC", Q1, Fraction(2)), None)

    found = over_the_plan(
        [planned(60), planned(60, service="cex")], today, then, Reach(driver="children")
    )

    assert [(line.council, line.today, line.then) for line in found] == [
        ("LBHF", 20, 15),
        ("RBKC", 20, 15),
        ("WCC", 20, 30),
    ]


# --- By property ---------------------------------------------------------------------

SERVICES = ("childrens", "youth", "cex")
PARTS = st.lists(st.integers(0, 7), min_size=3, max_size=3).filter(any)


@st.composite
def rules(draw: st.DrawFn, number: int) -> Rule:
    weights = draw(PARTS)
    driver = draw(st.sampled_from([None, None, "children"]))
    return a_rule(
        number,
        draw(st.sampled_from(SERVICES)),
        draw(st.sampled_from(["saving", "ongoing_cost"])),
        draw(st.sampled_from([Q1, Q2, Q3])),
        tuple(draw(st.sets(st.sampled_from(COUNCILS), min_size=2))),
        driver,
        **(
            {}
            if driver
            else {c: Fraction(w, sum(weights)) for c, w in zip(COUNCILS, weights, strict=True)}
        ),
    )


@st.composite
def groups(draw: st.DrawFn) -> Alike:
    kind = draw(st.sampled_from(["saving", "ongoing_cost", "transition_cost", "variance"]))
    counted_in = draw(st.sampled_from([Q1, Q2, Q3]))
    return alike(
        *draw(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=4)),
        service=draw(st.sampled_from(SERVICES)),
        kind=kind,
        scope=draw(st.sampled_from(["own", "shared", "shared"])),
        quarter=draw(st.sampled_from([q for q in (Q1, Q2, Q3) if q <= counted_in])),
        counted_in=counted_in,
        council=draw(st.sampled_from([*COUNCILS, None])),
        cause=draw(st.sampled_from(["demand", "indirect"])) if kind == "variance" else "",
        approval=draw(st.sampled_from(["", "move"])) if kind == "transition_cost" else "",
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    return a_world(
        *(draw(rules(number)) for number in range(1, draw(st.integers(1, 6)))),
        values=tuple(
            ValueOfDriver(number, "children", code, Q1, Fraction(draw(st.integers(0, 9))))
            for number, code in enumerate(COUNCILS, 1)
        ),
        budgets=(Budget("move", "childrens", 10**9, Q1, frozenset(COUNCILS)),),
    )


EVERYTHING = Reach(
    frozenset(SERVICES), frozenset({"saving", "ongoing_cost", "transition_cost", "variance"})
)


def _parts(parts: Mapping[str, int], whole: int) -> list[tuple[str | None, int]]:
    """All of it unattributed, if no council has a part."""
    return list(parts.items()) or [(None, whole)]


def one_by_one(entries: list[Alike], world: World) -> dict[tuple[str | None, Quarter, str], int]:
    """The same by `share_all`, which attributes entry by entry."""
    reported = [
        Reported(number, group.facts, pence, group.quarter)
        for number, (group, pence) in enumerate(
            (group, pence) for group in entries for pence in group.pence
        )
    ]
    sums: dict[tuple[str | None, Quarter, str], int] = defaultdict(int)
    fallen = share_all(reported, world.attribution())
    for entry in reported:
        for council, pence in _parts(fallen[entry.id].pence, entry.pence):
            sums[council, entry.quarter, entry.facts.kind] += pence
    return {key: pence for key, pence in sums.items() if pence}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(groups(), min_size=1, max_size=8), worlds(), rules(0), st.sampled_from([None, Q1, Q2])
)
def test_both_sides_are_the_same_as_sharing_entry_by_entry(
    entries: list[Alike], today: World, rule: Rule, since: Quarter | None
) -> None:
    then = today.with_rule(rule, COUNCILS, since)

    lines = compare(entries, today, then, EVERYTHING).lines

    assert {(x.council, x.quarter, x.kind): x.today for x in lines if x.today} == one_by_one(
        entries, today
    )
    assert {(x.council, x.quarter, x.kind): x.then for x in lines if x.then} == one_by_one(
        entries, then
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(groups(), min_size=1, max_size=8), worlds(), rules(0), st.sampled_from([None, Q1, Q2])
)
@example([alike(90)], a_world(THIRDS), a_rule(0, WCC=Fraction(1)), None)
def test_differences_add_up_to_0_in_every_quarter_and_kind(
    entries: list[Alike], today: World, rule: Rule, since: Quarter | None
) -> None:
    reach = Reach(today.tree.below(rule.service), frozenset({rule.kind}))
    sums: dict[tuple[Quarter, str], int] = defaultdict(int)
    for line in compare(entries, today, today.with_rule(rule, COUNCILS, since), reach).lines:
        sums[line.quarter, line.kind] += line.difference
    assert sums == dict.fromkeys(sums, 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(groups(), min_size=1, max_size=8), worlds(), st.data())
def test_todays_own_rule_changes_nothing(
    entries: list[Alike], today: World, data: st.DataObject
) -> None:
    agreed = [rule for rule in today.rules if rule.agreed_by == frozenset(COUNCILS)]
    assume(agreed)
    rule = data.draw(st.sampled_from(agreed))

    found = compare(
        entries, today, today.with_rule(rule, COUNCILS, rule.effective_from), EVERYTHING
    )

    assert [line for line in found.lines if line.difference] == []
    assert found.moved == 0


def test_the_strategies_give_entries_that_fall_otherwise_by_another_rule() -> None:
    """Otherwise the sums above would be of nothing."""

    def moves(given: tuple[list[Alike], World, Rule]) -> bool:
        entries, today, rule = given
        then = today.with_rule(rule, COUNCILS, None)
        return any(line.difference for line in compare(entries, today, then, EVERYTHING).lines)

    found = find(
        st.tuples(st.lists(groups(), min_size=1, max_size=8), worlds(), rules(0)),
        moves,
        settings=settings(database=None, derandomize=True, phases=[Phase.generate]),
    )
    assert moves(found)


@pytest.mark.parametrize("nothing", [[], [alike()]])
def test_without_entries_there_is_nothing_to_compare(nothing: list[Alike]) -> None:
    today = a_world(THIRDS)
    found = compare(nothing, today, today.with_rule(THIRDS, COUNCILS, None), SAVINGS)
    assert (sum(line.today for line in found.lines), found.looked_at) == (0, 0)
