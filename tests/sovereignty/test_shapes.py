"""Bodies are accepted only in the shape asked for, and every mistake is named."""

import pytest

from sovereignty.refusals import BadContent
from sovereignty.shapes import Choice, Flag, Shape, Text, WholeNumber, check


class Order(Shape):
    ignored = ("id",)

    name = Text("Say what.", max_length=5)
    count = WholeNumber(max_value=9)
    gift = Flag(required=False)
    colour = Choice([("red", "Red"), ("blue", "Blue")], required=False)


def errors_of(data: object) -> list[tuple[str, str, str]]:
    with pytest.raises(BadContent) as caught:
        check(Order, data)
    return [(error.field, error.value, error.message) for error in caught.value.errors]


def test_a_body_that_fits_is_read():
    assert check(Order, {"name": " pen ", "count": 2, "gift": True, "colour": "red", "id": 7}) == {
        "name": "pen",
        "count": 2,
        "gift": True,
        "colour": "red",
    }


def test_a_missing_field_says_what_to_give():
    assert errors_of({}) == [
        ("name", "", "Say what."),
        ("count", "", "Send a whole number."),
    ]


@pytest.mark.parametrize(
    ("field", "value", "shown", "message"),
    [
        ("name", "", "", "Say what."),
        ("name", None, "", "Say what."),
        ("name", 7, "7", "Send this as text."),
        ("name", ["pen"], "", "Send this as text."),
        ("name", "pencil", "pencil", "Shorten this to 5 characters."),
        ("name", "x" * 999, "x" * 200, "Shorten this to 5 characters."),
        ("count", "2", "2", "Send a whole number."),
        ("count", 2.0, "", "Send a whole number."),
        ("count", True, "", "Send a whole number."),
        ("count", None, "", "Send a whole number."),
        ("count", -1, "-1", "Send 0 or more."),
        ("count", 10, "10", "Send 9 or less."),
        ("gift", "true", "true", "Send true or false."),
        ("gift", 1, "1", "Send true or false."),
        ("gift", None, "", "Send true or false."),
        ("colour", "green", "green", "Use one of: red, blue."),
        ("colour", ["red"], "", "Use one of: red, blue."),
        ("colour", "", "", "Use one of: red, blue."),
    ],
)
def test_a_value_of_another_kind_is_never_converted(field, value, shown, message):
    assert errors_of({"name": "pen", "count": 1, field: value}) == [(field, shown, message)]


def test_an_unknown_field_is_refused_and_the_known_ones_are_named():
    assert errors_of({"name": "pen", "count": 1, "size": "L"}) == [
        (
            "size",
            "L",
            "This name is not known here: leave it out, or use name, count, gift, colour.",
        )
    ]


@pytest.mark.parametrize("data", [None, [], "pen", 7, [{"name": "pen"}]])
def test_a_body_that_is_not_an_object_is_refused_as_a_whole(data):
    ((field, _, message),) = errors_of(data)

    assert (field, message) == ("body", "Send a JSON object.")


def test_a_null_character_is_refused_and_shown_as_another():
    ((field, value, _),) = errors_of({"name": "a\x00b", "count": 1})

    assert (field, value) == ("name", "a\N{REPLACEMENT CHARACTER}b")
