"""Somebody saved while another person typed: what both began from, and who has saved since."""

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


@dataclass(frozen=True, slots=True)
class Save:
    """A save of somebody's, with the person's name."""

    version: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What a person typed beside what is stored, and the saves since that person began.

    `illustrative` has the numbers of the stored lines that are made up.
    """

    comparison: Comparison
    saves: Sequence[Save]
    illustrative: frozenset[int]


def meanwhile(parent: Return, version: int, rows: RawRows) -> Meanwhile:
    """Lay the rows, typed from `version` on, beside the return as it stands: four queries.

    What both began from is worked out backwards from the events of the saves since. Raises
    BadContent with every mistake of every row: only what could be stored can be chosen.
    """
    typed, errors = read_rows(rows, reference_for(parent, rows))
    if errors:
        raise BadContent(errors)
    entries = list(parent.entries.select_related("service", "caused_by"))
    stored = [(entry.id, row_of(entry)) for entry in entries]
    saves = list(
        Event.objects.about("return", f"{parent.council_code}/{parent.period.code}")
        .filter(action="saved", after__version__gt=version)
        .order_by("-id")
    )
    names = {
        user.username: user.get_full_name() or user.username
        for user in User.objects.filter(username__in={save.by for save in saves})
    }
    return Meanwhile(
        comparison=put_side_by_side(
            _begun_from(dict(stored), saves) if version <= parent.version else None,
            list(zip(named_lines(rows), typed, strict=True)),
            stored,
        ),
        saves=[
            Save((save.after or {}).get("version", 0), names.get(save.by, save.by), save.at)
            for save in saves
        ],
        illustrative=frozenset(
            entry.id for entry in entries if entry.provenance == Provenance.ILLUSTRATIVE
        ),
    )


def _begun_from(
    stored: Mapping[int, EntryRow], saves: Sequence[Event]
) -> dict[int, EntryRow] | None:
    """The lines before these saves; None where an event of another time does not say."""
    try:
        return before_saves(stored, [(save.before or {}, save.after or {}) for save in saves])
    except (KeyError, ValueError, TypeError):
        return None
