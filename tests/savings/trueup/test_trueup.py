"""What a restatement moves: by hand, and compared with sharing entry by entry."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from finance.periods import Quarter
from savings.budgets.claims import Budget
from savings.drivers.values import ValueOfDriver
from savings.formulas.arithmetic import EntryFacts, Rule
from savings.trueup.trueup import (
    Adjusting,
    Certified,
    Moved,
    Part,
    Restated,
    RestatedLine,
    RestatementStanding,
    TrueUp,
    evidence_of,
    named_in,
    still_due,
    true_ups,
    what_moves,
)
from savings.whatif.whatif import Alike, World
from services.tree import Node, ServiceTree, Spell
from tests.savings.formulas.sharing import Reported, share_all

Q1, Q2, Q3 = (Quarter.parse(f"2013-14-Q{number}") for number in (1, 2, 3))
COUNCILS = ("LBHF", "RBKC", "WCC")
LBHF, RBKC, WCC = 1, 2, 3  # the ids of their values
HUNDREDTH = Fraction(1, 100)


def a_rule(number: int, service: str = "libraries", kind: str = "saving", **more: object) -> Rule:
    given = {"method": "driver", "driver": "readers", **more}
    return Rule(
        number,
        service,
        kind,
        effective_from=Q1,
        agreed_by=frozenset(COUNCILS),
        **given,  # type: ignore[arg-type]
    )


def a_world(*values: int, rules: tuple[Rule, ...] = (), since: Quarter = Q1) -> World:
    """Libraries and services below, shared by readers: with these values of the three councils."""
    tree = ServiceTree.of(
        [
            Node("libraries", "L", participation=tuple(Spell(code, Q1) for code in COUNCILS)),
            Node("archives", "A", "libraries"),
            Node("cex", "C", participation=tuple(Spell(code, Q1) for code in COUNCILS[:2])),
        ]
    )
    readers = tuple(
        ValueOfDriver(number, "readers", code, since, Fraction(value))
        for number, (code, value) in enumerate(zip(COUNCILS, values, strict=True), 1)
    )
    return World(tree, rules or (a_rule(1),), readers)


def certified(
    *pence: int,
    service: str = "libraries",
    kind: str = "saving",
    quarter: Quarter = Q1,
    counted_in: Quarter | None = None,
    scope: str = "shared",
    cause: str = "",
    nature: str = "cashable",
    approval: str = "",
) -> Certified:
    saving = kind == "saving"
    line = RestatedLine(
        counted_in or quarter,
        service,
        kind,
        "recurring" if saving else "",
        nature if saving else "",
        cause,
    )
    facts = EntryFacts(service, kind, scope, quarter, "WCC", cause, budget=approval)
    return Certified(Alike(facts, line.quarter, pence), line)


def told(parts: tuple[Part, ...]) -> list[tuple[str, str, int, int]]:
    return [(p.line.quarter.code, p.council, p.shared, p.restated) for p in parts]


def moved_by(entries: list[Certified], world: World, value: int, of: int = WCC) -> Moved:
    return what_moves(entries, world, world.with_restated(of, Fraction(value)), of)


# --- By hand ---------------------------------------------------------------------------


def test_entries_that_rested_on_the_value_are_split_by_the_restated_one() -> None:
    moved = moved_by([certified(400)], a_world(1, 1, 2), 6)

    assert told(moved.parts) == [
        ("2013-14-Q1", "LBHF", 100, 50),
        ("2013-14-Q1", "RBKC", 100, 50),
        ("2013-14-Q1", "WCC", 200, 300),
    ]
    assert (moved.most, moved.shared_out, moved.measure) == (100, 400, Fraction(1, 4))


def test_each_entry_is_split_by_itself_to_the_penny() -> None:
    """Two odd pennies of two entries go to one council, which one penny of their sum would not."""
    moved = moved_by([certified(100, 100)], a_world(1, 1, 1), 0)

    assert told(moved.parts) == [
        ("2013-14-Q1", "LBHF", 68, 100),
        ("2013-14-Q1", "RBKC", 66, 100),
        ("2013-14-Q1", "WCC", 66, 0),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        certified(400, service="cex"),  # no rule
        certified(400, scope="own"),
        certified(400, kind="ongoing_cost"),  # no rule of its kind
        certified(400, quarter=Quarter.parse("2012-13-Q4")),  # before the value applies
        certified(400, kind="transition_cost"),
        certified(400, kind="transition_cost", approval="moves"),
    ],
)
def test_entries_that_do_not_rest_on_it_are_left_out(entry: Certified) -> None:
    assert moved_by([entry], a_world(1, 1, 2), 6) == Moved()


def test_a_later_value_is_not_restated_with_it() -> None:
    world = a_world(1, 1, 2)
    later = ValueOfDriver(9, "readers", "WCC", Q2, Fraction(2))
    world = World(world.tree, world.rules, (*world.values, later))
    moved = moved_by([certified(400), certified(400, quarter=Q2)], world, 6)
    assert {part.line.quarter for part in moved.parts} == {Q1}


def test_a_correction_moves_like_what_it_corrects_and_counts_in_its_own_quarter() -> None:
    moved = moved_by([certified(-400, quarter=Q1, counted_in=Q3)], a_world(1, 1, 2), 6)

    assert told(moved.parts) == [
        ("2013-14-Q3", "LBHF", -100, -50),
        ("2013-14-Q3", "RBKC", -100, -50),
        ("2013-14-Q3", "WCC", -200, -300),
    ]
    assert moved.shared_out == 400


def test_variances_and_blends_rest_on_it_too() -> None:
    costs = a_rule(
        2, kind="ongoing_cost", method="blend", driver=None,
        weights={"readers": Fraction(1, 2), "posts": Fraction(1, 2)},
    )  # fmt: skip
    world = a_world(1, 1, 2, rules=(costs,))
    posts = tuple(
        ValueOfDriver(number, "posts", code, Q1, Fraction(1))
        for number, code in enumerate(COUNCILS, 11)
    )
    world = World(world.tree, world.rules, (*world.values, *posts))
    entry = certified(2400, kind="variance", cause="demand", service="archives")

    moved = moved_by([entry], world, 6)

    assert told(moved.parts) == [
        ("2013-14-Q1", "LBHF", 700, 550),
        ("2013-14-Q1", "RBKC", 700, 550),
        ("2013-14-Q1", "WCC", 1000, 1300),
    ]
    assert {part.line for part in moved.parts} == {entry.line}


def test_unattributed_entries_are_left_out_and_counted() -> None:
    """A council's own entry could take nothing from no council."""
    world = a_world(0, 0, 2)
    assert moved_by([certified(400, 100)], world, 0) == Moved(left_out=2)
    assert moved_by([certified(400)], a_world(0, 0, 0), 2) == Moved(left_out=1)


