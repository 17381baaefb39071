"""A return changed while somebody typed: what both began from, and who did what since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.models import Event
from savings.filling.actions import reference_for
from savings.filling.changes import named_lines
from savings.filling.merging import Comparison, before_saves, put_side_by_side
from savings.filling.rows import read_rows
from savings.kit.provenance import Provenance
from savings.returns.models import Return
from savings.returns.reports import Deed, events_since, in_words, row_of
from savings.returns.rows import EntryRow, RawRows
from sovereignty.refusals import BadContent


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What a person typed beside what is stored, and what was done since that person began.

    `illustrative` has the numbers of the stored lines that are made up.
    """

    comparison: Comparison
    deeds: Sequence[Deed]
    illustrative: frozenset[int]


def meanwhile(parent: Return, version: int, rows: RawRows) -> Meanwhile:
    """Compare the rows, typed since `version`, with the return as it is now: four queries.

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


def _begun_from(
    stored: Mapping[int, EntryRow], saves: Sequence[Event]
) -> dict[int, EntryRow] | None:
    """The lines before these saves; None if an event from an older version does not say."""
    try:
        return before_saves(stored, [(save.before or {}, save.after or {}) for save in saves])
    except (KeyError, ValueError, TypeError):
        return None
