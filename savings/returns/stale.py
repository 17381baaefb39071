"""A return changed while somebody typed: what both began from, and who did what since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.models import Event
from savings.provenance import Provenance
from savings.returns.actions import RawRows, reference_for, row_of
from savings.returns.changes import named_lines
from savings.returns.merging import Comparison, before_saves, put_side_by_side
from savings.returns.models import Return
from savings.returns.rows import EntryRow, read_rows
from sovereignty.models import User
from sovereignty.refusals import BadContent

#: What an event did that gave a return its next version.
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


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What a person typed beside what is stored, and what was done since that person began.

    `illustrative` has the numbers of the stored lines that are made up.
    """

    comparison: Comparison
    deeds: Sequence[Deed]
    illustrative: frozenset[int]


def meanwhile(parent: Return, version: int, rows: RawRows) -> Meanwhile:
    """Lay the rows, typed from `version` on, beside the return as it stands: four queries.

    What both began from is worked out backwards from the events since. Raises
    BadContent with every mistake of every row: only what could be stored can be chosen.
    """
    typed, errors = read_rows(rows, reference_for(parent, rows))
    if errors:
        raise BadContent(errors)
    entries = list(parent.entries.select_related("service", "caused_by"))
    stored = [(entry.id, row_of(entry)) for entry in entries]
    since = events_since(parent, version)
    saves = [event for event in since if event.action == "saved"]
    return Meanwhile(
        comparison=put_side_by_side(
            _begun_from(dict(stored), saves) if version <= parent.version else None,
            list(zip(named_lines(rows), typed, strict=True)),
            stored,
        ),
        deeds=in_words(since),
        illustrative=frozenset(
            entry.id for entry in entries if entry.provenance == Provenance.ILLUSTRATIVE
        ),
    )


def events_since(parent: Return, version: int) -> list[Event]:
    """What gave a return the versions after this one, the latest first."""
    return list(
        Event.objects.about("return", f"{parent.council_code}/{parent.period.code}")
        .filter(after__version__gt=version)
        .order_by("-id")
    )


def in_words(events: Sequence[Event]) -> list[Deed]:
    """Who did what, each person by name: one query."""
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


def _begun_from(
    stored: Mapping[int, EntryRow], saves: Sequence[Event]
) -> dict[int, EntryRow] | None:
    """The lines before these saves; None where an event of another time does not say."""
    try:
        return before_saves(stored, [(save.before or {}, save.after or {}) for save in saves])
    except (KeyError, ValueError, TypeError):
        return None
