"""A return as it stood at a moment or a version, and whether the stored one says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from audit.models import Event
from savings.history.replay import (
    UNTOUCHED,
    Columns,
    ReplayError,
    ReturnState,
    Step,
    as_version,
    last_of,
)
from savings.history.reports import PERIOD, events_of, happening, subject_id
from savings.kit.provenance import Provenance
from savings.quarters.models import Period
from savings.returns.models import Entry, Forecast, Return
from savings.returns.reports import PLURALS, KindLines, KindSum, under_kinds
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import Council, User
from sovereignty.refusals import WrongState

#: Columns of a line that are the same in an event and in the table.
_AS_THEY_ARE = frozenset(
    ["kind", "scope", "recurrence", "nature", "cause", "tupe", "approval", "evidence", "note"]
)


@dataclass(frozen=True, slots=True)
class Stood:
    """`parent` as it stood. Read it like a return; `entries` are like the rows of that time.

    Never save any of it. `as_at` is the moment asked for, or None if a version was asked for.
    The partnership's own return is what its document says, from the moment it was loaded.
    """

    parent: Return
    as_at: datetime | None
    status: str
    version: int
    entries: tuple[Entry, ...]
    forecasts: tuple[Forecast, ...] = ()
    submitted_by: User | None = None
    submitted_at: datetime | None = None
    certified_by: User | None = None
    certified_at: datetime | None = None
    sent_back_by: User | None = None
    sent_back_at: datetime | None = None
    sent_back_reason: str = ""

    @property
    def council(self) -> Council | None:
        return self.parent.council

    @property
    def council_code(self) -> str:
        return self.parent.council_code

    @property
    def period(self) -> Period:
        return self.parent.period

    @property
    def published_in(self) -> str:
        return self.parent.published_in

    @property
    def entry_count(self) -> int:
        return len(self.entries)

    @property
    def illustrative(self) -> bool:
        """Whether any of the entries or forecasts was illustrative."""
        origins = [entry.provenance for entry in self.entries]
        origins += [forecast.provenance for forecast in self.forecasts]
        return Provenance.ILLUSTRATIVE in origins

    @property
    def was_sent_back(self) -> bool:
        return self.status == Return.Status.DRAFT and self.sent_back_at is not None


def return_as_it_stood(
    parent: Return, *, moment: datetime | None = None, version: int | None = None
) -> Stood | None:
    """A return at a moment, or at one of its versions; None if it did not exist yet.

    A council's return is read from its events only, so the work grows with their number.
    Raises WrongState if they do not follow from each other.
    """
    events = events_of(parent)
    if moment is not None:
        # In the order of the chain: a later event may have an earlier time.
        latest = events.filter(at__lte=moment).order_by("-id").values_list("id", flat=True).first()
        events = events.filter(id__lte=latest or 0)
    if parent.council_id is None:
        return _published(parent, events, moment, version)
    try:
        state = _state(events, version)
    except ReplayError as error:
        raise WrongState(
            f"The history of this return does not hold together: {error} Tell the programme office."
        ) from error
    if state is None:
        opened = opened_at(parent.period)
        if version or (moment is not None and opened is not None and moment < opened):
            return None
        state = UNTOUCHED
    return _stood(parent, state, moment)


def _state(events: QuerySet[Event], version: int | None) -> ReturnState | None:
    happenings = (happening(event) for event in events.iterator(chunk_size=10))
    return last_of(happenings) if version is None else as_version(happenings, version)


def _published(
    parent: Return, events: QuerySet[Event], moment: datetime | None, version: int | None
) -> Stood | None:
    loaded_later = events_of(parent).exists() and not events.exists()
    if loaded_later or version not in (None, parent.version):
        return None
    entries = parent.entries.select_related("service", "caused_by").order_by("position")
    return Stood(
        parent,
        moment,
        parent.status,
        parent.version,
        tuple(entries),
        certified_at=parent.certified_at,
    )


def begins(parent: Return) -> datetime | None:
    """When a return began: its quarter opened, or its document was loaded. None: unknown."""
    if parent.council_id is None:
        return events_of(parent).values_list("at", flat=True).first()
    return opened_at(parent.period)


def opened_at(period: Period) -> datetime | None:
    """When a quarter was opened; None if that is not known."""
    events = Event.objects.about(PERIOD, period.code).filter(action="opened")
    return events.values_list("at", flat=True).first()


def _stood(parent: Return, state: ReturnState, moment: datetime | None) -> Stood:
    submitted, certified, sent_back = state.submitted, state.certified, state.sent_back
    names = {step.by for step in (submitted, certified, sent_back) if step}
    people = {user.username: user for user in User.objects.filter(username__in=names)}

    def by(step: Step | None) -> User | None:
        return people.get(step.by) or User(username=step.by) if step else None

    return Stood(
        parent,
        moment,
        state.status,
        state.version,
        tuple(_entries(parent, state.lines)),
        tuple(_forecasts(parent, state.forecasts)),
        submitted_by=by(submitted),
        submitted_at=submitted.at if submitted else None,
        certified_by=by(certified),
        certified_at=certified.at if certified else None,
        sent_back_by=by(sent_back),
        sent_back_at=sent_back.at if sent_back else None,
        sent_back_reason=sent_back.reason if sent_back else "",
    )


def _entries(parent: Return, lines: Sequence[tuple[int, Columns]]) -> Iterator[Entry]:
    """Lines of events as entries: a handful of queries, however many lines."""
    services = {service.slug: service for service in Service.objects.all()}
    councils = {council.code: council for council in Council.objects.all()}
    ids = {columns["corrects"] for _, columns in lines if "corrects" in columns}
    corrected = Entry.objects.select_related("parent__council", "parent__period").in_bulk(ids)
    for position, (number, columns) in enumerate(lines, start=1):
        said: dict[str, Any] = dict(columns)
        slug = said["service"]
        entry = Entry(
            id=number,
            parent=parent,
            position=position,
            service=services.get(slug) or Service(slug=slug, name=slug),
            amount=Decimal(said["amount"]),
            provenance=said.get("provenance", Provenance.REPORTED),
            corrects_id=said.get("corrects"),
            **{name: value for name, value in said.items() if name in _AS_THEY_ARE},
        )
        if entry.corrects_id in corrected:
            entry.corrects = corrected[entry.corrects_id]
        if "caused_by" in said:
            entry.caused_by = councils[said["caused_by"]]
        yield entry


def by_kind(stood: Stood, tree: ServiceTree) -> tuple[list[KindSum], list[KindLines]]:
    """The sums of a return as it stood, and its entries under their kinds."""
    sums = [
        KindSum(
            kind=kind,
            label=label,
            amount=sum(entry.pence for entry in found) if found else None,
            entries=len(found),
            illustrative=sum(entry.provenance == Provenance.ILLUSTRATIVE for entry in found),
        )
        for kind, label in PLURALS.items()
        for found in [[entry for entry in stood.entries if entry.kind == kind]]
    ]
    return sums, under_kinds(stood.entries, sums, tree, stood.published_in)


def _forecasts(parent: Return, forecasts: Sequence[tuple[str, Columns]]) -> Iterator[Forecast]:
    slugs = [slug for slug, _ in forecasts]
    services = {service.slug: service for service in Service.objects.filter(slug__in=slugs)}
    for slug, columns in forecasts:
        said: dict[str, Any] = dict(columns)
        yield Forecast(
            parent=parent,
            service=services.get(slug) or Service(slug=slug, name=slug),
            this_year=Decimal(said["this_year"]),
            full_year_effect=Decimal(said["full_year_effect"]),
            status=said["status"],
            starts_on=date.fromisoformat(said["starts_on"]) if "starts_on" in said else None,
            reason=said.get("reason", ""),
            replacement=said.get("replacement", ""),
            provenance=said.get("provenance", Provenance.REPORTED),
        )


# --- What is stored, compared with the events ------------------------------------------


def differences() -> tuple[int, list[str]]:
    """How many councils' returns were compared with their events, and how any differs.

    A return without events is compared too: it must still be empty.
    """
    compared, different = 0, []
    for parent in Return.objects.filter(council__isnull=False).select_related("council", "period"):
        compared += 1
        try:
            stood = return_as_it_stood(parent)
        except WrongState as error:
            different.append(f"{subject_id(parent)}: {error}")
            continue
        held = _held(parent, parent.entries.all(), parent.forecasts.select_related("service"))
        if stood is None or _held(stood, stood.entries, stood.forecasts) != held:
            different.append(f"{subject_id(parent)}: the database does not match its events.")
    return compared, different


_HELD = (
    "id",
    "position",
    "service_id",
    "amount",
    "caused_by_id",
    "corrects_id",
    "provenance",
    *sorted(_AS_THEY_ARE),
)


_HELD_OF_FORECASTS = (
    "service_id",
    "this_year",
    "full_year_effect",
    "status",
    "starts_on",
    "reason",
    "replacement",
    "provenance",
)


def _held(
    parent: Return | Stood, entries: Iterable[Entry], forecasts: Iterable[Forecast]
) -> tuple[object, ...]:
    """What a return says, for comparing."""
    return (
        parent.version,
        parent.status,
        [
            [getattr(entry, name) for name in _HELD]
            for entry in sorted(entries, key=lambda entry: entry.position)
        ],
        [
            [getattr(forecast, name) for name in _HELD_OF_FORECASTS]
            for forecast in sorted(forecasts, key=lambda forecast: forecast.service.slug)
        ],
    )
