"""A council's savings by area as a picture: rows to a Plotly figure as plain data.

Amounts are whole pence, so that no float stands for money. The label beside each bar gives the
amount. The page sets typeface and margins (`static/js/charts.js`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from savings.boroughs.reports import FigureLine
from savings.boroughs.wording import BEING_ADDED
from savings.kit.wording import headline

_QUARTER, _TO_DATE = "#5f93a0", "#0e4543"
_INK = "#16211f"


def savings_by_area(lines: Sequence[FigureLine], quarter: str) -> dict[str, Any]:
    """Two bars for each area: the quarter's savings above those to date; one if they are equal.

    An amount that is being added has a label and no bar.
    """
    bars = [_bars("To date", _TO_DATE, [(line.area_name, line.to_date) for line in lines])]
    if any(line.quarter != line.to_date for line in lines):
        bars.insert(0, _bars(quarter, _QUARTER, [(line.area_name, line.quarter) for line in lines]))
    figure = go.Figure(bars)
    pence = [amount or 0 for line in lines for amount in (line.quarter, line.to_date)]
    longest, least = max([*pence, 1]), min([*pence, 0])
    figure.update_layout(
        template=go.layout.Template(),
        height=40 + (16 + 23 * len(bars)) * len(lines),
        barmode="group",
        meta={"narrow_height": 40 + (24 + 23 * len(bars)) * len(lines)},
        # The labels give the amounts: an axis would repeat them. A label needs room beyond the end
        # of the longest bar on either side.
        xaxis={"visible": False, "range": [least * 14 // 10, longest * 14 // 10]},
        yaxis={"autorange": "reversed"},
    )
    return figure.to_plotly_json()


def _bars(name: str, colour: str, rows: Sequence[tuple[str, int | None]]) -> go.Bar:
    return go.Bar(
        name=name,
        orientation="h",
        y=[row for row, _ in rows],
        x=[amount for _, amount in rows],
        text=[BEING_ADDED if amount is None else headline(amount) for _, amount in rows],
        textposition="outside",
        textangle=0,
        textfont={"color": _INK},
        constraintext="none",
        cliponaxis=False,
        hovertemplate=f"%{{y}}<br>{name}: %{{text}}<extra></extra>",
        marker={"color": colour},
    )
