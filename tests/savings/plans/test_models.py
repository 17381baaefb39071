"""Plans and their lines: what the database enforces for a promise."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.db.models import RestrictedError

from finance.periods import FinancialYear
from savings.plans.models import Plan, PlanLine
from services.models import Service
from sovereignty.models import Council

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


def refused(line: PlanLine, **values: object) -> str:
    """What the database says to a change of a line, which leaves it as it was."""
    before = PlanLine.objects.filter(pk=line.pk).values().get()
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        PlanLine.objects.filter(pk=line.pk).update(**values)
    assert PlanLine.objects.filter(pk=line.pk).values().get() == before
    return str(caught.value)


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


def test_two_councils_have_a_line_each_and_neither_has_two(plan: Plan, hr: Service) -> None:
    councils = [
        Council.objects.create(code=code, name=code, full_name=code) for code in ("AAA", "BBB")
    ]
    for council in (*councils, None):
        line(plan, hr, "1", council=council)
    for council in (*councils, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            line(plan, hr, "2", council=council)
    assert PlanLine.objects.by_service(plan, YEAR) == {"hr": 3_00}


def test_what_is_left_once_getting_there_is_paid(plan: Plan, hr: Service) -> None:
    line(plan, hr, "0.00", cost="600000.00", label="1")
    line(plan, hr, "2.70", cost="2.00", label="2")
    line(plan, hr, "2.70", label="3")
    assert [one.net_pence for one in plan.lines.order_by("label")] == [-600_000_00, 70, 2_70]


@pytest.mark.parametrize(
    "values",
    [
        {"cost": "-0.01"},
        {"phasing": "derived"},
        {"phasing": "guessed"},
        {"phasing": ""},
    ],
)
def test_a_line_says_what_it_costs_and_how_it_came_to_its_year(
    values: dict[str, object], plan: Plan, hr: Service
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        line(plan, hr, "1", **values)
    assert line(plan, hr, "1", cost="1", phasing="derived", derivation="10% of £10").pk


def test_a_line_inside_another_counts_once(plan: Plan, hr: Service) -> None:
    it = Service.objects.create(slug="it", name="IT")
    whole = line(plan, hr, "8.90")
    part = line(plan, it, "2.70", label="IT of HR", inside=whole)
    inner = line(plan, it, "1.00", label="Half of it", inside=part)
    line(plan, it, "4.00", label="The rest of IT")
    assert [one.counts for one in (whole, part, inner)] == [True, False, False]
    assert PlanLine.objects.by_service(plan, YEAR) == {"hr": 8_90, "it": 4_00}
    assert PlanLine.objects.counted().count() == 2
    assert PlanLine.objects.count() == 4


def test_a_line_is_inside_another_of_its_own_plan_and_year(plan: Plan, hr: Service) -> None:
    other = Plan.objects.create(code="target", name="Target")
    whole = line(plan, hr, "5")
    part = line(plan, hr, "2", label="A part", inside=whole)
    elsewhere = line(other, hr, "5")
    later = line(plan, hr, "5", year="2015-16")
    for around in (elsewhere, later):
        assert "inside another of the same plan and year" in refused(part, inside=around)
    assert "inside another of the same plan and year" in refused(part, year="2015-16", label="B")
    assert "inside another of the same plan and year" in refused(whole, plan=other, label="B")
    with pytest.raises(IntegrityError), transaction.atomic():
        line(plan, hr, "2", label="Another part", inside=later)
    # Both at once can go.
    PlanLine.objects.filter(pk__in=[whole.pk, part.pk]).update(year="2016-17")


def test_no_chain_of_lines_leads_back(plan: Plan, hr: Service) -> None:
    first = line(plan, hr, "5", label="1")
    second = line(plan, hr, "4", label="2", inside=first)
    third = line(plan, hr, "3", label="3", inside=second)
    assert "plan_line_not_inside_itself" in refused(first, inside=first)
    assert "inside itself, by way of others" in refused(first, inside=second)
    assert "inside itself, by way of others" in refused(first, inside=third)
    PlanLine.objects.filter(pk=third.pk).update(inside=first)


def test_a_line_is_not_removed_from_around_another(plan: Plan, hr: Service) -> None:
    whole = line(plan, hr, "5")
    line(plan, hr, "2", label="A part", inside=whole)
    with pytest.raises(RestrictedError), transaction.atomic():
        whole.delete()
    plan.delete()
    assert not PlanLine.objects.exists()


def test_lines_of_several_years_together_are_of_no_one_year(plan: Plan, hr: Service) -> None:
    line(plan, hr, "1", basis="over_years")
    one = line(plan, hr, "1", label="B", basis="in_year")
    assert list(PlanLine.objects.of_one_year()) == [one]
