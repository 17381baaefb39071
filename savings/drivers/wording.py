"""The register in sentences."""

from __future__ import annotations

from savings.drivers.reports import History
from savings.kit.wording import plain


def reading(found: History) -> str:
    """What the latest values say: who has most of what is counted, and how much in all."""
    held = [
        (council.name, value.value)
        for council, value in zip(found.councils, found.latest, strict=True)
        if value is not None
    ]
    if not held:
        return "It has no values yet, so no rule can use it."
    total = sum((value for _, value in held), start=held[0][1] * 0)
    since = found.changes[-1].quarter.label
    if not total:
        return f"Every value is 0 from {since} on, so no rule can use it."
    name, most = max(held, key=lambda pair: pair[1])
    return (
        f"{name} has the most from {since} on: {plain(most)} of {plain(total)} {found.driver.unit}."
    )


def mistakes_in_rows(count: int) -> str:
    """What to say above the table of the mistakes of a file."""
    one = count == 1
    return (
        f"Nothing was stored: {'one cell has' if one else f'{count} cells have'} to be put right. "
        "See the table below."
    )
