"""A council's savings by area as a picture: rows to a Plotly figure as plain data.

Amounts are whole pence, so that no float stands for money; what is read is the label
beside each bar. Typeface and margins are the page's (`static/js/charts.js`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from savings.boroughs.reports import FigureLine
from savings.kit.wording import headline

_QUARTER, _TO_DATE = "#5f93a0", "#0e4543"
_INK = "#16211f"


def savings_by_area(lines: Sequence[FigureLine], quarter: str) -> dict[str, Any]:
    """Two bars an area: the quarter's own savings above all to date; one where they agree.

    Of lines whose amounts are all known.
    """
    bars = [_bars("To date", _TO_DATE, [(line.area_name, line.to_date or 0) for line in lines])]
    if any(line.quarter != line.to_date for line in lines):
        bars.insert(
            0, _bars(quarter, _QUARTER, [(line.area_name, line.quarter or 0) for line in lines])
        )
    figure = go.Figure(bars)
    pence = [amount for line in lines for amount in (line.quarter or 0, line.to_date or 0)]
    longest, least = max([*pence, 1]), min([*pence, 0])
    figure.update_layout(
        template=go.layout.Template(),
        height=40 + (16 + 23 * len(bars)) * len(lines),
        barmode="group",
        meta={"narrow_height": 40 + (24 + 23 * len(bars)) * len(lines)},
        # The labels say the amounts: an axis would say them twice. A label needs room
        # beyond the end of the longest bar on either side.
        xaxis={"visible": False, "range": [least * 14 // 10, longest * 14 // 10]},
        yaxis={"autorange": "reversed"},
    )
    return figure.to_plotly_json()


def _bars(name: str, colour: str, rows: Sequence[tuple[str, int]]) -> go.Bar:
    return go.Bar(
        name=name,
        orientation="h",
        y=[row for row, _ in rows],
        x=[amount for _, amount in rows],
        text=[headline(amount) for _, amount in rows],
        textposition="outside",
        textangle=0,
        textfont={"color": _INK},
        constraintext="none",
        cliponaxis=False,
        hovertemplate=f"%{{y}}<br>{name}: %{{text}}<extra></extra>",
        marker={"color": colour},
    )
