"""Plans and their lines: what the database enforces for a promise."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from finance.periods import FinancialYear
from savings.plans.models import Plan, PlanLine
from services.models import Service

YEAR = FinancialYear.parse("2014-15")


@pytest.fixture
def plan(db: None) -> Plan:
    return Plan.objects.create(code="proposals", name="Proposals")


@pytest.fixture
def hr(db: None) -> Service:
    return Service.objects.create(slug="hr", name="HR")


def line(plan: Plan, service: Service | None, amount: str, **more: object) -> PlanLine:
    values: dict[str, object] = {
        "label": "HR",
        "year": "2014-15",
        "low": amount,
        "middle": amount,
        "high": amount,
        "basis": "full_year",
        "provenance": "published",
        "document": "a-document",
        "place": "Page 1",
        **more,
    }
    return PlanLine.objects.create(plan=plan, service=service, **values)


def test_lines_add_up_by_service_for_one_plan_and_year(plan: Plan, hr: Service) -> None:
    it = Service.objects.create(slug="it", name="IT")
    other = Plan.objects.create(code="target", name="Target")
    line(plan, hr, "100.10")
    line(plan, hr, "-0.20", label="HR, later")
    line(plan, it, "7.00", low="5.00", high="20.00")
    line(plan, None, "3.00")
    line(plan, None, "0.50", label="Unallocated")
    line(plan, hr, "1000.00", year="2013-14")
    line(other, hr, "2000.00")
    assert PlanLine.objects.by_service(plan, YEAR) == {
        "hr": 99_90,
        "it": 7_00,
        None: 3_50,
    }
    assert PlanLine.objects.by_service(plan, FinancialYear.parse("2015-16")) == {}


@pytest.mark.parametrize(
    ("low", "middle", "high"), [("2", "1", "3"), ("1", "3", "2"), ("3", "2", "1"), ("2", "2", "1")]
)
def test_a_range_is_in_order(low: str, middle: str, high: str, plan: Plan, hr: Service) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        line(plan, hr, "0", low=low, middle=middle, high=high)


@pytest.mark.parametrize("values", [("1", "2", "3"), ("2", "2", "2"), ("-3", "-2", "-2")])
def test_a_range_may_be_a_single_amount(
    values: tuple[str, str, str], plan: Plan, hr: Service
) -> None:
    low, middle, high = values
    assert line(plan, hr, "0", low=low, middle=middle, high=high).pk


def test_a_line_occurs_once_in_a_plan_and_year_even_without_a_service(
    plan: Plan, hr: Service
) -> None:
    line(plan, hr, "1")
    line(plan, None, "1")
    line(plan, hr, "1", label="Another")
    line(plan, hr, "1", year="2015-16")
    for service in (hr, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            line(plan, service, "2")
    assert PlanLine.objects.count() == 4
