"""The bodies that are read, and those that are refused before anyone looks at them."""

import json
from decimal import Decimal
from io import BytesIO

import pytest
from rest_framework.exceptions import ParseError

from tests.calling import Caller, problem
from tests.partnership import build
from triborough.api_requests import LONGEST_BODY, StrictJSON, TooLarge


def read(body: bytes) -> object:
    return StrictJSON().parse(BytesIO(body))


def test_numbers_are_read_exactly():
    assert read(b'{"a": 0.1, "b": 12, "c": 1e2}') == {
        "a": Decimal("0.1"),
        "b": 12,
        "c": Decimal("1e2"),
    }


def test_text_is_read_with_and_without_a_byte_order_mark():
    assert read('{"a": "£"}'.encode()) == {"a": "£"}
    assert read(b"\xef\xbb\xbf{}") == {}


def test_both_halves_of_a_character_make_one():
    assert read(b'{"a": "\\ud83d\\ude00"}') == {"a": "\N{GRINNING FACE}"}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "line 1, column 1"),
        (b"{", "line 1, column 2"),
        (b'{\n"a": 1,}', "line 2, column 8"),
        (b"version=0", "not JSON"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": -Infinity}', "-Infinity is not a number"),
        (b'{"a": 1e99999999999999999999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"version": 1, "version": 2}', "“version” is given twice"),
        (b"\xff\xfe{}", "not UTF-8"),
        ('{"a": "é"}'.encode("latin-1"), "not UTF-8"),
        (b'{"a": "\\ud800"}', "lone surrogate"),
        (b'{"\\udfff": 1}', "lone surrogate"),
        (b"[" * 13 + b"]" * 13, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_that_can_not_be_read_says_why(body, sentence):
    with pytest.raises(ParseError) as caught:
        read(body)

    assert sentence in str(caught.value.detail)


def test_a_body_that_nests_as_deep_as_allowed_is_read():
    assert read(b"[" * 12 + b"]" * 12)


def test_a_body_has_a_greatest_length():
    assert read(b'"' + b"a" * (LONGEST_BODY - 2) + b'"')
    with pytest.raises(TooLarge):
        read(b'"' + b"a" * (LONGEST_BODY - 1) + b'"')


@pytest.mark.django_db
def test_a_body_that_can_not_be_read_is_a_problem():
    caller = Caller(build().finance("WCC"))

    said = problem(caller.send("PUT", "returns/WCC/2013-14-Q1/", '{"version":'), 422, "malformed")

    assert "line 1" in said["detail"]
    too_large = json.dumps({"version": 0, "entries": ["x" * LONGEST_BODY]})
    problem(caller.send("PUT", "returns/WCC/2013-14-Q1/", too_large), 413, "too-large")
