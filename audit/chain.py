"""The hash of an event. Pure, so that anyone can check a chain from an export."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

#: The previous hash of the first event of a chain.
BEGINNING = "0" * 64
#: The chain of events that belong to no single council.
PARTNERSHIP = "partnership"


def digest(previous: str, content: Mapping[str, object]) -> str:
    """SHA-256 of the previous hash and the event's content as canonical JSON.

    >>> digest(BEGINNING, {"action": "certified"})[:8]
    '302e377c'
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def first_break(events: Iterable[tuple[str, str, Mapping[str, object]]]) -> int | None:
    """The position of the first event that doesn't follow from the one before; None if whole.

    Each event is (previous hash, hash, content), in the order of the chain.
    """
    expected = BEGINNING
    for position, (previous, hashed, content) in enumerate(events):
        if previous != expected or hashed != digest(previous, content):
            return position
        expected = hashed
    return None
