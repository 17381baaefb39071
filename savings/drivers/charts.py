"""A driver's history as a picture: rows to a Plotly figure as plain data.

Counts are not money: they are drawn as numbers, and the table beside has them exactly.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from savings.drivers.reports import History
from savings.kit.wording import plain


def over_time(found: History) -> dict[str, Any]:
    """A line of steps for each council, from the quarter in which a value begins."""
    quarters = [change.quarter.label for change in found.changes]
    figure = go.Figure(
        [
            go.Scatter(
                name=council.name,
                x=quarters,
                y=[
                    None if (v := change.holds[place]) is None else plain(v.value)
                    for change in found.changes
                ],
                mode="lines+markers",
                line={"shape": "hv"},
            )
            for place, council in enumerate(found.councils)
        ]
    )
    figure.update_layout(template=go.layout.Template(), yaxis={"rangemode": "tozero"})
    return figure.to_plotly_json()
