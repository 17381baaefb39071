"""What a true-up says in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from finance.money import format_pounds
from savings.kit.wording import share_in_words
from savings.trueup.trueup import Moved, RestatementStanding
from savings.whatif.wording import number, who_gains

#: Whether a restatement is put right, in a few words.
STANDINGS = {
    RestatementStanding.SUPERSEDED: "Replaced by a later restatement",
    RestatementStanding.WITHIN: "Within the tolerance",
    RestatementStanding.COUNTS: "To be put right",
}

#: How far a council is with its adjusting entries.
NOTHING, TO_ADD, IN_DRAFT, SUBMITTED, CERTIFIED, NOT_CERTIFIED = (
    "nothing",
    "to_add",
    "draft",
    "submitted",
    "certified",
    "not_certified",
)
STATES = {
    NOTHING: "Nothing to add",
    TO_ADD: "To be added",
    IN_DRAFT: "In a draft",
    SUBMITTED: "Submitted",
    CERTIFIED: "Certified",
    NOT_CERTIFIED: "Not certified yet",
}


def moves(moved: Moved, names: Mapping[str, str]) -> str:
    """Who gains and who loses by the restated value, in a sentence."""
    if not moved.parts:
        return "No certified figure was split by this value."
    return who_gains(moved.parts, names, of="By the restated value")


def measured(moved: Moved, tolerance: str, *, beyond: bool) -> str:
    """How the restatement's measure compares with the tolerance, in a sentence.

    >>> from finance.periods import Quarter
    >>> from savings.trueup.trueup import Part, RestatedLine
    >>> line = RestatedLine(Quarter.parse("2013-14-Q1"), "hr", "saving")
    >>> moved = Moved((Part(line, "LBHF", 5000, 2500), Part(line, "WCC", 5000, 7500)), 10000)
    >>> measured(moved, "1/100", beyond=True)
    'At most, a council’s parts move by £25.00 of the £100.00 that was split: 25.00%, more than \
the tolerance of 1/100.'
    """
    against = "more than" if beyond else "not more than"
    return (
        f"At most, a council’s parts move by {format_pounds(moved.most)} of the "
        f"{format_pounds(moved.shared_out)} that was split: {share_in_words(moved.measure)}, "
        f"{against} the tolerance of {tolerance}."
    )


def left_out(count: int) -> str:
    """A sentence about entries that fall on no council; empty if every entry falls on one."""
    if not count:
        return ""
    entries = "1 certified entry is" if count == 1 else f"{count:,} certified entries are"
    falls, it = ("it falls", "it") if count == 1 else ("they fall", "them")
    return (
        f"{entries} left out: as split or by the restated value {falls} on no council, so no "
        f"council’s own entry can put {it} right."
    )


def note(*, driver: str, council: str, quarter: str, was: Fraction, restated: Fraction) -> str:
    """The note of an adjusting entry."""
    return (
        f"Puts right what was split in {quarter} by {driver}: the value of {council} was "
        f"given as {number(was)} and should have been {number(restated)}."
    )
