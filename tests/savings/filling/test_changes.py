"""Which line of a return a new row continues."""

from __future__ import annotations

from decimal import Decimal

import pytest

from savings.filling.changes import Changed, compare, named_lines
from savings.returns.rows import EntryRow
from tests.partnership import Partnership, a_saving


def row(amount: int, service: str = "hr", note: str = "") -> EntryRow:
    return EntryRow(service, "saving", "own", amount * 100, "recurring", "cashable", note=note)


def test_a_row_continues_the_line_it_names_whatever_else_it_says() -> None:
    changes = compare([(7, row(1)), (8, row(2))], [(8, row(1)), (7, row(5, "ict"))])
    assert changes.ids == (8, 7)
    assert changes.changed == (
        Changed(8, row(2), row(1)),
        Changed(7, row(1), row(5, "ict")),
    )
    assert (changes.added, changes.removed, changes.moved) == ((), (), True)


def test_without_numbers_an_identical_line_comes_first_then_one_of_the_same_description() -> None:
    old = [(7, row(1)), (8, row(2)), (9, row(3, "ict"))]
    changes = compare(old, [(None, row(2)), (None, row(9)), (None, row(4, "legal"))])
    assert changes.ids == (8, 7, None)
    assert changes.changed == (Changed(7, row(1), row(9)),)
    assert changes.added == (row(4, "legal"),)
    assert changes.removed == ((9, row(3, "ict")),)


def test_the_same_rows_change_nothing_and_no_line_is_continued_twice() -> None:
    twice = [(7, row(1)), (8, row(1))]
    again = compare(twice, [(None, row(1)), (None, row(1))])
    assert again.ids == (7, 8)
    assert not again
    more = compare(twice, [(7, row(1)), (7, row(1)), (7, row(1))])
    assert more.ids == (7, 8, None)
    assert more.added == (row(1),)


def test_lines_that_keep_their_order_have_not_moved_though_one_before_them_goes() -> None:
    old = [(7, row(1)), (8, row(2, "ict")), (9, row(3, "legal"))]
    assert not compare(old, [(9, row(3, "legal"))]).moved
    assert compare(old, [(9, row(3, "legal")), (8, row(2, "ict"))]).moved


@pytest.mark.parametrize(
    ("given", "number"),
    [(7, 7), ("7", 7), ("", None), (None, None), ("x", None), (True, None), ("9" * 19, None)],
)
def test_only_a_whole_number_names_a_line(given: object, number: int | None) -> None:
    assert named_lines([(1, {"id": given})]) == [number]


def test_an_edited_line_keeps_its_number_and_an_unchanged_save_keeps_the_version(
    partnership: Partnership,
) -> None:
    first = partnership.draft("WCC", a_saving(amount="1"), a_saving("libraries", "2"))
    one, two = first.entries.values_list("id", flat=True)
    again = partnership.draft("WCC", a_saving(amount="1"), a_saving("libraries", "2"))
    assert (again.version, list(again.entries.values_list("id", flat=True))) == (1, [one, two])

    edited = partnership.draft(
        "WCC", {**a_saving("libraries", "5"), "id": two}, a_saving(amount="1"), a_saving("cex", "3")
    )
    new = edited.entries.get(service__slug="cex").id
    assert edited.version == 2
    assert list(edited.entries.values_list("id", "position", "amount")) == [
        (two, 1, Decimal(5)),
        (one, 2, Decimal(1)),
        (new, 3, Decimal(3)),
    ]
    assert new not in (one, two)


@pytest.mark.parametrize("note", ["\\N", "a\tb", "a\\nb", "a\nb", "a\r\nb", "\\", "{x}", "“£”"])
def test_text_is_stored_as_it_was_typed(partnership: Partnership, note: str) -> None:
    saved = partnership.draft("WCC", a_saving(note=note, evidence="\\."))
    assert saved.entries.values_list("note", "evidence").get() == (note, "\\.")
