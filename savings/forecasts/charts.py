"""The forecasts as a picture: rows to a Plotly figure as plain data.

Amounts are whole pence, so that no float stands for money. The label beside each bar gives the
amount. The page sets typeface and margins (`static/js/charts.js`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from savings.forecasts.overview import Row
from savings.kit.charts import DELIVERED, PROMISED
from savings.kit.wording import short

EXPECTED = "#5f93a0"
_INK = "#16211f"
#: The range of the axis and the longest bar, as a ratio: the label needs the room between.
_ROOM, _BAR = 13, 10


def beside_each_other(rows: Sequence[Row], *, beside_plan: bool) -> dict[str, Any]:
    """For each initiative what is planned (if that may be compared), forecast and delivered."""
    made_up = any(row.illustrative for row in rows)
    bars = [
        _bars(
            "Forecast (illustrative)" if made_up else "Forecast",
            EXPECTED,
            [(row, row.expected if row.forecasts else None) for row in rows],
        ),
        _bars(
            "Delivered to date",
            DELIVERED,
            [(row, None if row.pending else row.delivered) for row in rows],
            unknown="being added",
        ),
    ]
    if beside_plan:
        bars.insert(0, _bars("Planned", PROMISED, [(row, row.planned) for row in rows]))
    figure = go.Figure(bars)
    shown = [amount for row in rows for amount in (row.expected, row.delivered)]
    shown += [row.planned for row in rows if beside_plan]
    longest, least = max([*shown, 1]), min([*shown, 0])
    each = 16 + 20 * len(bars)
    figure.update_layout(
        template=go.layout.Template(),
        barmode="group",
        height=40 + each * len(rows),
        meta={"narrow_height": 40 + (each + 14) * len(rows)},
        # The labels give the amounts: an axis would repeat them.
        xaxis={"visible": False, "range": [-(-least * _ROOM // _BAR), longest * _ROOM // _BAR]},
        yaxis={"autorange": "reversed"},
    )
    return figure.to_plotly_json()


def _bars(
    name: str, colour: str, rows: Sequence[tuple[Row, int | None]], unknown: str = "none yet"
) -> go.Bar:
    """`None` is an amount that is not known yet, which is not the same as 0."""
    return go.Bar(
        name=name,
        orientation="h",
        y=[row.name for row, _ in rows],
        x=[amount or 0 for _, amount in rows],
        text=[
            unknown if amount is None else (short(amount) if amount else "nil")
            for _, amount in rows
        ],
        textposition="outside",
        textangle=0,
        textfont={"color": _INK},
        constraintext="none",
        cliponaxis=False,
        hovertemplate=f"%{{y}}<br>{name}: %{{text}}<extra></extra>",
        marker={"color": colour},
    )
