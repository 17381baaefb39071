"""A block as spreadsheets copy it: cells, columns, and words in place of codes."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from savings.filling.pasting import Block, cells, in_codes, read_block, vocabulary
from savings.returns.rows import COLUMNS
from sovereignty.refusals import FieldError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [[""]]),
        ("a", [["a"]]),
        ("a\tb\nc\td", [["a", "b"], ["c", "d"]]),
        ("a\tb\r\nc\td\r\n", [["a", "b"], ["c", "d"]]),
        ("a\rb\r", [["a"], ["b"]]),
        ("\t\tc\n\n", [["", "", "c"], [""]]),
        ('"two\r\nlines"\tb', [["two\nlines", "b"]]),
        ('"tab\there"\n', [["tab\there"]]),
        ('"two\nlines, ""quoted"""\tb', [['two\nlines, "quoted"', "b"]]),
        ('"as it is"\tb', [['"as it is"', "b"]]),
        ('12" pipe\t"\n"', [['12" pipe', ""]]),
        ('"never closed\tb\nc', [['"never closed', "b"], ["c"]]),
        ('"" \t"a""b"', [['""', 'a"b']]),
        (" £1,234.50 \t\N{NO-BREAK SPACE}(5)\N{NO-BREAK SPACE}", [["£1,234.50", "(5)"]]),
    ],
)
def test_a_block_is_split_into_cells(text: str, expected: list[list[str]]) -> None:
    assert cells(text) == expected


words = st.text(st.sampled_from("ab £,.-\"'\n\t"), max_size=6).map(str.strip)


@given(st.lists(st.lists(words, min_size=2, max_size=2), min_size=1, max_size=5))
def test_a_block_as_a_spreadsheet_writes_it_is_read_back(block: list[list[str]]) -> None:
    """Spreadsheets quote a cell that has a tab or a line break, and double its quotes."""
    text = "\n".join(
        "\t".join(
            '"' + cell.replace('"', '""') + '"' if "\t" in cell or "\n" in cell else cell
            for cell in row
        )
        for row in block
    )
    # A quotation mark that a cell begins with can't be told from one around it.
    assume(not any(c[:1] == '"' and "\t" not in c and "\n" not in c for row in block for c in row))
    assert cells(text) == block


@given(st.lists(st.lists(words, min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_block_quoted_as_in_a_file_is_read_too(block: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, "excel-tab").writerows(block)
    # An empty cell by itself is quoted, which never happens in a copied block.
    expected = [['""'] if row == [""] else row for row in block]
    assert cells(out.getvalue()) == expected


def test_without_a_header_a_block_fills_columns_from_the_cell_to_the_right() -> None:
    assert read_block("5\t\tcashable\n(6)\n", "amount", {}) == Block(
        ({"amount": "5", "recurrence": "", "nature": "cashable"}, {"amount": "(6)"}),
        whole=False,
    )


def test_a_block_beyond_the_last_column_is_an_error() -> None:
    block = read_block("a\tb\t\tc\n", "evidence", {})

    assert block.errors == (
        FieldError(
            "note",
            "The block is wider than the columns from here to the right: paste it further to "
            "the left, or make it narrower.",
            "c",
            1,
        ),
    )
    assert read_block("a\tb\t\t\n", "evidence", {}).errors == ()


def test_with_a_header_a_block_fills_the_columns_it_names() -> None:
    text = (
        "Amount\t service\tKind\tFalls on\t\n45k\thr\tsaving\town\tspare\n\t\t\t\t\n-\tict\t\t\t\n"
    )

    block = read_block(text, "note", {"falls on": "scope"})

    assert block == Block(
        (
            {"amount": "45k", "service": "hr", "kind": "saving", "scope": "own"},
            {"amount": "-", "service": "ict", "kind": "", "scope": ""},
        ),
        whole=True,
    )


def test_an_unknown_or_repeated_header_is_an_error() -> None:
    block = read_block("service\tamount\tcolour\tamount\nhr\t1\tred\t2", "service", {})

    assert [(error.field, error.row, error.message) for error in block.errors] == [
        ("colour", 1, "There is no such column: remove or rename it."),
        ("amount", 1, "This column is there twice: remove one."),
    ]


def test_a_block_may_have_all_columns_of_a_file_in_order() -> None:
    block = read_block("\t".join(COLUMNS) + "\n" + "\t".join("abcdefghijklm"), "amount", {})

    assert block.rows == (dict(zip(COLUMNS, "abcdefghijklm", strict=True)),)


WORDS = vocabulary(
    [
        ("service", "hr", "hr"),
        ("service", "hr", "HR"),
        ("service", "childrens", "Children's"),
        ("service", "parks", "parks"),
        ("service", "parks", "Open spaces"),
        ("service", "squares", "Open spaces"),
        ("kind", "saving", "saving"),
        ("kind", "saving", "Saving"),
        ("tupe", "LBHF", "LBHF"),
        ("tupe", "LBHF", "Hammersmith & Fulham"),
        ("tupe", "WCC", "WCC"),
    ]
)


def test_words_are_read_as_codes() -> None:
    typed = {
        "service": "Children\N{RIGHT SINGLE QUOTATION MARK}s",
        "kind": " SAVING",
        "amount": "Saving",
        "tupe": "wcc, hammersmith &  fulham,X",
        "note": "HR",
    }
    assert in_codes(typed, WORDS) == (
        {
            "service": "childrens",
            "kind": "saving",
            "amount": "Saving",
            "tupe": "WCC,LBHF,X",
            "note": "HR",
        },
        {},
    )


def test_a_word_that_could_mean_two_codes_is_not_guessed() -> None:
    assert in_codes({"service": "open spaces"}, WORDS) == (
        {"service": "open spaces"},
        {"service": "“open spaces” can mean more than one thing: use parks or squares."},
    )
    assert in_codes({"service": "nothing"}, WORDS) == ({"service": "nothing"}, {})
