"""Lists of quarters to choose from, for a `ChoosingForm`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from savings.quarters.models import Period


def quarters_of(periods: Iterable[Period]) -> list[tuple[str, str]]:
    """Each quarter by its code, saying which are still open."""
    return [
        (period.code, f"{period}{' (still open)' if period.is_open else ''}") for period in periods
    ]


def to_the_end_of(periods: Sequence[Period], *, open_again: bool = False) -> list[tuple[str, str]]:
    """To which quarter to count: the latest closed one unless another is chosen.

    With `open_again` a later one that was closed and is open again comes before it.
    """
    closed = [period for period in periods if not period.is_open]
    latest = max(closed, key=lambda period: period.quarter, default=None)
    usual = f"Latest closed quarter ({latest})" if latest else "No closed quarter"
    again = [period for period in periods if period.is_open_again and open_again]
    if again:
        usual = (
            f"Latest quarter that was closed ({max(again, key=lambda p: p.quarter)}, open again)"
        )
    return [("", usual), *quarters_of(periods)]
