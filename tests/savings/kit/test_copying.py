"""Rows written by COPY: text comes back exactly as a person typed it."""

from __future__ import annotations

import doctest
from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from savings.kit import copying
from savings.kit.copying import copy_in, line_of

pytestmark = pytest.mark.django_db

#: Characters that end a value, a line, the data of COPY or an element of an array; and more.
AWKWARD = [
    "",
    " ",
    "\\",
    "\\\\",
    "\\N",
    "\\n",
    "\\.",
    "\\.\n",
    "\\t",
    "a\\",
    "\t",
    "one\ttwo",
    "\n",
    "one\ntwo",
    "\r",
    "one\r\ntwo",
    "\b\f\v",
    "NULL",
    "null",
    "(null)",
    '"',
    '""',
    "'",
    "{",
    "}",
    "{}",
    '{"WCC"}',
    '","',
    "a,b",
    '\\"',
    '"\\',
    "£1.50, “quoted” – and a 😀",
    "\u2028",
]

#: Any text that PostgreSQL can store: without null characters or half characters.
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
MORE_AWKWARD = st.text("\\\t\n\r\"'{},NnUuLl.tf ", max_size=12)
ANY = st.one_of(TEXTS, MORE_AWKWARD)
ROWS = st.tuples(
    ANY,
    st.none() | ANY,
    st.lists(st.none() | ANY, max_size=4),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.booleans(),
)

COLUMNS = ("said", "perhaps", "several", "pence", "certain")


@pytest.fixture
def table(db: None) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE copied (place serial, said text NOT NULL, perhaps text, "
            "several text[] NOT NULL, pence bigint, certain boolean)"
        )
    yield "copied"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE copied")


def stored() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT said, perhaps, several, pence, certain FROM copied ORDER BY place")
        found = cursor.fetchall()
        cursor.execute("TRUNCATE copied")
    return found


def test_the_example_in_the_docstring_is_right() -> None:
    results = doctest.testmod(copying)
    assert (results.attempted, results.failed) == (1, 0)


@pytest.mark.parametrize("text", AWKWARD)
def test_a_text_comes_back_as_it_was_typed(text: str, table: str) -> None:
    rows: list[tuple[object, ...]] = [
        (text, text, [text, "and another", text], 1, True),
        # The same beside a missing value, which is itself written with a backslash.
        (text, None, [None, text], None, None),
        ("the next row", None, [], -1, False),
    ]

    copy_in(table, COLUMNS, rows)

    assert stored() == rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=5))
def test_any_rows_come_back_as_they_were(rows: list[tuple[object, ...]], table: str) -> None:
    copy_in(table, COLUMNS, rows)

    assert stored() == rows


@given(ROWS)
def test_a_row_is_one_line_with_a_column_for_each_value(row: tuple[object, ...]) -> None:
    line = line_of(row)

    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert line.count("\t") == len(row) - 1
    assert "\r" not in line


def test_a_tuple_is_an_array_too(table: str) -> None:
    copy_in(table, COLUMNS, [("", None, ("LBHF", "WCC"), 0, None)])

    assert stored() == [("", None, ["LBHF", "WCC"], 0, None)]
