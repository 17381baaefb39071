"""What happens to spells when a council joins, leaves or hosts, without a database."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from finance.periods import Quarter
from savings.sharing.spells import (
    ChangeOfSpells,
    Party,
    first_after,
    hosting,
    joining,
    leaving,
    of,
    time_in,
    why_it_cannot_host,
    why_it_cannot_join,
    why_it_cannot_leave,
)
from services.tree import Node, ServiceTree, Spell

Q = [Quarter.from_ordinal(Quarter.parse("2013-14-Q1").ordinal + step) for step in range(12)]
WCC, RBKC, LBHF = (
    Party("WCC", "Westminster"),
    Party("RBKC", "Kensington and Chelsea"),
    Party("LBHF", "Hammersmith and Fulham"),
)


def spell(first: int, last: int | None = None, council: str = "WCC") -> Spell:
    return Spell(council, Q[first], None if last is None else Q[last])


def told(spells: tuple[Spell, ...]) -> list[tuple[str, int, int | None]]:
    return [(s.council, Q.index(s.first), Q.index(s.last) if s.last else None) for s in spells]


def a_tree(
    *spells: Spell, hosts: tuple[Spell, ...] = (), below: tuple[Spell, ...] = ()
) -> ServiceTree:
    return ServiceTree.of(
        [
            Node("libraries", "Libraries", None, spells, hosts),
            Node("archives", "Archives", "libraries", below),
        ]
    )


# --- Joining -----------------------------------------------------------------------------


def test_joining_lasts_until_further_notice() -> None:
    assert told(joining([spell(0, council="RBKC")], "WCC", Q[1]).added) == [("WCC", 1, None)]


def test_joining_ends_where_it_joins_again() -> None:
    """Its own next spell: not an earlier one, nor another council's."""
    others = [spell(0, 1), spell(7, 8), spell(5), spell(3, council="RBKC")]
    assert joining(others, "WCC", Q[2]) == ChangeOfSpells(added=(spell(2, 4),))


def test_a_council_that_takes_part_can_not_join() -> None:
    tree = a_tree(spell(1, 3), spell(0, council="RBKC"))
    assert why_it_cannot_join(tree, "archives", WCC, Q[3]) == (
        "Westminster already takes part in Archives in 2013/14 Q4: choose another council or a "
        "quarter in which it does not."
    )
    assert why_it_cannot_join(tree, "archives", WCC, Q[0]) == ""
    assert why_it_cannot_join(tree, "archives", WCC, Q[4]) == ""


# --- Leaving -----------------------------------------------------------------------------


def test_a_councils_time_covers_spells_without_a_gap() -> None:
    spells = [spell(3, 4), spell(1, 2), spell(6), spell(5, council="RBKC")]
    assert time_in(spells, "WCC", Q[4]) == spell(1, 4)
    assert time_in(spells, "WCC", Q[6]) == spell(6)
    assert time_in(spells, "WCC", Q[5]) is None
    assert time_in(spells, "WCC", Q[0]) is None
    assert time_in(spells, "LBHF", Q[4]) is None


def test_leaving_ends_a_councils_time_and_leaves_the_next_alone() -> None:
    spells = (spell(0, 2), spell(3, 5), spell(8), spell(1, council="RBKC"))
    change = leaving(spells, "WCC", spell(0, 5), Q[2])
    assert told(change.made_to(spells)) == [("WCC", 0, 1), ("WCC", 8, None), ("RBKC", 1, None)]


def test_leaving_before_a_spell_begins_calls_it_off() -> None:
    spells = (spell(4), spell(0, council="RBKC"))
    assert leaving(spells, "WCC", spell(4), Q[4]) == ChangeOfSpells(removed=(spell(4),))


def test_a_council_that_takes_no_part_can_not_leave() -> None:
    tree = a_tree(spell(0, 1), spell(0, council="RBKC"), spell(0, council="LBHF"))
    assert why_it_cannot_leave(tree, "libraries", WCC, None, Q[2]) == (
        "Westminster already takes no part in Libraries in 2013/14 Q3: choose a council that "
        "does, or another quarter."
    )


def test_two_councils_have_to_remain_for_as_long_as_it_would_have_stayed() -> None:
    spells = (spell(0, 5), spell(0, council="RBKC"), spell(0, 3, council="LBHF"))
    tree = a_tree(*spells)
    refused = why_it_cannot_leave(tree, "libraries", WCC, time_in(spells, "WCC", Q[1]), Q[1])
    assert refused == (
        "Without Westminster, fewer than two councils would share Libraries in 2014/15 Q1: record "
        "another one that joins first."
    )
    stays = (*spells, spell(4, council="LBHF"))
    time = time_in(stays, "WCC", Q[1])
    assert why_it_cannot_leave(a_tree(*stays), "libraries", WCC, time, Q[1]) == ""


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (
            (spell(0),),
            "Westminster hosts Libraries in 2013/14 Q2: first record who hosts it from then on.",
        ),
        (
            (spell(0, 2, "RBKC"), spell(3)),
            "Westminster hosts Libraries in 2013/14 Q4: first record who hosts it from then on.",
        ),
        ((spell(0, 0), spell(1, council="RBKC")), ""),
    ],
)
def test_a_host_can_not_leave(hosts: tuple[Spell, ...], expected: str) -> None:
    spells = tuple(spell(0, council=party.code) for party in (WCC, RBKC, LBHF))
    tree = a_tree(*spells, hosts=hosts)
    assert why_it_cannot_leave(tree, "libraries", WCC, spell(0), Q[1]) == expected


