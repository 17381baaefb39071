"""The comparison as pictures: rows to Plotly figures as plain data.

Amounts are whole pence, so that no float stands for money. The label beside each bar gives the
amount. The page sets the typeface, the margins and the wrapping of labels (`static/js/charts.js`).
The colours are the brand's and can be told apart in grey: pine for what was delivered, brass for
what was promised, stone with hatching for what falls on no council.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from savings.comparison.wording import Named, Part
from savings.kit.charts import DELIVERED, PROMISED, UNATTRIBUTED
from savings.kit.wording import short
from savings.plans.measures import Measure, Measured

_INK = "#16211f"

#: The range of the axis and the longest bar, as a ratio: the label needs the room between.
_ROOM, _BAR = 13, 10
_NO_TEMPLATE = go.layout.Template()
_IN_LEGEND = {
    Measure.TO_DATE: "since the start",
    Measure.IN_YEAR: "in the year",
    Measure.ANNUAL_RATE: "a year",
    Measure.OVER_YEARS: "over several years",
}


def promised_and_delivered(lines: Sequence[Named], *, nil: str = "") -> dict[str, Any]:
    """Two bars for each line, the promised above the delivered, in the order of the lines.

    `nil` is the label of an amount of 0: empty if the amount may be part of another line's. If the
    two are of different measures, the legend says which.
    """
    planned = [(line.name, line.pair.planned) for line in lines]
    delivered = [(line.name, line.pair.delivered) for line in lines]
    measures = [{figure.measure for _, figure in bars} for bars in (planned, delivered)]
    promise, delivery = (
        ["", ""]
        if measures[0] == measures[1]
        else [", ".join(["", *sorted(_IN_LEGEND[each] for each in of)]) for of in measures]
    )
    figure = go.Figure(
        [
            _bars(f"Promised{promise}", PROMISED, planned, nil),
            _bars(f"Delivered{delivery}", DELIVERED, delivered, nil),
        ]
    )
    amounts = [amount for line in lines for amount in (line.planned, line.delivered)]
    # If no line has both, each bar can be in the middle of its line.
    both = any(line.planned and line.delivered for line in lines)
    figure.update_layout(barmode="group" if both else "overlay")
    each = 62 if both else 48
    return _finished(figure, amounts, height=90 + each * len(lines), narrow=60 + 68 * len(lines))


def parts_of_councils(lines: Sequence[Part]) -> dict[str, Any]:
    """One bar for each council; last and hatched, what is not attributed to any."""
    bars = _bars("Delivered", DELIVERED, [(line.name, line.achieved) for line in lines], "nil")
    bars.marker.color = [DELIVERED if line.code else UNATTRIBUTED for line in lines]
    bars.marker.pattern = {
        "shape": ["" if line.code else "/" for line in lines],
        "fgcolor": "#ffffff",
        "size": 6,
    }
    figure = go.Figure([bars])
    amounts = [line.delivered for line in lines]
    return _finished(figure, amounts, height=40 + 46 * len(lines), narrow=40 + 58 * len(lines))


def _bars(name: str, colour: str, rows: Sequence[tuple[str, Measured]], nil: str) -> go.Bar:
    labels = [
        "no figure" if figure.pence is None else short(figure.pence) if figure.pence else nil
        for _, figure in rows
    ]
    return go.Bar(
        name=name,
        orientation="h",
        y=[row for row, _ in rows],
        x=[figure.amount for _, figure in rows],
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
        # The labels give the amounts: an axis would repeat them.
        xaxis={
            "visible": False,
            "range": [-(-least * _ROOM // _BAR), longest * _ROOM // _BAR],
        },
        # The first line on top, and in each line the promised above the delivered.
        yaxis={"autorange": "reversed"},
    )
    return figure.to_plotly_json()
