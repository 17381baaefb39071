"""The comparison as pictures: rows to Plotly figures as plain data.

Amounts are whole pence, so that no float stands for money; what is read is the label
beside each bar. The typeface, the margins and the wrapping of labels are the page's
(`static/js/charts.js`); the colours here are the brand's, and apart in grey too: pine
for what was delivered, brass for what was promised, stone with hatching for what falls
on no council.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from savings.comparison.wording import NOT_DIVIDED, Named, Part
from savings.kit.charts import DELIVERED, PROMISED, UNATTRIBUTED
from savings.kit.wording import short

_INK = "#16211f"

#: The longest bar is followed by its label: what is shown is to the bar as one to the other.
_ROOM, _BAR = 13, 10
_NO_TEMPLATE = go.layout.Template()


def promised_and_delivered(lines: Sequence[Named], *, nil: str = "") -> dict[str, Any]:
    """Two bars a line, the promised above the delivered, in the order of the lines.

    `nil` is the label of an amount of 0: empty where that may mean that the amount
    is part of another line's. A promise that is not divided by line has no bar.
    """
    figure = go.Figure(
        [
            _bars("Promised", PROMISED, [(line.name, line.planned) for line in lines], nil),
            _bars("Delivered", DELIVERED, [(line.name, line.delivered) for line in lines], nil),
        ]
    )
    amounts = [amount for line in lines for amount in (line.planned or 0, line.delivered)]
    # Where no line has both, each bar can have the middle of its line.
    both = any(line.planned and line.delivered for line in lines)
    figure.update_layout(barmode="group" if both else "overlay")
    each = 62 if both else 48
    return _finished(figure, amounts, height=90 + each * len(lines), narrow=60 + 68 * len(lines))


def parts_of_councils(lines: Sequence[Part]) -> dict[str, Any]:
    """One bar a council; hatched and last, what is not attributed to any."""
    bars = _bars("Delivered", DELIVERED, [(line.name, line.delivered) for line in lines], "nil")
    bars.marker.color = [DELIVERED if line.code else UNATTRIBUTED for line in lines]
    bars.marker.pattern = {
        "shape": ["" if line.code else "/" for line in lines],
        "fgcolor": "#ffffff",
        "size": 6,
    }
    figure = go.Figure([bars])
    amounts = [line.delivered for line in lines]
    return _finished(figure, amounts, height=40 + 46 * len(lines), narrow=40 + 58 * len(lines))


def _bars(name: str, colour: str, rows: Sequence[tuple[str, int | None]], nil: str) -> go.Bar:
    labels = [
        NOT_DIVIDED if amount is None else short(amount) if amount else nil for _, amount in rows
    ]
    return go.Bar(
        name=name,
        orientation="h",
        y=[row for row, _ in rows],
        x=[amount or 0 for _, amount in rows],
        text=labels,
        textposition="outside",
        textangle=0,
        textfont={"color": _INK},
        constraintext="none",
        cliponaxis=False,
        hovertemplate=f"%{{y}}<br>{name}: %{{text}}<extra></extra>",
        marker={"color": colour},
    )


def _finished(
    figure: go.Figure, amounts: Sequence[int], *, height: int, narrow: int
) -> dict[str, Any]:
    longest, least = max([*amounts, 1]), min([*amounts, 0])
    figure.update_layout(
        template=_NO_TEMPLATE,
        height=height,
        meta={"narrow_height": narrow},
        # The labels say the amounts: an axis would say them twice.
        xaxis={
            "visible": False,
            "range": [-(-least * _ROOM // _BAR), longest * _ROOM // _BAR],
        },
        # The first line on top, and in each line the promised above the delivered.
        yaxis={"autorange": "reversed"},
    )
    return figure.to_plotly_json()
