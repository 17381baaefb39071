"""Who takes part, who hosts and which services are below: the tree as plain values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance.periods import Quarter
from services.tree import Node, ServiceTree, Spell, StateSpell, TreeError

Q1, Q2, Q3, Q4 = (Quarter.parse(f"2012-13-Q{number}") for number in (1, 2, 3, 4))
NEXT = Q4.following


def tree(*nodes: Node) -> ServiceTree:
    return ServiceTree.of(nodes)


def node(slug: str, parent: str | None = None, **more: Any) -> Node:
    return Node(slug, slug.title(), parent, **more)


FAMILY = tree(
    node(
        "childrens",
        participation=(Spell("WCC", Q1), Spell("LBHF", Q1), Spell("RBKC", Q2, Q3)),
        hosting=(Spell("WCC", Q1, Q2), Spell("LBHF", Q4)),
    ),
    node("services", "childrens"),
    node("youth", "services"),
    node("fostering", "services", participation=(Spell("RBKC", Q2), Spell("WCC", Q2, Q3))),
    node("duty", "fostering", hosting=(Spell("RBKC", Q3),)),
    node("education", "childrens"),
    node("libraries"),
)


@pytest.mark.parametrize(
    ("quarter", "covered"), [(Q1, False), (Q2, True), (Q3, True), (Q4, False), (NEXT, False)]
)
def test_a_spell_includes_its_first_and_last_quarter(quarter: Quarter, covered: bool) -> None:
    assert Spell("WCC", Q2, Q3).covers(quarter) is covered


def test_a_spell_without_an_end_goes_on() -> None:
    assert [Spell("WCC", Q2).covers(quarter) for quarter in (Q1, Q2, NEXT)] == [False, True, True]


@pytest.mark.parametrize(
    ("slug", "quarter", "councils"),
    [
        # Its own, in alphabetical order, quarter by quarter.
        ("childrens", Q1.preceding, ()),
        ("childrens", Q1, ("LBHF", "WCC")),
        ("childrens", Q2, ("LBHF", "RBKC", "WCC")),
        ("childrens", Q3, ("LBHF", "RBKC", "WCC")),
        ("childrens", Q4, ("LBHF", "WCC")),
        # Inherited, one level and two levels down.
        ("services", Q1, ("LBHF", "WCC")),
        ("youth", Q2, ("LBHF", "RBKC", "WCC")),
        # With spells of its own it follows only those, also once they have ended.
        ("fostering", Q1, ()),
        ("fostering", Q2, ("RBKC", "WCC")),
        ("fostering", Q4, ("RBKC",)),
        ("duty", Q4, ("RBKC",)),
        # No council was ever recorded as taking part.
        ("libraries", Q1, ()),
    ],
)
def test_each_quarter_has_its_participants(
    slug: str, quarter: Quarter, councils: tuple[str, ...]
) -> None:
    assert FAMILY.participants(slug, quarter) == councils


@pytest.mark.parametrize(
    ("slug", "quarter", "host"),
    [
        ("childrens", Q1.preceding, None),
        ("childrens", Q1, "WCC"),
        ("childrens", Q2, "WCC"),
        ("childrens", Q3, None),
        ("childrens", Q4, "LBHF"),
        ("youth", Q2, "WCC"),
        ("youth", NEXT, "LBHF"),
        # Participants of its own leave the host inherited.
        ("fostering", Q2, "WCC"),
        # A host of its own hides the one above, even before it begins.
        ("duty", Q2, None),
        ("duty", Q3, "RBKC"),
        ("libraries", Q1, None),
    ],
)
def test_each_quarter_has_its_host(slug: str, quarter: Quarter, host: str | None) -> None:
    assert FAMILY.host(slug, quarter) == host


def test_a_council_with_two_spells_is_named_once() -> None:
    twice = tree(node("hr", participation=(Spell("WCC", Q1, Q2), Spell("WCC", Q2, Q3))))
    assert twice.participants("hr", Q2) == ("WCC",)


def test_a_service_has_a_path_and_a_programme() -> None:
    assert FAMILY.path("duty") == ("duty", "fostering", "services", "childrens")
    assert FAMILY.path("libraries") == ("libraries",)
    assert FAMILY.programme("duty") == "childrens"
    assert FAMILY.programme("childrens") == "childrens"


def test_the_services_below_a_service_are_found() -> None:
    assert FAMILY.below("services") == {"services", "youth", "fostering", "duty"}
    assert FAMILY.below("youth") == {"youth"}
    assert FAMILY.below("childrens") == set(FAMILY.nodes) - {"libraries"}


def test_a_walk_shows_parents_before_children_with_their_depth() -> None:
    assert [(step.slug, depth) for step, depth in FAMILY.walk()] == [
        ("childrens", 0),
        ("services", 1),
        ("youth", 2),
        ("fostering", 2),
        ("duty", 3),
        ("education", 1),
        ("libraries", 0),
    ]
    assert [(step.slug, depth) for step, depth in FAMILY.walk("services")] == [
        ("youth", 0),
        ("fostering", 0),
        ("duty", 1),
    ]


def test_a_child_may_be_given_before_its_parent() -> None:
    assert tree(node("below", "above"), node("above")).path("below") == ("below", "above")


def test_an_unknown_parent_is_named() -> None:
    with pytest.raises(TreeError, match="“hr” is below “corporate”, which does not exist"):
        tree(node("hr", "corporate"))


@pytest.mark.parametrize(
    "nodes",
    [
        [node("one", "one")],
        [node("one", "two"), node("two", "one")],
        [node("root"), node("one", "three"), node("two", "one"), node("three", "two")],
    ],
)
def test_a_circle_is_refused(nodes: list[Node]) -> None:
    with pytest.raises(TreeError, match="“one” is below itself"):
        tree(*nodes)


@given(st.lists(st.integers(0, 9), max_size=10))
def test_every_service_is_below_its_programme_and_walked_once(parents: list[int]) -> None:
    # Each service is below an earlier one, or is a programme of its own.
    nodes = [
        node(f"s{number}", None if above >= number else f"s{above}")
        for number, above in enumerate(parents)
    ]
    grown = tree(*nodes)
    assert sorted(step.slug for step, _ in grown.walk()) == sorted(grown.nodes)
    for slug in grown.nodes:
        assert slug in grown.below(grown.programme(slug))
        assert {below for below in grown.nodes if slug in grown.path(below)} == grown.below(slug)
        assert [depth for step, depth in grown.walk() if step.slug == slug] == [
            len(grown.path(slug)) - 1
        ]


def test_the_quarters_in_which_participants_change_are_found() -> None:
    assert FAMILY.turns("youth", Q1) == (Q1, Q2, Q4)
    assert FAMILY.turns("duty", Q2) == (Q2, Q4)
    assert FAMILY.turns("youth", NEXT) == (NEXT,)
    assert FAMILY.turns("libraries", Q3) == (Q3,)
    apart = (Spell("WCC", Q1, Q2), Spell("WCC", Q3))
    assert tree(node("one", participation=apart)).turns("one", Q1) == (Q1,)


# --- States --------------------------------------------------------------------------

BOTH = (Spell("LBHF", Q1), Spell("RBKC", Q1))
AREA = tree(
    node("environmental", participation=BOTH),
    node("planning", "environmental", states=(StateSpell("not_recommended", Q2, Q3),)),
    node("casework", "planning"),
    node("appeals", "planning", states=(StateSpell("shared", Q3),)),
    node("strategy", "planning", participation=(Spell("LBHF", Q1), Spell("WCC", Q1))),
    node("highways", "environmental", participation=BOTH, states=(StateSpell("single", Q1, Q1),)),
    node("elections", states=(StateSpell("single", Q1),)),
    node("choirs"),
)


@pytest.mark.parametrize(
    ("slug", "states"),
    [
        # A state keeps apart what would inherit, for as long as it lasts.
        ("planning", ("shared", "not_recommended", "not_recommended", "shared")),
        ("casework", ("shared", "not_recommended", "not_recommended", "shared")),
        # Unless what lies below has a state or participants of its own.
        ("appeals", ("shared", "not_recommended", "shared", "shared")),
        ("strategy", ("shared", "shared", "shared", "shared")),
        # Its own state goes before its own participants.
        ("highways", ("single", "shared", "shared", "shared")),
        ("environmental", ("shared", "shared", "shared", "shared")),
        # Nobody shares it, by its state or because nobody is recorded.
        ("elections", ("single", "single", "single", "single")),
        ("choirs", (None, None, None, None)),
    ],
)
def test_what_becomes_of_a_service(slug: str, states: tuple[str | None, ...]) -> None:
    assert tuple(AREA.state(slug, quarter) for quarter in (Q1, Q2, Q3, Q4)) == states
    for quarter, state in zip((Q1, Q2, Q3, Q4), states, strict=True):
        assert bool(AREA.participants(slug, quarter)) == (state == "shared")


def test_a_state_says_of_which_service_it_is() -> None:
    found = AREA.state_from("casework", Q2)
    assert found is not None
    assert found[0] == "planning"
    assert AREA.state_from("strategy", Q2) is None
    assert AREA.state_from("casework", Q1) is None


def test_one_council_alone_shares_nothing() -> None:
    alone = tree(node("hr", participation=(Spell("LBHF", Q1),)))
    assert alone.state("hr", Q1) is None


def test_who_takes_part_turns_with_the_state() -> None:
    assert AREA.turns("planning", Q1) == (Q1, Q2, Q4)
    assert AREA.turns("appeals", Q1) == (Q1, Q2, Q3)
    assert AREA.turns("strategy", Q1) == (Q1,)


def test_who_takes_part_later_takes_part_from_now_on() -> None:
    ends = tree(
        node("area", participation=(Spell("LBHF", Q1, Q4), Spell("RBKC", Q1, Q2))),
        node("part", "area", states=(StateSpell("single", Q2, Q3),)),
    )
    assert [ends.takes_part("part", code, Q2) for code in ("LBHF", "RBKC", "WCC")] == [
        True,
        False,
        False,
    ]
    assert ends.takes_part("part", "RBKC", Q1)


def test_nobody_hosts_what_nobody_shares() -> None:
    hosted = tree(
        node("area", participation=BOTH, hosting=(Spell("LBHF", Q1),)),
        node("part", "area", states=(StateSpell("single", Q2),)),
    )
    assert [hosted.host("part", quarter) for quarter in (Q1, Q2)] == ["LBHF", None]
    assert hosted.host("area", Q2) == "LBHF"