# --- Hosting -----------------------------------------------------------------------------


def test_hosting_lasts_until_the_next_change_and_ends_the_one_before() -> None:
    spells = (spell(0, 3), spell(4, council="RBKC"))
    change = hosting(spells, "LBHF", Q[2])
    assert told(change.made_to(spells)) == [("WCC", 0, 1), ("RBKC", 4, None), ("LBHF", 2, 3)]


def test_hosting_replaces_a_spell_that_begins_in_the_same_quarter() -> None:
    spells = (spell(0, 3), spell(4, council="RBKC"))
    assert told(hosting(spells, "LBHF", Q[4]).made_to(spells)) == [("WCC", 0, 3), ("LBHF", 4, None)]


def test_a_host_has_to_take_part_for_the_whole_spell() -> None:
    spells = tuple(spell(0, council=party.code) for party in (WCC, RBKC))
    below = (spell(0, 2), spell(0, council="RBKC"))
    tree = a_tree(*spells, hosts=(spell(0, council="RBKC"),), below=below)
    assert why_it_cannot_host(tree, "libraries", LBHF, spell(1, council="LBHF")) == (
        "Hammersmith and Fulham takes no part in Libraries in 2013/14 Q2: choose one that does."
    )
    assert why_it_cannot_host(tree, "libraries", WCC, spell(1)) == (
        "Westminster takes no part in Archives in 2013/14 Q4: first record a separate "
        "host for Archives, or choose a council that takes part in both."
    )
    assert why_it_cannot_host(tree, "libraries", WCC, spell(1, 2)) == ""
    assert why_it_cannot_host(tree, "libraries", RBKC, spell(1, council="RBKC")) == ""


# --- Whatever spells there were ---------------------------------------------------------


@st.composite
def without_overlap(draw: st.DrawFn, councils: tuple[str, ...]) -> tuple[Spell, ...]:
    """Spells of these councils; no two spells of one council overlap."""
    spells: list[Spell] = []
    for council in councils:
        edges = sorted(draw(st.sets(st.integers(0, len(Q) - 1), max_size=6)))
        for first, following in pairwise(edges):
            last = draw(st.integers(first, following - 1))
            spells.append(spell(first, last, council))
        open_ended = draw(st.booleans())
        if edges and open_ended:
            spells.append(spell(edges[-1], None, council))
    return tuple(draw(st.permutations(spells)))


def who(spells: tuple[Spell, ...], quarter: Quarter) -> list[str]:
    return sorted(each.council for each in spells if each.covers(quarter))


@given(without_overlap(("WCC", "RBKC")), st.sampled_from(Q[1:-1]))
def test_a_council_that_joins_takes_part_from_then_on(
    spells: tuple[Spell, ...], first: Quarter
) -> None:
    assume("WCC" not in who(spells, first))
    after = joining(spells, "WCC", first).made_to(spells)
    again = first_after(of("WCC", spells), first)
    for quarter in Q:
        new = ["WCC"] if quarter >= first and (again is None or quarter < again) else []
        assert who(after, quarter) == sorted(who(spells, quarter) + new)


@given(without_overlap(("WCC", "RBKC")), st.sampled_from(Q[1:-1]))
def test_a_council_that_leaves_is_absent_only_for_that_time(
    spells: tuple[Spell, ...], first: Quarter
) -> None:
    assume("WCC" in who(spells, first))
    time = time_in(spells, "WCC", first)
    assert time is not None
    after = leaving(spells, "WCC", time, first).made_to(spells)
    for quarter in Q:
        gone = quarter >= first and time.covers(quarter)
        expected = who(spells, quarter)
        assert who(after, quarter) == [c for c in expected if not (gone and c == "WCC")]


@given(without_overlap(("WCC",)), st.sampled_from(Q[1:-1]))
def test_only_one_council_hosts_at_a_time(spells: tuple[Spell, ...], first: Quarter) -> None:
    after = hosting(spells, "RBKC", first).made_to(spells)
    following = first_after(spells, first)
    for quarter in Q:
        new = quarter >= first and (following is None or quarter < following)
        assert who(after, quarter) == (["RBKC"] if new else who(spells, quarter))
