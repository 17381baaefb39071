"""Fairness as pictures: tracks to Plotly figures as plain data, whole numbers throughout.

Pence, and tenths of a per cent, are integers: no float stands for money or a share. Each council
has its colour and its own mark, so that the lines can be told apart in grey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import plotly.graph_objects as go

from finance.periods import Quarter
from savings.fairness.fairness import Track
from savings.fairness.wording import percent, quarter_of
from savings.kit.axes import money_axis
from savings.kit.wording import headline

_COLOURS = ("#0e4543", "#b9872c", "#8f3f14", "#5f93a0", "#573a78", "#8a9440")
_MARKS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_NET, _PUT_IN, _INK = "#0e4543", "#b9872c", "#16211f"


def net_to_date(
    tracks: Sequence[Track], names: Mapping[str, str], closed: Quarter | None
) -> dict[str, Any]:
    """A line for each council: its net from the start to the end of each quarter.

    The quarters after `closed` say that they are still open.
    """
    figure = go.Figure()
    everything: list[int] = []
    for place, track in enumerate(tracks):
        pence = [point.to_date.net for point in track.points]
        everything += pence
        colour = _COLOURS[place % len(_COLOURS)]
        figure.add_trace(
            go.Scatter(
                name=names[track.council],
                mode="lines+markers",
                x=[quarter_of(point.quarter, closed) for point in track.points],
                y=pence,
                customdata=[headline(net) for net in pence],
                hovertemplate=f"%{{x}}<br>{names[track.council]}: %{{customdata}}<extra></extra>",
                line={"color": colour, "width": 3, "dash": _DASHES[place % len(_DASHES)]},
                marker={"color": colour, "size": 9, "symbol": _MARKS[place % len(_MARKS)]},
            )
        )
    figure.update_layout(
        template=go.layout.Template(),
        height=380,
        xaxis={"type": "category"},
        yaxis=money_axis(everything),
    )
    return figure.to_plotly_json()


def shares(tracks: Sequence[Track], names: Mapping[str, str]) -> dict[str, Any] | None:
    """Two bars for each council: share of net above share of contribution; None without both."""
    latest = [(names[track.council], track.latest) for track in tracks if track.latest]
    found = [(name, p.share_of_net, p.share_of_contribution) for name, p in latest]
    if not found or any(net is None or put_in is None for _, net, put_in in found):
        return None
    figure = go.Figure(
        [
            _bars("Share of net", _NET, [(name, net) for name, net, _ in found]),
            _bars("Share of contribution", _PUT_IN, [(name, put) for name, _, put in found]),
        ]
    )
    tenths = [_tenths(share) for _, net, put_in in found for share in (net, put_in)]
    longest, least = max([*tenths, 1]), min([*tenths, 0])
    figure.update_layout(
        template=go.layout.Template(),
        barmode="group",
        height=60 + 62 * len(found),
        meta={"narrow_height": 60 + 68 * len(found)},
        # The labels give the shares: an axis would repeat them.
        xaxis={"visible": False, "range": [least * 14 // 10, longest * 14 // 10]},
        yaxis={"autorange": "reversed"},
    )
    return figure.to_plotly_json()


def _tenths(share: Fraction | None) -> int:
    return int((share or Fraction(0)) * 1_000)


def _bars(name: str, colour: str, rows: Sequence[tuple[str, Fraction | None]]) -> go.Bar:
    return go.Bar(
        name=name,
        orientation="h",
        y=[row for row, _ in rows],
        x=[_tenths(share) for _, share in rows],
        text=[percent(share) for _, share in rows],
        textposition="outside",
        textangle=0,
        textfont={"color": _INK},
        constraintext="none",
        cliponaxis=False,
        hovertemplate=f"%{{y}}<br>{name}: %{{text}}<extra></extra>",
        marker={"color": colour},
    )
