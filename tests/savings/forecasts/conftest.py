"""What the tests of forecasts share: plans to forecast for, and a way to save some."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import models
from django.test import Client

from audit.models import Event
from finance.periods import Quarter
from savings.forecasts.actions import replace_forecasts
from savings.kit.provenance import Provenance
from savings.plans.models import Plan, PlanLine
from savings.quarters.models import Period
from savings.returns.models import Entry, Forecast, Return
from services.models import Service
from tests.kept import kept
from tests.partnership import NOW, Q1, Partnership

Everything = dict[str, list[dict[str, object]]]
#: What the councils below owe in 2013/14, in tree order.
OWED = {
    "WCC": ["childrens-services", "library-service"],
    "LBHF": ["childrens-services", "library-service", "chief-executive-leadership"],
}


def plan_line(plan: Plan, slug: str, amount: str, year: str, basis: str = "full_year") -> PlanLine:
    service = Service.objects.get(slug=slug) if slug else None
    return PlanLine.objects.create(
        plan=plan,
        label=slug or "Undivided",
        service=service,
        year=year,
        low=Decimal(amount),
        middle=Decimal(amount),
        high=Decimal(amount),
        basis=basis,
        provenance=Provenance.PUBLISHED,
        document="report-2011",
        place="page 4",
    )


def make_plans() -> None:
    """An adopted plan, and another that was only considered."""
    adopted = Plan.objects.create(code="proposals", name="The proposals", adopted=True, position=1)
    plan_line(adopted, "childrens-services", "9500000.00", "2014-15")
    plan_line(adopted, "library-service", "100000.00", "2013-14", "in_year")
    plan_line(adopted, "chief-executive-leadership", "200000.00", "2014-15")
    plan_line(adopted, "", "40000000.00", "2015-16")
    considered = Plan.objects.create(code="option", name="An option", position=2)
    plan_line(considered, "youth-offending", "5.00", "2014-15")


@pytest.fixture
@kept
def planned(partnership: Partnership) -> Partnership:
    """The partnership with plans that ask for forecasts."""
    make_plans()
    return partnership


@pytest.fixture
def officer(planned: Partnership) -> Client:
    client = Client()
    client.force_login(planned.finance("WCC"))
    return client


def a_forecast(slug: str = "library-service", **more: object) -> dict[str, object]:
    """A forecast that is on track."""
    return {
        "service": slug,
        "this_year": "90000.00",
        "full_year_effect": "120000.00",
        "status": "on_track",
        **more,
    }


def at_risk(slug: str = "library-service", **more: object) -> dict[str, object]:
    return a_forecast(
        slug,
        **{"status": "at_risk", "reason": "A late start.", "replacement": "Held posts.", **more},
    )


def forecast(
    planned: Partnership,
    code: str,
    *rows: dict[str, object],
    quarter: Quarter = Q1,
    provenance: Provenance = Provenance.REPORTED,
) -> Return:
    """Save these forecasts in a council's draft."""
    parent = planned.parent(code, quarter)
    return replace_forecasts(
        return_id=parent.id,
        version=parent.version,
        rows=list(enumerate(rows, start=1)),
        by=planned.finance(code),
        at=NOW,
        provenance=provenance,
    )


@pytest.fixture
def everything(db: None) -> Callable[[], Everything]:
    """Call it for every row that saving forecasts might write."""
    tables: list[type[models.Model]] = [Period, Return, Entry, Forecast, Event]
    return lambda: {
        table.__name__: list(table._base_manager.order_by("id").values()) for table in tables
    }
