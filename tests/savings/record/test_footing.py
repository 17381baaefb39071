"""Footing: the rules on small tables, then the record's own discrepancies."""

from dataclasses import replace
from decimal import Decimal

import pytest

from savings.record.footing import (
    Cell,
    Check,
    Difference,
    FootingError,
    Known,
    foot,
    reconcile,
)
from savings.record.imports import Record


def cell(
    row: str,
    column: str,
    value: str | None,
    *,
    total: str = "",
    unit: str = "GBP thousand",
    section: str = "",
    printed: str | None = None,
) -> Cell:
    amount = None if value is None else Decimal(value)
    return Cell("t", section, row, column, printed or (value or ""), amount, unit, total)


def check(
    figures: str,
    terms: str,
    *,
    over: str = "",
    rounded_to: str | None = None,
    compare: str = "sum",
) -> Check:
    step = None if rounded_to is None else Decimal(rounded_to)
    return Check("c", "t", figures, compare, terms, over, step, "the check")


def found(cells: list[Cell], *checks: Check) -> list[tuple[str, str, str, str]]:
    return [(d.code, d.printed, d.derived, d.difference) for d in foot(cells, checks)]


def test_rows_and_columns_are_footed() -> None:
    cells = [
        cell("a", "x", "1"),
        cell("a", "y", "2"),
        cell("a", "sum", "3", total="across"),
        cell("b", "x", "4"),
        cell("b", "y", "5"),
        cell("b", "sum", "9", total="across"),
        cell("all", "x", "5", total="down"),
        cell("all", "y", "7", total="down"),
        cell("all", "sum", "12", total="both"),
        cell("beside", "x", "99", total="memo"),
    ]
    assert found(cells) == []


def test_a_grand_total_is_footed_both_ways() -> None:
    cells = [
        cell("a", "x", "1"),
        cell("a", "sum", "1", total="across"),
        cell("all", "x", "1", total="down"),
        cell("all", "sum", "3", total="both"),
    ]
    assert found(cells) == [
        ("t/down/all/sum", "3", "1", "+2"),
        ("t/across/all/sum", "3", "1", "+2"),
    ]


def test_a_total_in_a_section_sums_that_section() -> None:
    cells = [
        cell("a", "x", "1", section="first"),
        cell("sum", "x", "1", section="first", total="down"),
        cell("b", "x", "2", section="second"),
        cell("everything", "x", "3", total="down"),
    ]
    assert found(cells) == []


def test_thousands_are_added_up_to_a_total_in_millions() -> None:
    cells = [
        cell("a", "x", "622"),
        cell("a", "y", "1.9", unit="GBP million"),
        cell("a", "sum", "2.5", unit="GBP million", total="across"),
    ]
    assert found(cells) == []


def test_a_derived_figure_is_rounded_half_up_to_what_was_printed() -> None:
    cells = [cell("low", "x", "340"), cell("high", "x", "350"), cell("mean", "x", "345")]
    exact = check("mean | x", "0.5 * low | x; 0.5 * high | x")
    assert found(cells, exact) == []
    cells[2] = replace(cells[2], value=Decimal("0.35"), unit="GBP million")
    assert found(cells, exact) == []
    cells[2] = replace(cells[2], value=Decimal("0.34"))
    assert found(cells, exact) == [("t/c/mean/x", "0.34", "0.345", "-0.005")]


def test_rounded_to_gives_the_precision_of_a_printed_figure() -> None:
    cells = [cell("a", "x", "757.84"), cell("b", "x", "760")]
    assert found(cells, check("b | x", "a | x")) == [("t/c/b/x", "760", "757.84", "+2.16")]
    assert found(cells, check("b | x", "a | x", rounded_to="10")) == []


def test_a_check_can_divide_and_multiply() -> None:
    cells = [
        cell("children", "x", "31000", unit="children"),
        cell("on a plan", "x", "150", unit="children"),
        cell("share", "x", "0.49", unit="per cent"),
    ]
    share = check("share | x", "100 * on a plan | x", over="children | x")
    assert found(cells, share) == [("t/c/share/x", "0.49", "0.4839", "+0.0061")]
    posts = [cell("posts", "x", "5", unit="posts"), cell("cost", "x", "41300", unit="GBP")]
    total = cell("sum", "x", "206500", unit="GBP")
    assert found([*posts, total], check("sum | x", "posts | x * cost | x")) == []


def test_a_check_can_be_of_every_row_and_refer_to_the_same_row() -> None:
    cells = [
        cell(row, column, value)
        for row, before, after, saving in (("a", "9", "5", "4"), ("b", "9", "5", "3"))
        for column, value in (("before", before), ("after", after), ("saving", saving))
    ]
    each = check("all | saving", "same | before; -1 * same | after")
    assert found(cells, each) == [("t/c/b/saving", "3", "4", "-1")]


def test_an_empty_cell_counts_as_nil_and_is_noticed_where_it_should_not_be() -> None:
    cells = [cell("gross", "x", "0"), cell("cost", "x", "-600"), cell("net", "x", None)]
    assert found(cells, check("net | x", "gross | x; cost | x")) == [
        ("t/c/net/x", "nothing", "-600", "+600")
    ]
    assert found([cell("a", "x", "0"), cell("net", "x", None)], check("net | x", "a | x")) == []


def test_words_are_compared_as_printed() -> None:
    cells = [cell("here", "x", None, printed="net"), cell("there", "x", None, printed="gross")]
    assert found(cells, check("there | x", "here | x", compare="words")) == [
        ("t/c/there/x", "gross", "net", "")
    ]


