"""The forecasts of a quarter as CSV: a row for each council and initiative, even without one."""

from __future__ import annotations

import csv
import io

from finance.money import json_money
from savings.forecasts.overview import Overview
from savings.forecasts.reports import ForecastLine, is_illustrative
from savings.kit.exports import safe_text

COLUMNS = (
    "council",
    "period",
    "service",
    "service_name",
    "status",
    "planned_in_year",
    "planned_full_year",
    "planned_by",
    "this_year",
    "full_year_effect",
    "delivered_this_year",
    "delivered_to_date",
    "starts_on",
    "reason",
    "replacement",
    "illustrative",
    "pointed_out",
)
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def file_name(overview: Overview) -> str:
    """What a download is called: `tri-borough-forecasts-2013-14-Q1.csv`."""
    return f"tri-borough-forecasts-{overview.quarter.code}.csv"


def as_csv(overview: Overview) -> bytes:
    """RFC 4180, UTF-8 with the mark that Excel needs, amounts as plain numbers.

    The plan is for all councils together, so the row of each has the same amount. An initiative
    without a forecast has the status `missing`, and the forecast's columns are empty. What was
    delivered is empty while something certified is being added to it.
    """
    text = io.StringIO(newline="")
    text.write(_BYTE_ORDER_MARK)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(overview, line) for line in overview.lines)
    return text.getvalue().encode()


def _row(overview: Overview, line: ForecastLine) -> list[str]:
    planned, forecast = line.initiative, line.forecast
    return [
        line.council.code,
        overview.quarter.code,
        planned.service,
        safe_text(planned.name),
        line.status,
        "" if planned.in_year is None else json_money(planned.in_year),
        "" if planned.full_year is None else json_money(planned.full_year),
        planned.by.code if planned.by else "",
        json_money(forecast.this_year_pence) if forecast else "",
        json_money(forecast.full_year_effect_pence) if forecast else "",
        "" if line.saved.pending else json_money(line.saved.this_year),
        "" if line.saved.pending else json_money(line.saved.delivered),
        forecast.starts_on.isoformat() if forecast and forecast.starts_on else "",
        safe_text(forecast.reason) if forecast else "",
        safe_text(forecast.replacement) if forecast else "",
        "true" if forecast and is_illustrative(forecast) else "false",
        safe_text(" ".join(remark.sentence for remark in line.remarks)),
    ]
