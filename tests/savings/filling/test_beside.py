"""What is shown beside a return while it is filled in, and in how many queries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finance.money import to_pence
from finance.periods import FinancialYear, Quarter
from savings.filling.actions import replace_entries
from savings.filling.beside import Beside, Figure, Promise, Row, ServiceLine, beside
from savings.kit.provenance import Provenance
from savings.plans.models import Plan, PlanLine
from savings.quarters.models import Period
from savings.returns.models import Return
from services.models import Service
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving

pytestmark = pytest.mark.django_db

Q4 = Q1.preceding
Q3 = Q2.following


def pounds(amount: str, *, illustrative: bool = False) -> Figure:
    return Figure(to_pence(Decimal(amount)), illustrative)


def of(partnership: Partnership, code: str, quarter: Quarter, *rows: Row) -> Beside:
    return beside(partnership.parent(code, quarter), Service.objects.tree(), rows)


def line(found: Beside, slug: str) -> ServiceLine:
    return next(line for line in found.lines if line.slug == slug)


def open_quarter(partnership: Partnership, quarter: Quarter) -> None:
    """With a draft for every council, also one that comes before those there are."""
    period = Period.objects.create(quarter=quarter)
    for council in partnership.councils.values():
        Return.objects.create(council=council, period=period)


def promised(plan: Plan, partnership: Partnership, slug: str | None, **more: Any) -> None:
    amount = more.pop("amount")
    PlanLine.objects.create(
        plan=plan,
        label=f"{slug} {more}",
        service=partnership.services[slug] if slug else None,
        low=amount,
        middle=amount,
        high=amount,
        document="a-document",
        place="Page 1",
        **{"year": "2014-15", "basis": "full_year", "provenance": "published", **more},
    )


def test_the_councils_own_figures_add_up_along_the_tree(partnership: Partnership) -> None:
    open_quarter(partnership, Q4)
    open_quarter(partnership, Q3)
    partnership.certified("WCC", a_saving("childrens", "5"), quarter=Q4)  # of the year before
    partnership.certified("WCC", a_saving("youth-offending", "100.10"))
    partnership.certified(
        "WCC",
        a_saving("youth-offending", "20"),
        a_saving("childrens-services", "3"),
        {"service": "childrens", "kind": "ongoing_cost", "scope": "own", "amount": "7"},
        quarter=Q2,
    )
    partnership.certified("LBHF", a_saving("youth-offending", "4000"))
    partnership.certified("LBHF", a_saving("youth-offending", "4000"), quarter=Q2)

    found = of(
        partnership,
        "WCC",
        Q3,
        ("childrens-services", "saving", pounds("0.01")),
        ("childrens-services", "saving", pounds("0.02", illustrative=True)),
        ("no-such-service", "saving", pounds("9")),
    )

    programme = line(found, "childrens")
    assert programme.last == {"saving": pounds("23.00"), "ongoing_cost": pounds("7.00")}
    assert programme.earlier == {"saving": pounds("123.10"), "ongoing_cost": pounds("7.00")}
    assert programme.now == {"saving": pounds("0.03", illustrative=True)}
    assert programme.to_date == {
        "saving": pounds("123.13", illustrative=True),
        "ongoing_cost": pounds("7.00"),
    }
    below = line(found, "youth-offending")
    assert (below.depth, below.last, below.now) == (2, {"saving": pounds("20.00")}, {})
    assert below.earlier == {"saving": pounds("120.10")}
    assert line(found, "libraries").last == {}
    assert found.total.to_date == programme.to_date
    assert found.total.last == programme.last
    assert found.last == partnership.parent("WCC", Q2)
    assert (found.certified, found.missing) == ((Q1, Q2), ())


def test_a_draft_counts_for_last_quarter_but_not_for_the_year(partnership: Partnership) -> None:
    parent = partnership.parent("WCC")
    replace_entries(
        return_id=parent.id,
        version=0,
        rows=[(1, a_saving("libraries", "10"))],
        by=partnership.finance("WCC"),
        at=NOW,
        provenance=Provenance.ILLUSTRATIVE,
    )

    found = of(partnership, "WCC", Q2)

    assert line(found, "libraries").last == {"saving": pounds("10.00", illustrative=True)}
    assert line(found, "libraries").earlier == {}
    assert found.last is not None
    assert found.last.status == Return.Status.DRAFT
    assert (found.certified, found.missing) == ((), (Q1,))


def test_the_year_to_date_starts_again_in_the_first_quarter(partnership: Partnership) -> None:
    open_quarter(partnership, Q4)
    partnership.certified("WCC", a_saving("libraries", "10"), quarter=Q4)

    found = of(partnership, "WCC", Q1)

    assert line(found, "libraries").last == {"saving": pounds("10.00")}
    assert line(found, "libraries").to_date == {}
    assert (found.certified, found.missing) == ((), ())
    assert of(partnership, "WCC", Q4).last is None


def test_services_shown_are_the_councils_own_and_those_with_figures(
    partnership: Partnership,
) -> None:
    def shown(found: Beside) -> list[str]:
        return [line.slug for line in found.lines if line.shown]

    all_three = [
        "childrens",
        "childrens-services",
        "youth-offending",
        "libraries",
        "library-service",
    ]
    leadership = ("chief-executive-leadership", "saving", pounds("1"))
    assert shown(of(partnership, "WCC", Q1)) == all_three
    assert shown(of(partnership, "WCC", Q1, leadership)) == [
        *all_three,
        "cex",
        "chief-executive-leadership",
    ]
    assert shown(of(partnership, "LBHF", Q1)) == [*all_three, "cex", "chief-executive-leadership"]
    assert not line(of(partnership, "WCC", Q1, leadership), "cex").takes_part


def test_the_adopted_plan_is_shown_for_the_year_or_for_a_full_year(
    partnership: Partnership,
) -> None:
    proposals = Plan.objects.create(code="proposals", name="Proposals", adopted=True, position=1)
    option = Plan.objects.create(code="option", name="Option", adopted=False, position=2)
    target = Plan.objects.create(code="target", name="Target", adopted=True, position=3)
    promised(proposals, partnership, "youth-offending", amount=10)
    promised(proposals, partnership, "childrens", amount=5)
    promised(proposals, partnership, "childrens", amount=99, year="2016-17")
    promised(proposals, partnership, "childrens", amount=98, year="2012-13")
    promised(proposals, partnership, "library-service", amount=7)
    promised(proposals, partnership, "library-service", amount=2, year="2013-14", basis="in_year")
    promised(proposals, partnership, "library-service", amount=1, year="2011-12", basis="in_year")
    promised(proposals, partnership, "cex", amount=4, year="2011-12", provenance="illustrative")
    promised(option, partnership, "childrens-services", amount=1000)
    promised(target, partnership, None, amount=40, year="2015-16")

    found = of(partnership, "LBHF", Q1)

    by_2014, year_2013 = FinancialYear(2014), FinancialYear(2013)
    assert {line.slug: line.promise for line in found.lines} == {
        "childrens": Promise(pounds("15"), by_2014, in_year=False),
        "childrens-services": Promise(pounds("10"), by_2014, in_year=False),
        "youth-offending": Promise(pounds("10"), by_2014, in_year=False),
        "libraries": Promise(pounds("2"), year_2013, in_year=True),
        "library-service": Promise(pounds("2"), year_2013, in_year=True),
        "cex": Promise(pounds("4", illustrative=True), FinancialYear(2011), in_year=False),
        "chief-executive-leadership": None,
    }
    assert found.total.promise is None  # they are not the same
    assert [promise.label for line in found.lines if (promise := line.promise)][::3] == [
        "a year by 2014/15",
        "in 2013/14",
    ]

    # A plan adopted later replaces an earlier one, service by service.
    promised(target, partnership, "libraries", amount=3)
    PlanLine.objects.filter(service__slug="cex").delete()
    found = of(partnership, "LBHF", Q1)
    assert line(found, "libraries").promise == Promise(pounds("3"), by_2014, in_year=False)
    assert line(found, "library-service").promise == Promise(pounds("2"), year_2013, in_year=True)
    assert found.total.promise == Promise(pounds("18"), by_2014, in_year=False)


def test_many_rows_take_as_many_queries_as_one(partnership: Partnership) -> None:
    tree = Service.objects.tree()
    partnership.certified("WCC", a_saving("libraries"))

    def queries() -> int:
        parent = partnership.parent("WCC", Q2)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            beside(parent, tree, [])
        return len(captured)

    before = queries()
    plan = Plan.objects.create(code="proposals", name="Proposals", adopted=True)
    for slug in partnership.services:
        promised(plan, partnership, slug, amount=1)
    open_quarter(partnership, Q3)
    partnership.draft("WCC", *(a_saving(slug) for slug in partnership.services), quarter=Q2)

    assert before == 3
    assert queries() == 3
