"""The words of a refusal, and its mistakes as data."""

from __future__ import annotations

from sovereignty.refusals import (
    BadContent,
    FieldError,
    NotAllowed,
    Refusal,
    StaleVersion,
    WrongState,
)


def test_a_stale_version_is_a_wrong_state_and_all_are_refusals() -> None:
    assert issubclass(StaleVersion, WrongState)
    assert {cls.__bases__ for cls in (NotAllowed, WrongState, BadContent)} == {(Refusal,)}


def test_a_mistake_in_a_row_names_row_and_column() -> None:
    mistake = FieldError("amount", "Enter an amount.", "ten", row=3)
    assert mistake.as_dict() == {
        "field": "amount",
        "column": "amount",
        "message": "Enter an amount.",
        "value": "ten",
        "row": 3,
    }


def test_a_mistake_outside_the_rows_names_its_field() -> None:
    assert FieldError("reason", "Say why.").as_dict() == {
        "field": "reason",
        "message": "Say why.",
        "value": "",
    }


def test_bad_content_counts_its_mistakes() -> None:
    one, two = FieldError("a", "A."), FieldError("b", "B.")
    assert str(BadContent([one])) == "Nothing was saved. There is a mistake to put right."
    assert str(BadContent([one, two])) == ("Nothing was saved. There are 2 mistakes to put right.")
    assert BadContent((one, two)).errors == [one, two]
