"""Two versions of a return side by side, and one made from both as was chosen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from savings.filling.merging import Deed, Difference, Side, before_saves, put_side_by_side
from savings.returns.rows import EntryRow

MINE, THEIRS = Side.MINE, Side.THEIRS


def row(amount: int, service: str = "hr", **more: object) -> EntryRow:
    return EntryRow(
        service=service,
        kind="saving",
        scope="own",
        amount=amount * 100,
        recurrence="recurring",
        nature="cashable",
        **more,  # type: ignore[arg-type]
    )


ONE, TWO, THREE = row(1), row(2), row(3)
BASE = {1: ONE, 2: TWO, 3: THREE}
LINES = list(BASE.items())


def test_a_line_that_is_the_same_in_both_is_not_a_difference() -> None:
    found = put_side_by_side(BASE, LINES, LINES)

    assert (found.differences, found.same) == ((), 3)
    assert found.merged({}) == LINES


def test_a_change_by_one_side_is_suggested_and_a_change_by_both_is_asked_about() -> None:
    mine = [(1, row(10)), (2, TWO), (3, row(30))]
    theirs = [(1, ONE), (2, row(20)), (3, row(33))]

    found = put_side_by_side(BASE, mine, theirs)

    assert found.differences == (
        Difference("line-1", row(10), ONE, Deed.CHANGED, Deed.NOTHING, MINE),
        Difference("line-2", TWO, row(20), Deed.NOTHING, Deed.CHANGED, THEIRS),
        Difference("line-3", row(30), row(33), Deed.CHANGED, Deed.CHANGED, None),
    )
    assert found.same == 0
    suggested = {line.key: line.suggested for line in found.differences if line.suggested}
    assert [line.key for line in found.undecided(suggested)] == ["line-3"]
    with pytest.raises(KeyError, match="line-3"):
        found.merged(suggested)
    assert found.merged({**suggested, "line-3": MINE}) == [(1, row(10)), (2, row(20)), (3, row(30))]
    assert found.merged({**suggested, "line-3": THEIRS}) == [
        (1, row(10)),
        (2, row(20)),
        (3, row(33)),
    ]


def test_lines_added_or_removed_on_either_side_are_differences() -> None:
    mine = [(1, ONE), (None, row(50)), (3, THREE)]  # I removed 2 and added a row after 1
    theirs = [(1, ONE), (2, TWO), (4, row(40))]  # they removed 3 and added 4

    found = put_side_by_side(BASE, mine, theirs)

    assert found.differences == (
        Difference("new-2", row(50), None, Deed.ADDED, Deed.NOTHING, MINE),
        Difference("line-3", THREE, None, Deed.NOTHING, Deed.REMOVED, THEIRS),
        Difference("line-2", None, TWO, Deed.REMOVED, Deed.NOTHING, MINE),
        Difference("line-4", None, row(40), Deed.NOTHING, Deed.ADDED, THEIRS),
    )
    assert found.same == 1
    keys = [line.key for line in found.differences]
    suggested = {line.key: line.suggested for line in found.differences if line.suggested}
    assert found.merged(suggested) == [(1, ONE), (None, row(50)), (4, row(40))]
    assert found.merged(dict.fromkeys(keys, THEIRS)) == theirs
    assert found.merged(dict.fromkeys(keys, MINE)) == [(1, ONE), (None, row(50)), (None, THREE)]
    # A line that they removed and I keep is written again: its number is gone.


def test_a_line_changed_by_me_and_removed_by_them_is_asked_about() -> None:
    found = put_side_by_side({1: ONE}, [(1, TWO)], [])

    assert found.differences == (Difference("line-1", TWO, None, Deed.CHANGED, Deed.REMOVED, None),)
    assert found.merged({"line-1": MINE}) == [(None, TWO)]
    assert found.merged({"line-1": THEIRS}) == []


def test_identical_rows_added_by_both_are_one_line_and_similar_ones_are_two() -> None:
    found = put_side_by_side({}, [(None, ONE), (None, TWO)], [(8, ONE), (9, THREE)])

    assert [(line.key, line.mine, line.theirs) for line in found.differences] == [
        ("new-2", TWO, None),
        ("line-9", None, THREE),
    ]
    assert found.same == 1
    assert found.merged({"new-2": MINE, "line-9": THEIRS}) == [(8, ONE), (None, TWO), (9, THREE)]


def test_identical_new_rows_are_paired_once_and_never_with_existing_lines() -> None:
    found = put_side_by_side({1: ONE}, [(1, ONE), (None, ONE), (None, ONE)], [(1, ONE), (8, ONE)])

    assert [(line.key, line.mine, line.theirs) for line in found.differences] == [
        ("new-3", ONE, None)
    ]
    copied = put_side_by_side({1: ONE}, [(1, ONE), (1, ONE)], [(1, ONE)])
    assert [(line.key, line.mine, line.theirs) for line in copied.differences] == [
        ("new-2", ONE, None)
    ]


def test_a_row_with_an_unknown_number_is_a_new_row() -> None:
    found = put_side_by_side({}, [(77, ONE)], [])

    assert [line.key for line in found.differences] == ["new-1"]


def test_nothing_is_suggested_if_the_common_start_is_unknown() -> None:
    found = put_side_by_side(None, [(1, TWO), (None, THREE)], [(1, ONE), (2, THREE), (3, ONE)])

    assert found.differences == (
        Difference("line-1", TWO, ONE, None, None, None),
        Difference("line-3", None, ONE, None, None, None),
    )
    assert found.same == 1


def test_the_columns_in_which_two_lines_differ_are_found() -> None:
    mine = row(1, note="Mine", tupe=("LBHF",), corrects=4)
    theirs = row(2, note="Theirs", tupe=("LBHF",))
    found = put_side_by_side({1: ONE}, [(1, mine)], [(1, theirs)]).differences[0]
    assert found.columns == ("amount", "corrects", "note")

    added = put_side_by_side({}, [(None, ONE)], []).differences[0]
    assert added.columns == ("service", "kind", "scope", "amount", "recurrence", "nature")


def test_earlier_lines_are_worked_out_from_the_events_of_saves() -> None:
    def said(number: int, amount: str, **more: object) -> dict[str, object]:
        return {
            "id": number,
            "service": "hr",
            "kind": "saving",
            "scope": "own",
            "amount": amount,
            "recurrence": "recurring",
            "nature": "cashable",
            **more,
        }

    now = {1: row(1), 3: row(30), 4: row(4)}
    latest = (
        {"version": 2, "entries": [said(3, "3.00", tupe=["LBHF"], corrects=9)]},
        {"version": 3, "entries": [said(3, "30.00")], "order": [1, 3, 4]},
    )
    first = (
        {"version": 1, "entries": [said(2, "2.00")]},
        {"version": 2, "entries": [said(4, "4.00")], "order": [1, 3, 4]},
    )

    assert before_saves(now, []) == now
    assert before_saves(now, [latest]) == {
        1: row(1),
        3: row(3, tupe=("LBHF",), corrects=9),
        4: row(4),
    }
    assert before_saves(now, [latest, first]) == {
        1: row(1),
        2: row(2),
        3: row(3, tupe=("LBHF",), corrects=9),
    }
    with pytest.raises(KeyError):
        before_saves(now, [({}, {})])


some_rows = st.integers(1, 4).map(row)


@given(
    base=st.dictionaries(st.integers(1, 6), some_rows, max_size=5),
    mine=st.lists(st.tuples(st.none() | st.integers(1, 9), some_rows), max_size=6),
    theirs=st.dictionaries(st.integers(1, 9), some_rows, max_size=6),
    known=st.booleans(),
)
def test_choosing_one_side_for_all_gives_that_side(
    base: dict[int, EntryRow],
    mine: list[tuple[int | None, EntryRow]],
    theirs: dict[int, EntryRow],
    known: bool,
) -> None:
    found = put_side_by_side(base if known else None, mine, list(theirs.items()))
    keys = [line.key for line in found.differences]

    assert len(set(keys)) == len(keys)
    assert found.merged(dict.fromkeys(keys, THEIRS)) == list(theirs.items())
    mine_rows = [line for _, line in found.merged(dict.fromkeys(keys, MINE))]
    assert sorted(mine_rows, key=repr) == sorted((line for _, line in mine), key=repr)
    assert len(keys) + found.same == len({*theirs} | {n for n, _ in found.mine if n}) + sum(
        1 for number, _ in found.mine if number is None
    )


def test_a_changed_line_keeps_its_number() -> None:
    """Questions and history stay with the line that has the number."""
    mine = replace(ONE, amount=1_01)
    found = put_side_by_side({1: ONE}, [(1, mine)], [(1, TWO)])

    assert found.merged({"line-1": MINE}) == [(1, mine)]
