"""A file of a driver's values: every mistake at once, by row and column."""

from __future__ import annotations

from decimal import Decimal

import pytest

from savings.drivers.imports import MOST_ROWS, read_values

CODES = {"LBHF", "RBKC", "WCC"}
HEAD = "council,effective_from,value,source\n"


def mistakes(content: str | bytes) -> list[tuple[int | None, str, str]]:
    """Row, column and message of every mistake."""
    data = content.encode() if isinstance(content, str) else content
    _, errors = read_values(data, CODES)
    return [(error.row, error.field, error.message) for error in errors]


def test_a_file_may_have_any_order_of_columns_and_a_byte_order_mark() -> None:
    text = "\ufeffvalue,source,council,effective_from\r\n281,Census,WCC,2013-14-Q1\r\n\r\n"
    text += '"12.5","From, the “census”",LBHF,2013-14-Q2\r\n'
    rows, errors = read_values(text.encode(), CODES)
    assert errors == []
    assert [(r.row, r.council, r.effective_from.code, r.value, r.source) for r in rows] == [
        (2, "WCC", "2013-14-Q1", Decimal(281), "Census"),
        (4, "LBHF", "2013-14-Q2", Decimal("12.5"), "From, the “census”"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty. It needs the columns council, effective_from, value and source."),
        (HEAD, "There is no row below the heading."),
        ("£".encode("latin-1"), "This is not text in UTF-8: save it as “CSV UTF-8”."),
        ("a,b\n".encode("utf-16"), "This is not text in UTF-8: save it as “CSV UTF-8”."),
        (b"PK\x03\x04\x00", "This is not a CSV file: save it as “CSV UTF-8”."),
        (b"a" * (1024 * 1024 + 1), "The file is larger than 1 MB."),
        (HEAD + "WCC,2013-14-Q1,1,x\n" * (MOST_ROWS + 1), "Send at most 2,000 rows at a time."),
    ],
)
def test_a_file_that_can_not_be_read_is_refused(content: str | bytes, message: str) -> None:
    assert mistakes(content) == [(None, "file", message)]


def test_every_mistake_of_every_row_is_named_at_once() -> None:
    text = (
        HEAD + "XYZ,2013,-1,\nWCC,2013-14-Q1,1e3,x\nWCC,2013-14-Q1,5,x,more\nWCC,2013-14-Q1,6,y\n"
    )
    assert [(row, column) for row, column, _ in mistakes(text)] == [
        (2, "council"),
        (2, "effective_from"),
        (2, "value"),
        (2, "source"),
        (3, "value"),
        (4, "file"),
        (5, "effective_from"),
    ]


@pytest.mark.parametrize(
    ("head", "messages"),
    [
        (
            "council;effective_from;value;source\n",
            ["Separate the columns by commas, not by semicolons."],
        ),
        (
            "council,effective_from,value\n",
            ["There is no column “source”: add it."],
        ),
        (
            "council,effective_from,value,value,source,note\n",
            [
                "This column is there twice: keep one.",
                "There is no such column: use council, effective_from, value and source.",
            ],
        ),
    ],
)
def test_mistakes_in_the_heading_are_named(head: str, messages: list[str]) -> None:
    found = mistakes(head + "WCC,2013-14-Q1,1,x\n")
    assert [message for _, _, message in found] == messages
    assert {row for row, _, _ in found} == {1}