@pytest.mark.parametrize(
    ("figures", "terms", "message"),
    [
        ("a | x", "nowhere | x", "Nothing in the record is “nowhere | x” (table t)."),
        ("nowhere | x", "a | x", "Nothing in the record is “nowhere | x” (table t)."),
        ("a | x", "nowhere | x ?", "Nothing in the record answers “nowhere | x ?” for t: a, x."),
        ("a | x", "a", "“a” is not a reference: write row | column."),
        ("a | x", "words | x", "“tbc” is not a number (t: words, x)."),
        ("words | x", "a | x", "“tbc” is not a number, so it can't be checked (t: words, x)."),
    ],
)
def test_a_check_that_refers_to_nothing_is_an_error(figures: str, terms: str, message: str) -> None:
    cells = [cell("a", "x", "1"), cell("words", "x", None, printed="tbc")]
    with pytest.raises(FootingError) as caught:
        foot(cells, [check(figures, terms)])
    assert str(caught.value) == message


def test_a_total_of_nothing_is_an_error() -> None:
    with pytest.raises(FootingError) as caught:
        foot([cell("all", "x", "1", total="down")], [])
    assert str(caught.value) == "t: all, x is marked as a total, but has nothing to add up."


def test_known_differences_are_matched_by_both_figures() -> None:
    difference = Difference("t/down/all/x", "t", "all", "3", "1", "+2", "posts")
    known = Known("t/down/all/x", "3", "1", "a slip")
    result = reconcile([difference], [known])
    assert result.listed == (replace(difference, reason="a slip"),)
    assert result.is_clean
    moved = reconcile([replace(difference, printed="4")], [known])
    assert (len(moved.listed), len(moved.unlisted), moved.gone) == (0, 1, (known,))
    assert not moved.is_clean


# --- The record itself -------------------------------------------------------------


def test_every_difference_of_the_record_is_listed_with_a_reason(record: Record) -> None:
    result = reconcile(foot(record.cells(), record.checks), record.known)
    assert result.unlisted == ()
    assert result.gone == ()
    assert [difference.code for difference in result.listed if not difference.reason] == []


@pytest.mark.parametrize(
    ("code", "printed", "derived"),
    [
        # One finance figure with two digits swapped: its row and its column disagree.
        ("proposals-2011-adults-overheads/across/finance/total", "3,205", "3,655"),
        ("proposals-2011-adults-overheads/down/total-overheads/wcc", "5,903", "6,353"),
        # An empty cell.
        ("proposals-2011-adults-overheads-staff/down/total-overheads/h-f", "95", "94"),
        ("proposals-2011-ict/gross-and-investment/net-savings/2011-12", "nothing", "-600"),
        # A grand total that neither its rows nor its columns add up to.
        ("proposals-2011-legal-staff/down/total/total", "122", "120"),
        ("proposals-2011-legal-staff/across/total/total", "122", "120"),
        # Roundings.
        ("proposals-2011-youth-offending/before-less-after/h-f/saving", "71", "70"),
        ("proposals-2011-youth-offending/before-less-after/total/saving", "432", "431"),
        ("options-2010-net/gross-less-costs/option-3/total", "2,574,020", "2,614,020"),
        # Estimates that are given as the middle of a range and aren't.
        (
            "proposals-2011-summary/middle/tri-borough-services/facilities-management/2014-15",
            "2.0",
            "3.6",
        ),
        # Two documents.
        (
            "progress-2013-community-budget/pilot/health-and-social-care/low",
            "38",
            "50",
        ),
        ("progress-2013-figures/proposals/proposals-published", "2010", "2011"),
        (
            "progress-2013-figures/pilot/care-proceedings-legal-costs-saved-approximately",
            "1.9",
            "1.2",
        ),
    ],
)
def test_a_real_discrepancy_is_found(record: Record, code: str, printed: str, derived: str) -> None:
    differences = {
        difference.code.removesuffix("/figure"): (difference.printed, difference.derived)
        for difference in foot(record.cells(), record.checks)
    }
    assert differences[code] == (printed, derived)


def test_changing_a_figure_of_a_footed_table_is_noticed(record: Record) -> None:
    """Every third figure in a sum, one at a time: no change may go unnoticed."""
    cells = record.cells()
    footed = {cell.table for cell in cells if cell.total in ("down", "across", "both")}
    unseen, tried = [], 0
    for place, cell in enumerate(cells):
        if place % 3 or cell.table not in footed or cell.total == "memo" or cell.value is None:
            continue
        tried += 1
        # By enough to show in a total that is printed to a tenth of a million.
        changed = [*cells]
        changed[place] = replace(cell, value=cell.value + 500)
        if reconcile(foot(changed, record.checks), record.known).is_clean:
            unseen.append(cell.name)
    assert unseen == []
    assert tried > 130


def test_putting_a_misprint_right_leaves_known_differences_behind(record: Record) -> None:
    cells = [
        replace(cell, value=Decimal(1161))
        if (cell.table, cell.row, cell.column)
        == ("proposals-2011-adults-overheads", "Finance", "WCC")
        else cell
        for cell in record.cells()
    ]
    result = reconcile(foot(cells, record.checks), record.known)
    assert result.unlisted == ()
    assert [known.code for known in result.gone] == [
        "proposals-2011-adults-overheads/across/finance/total",
        "proposals-2011-adults-overheads/down/total-overheads/wcc",
    ]
