"""What the history of a return says of its forecasts."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Event
from savings.provenance import Provenance
from tests.partnership import Partnership
from tests.savings.forecasts.conftest import a_forecast, at_risk, forecast
from tests.savings.returns.pages import read

pytestmark = pytest.mark.django_db

HISTORY = "/returns/WCC/2013-14-Q1/history/"


def test_each_forecast_is_told_by_what_changed_in_it(planned: Partnership) -> None:
    forecast(planned, "WCC", a_forecast(starts_on="1/9/2013"), a_forecast("childrens-services"))
    forecast(planned, "WCC", at_risk(this_year="80k", starts_on="1/10/2013"))
    client = Client()
    client.force_login(planned.s151("WCC"))

    words = read(client.get(HISTORY)).words

    assert (
        "Removed : Childrens services, forecast Forecast for the year: £90,000.00 Full-year "
        "effect: £120,000.00 Status: On track"
    ) in words
    assert (
        "Changed : Library service, forecast Forecast for the year from £90,000.00 → to £80,000.00 "
        "Status from On track → to At risk Start date from 1 September 2013 → to 1 October 2013 "
        "Why it is in doubt from nothing → to A late start. What replaces the saving from nothing "
        "→ to Held posts."
    ) in words
    assert (
        "Added : Library service, forecast Forecast for the year: £90,000.00 Full-year effect: "
        "£120,000.00 Status: On track Start date: 1 September 2013"
    ) in words
    assert "Illustrative" not in words


def test_what_was_illustrative_is_marked_for_good(planned: Partnership) -> None:
    forecast(planned, "WCC", a_forecast(), provenance=Provenance.ILLUSTRATIVE)
    forecast(planned, "WCC", a_forecast(this_year="1"))
    marks = [
        [said.get("provenance", "") for said in (half or {})["forecasts"]]
        for event in Event.objects.about("return", "WCC/2013-14-Q1")
        for half in (event.before, event.after)
    ]
    assert marks == [[], ["illustrative"], ["illustrative"], [""]]
    client = Client()
    client.force_login(planned.finance("WCC"))
    page = read(client.get(HISTORY))
    assert page.texts.count("Illustrative") == 3
    assert "Marked from Illustrative → to Reported" in page.words
