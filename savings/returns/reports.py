"""Returns as people read them: sums by kind, entries under their kind, and what was done.

Kinds are never mixed in a sum: a saving is positive when spending falls, the others when
it rises.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, Sum
from django.utils import timezone

from audit.models import Event
from finance.money import to_pence
from savings.kit.provenance import Provenance
from savings.quarters.dates import days_late
from savings.returns.models import Entry, Return
from savings.returns.rows import EntryRow
from services.tree import ServiceTree
from sovereignty.models import User

#: The names of sums of each kind.
PLURALS: dict[str, str] = {
    Entry.Kind.SAVING: "Savings",
    Entry.Kind.ONGOING_COST: "Ongoing costs",
    Entry.Kind.TRANSITION_COST: "Transition costs",
    Entry.Kind.VARIANCE: "Variances",
}


@dataclass(frozen=True, slots=True)
class KindSum:
    """The sum of the entries of one kind, in pence; None without any."""

    kind: str
    label: str
    amount: int | None
    entries: int
    illustrative: int


@dataclass(frozen=True, slots=True)
class Sums:
    """A return's sums by kind, in order, and its numbers of entries and illustrative ones."""

    kinds: tuple[KindSum, ...]
    entries: int
    illustrative: int


def sums_of(return_ids: Iterable[int]) -> dict[int, Sums]:
    """The sums of these returns, by id: one query, however many there are."""
    ids = list(return_ids)
    found: dict[int, dict[str, tuple[int, int, int]]] = defaultdict(dict)
    for parent, kind, amount, count, illustrative in (
        Entry.objects.filter(parent__in=ids)
        .order_by()
        .values("parent", "kind")
        .annotate(
            sum=Sum("amount"),
            count=Count("id"),
            made_up=Count("id", filter=Q(provenance=Provenance.ILLUSTRATIVE)),
        )
        .values_list("parent", "kind", "sum", "count", "made_up")
    ):
        found[parent][kind] = (to_pence(amount), count, illustrative)
    return {id_: _sums(found[id_]) for id_ in ids}


def sums_of_rows(rows: Iterable[tuple[str, int, bool]]) -> Sums:
    """The sums of rows that are not stored. A row is kind, pence and whether it is illustrative."""
    found: dict[str, tuple[int, int, int]] = {}
    for kind, amount, made_up in rows:
        total, count, illustrative = found.get(kind, (0, 0, 0))
        found[kind] = (total + amount, count + 1, illustrative + made_up)
    return _sums(found)


def _sums(kinds: dict[str, tuple[int, int, int]]) -> Sums:
    return Sums(
        kinds=tuple(
            KindSum(kind, label, *kinds.get(kind, (None, 0, 0))) for kind, label in PLURALS.items()
        ),
        entries=sum(count for _, count, _ in kinds.values()),
        illustrative=sum(made_up for _, _, made_up in kinds.values()),
    )


@dataclass(frozen=True, slots=True)
class MadeUp:
    """How much of a return is illustrative. While any is, the return can't be certified.

    >>> str(MadeUp(entries=5, forecasts=1)), bool(MadeUp(0, 0))
    ('5 illustrative entries and 1 illustrative forecast', False)
    """

    entries: int
    forecasts: int

    def __bool__(self) -> bool:
        return bool(self.entries or self.forecasts)

    def __str__(self) -> str:
        return self._worded("illustrative ", str)

    @property
    def words(self) -> str:
        """The same at the start of a sentence, when “illustrative” has been said already."""
        words = self._worded("", lambda count: "one" if count == 1 else str(count))
        return f"{words[:1].upper()}{words[1:]}"

    @property
    def it(self) -> str:
        return "it" if self.is_one else "them"

    @property
    def is_one(self) -> bool:
        return self.entries + self.forecasts == 1

    def _worded(self, kind: str, number: Callable[[int], str]) -> str:
        counted = [(self.entries, "entry", "entries"), (self.forecasts, "forecast", "forecasts")]
        return " and ".join(
            f"{number(count)} {kind}{one if count == 1 else many}"
            for count, one, many in counted
            if count
        )


