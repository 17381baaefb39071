"""What the board says in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from finance.periods import FinancialYear
from savings.calendar.reports import BoardLine
from savings.returns.models import Return

Status = Return.Status


def reading_of(lines: Sequence[BoardLine], year: FinancialYear) -> str:
    """How many of a year's returns are at each step, are late, or have questions waiting."""
    if not lines:
        return f"There are no returns for {year.label} that you can see."
    states = Counter(line.parent.status for line in lines)
    parts = [
        _count(states[Status.CERTIFIED], "is certified", "are certified"),
        _count(states[Status.SUBMITTED], "is waiting", "are waiting") + " to be certified",
        _count(states[Status.DRAFT], "is a draft", "are drafts"),
    ]
    subject = f"Of {len(lines)} returns" if len(lines) > 1 else "Of one return"
    sentence = f"{subject} for {year.label}, {parts[0]}, {parts[1]} and {parts[2]}."
    late = sum(
        1 for line in lines if line.parent.status == Status.DRAFT and (line.days_late or 0) > 0
    )
    if late:
        sentence += f" {_count(late, 'draft is', 'drafts are').capitalize()} late."
    asked = sum(line.questions for line in lines)
    if asked:
        sentence += f" {_count(asked, 'question is', 'questions are').capitalize()}"
        sentence += " waiting for an answer."
    return sentence


def _count(number: int, one: str, many: str) -> str:
    if number == 1:
        return f"one {one}"
    return f"{number or 'none'} {many if number else one}"