def test_the_measure_adds_up_movements_without_their_signs() -> None:
    """Otherwise a saving and its correction a quarter later would count as no movement."""
    entries = [certified(400), certified(-400, quarter=Q1, counted_in=Q2)]
    moved = moved_by(entries, a_world(1, 1, 2), 6)
    assert (moved.most, moved.shared_out, moved.measure) == (200, 800, Fraction(1, 4))


def test_the_amount_split_counts_each_entry_without_its_sign() -> None:
    moved = moved_by([certified(400, -300)], a_world(1, 1, 2), 6)
    assert (moved.most, moved.shared_out) == (25, 700)


def test_a_claim_on_a_budget_does_not_move() -> None:
    """Even where no council had saved anything, and it was split like savings."""
    budget = Budget("moves", "libraries", 10**6, Q1, frozenset(COUNCILS))
    world = replace(a_world(1, 1, 2), budgets=(budget,))
    claim = certified(400, kind="transition_cost", approval="moves")
    assert moved_by([claim], world, 6) == Moved()


def test_without_entries_nothing_moves() -> None:
    assert (Moved().most, Moved().measure) == (0, Fraction(0))
    assert moved_by([certified(400)], a_world(1, 1, 2), 2).measure == 0


# --- Whether it is put right -------------------------------------------------------------


def standings(found: tuple[TrueUp, ...]) -> list[str]:
    return [each.standing.value for each in found]


@pytest.mark.parametrize(
    ("tolerance", "standing"),
    [
        (Fraction(1, 4), RestatementStanding.WITHIN),
        (Fraction(1, 4) - Fraction(1, 10**9), RestatementStanding.COUNTS),
        (Fraction(0), RestatementStanding.COUNTS),
    ],
)
def test_a_restatement_counts_only_beyond_the_tolerance(
    tolerance: Fraction, standing: RestatementStanding
) -> None:
    found = true_ups(
        [certified(400)], a_world(1, 1, 2), [Restated(1, WCC, Fraction(6))], tolerance, ()
    )
    assert [each.standing for each in found] == [standing]


