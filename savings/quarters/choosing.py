"""Lists of quarters to choose from, for a `ChoosingForm`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from savings.quarters.models import Period, latest_closed_of, usual_of


def quarters_of(periods: Iterable[Period]) -> list[tuple[str, str]]:
    """Each quarter by its code. The text says which are still open."""
    return [
        (period.code, f"{period}{' (still open)' if period.is_open else ''}") for period in periods
    ]


def to_the_end_of(periods: Sequence[Period], *, open_again: bool = False) -> list[tuple[str, str]]:
    """The quarter to count to: the latest closed one unless another is chosen.

    With `open_again`, one that was closed and is open again counts as closed (`usual_of`).
    """
    latest = usual_of(periods) if open_again else latest_closed_of(periods)
    usual = f"Latest closed quarter ({latest.label})" if latest else "No closed quarter"
    if latest and any(period.quarter == latest and period.is_open for period in periods):
        usual = f"Latest quarter that was closed ({latest.label}, open again)"
    return [("", usual), *quarters_of(periods)]