def made_up_in(parent: Return) -> MadeUp:
    """How much of a return is illustrative: two queries."""
    return MadeUp(
        entries=parent.entries.illustrative().count(),
        forecasts=parent.forecasts.illustrative().count(),
    )


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry with the names of the services above its own, the programme first.

    `evidence` leaves out the document that the return itself names as its source.
    """

    entry: Entry
    above: tuple[str, ...]
    evidence: str


@dataclass(frozen=True, slots=True)
class KindLines:
    """The entries of one kind, in the order of the return, and their sum."""

    sum: KindSum
    lines: tuple[EntryLine, ...]

    @property
    def common_note(self) -> str:
        """The note of every entry, if there are several entries and all have the same note."""
        notes = {line.entry.note for line in self.lines}
        return notes.pop() if len(notes) == 1 and len(self.lines) > 1 else ""


def under_kinds(
    entries: Iterable[Entry], kinds: Iterable[KindSum], tree: ServiceTree, published_in: str = ""
) -> list[KindLines]:
    """Entries, in order, under their kinds, without the kinds that have none."""
    lines: dict[str, list[EntryLine]] = defaultdict(list)
    document = f"{published_in}: " if published_in else ""
    for entry in entries:
        slug = entry.service.slug
        above = reversed(tree.path(slug)[1:]) if slug in tree.nodes else ()
        names = tuple(tree.nodes[step].name for step in above)
        lines[entry.kind].append(EntryLine(entry, names, entry.evidence.removeprefix(document)))
    return [KindLines(sum_, tuple(lines[sum_.kind])) for sum_ in kinds if lines[sum_.kind]]


def days_late_of(parent: Return, today: date) -> int | None:
    """How many days late a return was submitted, or is today; None without a due date."""
    if parent.period.due_on is None:
        return None
    submitted = timezone.localdate(parent.submitted_at) if parent.submitted_at else today
    return days_late(parent.period.due_on, submitted)


#: What was done, by the action of an event that gave a return its next version.
_DEEDS = {
    "saved": "saved version {}",
    "forecasts saved": "saved its forecasts (version {})",
    "submitted": "submitted it (version {})",
    "withdrawn": "withdrew it (version {})",
    "sent back": "sent it back (version {})",
    "certified": "certified it (version {})",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did to a return, in words that follow the person's name."""

    by: str
    words: str
    at: datetime


def events_since(parent: Return, version: int) -> list[Event]:
    """The events that gave a return the versions after this one, latest first."""
    return list(
        Event.objects.about("return", f"{parent.council_code}/{parent.period.code}")
        .filter(after__version__gt=version)
        .order_by("-id")
    )


def in_words(events: Sequence[Event]) -> list[Deed]:
    """Who did what, with people's names: one query."""
    names = {
        user.username: user.get_full_name() or user.username
        for user in User.objects.filter(username__in={event.by for event in events})
    }
    return [
        Deed(
            names.get(event.by, event.by),
            _DEEDS.get(event.action, "changed it (version {})").format(
                (event.after or {}).get("version")
            ),
            event.at,
        )
        for event in events
    ]


def row_of(entry: Entry) -> EntryRow:
    """An entry as the row that would make it. Reads entry.service and entry.caused_by."""
    return EntryRow(
        service=entry.service.slug,
        kind=entry.kind,
        scope=entry.scope,
        amount=entry.pence,
        recurrence=entry.recurrence,
        nature=entry.nature,
        cause=entry.cause,
        caused_by=entry.caused_by.code if entry.caused_by else "",
        tupe=tuple(entry.tupe),
        approval=entry.approval,
        corrects=entry.corrects_id,
        evidence=entry.evidence,
        note=entry.note,
    )
