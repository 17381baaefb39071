"""The hash of an event, checked against its definition."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from audit.chain import BEGINNING, digest, first_break

Content = dict[str, object]
CONTENTS = st.lists(
    st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5)),
    min_size=1,
    max_size=6,
)


def chain_of(contents: list[Content]) -> list[tuple[str, str, Content]]:
    previous, events = BEGINNING, []
    for content in contents:
        events.append((previous, digest(previous, content), content))
        previous = events[-1][1]
    return events


def test_the_hash_covers_the_previous_hash_and_canonical_json() -> None:
    before = "ab" * 32
    text = before + '\n{"a":{"x":"£","y":null},"b":[1,true]}'
    assert digest(before, {"b": [1, True], "a": {"y": None, "x": "£"}}) == (
        hashlib.sha256(text.encode("utf-8")).hexdigest()
    )


@given(CONTENTS)
def test_a_chain_as_written_is_whole(contents: list[Content]) -> None:
    assert first_break(chain_of(contents)) is None


@given(CONTENTS, st.data())
def test_a_changed_event_breaks_the_chain_at_its_place(
    contents: list[Content], data: st.DataObject
) -> None:
    events = chain_of(contents)
    position = data.draw(st.integers(0, len(events) - 1))
    previous, hashed, content = events[position]
    events[position] = (previous, hashed, {**content, "and": "more"})
    assert first_break(events) == position


@given(CONTENTS.filter(lambda contents: len(contents) > 1), st.data())
def test_a_missing_event_breaks_the_chain_at_its_place(
    contents: list[Content], data: st.DataObject
) -> None:
    events = chain_of(contents)
    position = data.draw(st.integers(0, len(events) - 2))
    del events[position]
    assert first_break(events) == position


@given(CONTENTS, st.data())
def test_a_changed_event_hashed_again_breaks_the_chain_after_it(
    contents: list[Content], data: st.DataObject
) -> None:
    events = chain_of([*contents, {"the": "last"}])
    position = data.draw(st.integers(0, len(events) - 2))
    previous, _, content = events[position]
    forged: Content = {**content, "and": "more"}
    events[position] = (previous, digest(previous, forged), forged)
    assert first_break(events) == position + 1


def test_an_empty_chain_is_whole() -> None:
    assert first_break([]) is None