def test_the_latest_of_two_restatements_counts() -> None:
    both = [Restated(1, WCC, Fraction(6)), Restated(2, WCC, Fraction(4))]
    found = true_ups([certified(600)], a_world(1, 1, 2), both, HUNDREDTH, ())
    assert standings(found) == ["superseded", "counts"]
    assert found[0].moved == Moved()
    assert told(found[1].moved.parts)[2] == ("2013-14-Q1", "WCC", 300, 400)


def test_the_latest_counts_less_what_was_put_right_already() -> None:
    both = [Restated(1, WCC, Fraction(6)), Restated(2, WCC, Fraction(4))]
    found = true_ups([certified(600)], a_world(1, 1, 2), both, HUNDREDTH, {1})
    assert standings(found) == ["counts", "counts"]
    assert [told(each.moved.parts)[2][2:] for each in found] == [(300, 450), (450, 400)]


def test_a_restatement_close_to_what_was_put_right_changes_nothing() -> None:
    both = [Restated(1, WCC, Fraction(6)), Restated(2, WCC, Fraction("6.01"))]
    found = true_ups([certified(60000)], a_world(1, 1, 2), both, HUNDREDTH, {1})
    assert standings(found) == ["counts", "within"]


def test_a_true_up_under_way_is_carried_through_whatever_tolerance_follows() -> None:
    found = true_ups(
        [certified(400)], a_world(1, 1, 2), [Restated(1, WCC, Fraction(6))], Fraction(1, 2), {1}
    )
    assert standings(found) == ["counts"]


def test_another_value_is_measured_from_what_was_put_right() -> None:
    both = [Restated(1, WCC, Fraction(6)), Restated(2, LBHF, Fraction(3))]
    found = true_ups([certified(4000)], a_world(1, 1, 2), both, HUNDREDTH, ())
    assert told(found[1].moved.parts) == [
        ("2013-14-Q1", "LBHF", 500, 1200),
        ("2013-14-Q1", "RBKC", 500, 400),
        ("2013-14-Q1", "WCC", 3000, 2400),
    ]


def test_a_restatement_within_the_tolerance_does_not_affect_the_next() -> None:
    both = [Restated(1, WCC, Fraction("2.001")), Restated(2, LBHF, Fraction(2))]
    found = true_ups([certified(60000)], a_world(1, 1, 2), both, HUNDREDTH, ())
    assert standings(found) == ["within", "counts"]
    assert told(found[1].moved.parts)[2] == ("2013-14-Q1", "WCC", 30000, 24000)


def test_movements_that_rest_on_something_made_up_are_marked() -> None:
    made_up = Restated(1, WCC, Fraction(6), illustrative=True)
    (found,) = true_ups([certified(400)], a_world(1, 1, 2), [made_up], HUNDREDTH, ())
    assert {part.illustrative for part in found.moved.parts} == {True}
    assert {each.illustrative for each in still_due(found.moved, [])} == {True}


# --- What is still due -------------------------------------------------------------------


def test_entries_already_made_are_no_longer_due() -> None:
    line = RestatedLine(Q1, "libraries", "saving", "recurring", "cashable")
    moved = Moved((Part(line, "LBHF", 100, 50), Part(line, "WCC", 100, 150)), 200)
    assert still_due(moved, []) == (Adjusting(line, "LBHF", -50), Adjusting(line, "WCC", 50))
    assert still_due(moved, [Adjusting(line, "LBHF", -50), Adjusting(line, "WCC", 20)]) == (
        Adjusting(line, "WCC", 30),
    )
    # An entry where nothing moves has to be taken back.
    elsewhere = RestatedLine(Q1, "archives", "saving", "recurring", "cashable")
    assert Adjusting(elsewhere, "WCC", -5) in still_due(moved, [Adjusting(elsewhere, "WCC", 5)])


def test_evidence_names_its_restatement() -> None:
    assert named_in(f" {evidence_of(12, Q3)} ") == (12, Q3)
    for other in ("", "Restatement 12", "Restatement 12, soon", "restatement 1, 2013-14-Q1",
                  "Restatement 1, 2013-15-Q1", "see Restatement 1, 2013-14-Q1"):  # fmt: skip
        assert named_in(other) is None


# --- By property -------------------------------------------------------------------------

VALUES = st.integers(1, 9)


