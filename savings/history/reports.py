"""Reading history: who sees which events, what each did, and which quarters were open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from audit.models import Event
from finance.periods import Quarter
from savings.history.replay import (
    Changes,
    Happening,
    changes_of,
)
from savings.permissions.rules import may
from savings.quarters.models import Period
from savings.returns.models import PARTNERSHIP, Return
from sovereignty.models import User

RETURN, PERIOD = "return", "period"

#: What a council's councillors may read in its chain besides its certified returns.
_DECIDED = ("attribution rule", "driver value")


def visible_events(user: User) -> QuerySet[Event]:
    """The events that a person may read: whole chains wherever possible.

    The programme office and auditors read every chain, and a council's officers their own
    council's. Its councillors read only what concerns certified returns, rules and driver
    values, since they may not see drafts.
    """
    if user.sees_every_council:
        return Event.objects.all()
    if user.council is None:
        return Event.objects.none()
    own = Event.objects.filter(chain=user.council.code)
    if may(user, "savings.see_drafts", user.council):
        return own
    returns = Return.objects.visible_to(user).filter(council=user.council)
    ids = [subject_id(parent) for parent in returns.select_related("council", "period")]
    return own.filter(Q(subject=RETURN, subject_id__in=ids) | Q(subject__in=_DECIDED))


@dataclass(frozen=True, slots=True)
class EventsAsked:
    """Which events are asked for. An empty field does not narrow the list."""

    chain: str = ""
    subject: str = ""
    subject_id: str = ""
    by: str = ""
    first: datetime | None = None
    last: datetime | None = None

    def of(self, events: QuerySet[Event]) -> QuerySet[Event]:
        """The events among these that are asked for."""
        for name in ("chain", "subject", "subject_id", "by"):
            if value := getattr(self, name):
                events = events.filter(**{name: value})
        if self.first is not None:
            events = events.filter(at__gte=self.first)
        if self.last is not None:
            events = events.filter(at__lte=self.last)
        return events


def subject_id(parent: Return) -> str:
    """What events call a return: ``WCC/2013-14-Q1``."""
    return f"{parent.council_code}/{parent.period.code}"


def events_of(parent: Return) -> QuerySet[Event]:
    """Every event of a return, oldest first: as visible as the return is."""
    return Event.objects.about(RETURN, subject_id(parent)).filter(chain=parent.council_code)


def happening(event: Event) -> Happening:
    """An event in the form that the pure modules read."""
    return Happening(
        at=event.at,
        by=event.by,
        action=event.action,
        before=event.before or {},
        after=event.after or {},
        reason=event.reason,
    )


# --- What each event did -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deed:
    """An event of a return and what it did to its lines."""

    event: Event
    changes: Changes

    @property
    def version(self) -> int | None:
        """The version that it made, if it made one."""
        return (self.event.after or {}).get("version")

    @property
    def status(self) -> str | None:
        """The status that it left the return in, if it says so."""
        return (self.event.after or {}).get("status")


def deeds(events: Iterable[Event], order: Sequence[int] = ()) -> Iterator[Deed]:
    """Events of one return, oldest first, with what each did.

    `order` is that of the lines before the first. One event is held at a time.
    """
    for event in events:
        yield Deed(event, changes_of(happening(event), order))
        order = (event.after or {}).get("order", order)


def deeds_of_page(parent: Return, page: Sequence[Event]) -> list[Deed]:
    """What each event of a page did. The page is oldest first. One more query."""
    if not page:
        return []
    earlier = events_of(parent).filter(id__lt=page[0].id, after__has_key="order")
    order = earlier.order_by("-id").values_list("after__order", flat=True).first() or ()
    return list(deeds(page, order))


# --- Quarters as they stood ----------------------------------------------------------


def quarters_open_at(moment: datetime) -> dict[Quarter, bool]:
    """The quarters that existed at a moment, and whether each was open: two queries.

    A quarter of the record exists, closed, from when the record was loaded. A quarter that
    no event mentions counts as it is now.
    """
    return {quarter: is_open for quarter, (is_open, _) in _quarters_at(moment).items()}


def latest_once_closed_at(moment: datetime) -> Quarter | None:
    """The latest quarter that had been closed by a moment, even if it was open again."""
    found = _quarters_at(moment).items()
    return max((quarter for quarter, (_, once_closed) in found if once_closed), default=None)


def _quarters_at(moment: datetime) -> dict[Quarter, tuple[bool, bool]]:
    """Of each quarter that there was whether it was open, and whether it had ever been closed."""
    found: dict[str, tuple[bool, bool]] = {}
    spoken_of: set[str] = set()
    for subject, named, at, after in (
        Event.objects.filter(
            Q(subject=PERIOD) | Q(subject=RETURN, chain=PARTNERSHIP, action="certified")
        )
        .order_by("id")
        .values_list("subject", "subject_id", "at", "after__status")
    ):
        code = named.rpartition("/")[2]
        spoken_of.add(code)
        if at > moment or after is None:
            continue
        if subject == PERIOD:
            is_open = after == Period.Status.OPEN
            once_closed = code in found and found[code][1]
            found[code] = (is_open, once_closed or not is_open)
        else:
            found.setdefault(code, (False, True))
    quarters = {
        period.quarter: (period.is_open, not period.is_open or period.is_open_again)
        for period in Period.objects.all()
        if period.code not in spoken_of
    }
    return quarters | {Quarter.parse(code): stood for code, stood in found.items()}
