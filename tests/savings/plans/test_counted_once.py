"""A line that is inside another is counted once, in whatever adds up the lines of plans."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finance.periods import FinancialYear
from savings.comparison.reports import compare, compare_area
from savings.comparison.sources import LATER_TARGET, later_target, promised_lines
from savings.filling.beside import beside
from savings.forecasts.reports import initiatives_of
from savings.plans.models import Plan, PlanLine
from savings.plans.reports import years_by_plan
from savings.record.reports import plans as plans_of_the_record
from savings.whatif.reports import adopted_lines
from services.models import Service
from tests.partnership import Partnership, build

pytestmark = pytest.mark.django_db

YEAR = FinancialYear.parse("2014-15")


def a_line(plan: Plan, service: Service, label: str, amount: int, **more: object) -> PlanLine:
    return PlanLine.objects.create(
        plan=plan,
        label=label,
        service=service,
        year=YEAR.code,
        low=Decimal(amount),
        middle=Decimal(amount),
        high=Decimal(amount),
        basis=PlanLine.Basis.FULL_YEAR,
        provenance="published",
        document="the-report",
        place="Page 7",
        **more,
    )


@pytest.fixture
def partnership() -> Partnership:
    """The later target itself has the lines, so that every sum reads them."""
    partnership = build()
    plan = Plan.objects.create(code=LATER_TARGET, name="The target", adopted=True)
    a_line(plan, partnership.services["library-service"], "Libraries", 900)
    a_line(plan, partnership.services["youth-offending"], "Youth offending", 50)
    return partnership


def every_sum(partnership: Partnership) -> dict[str, object]:
    """What each place that adds up lines of plans comes to."""
    plan = Plan.objects.get()
    parent = partnership.parent("WCC")
    target = later_target({})
    beside_return = beside(parent, Service.objects.tree(), [])
    return {
        "by service": PlanLine.objects.by_service(plan, YEAR),
        "plans/": [(year.planned, year.cost) for year in years_by_plan([plan])[plan.id]],
        "comparison": [(line.slug, line.planned) for line in compare(plan, YEAR, None).lines],
        "area": [
            (line.slug, line.planned)
            for line in compare_area(plan, YEAR, None, "childrens-services").lines
        ],
        "later target": target.amount if target else None,
        "record": [(report.totals, report.nets) for report in plans_of_the_record()],
        "forecasts": [(one.service, one.planned) for one in initiatives_of(parent)],
        "what-if": [(line.service, line.pence) for line in adopted_lines()],
        "beside a return": [
            (line.slug, line.promise.figure.amount) for line in beside_return.lines if line.promise
        ],
    }


def test_every_sum_counts_it_once(partnership: Partnership) -> None:
    before = every_sum(partnership)
    plan = Plan.objects.get()
    whole = plan.lines.get(label="Libraries")
    part = a_line(
        plan, partnership.services["youth-offending"], "A part", 270, inside=whole, cost=Decimal(7)
    )
    a_line(plan, partnership.services["library-service"], "A part of it", 20, inside=part)

    assert every_sum(partnership) == before
    # Both are shown.
    assert [line.label for line in promised_lines(plan, YEAR)] == [
        line.label for line in plan.lines.order_by("service__position", "id")
    ]
    assert [row.label for row in plans_of_the_record()[0].rows] == [
        "Libraries",
        "Youth offending",
        "A part",
        "A part of it",
    ]

    # Out of the other, it is counted by each of them.
    PlanLine.objects.filter(pk=part.pk).update(inside=None)
    after = every_sum(partnership)
    assert [name for name, sums in after.items() if sums == before[name]] == []
