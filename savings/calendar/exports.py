"""The board as CSV, from the rows of the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from finance.money import json_money
from finance.periods import FinancialYear
from savings.calendar.reports import BoardLine
from savings.kit.exports import safe_text
from savings.returns.models import Entry
from sovereignty.models import User

CSV_COLUMNS = (
    "council",
    "period",
    "status",
    "sent_back",
    "due_on",
    "submitted_at",
    "submitted_by",
    "certified_at",
    "certified_by",
    "days_late",
    "open_questions",
    *Entry.Kind.values,
    "illustrative",
)
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def file_name(year: FinancialYear) -> str:
    return f"tri-borough-board-{year.code}.csv"


def as_csv(lines: Sequence[BoardLine]) -> bytes:
    """One row for each return (RFC 4180, UTF-8 with the mark that Excel needs).

    Amounts are plain numbers, empty if the return has no entry of the kind.
    """
    text = io.StringIO(newline="")
    text.write(_BYTE_ORDER_MARK)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows(_row(line) for line in lines)
    return text.getvalue().encode()


def _row(line: BoardLine) -> list[object]:
    parent = line.parent
    return [
        line.council.code,
        line.period.code,
        parent.status,
        _yes(parent.was_sent_back),
        line.period.due_on or "",
        _time(parent.submitted_at),
        _name(parent.submitted_by),
        _time(parent.certified_at),
        _name(parent.certified_by),
        "" if line.days_late is None else line.days_late,
        line.questions,
        *("" if kind.amount is None else json_money(kind.amount) for kind in line.sums.kinds),
        _yes(line.sums.illustrative > 0),
    ]


def _name(person: User | None) -> str:
    return safe_text(person.username) if person else ""


def _time(at: datetime | None) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""


def _yes(value: bool) -> str:
    return "true" if value else "false"
