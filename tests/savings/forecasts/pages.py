"""The pages of forecasts: their addresses, what is typed into them and what is then stored."""

from __future__ import annotations

from typing import Any

from django.test import Client

from savings.forecasts.reports import row_of
from savings.forecasts.rows import describe
from savings.returns.models import Forecast
from tests.partnership import Q1, Quarter
from tests.savings.pages import Reading, read

RETURN = "/returns/WCC/2013-14-Q1/"
PAGE = f"{RETURN}forecasts/"
NEXT_PAGE = "/returns/WCC/2013-14-Q2/forecasts/"


def opened(client: Client, page: str = PAGE) -> dict[str, Any]:
    """What a browser would send if the form were saved as it was opened."""
    return read(client.get(page)).form("forecasts/").sent


def typed(slug: str = "library-service", **more: str) -> dict[str, str]:
    values = {
        "this_year": "£90k",
        "full_year_effect": "120,000",
        "status": "on_track",
        "starts_on": "1/9/2013",
        "reason": "",
        "replacement": "",
        **more,
    }
    return {f"{slug}-{name}": value for name, value in values.items()}


def stored(quarter: Quarter = Q1) -> list[dict[str, object]]:
    found = Forecast.objects.filter(parent__council__code="WCC", parent__period__quarter=quarter)
    return [describe(row_of(one)) for one in found.select_related("service")]


def summary(page: Reading) -> list[str]:
    return [href for href in page.hrefs if href.startswith("#id_")]
