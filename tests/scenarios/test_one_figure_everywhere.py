"""A figure that is on two pages is the same on both, or a lead goes from one to the other.

A made-up partnership of five councils, twelve closed quarters and three hundred services. Every sum
of savings that a page, a call or a file shows is asked for, and compared in pence.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from bench import generate
from bench.generate import NOW, World
from finance.money import format_pounds, to_pence
from savings.plans.models import Plan, PlanLine
from savings.quarters.models import Period
from savings.rollup.actions import roll_up_everything
from sovereignty.models import Council
from tests.calling import Caller
from tests.savings.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ENTRIES = 1200


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(generate, "SERVICES", 7)
    monkeypatch.setattr(generate, "INITIATIVES", 6)
    made = generate.generate(ENTRIES, councils=5, years=3, waiting=3, entries_waiting=5)
    assert (made.councils, made.quarters, made.services) == (5, 12, 300)
    roll_up_everything(at=NOW)
    Plan.objects.update(adopted=True)  # so that it asks councils for forecasts
    # Some areas have no line, so that the pages of forecasts leave their savings out.
    PlanLine.objects.filter(id__in=PlanLine.objects.order_by("id").values("id")[:2]).delete()
    return made


def pence(text: str) -> int:
    return to_pence(Decimal(text))


def test_every_page_call_and_file_has_the_same_savings(world: World) -> None:
    caller, client = Caller(world.reader), Client()
    client.force_login(world.reader)
    usual = Period.objects.usual_quarter()
    assert usual is not None
    to = usual.code

    # What is delivered, by default to the same quarter, and by area and council.
    compared: dict[str, Any] = caller.get("comparison/", plan="made-up").json()
    assert compared["to"] == to
    delivered = pence(compared["delivered"])
    assert delivered == sum(pence(area["delivered"]) for area in compared["areas"])
    of_councils = {each["council"]: pence(each["delivered"]) for each in compared["councils"]}
    assert sum(of_councils.values()) == delivered
    made_of = compared["made_of"]
    assert pence(made_of["gross"]) == delivered
    assert delivered == sum(pence(made_of[part]) for part in ("recurring", "one_off"))
    assert delivered == sum(
        pence(made_of[part]) for part in ("cashable", "non_cashable", "avoided")
    )

    # What falls on whom, as the call of attribution has it.
    by_council = caller.get("attribution/", kind="saving", to=to, group_by="council").json()
    assert pence(by_council["total"]) == delivered
    assert pence(by_council["unattributed"]) == of_councils[None]
    rows = {row["council"]: pence(row["amount"]) for row in by_council["rows"]}
    assert rows == {code: amount for code, amount in of_councils.items() if code}
    for area in compared["areas"]:
        if area["area"]:
            below = caller.get("attribution/", kind="saving", to=to, service=area["area"]).json()
            assert pence(below["total"]) == pence(area["delivered"])
            page = client.get(f"/comparison/{area['area']}/", {"plan": "made-up"})
            assert format_pounds(pence(area["delivered"])) in read(page).words

    # A council's report, as JSON and as a page, and where the pages of forecasts lead.
    for council in Council.objects.all():
        report = caller.get(f"reports/{council.code}/{to}.json").json()
        (saved,) = (one for one in report["totals"] if one["kind"] == "saving")
        assert pence(saved["to_date"]) == of_councils[council.code]
        page = client.get(f"/boroughs/{council.code}/")
        assert page.context["quarter"] == usual
        assert format_pounds(of_councils[council.code]) in read(page).words
        page = client.get("/forecasts/", {"council": council.code})
        found = page.context["found"]
        assert found.quarter == usual
        assert found.lead.start == found.delivered
        assert found.lead.start + sum(amount for _, amount in found.lead.steps) == found.lead.end
        assert found.lead.end == of_councils[council.code]
        assert format_pounds(found.lead.end) in read(page).words

    # The first page, and the page of all forecasts, which leads to it.
    assert format_pounds(delivered) in read(client.get("/", follow=True)).words
    page = client.get("/forecasts/")
    found = page.context["found"]
    assert (found.quarter, found.lead.start, found.lead.end) == (
        usual,
        found.delivered,
        delivered,
    )
    assert format_pounds(delivered) in read(page).words
    assert found.lead.start > 0
    assert [label for label, _ in found.lead.steps] != []

    # Fairness counts savings to the same quarter.
    fairness = caller.get("fairness/").json()
    assert fairness["to"] == to
    assert {
        one["council"]: pence(one["quarters"][-1]["to_date"]["savings"])
        for one in fairness["councils"]
    } == {code: amount for code, amount in of_councils.items() if code}

    # In the year, and a year's rate.
    year = usual.year
    in_year = caller.get("comparison/", plan="made-up", year=year.code, measure="in_year").json()
    of_year = caller.get(
        "attribution/", kind="saving", to=to, **{"from": year.quarters[0].code}
    ).json()
    assert pence(in_year["delivered"]) == pence(of_year["total"])
    rate = caller.get("comparison/", plan="made-up", measure="annual_rate").json()
    assert pence(rate["delivered"]) == 4 * pence(rate["made_of"]["recurring"])
