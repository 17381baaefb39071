"""Remarks on forecasts, for those who fill in, certify or oversee them. Pure.

A remark stops nothing: it is a sentence and what can be done about it. "Today" is passed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from finance.money import format_pounds
from finance.periods import Quarter
from savings.forecasts.initiatives import Initiative
from savings.forecasts.rows import STATUSES, ForecastRow


class RemarkKind(StrEnum):
    """In the order in which they are shown: what matters most first."""

    IN_DOUBT = "in_doubt"
    NOTHING_DELIVERED = "nothing_delivered"
    MISSING = "missing"
    UNCHANGED = "unchanged"

    @property
    def label(self) -> str:
        """What remarks of this kind have in common, as a heading."""
        return _LABELS[self]


_LABELS = {
    RemarkKind.IN_DOUBT: "In doubt",
    RemarkKind.NOTHING_DELIVERED: "Start date passed, no saving entered",
    RemarkKind.MISSING: "No forecast yet",
    RemarkKind.UNCHANGED: "Unchanged for two quarters",
}


@dataclass(frozen=True, slots=True)
class Remark:
    kind: RemarkKind
    service: str
    sentence: str
    remedy: str
    #: Whether it is about an illustrative forecast, and marked so.
    illustrative: bool = False


def remarks(
    *,
    quarter: Quarter,
    today: date,
    initiatives: Sequence[Initiative],
    now: Mapping[str, ForecastRow],
    last: Mapping[str, ForecastRow],
    saved: Mapping[str, int],
    fell: Mapping[str, int],
) -> list[Remark]:
    """Every remark on a council's forecasts for `quarter`, by kind and then by initiative.

    `now` and `last` are the forecasts of this quarter and of the one before, by service;
    `saved` has what savings the council has entered or certified for each service and
    below it, from the start to the end of the quarter, in pence; `fell` what certified
    savings that other councils reported fell on it there.
    """
    found = [
        remark
        for initiative in initiatives
        for remark in _on(
            initiative,
            now.get(initiative.service),
            last.get(initiative.service),
            saved.get(initiative.service, 0),
            fell.get(initiative.service, 0),
            quarter,
            today,
        )
    ]
    kinds = list(RemarkKind)
    return sorted(found, key=lambda remark: kinds.index(remark.kind))


def _on(
    initiative: Initiative,
    now: ForecastRow | None,
    last: ForecastRow | None,
    saved: int,
    fell: int,
    quarter: Quarter,
    today: date,
) -> Iterator[Remark]:
    if now is None:
        yield _missing(initiative, quarter)
        return
    if now.is_in_doubt:
        yield _in_doubt(initiative, now, quarter)
    if now.starts_on is not None and saved <= 0 and has_passed(now.starts_on, quarter, today):
        yield _nothing_delivered(initiative, now.starts_on, saved, fell)
    if is_unchanged(now, last):
        yield _unchanged(initiative, quarter)


def has_passed(starts_on: date, quarter: Quarter, today: date) -> bool:
    """Whether the quarter's return could show a saving that starts on that day.

    The day is before today and not after the quarter: a return read a year later says nothing about
    what was due to start since.
    """
    return starts_on < today and starts_on <= quarter.last_day


def is_unchanged(now: ForecastRow, last: ForecastRow | None) -> bool:
    """Whether a forecast is identical to last quarter's: the same for two quarters.

    A delivered one has nothing left to change.
    """
    return now == last and now.status != "delivered"


def _missing(initiative: Initiative, quarter: Quarter) -> Remark:
    return Remark(
        RemarkKind.MISSING,
        initiative.service,
        f"{initiative.name}: no forecast for {quarter.year.label}.",
        "Enter what it is expected to bring, and its status.",
    )


def _in_doubt(initiative: Initiative, now: ForecastRow, quarter: Quarter) -> Remark:
    return Remark(
        RemarkKind.IN_DOUBT,
        initiative.service,
        f"{initiative.name}: {STATUSES[now.status].lower()}, with "
        f"{format_pounds(now.this_year)} forecast for {quarter.year.label}.",
        "Check that the reason is still true, and that what replaces the saving is certain enough.",
    )


def _nothing_delivered(initiative: Initiative, starts_on: date, saved: int, fell: int) -> Remark:
    own = "this council has entered no saving for it"
    if saved:
        own = f"what this council has entered for it comes to {format_pounds(saved)}"
    others = f"; {format_pounds(fell)} fell on it from other councils’ entries" if fell else ""
    remedy = "Enter what has been saved, or change the start date."
    return Remark(
        RemarkKind.NOTHING_DELIVERED,
        initiative.service,
        f"{initiative.name}: due to start on {starts_on.day} {starts_on:%B %Y}, but {own}{others}.",
        f"If what fell on it is not all: {remedy[0].lower()}{remedy[1:]}" if fell else remedy,
    )


def _unchanged(initiative: Initiative, quarter: Quarter) -> Remark:
    return Remark(
        RemarkKind.UNCHANGED,
        initiative.service,
        f"{initiative.name}: the same forecast for two quarters, {quarter.preceding.label} and "
        f"{quarter.label}.",
        "Check it against the latest figures. If it is right, leave it.",
    )
