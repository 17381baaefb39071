"""Fairness as CSV: a row for each quarter and council, money exact."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

from finance.money import json_money
from savings.fairness.reports import Fairness

CSV_COLUMNS = (
    "period",
    "council",
    "savings",
    "ongoing_costs",
    "transition_costs",
    "variances",
    "net",
    "net_to_date",
    "contribution_to_date",
    "share_of_net",
    "share_of_contribution",
    "illustrative",
    "open",
)
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def as_csv(fairness: Fairness) -> bytes:
    """RFC 4180, UTF-8 with the mark that Excel needs; shares with six decimals.

    Quarters from the earliest, councils in order of code; a share of nothing is empty. The figures
    of an `open` quarter are unfinished.
    """
    text = io.StringIO(newline="")
    text.write(_BYTE_ORDER_MARK)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for place, quarter in enumerate(fairness.quarters):
        for track in fairness.tracks:
            point = track.points[place]
            amounts, to_date = point.amounts, point.to_date
            writer.writerow(
                (
                    quarter.code,
                    track.council,
                    *(
                        json_money(pence)
                        for pence in (
                            amounts.savings,
                            amounts.ongoing_costs,
                            amounts.transition_costs,
                            amounts.variances,
                            amounts.net,
                            to_date.net,
                            to_date.contribution,
                        )
                    ),
                    decimal(point.share_of_net),
                    decimal(point.share_of_contribution),
                    "true" if amounts.illustrative else "false",
                    "true" if fairness.is_open(quarter) else "false",
                )
            )
    return text.getvalue().encode()


def decimal(share: Fraction | None) -> str:
    """A share with six decimals, halves away from 0; empty if it is a share of nothing.

    A spreadsheet would read the exact 1/3 as a date. What it is worked out from is exact in the
    same row.

    >>> decimal(Fraction(1, 3)), decimal(Fraction(-5, 4)), decimal(None)
    ('0.333333', '-1.250000', '')
    """
    if share is None:
        return ""
    millionths = (abs(share) * 2_000_000 + 1) // 2
    whole, rest = divmod(millionths, 1_000_000)
    return f"{'-' if share < 0 and millionths else ''}{whole}.{rest:06d}"