@st.composite
def groups(draw: st.DrawFn) -> Certified:
    kind = draw(st.sampled_from(["saving", "ongoing_cost", "variance"]))
    counted_in = draw(st.sampled_from([Q1, Q2, Q3]))
    return certified(
        *draw(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=3)),
        service=draw(st.sampled_from(["libraries", "archives", "cex"])),
        kind=kind,
        quarter=draw(st.sampled_from([q for q in (Q1, Q2, Q3) if q <= counted_in])),
        counted_in=counted_in,
        scope=draw(st.sampled_from(["own", "shared", "shared"])),
        cause="demand" if kind == "variance" else "",
        nature=draw(st.sampled_from(["cashable", "avoided"])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    weight = Fraction(draw(st.integers(0, 4)), 4)
    rules = (
        a_rule(1),
        a_rule(
            2, kind="ongoing_cost", method="blend", driver=None,
            weights={"readers": weight, "posts": 1 - weight},
        ),
    )  # fmt: skip
    world = a_world(*(draw(VALUES) for _ in COUNCILS), rules=rules)
    posts = tuple(
        ValueOfDriver(number, "posts", code, since, Fraction(draw(VALUES)))
        for first, since in ((11, Q1), (21, Q2))
        for number, code in enumerate(COUNCILS, first)
        if since == Q1 or draw(st.booleans())
    )
    return World(world.tree, rules, (*world.values, *posts))


@st.composite
def restatements(draw: st.DrawFn) -> list[Restated]:
    ids = st.sampled_from([LBHF, RBKC, WCC, 11, 21, 22])
    return [
        Restated(number, draw(ids), Fraction(draw(st.integers(1, 40)), 4))
        for number in range(1, draw(st.integers(1, 5)) + 1)
    ]


def one_by_one(entries: list[Certified], world: World) -> dict[tuple[RestatedLine, str], int]:
    """Every council's part of every line, by `share_all`, which attributes entry by entry."""
    reported: list[Reported] = []
    lines: dict[int, RestatedLine] = {}
    for group in entries:
        for pence in group.alike.pence:
            lines[len(reported)] = group.line
            reported.append(Reported(len(reported), group.alike.facts, pence, group.line.quarter))
    sums: dict[tuple[RestatedLine, str], int] = defaultdict(int)
    for number, fallen in share_all(reported, world.attribution()).items():
        for council, pence in fallen.pence.items():
            sums[lines[number], council] += pence
    return {key: pence for key, pence in sums.items() if pence}


EXAMPLES = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@EXAMPLES
@given(
    st.lists(groups(), min_size=1, max_size=6),
    worlds(),
    restatements(),
    st.sampled_from([Fraction(0), HUNDREDTH, Fraction(1, 5)]),
    st.sets(st.integers(1, 5)),
)
def test_a_true_up_gives_what_the_restated_values_would_have_given_to_the_penny(
    entries: list[Certified],
    today: World,
    stated: list[Restated],
    tolerance: Fraction,
    begun: set[int],
) -> None:
    found = true_ups(entries, today, stated, tolerance, begun)

    sums = defaultdict(int, one_by_one(entries, today))
    restated = today
    for each in found:
        if each.standing == RestatementStanding.COUNTS:
            restated = restated.with_restated(each.restated.value_id, each.restated.value)
            for due in still_due(each.moved, []):
                sums[due.line, due.council] += due.pence
    assert {key: pence for key, pence in sums.items() if pence} == one_by_one(entries, restated)


@EXAMPLES
@given(st.lists(groups(), min_size=1, max_size=6), worlds(), restatements())
def test_movements_add_up_to_0_in_every_line(
    entries: list[Certified], today: World, stated: list[Restated]
) -> None:
    for each in true_ups(entries, today, stated, Fraction(0), ()):
        sums: dict[RestatedLine, int] = defaultdict(int)
        for part in each.moved.parts:
            sums[part.line] += part.movement
        assert sums == dict.fromkeys(sums, 0)
        assert 0 <= each.moved.measure <= 1


@EXAMPLES
@given(st.lists(groups(), min_size=1, max_size=6), worlds(), restatements())
def test_a_council_that_has_put_everything_right_has_nothing_left(
    entries: list[Certified], today: World, stated: list[Restated]
) -> None:
    for each in true_ups(entries, today, stated, Fraction(0), ()):
        assert still_due(each.moved, still_due(each.moved, [])) == ()


def test_the_strategies_give_restatements_that_move_something() -> None:
    """Otherwise the sums above would be of nothing."""

    def moves(given: tuple[list[Certified], World, list[Restated]]) -> bool:
        entries, today, stated = given
        found = true_ups(entries, today, stated, Fraction(0), ())
        return any(part.movement for each in found for part in each.moved.parts)

    found = find(
        st.tuples(st.lists(groups(), min_size=1, max_size=6), worlds(), restatements()),
        moves,
        settings=settings(database=None, derandomize=True, phases=[Phase.generate]),
    )
    assert moves(found)
