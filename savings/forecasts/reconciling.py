"""What leads from the savings on the page of forecasts to those of other pages, to the penny. Pure.

Forecasts are asked of a council for the initiatives that it takes part in, so that page adds up
what councils **report** there. The comparison adds up everything certified, and a council's report
what **falls on** it. A lead goes from the first figure to the other, in steps that say what each
leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

#: The labels of the steps.
UNDIVIDED = "Published for an area or a service, not divided by initiative"
NO_PART = "Reported by a council in a service that it takes no part in"
NOT_ASKED = "Reported where no adopted plan asks the council for a forecast"
OWN_NO_PART = "Reported by it in a service that it takes no part in"
OWN_NOT_ASKED = "Reported by it where no adopted plan asks it for a forecast"
ON_OTHERS = "Less what falls on other councils"
ON_NONE = "Less what falls on no council yet"
FROM_OTHERS = "Falls on it from other councils’ returns"
FROM_PUBLISHED = "Falls on it from what was published for the partnership"


@dataclass(frozen=True, slots=True)
class Certified:
    """Certified savings of one service, in pence.

    `reported_by` is a council's code, None for what was published for the partnership; `falls_on`
    is None for what falls on no council.
    """

    reported_by: str | None
    falls_on: str | None
    service: str
    pence: int


@dataclass(frozen=True, slots=True)
class Lead:
    """From the figure `start` by `steps`, each with its label, to the figure `end`: all in pence.

    A step of 0 is left out.
    """

    start: int
    steps: tuple[tuple[str, int], ...]
    end: int


#: Whether a figure of a council (None: the partnership) in a service is in the page's own sum.
Counted = Callable[[str | None, str], bool]
TakesPart = Callable[[str, str], bool]


def to_the_comparison(found: Iterable[Certified], counted: Counted, takes_part: TakesPart) -> Lead:
    """From the savings in all councils' initiatives to everything certified.

    >>> one = Certified("LBHF", None, "ict", 500)
    >>> to_the_comparison([one], lambda council, service: True, lambda council, service: True)
    Lead(start=500, steps=(), end=500)
    """
    found = tuple(found)
    rest = [one for one in found if not counted(one.reported_by, one.service)]
    return _lead(
        sum(one.pence for one in found if counted(one.reported_by, one.service)),
        [(_reason(one, takes_part), one.pence) for one in rest],
        sum(one.pence for one in found),
    )


def to_the_report(
    council: str, found: Iterable[Certified], counted: Counted, takes_part: TakesPart
) -> Lead:
    """From the savings that a council reports in its initiatives to all that falls on it."""
    found = tuple(found)
    own = [one for one in found if one.reported_by == council]
    names = {NO_PART: OWN_NO_PART, NOT_ASKED: OWN_NOT_ASKED}
    return _lead(
        sum(one.pence for one in own if counted(council, one.service)),
        [
            *(
                (names[_reason(one, takes_part)], one.pence)
                for one in own
                if not counted(council, one.service)
            ),
            *((ON_OTHERS, -one.pence) for one in own if one.falls_on not in (council, None)),
            *((ON_NONE, -one.pence) for one in own if one.falls_on is None),
            *(
                (FROM_OTHERS if one.reported_by else FROM_PUBLISHED, one.pence)
                for one in found
                if one.falls_on == council and one.reported_by != council
            ),
        ],
        sum(one.pence for one in found if one.falls_on == council),
    )


def _reason(one: Certified, takes_part: TakesPart) -> str:
    if one.reported_by is None:
        return UNDIVIDED
    return NOT_ASKED if takes_part(one.reported_by, one.service) else NO_PART


def _lead(start: int, parts: Iterable[tuple[str, int]], end: int) -> Lead:
    sums: dict[str, int] = {}
    for label, pence in parts:
        sums[label] = sums.get(label, 0) + pence
    return Lead(start, tuple((label, pence) for label, pence in sums.items() if pence), end)
