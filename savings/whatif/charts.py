"""A what-if as charts: turns rows into Plotly figures as plain data.

Amounts are whole pence, so that money is never a float. Pine is today, and hatched brass
what would have been: a hatched bar is not a fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from finance.periods import Quarter
from savings.kit.axes import money_axis
from savings.kit.wording import headline
from savings.whatif.tables import Row, Table

_TODAY, _THEN, _INK = "#0e4543", "#b9872c", "#16211f"
#: Colours of councils in the order of their codes, which also differ in grey.
_COUNCILS = ("#0e4543", "#5f93a0", "#8f3f14", "#b9872c", "#573a78", "#8a9440")
_HATCHED = {"shape": "/", "fillmode": "overlay", "fgcolor": "#ffffff", "size": 6}


def today_and_then(rows: Sequence[Row]) -> dict[str, Any]:
    """Two bars for each council: what falls on it today, above what would have fallen."""
    bars = [
        _bars("Today", [(row, row.today, headline(row.today)) for row in rows]),
        _bars("What if", [(row, row.then, headline(row.then)) for row in rows]),
    ]
    bars[0].marker = {"color": _TODAY}
    bars[1].marker = {"color": _THEN, "pattern": _HATCHED}
    pence = [amount for row in rows for amount in (row.today, row.then)]
    longest, least = max([*pence, 1]), min([*pence, 0])
    figure = go.Figure(bars)
    figure.update_layout(
        template=go.layout.Template(),
        barmode="group",
        height=60 + 62 * len(rows),
        meta={"narrow_height": 60 + 68 * len(rows)},
        # The labels say the amounts, so an axis would repeat them.
        xaxis={"visible": False, "range": [least * 14 // 10, longest * 14 // 10]},
        yaxis={"autorange": "reversed"},
    )
    return figure.to_plotly_json()


def differences(quarters: Sequence[tuple[Quarter, Table]]) -> dict[str, Any]:
    """A bar for each council in each quarter: how much more would have fallen on it, or less."""
    names: dict[str, str] = {}
    for _, table in quarters:
        names.update({row.code: row.name for row in table.rows if row.code})
    figure = go.Figure()
    everything: list[int] = []
    for place, (code, name) in enumerate(sorted(names.items())):
        pence = [
            next((row.difference for row in table.rows if row.code == code), 0)
            for _, table in quarters
        ]
        everything += pence
        figure.add_trace(
            go.Bar(
                name=name,
                x=[quarter.label for quarter, _ in quarters],
                y=pence,
                customdata=[headline(amount) for amount in pence],
                hovertemplate=f"%{{x}}<br>{name}: %{{customdata}}<extra></extra>",
                marker={"color": _COUNCILS[place % len(_COUNCILS)], "pattern": _HATCHED},
            )
        )
    figure.update_layout(
        template=go.layout.Template(),
        barmode="group",
        height=360,
        xaxis={"type": "category"},
        yaxis=money_axis(everything),
    )
    return figure.to_plotly_json()


def _bars(name: str, rows: Sequence[tuple[Row, int, str]]) -> go.Bar:
    return go.Bar(
        name=name,
        orientation="h",
        y=[row.name for row, _, _ in rows],
        x=[pence for _, pence, _ in rows],
        text=[label for _, _, label in rows],
        textposition="outside",
        textangle=0,
        textfont={"color": _INK},
        constraintext="none",
        cliponaxis=False,
        hovertemplate=f"%{{y}}<br>{name}: %{{text}}<extra></extra>",
    )
