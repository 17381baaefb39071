"""What was promised, through the API."""

from decimal import Decimal

import pytest

from savings.kit.provenance import Provenance
from savings.plans.models import Plan, PlanLine
from tests.calling import Caller, problem
from tests.partnership import Partnership, build

pytestmark = pytest.mark.django_db


def a_line(plan: Plan, label: str, year: str, middle: str, **more: object) -> PlanLine:
    low, high = more.pop("low", middle), more.pop("high", middle)
    return PlanLine.objects.create(
        plan=plan,
        label=label,
        year=year,
        low=Decimal(str(low)),
        middle=Decimal(middle),
        high=Decimal(str(high)),
        **{
            "basis": PlanLine.Basis.FULL_YEAR,
            "provenance": Provenance.PUBLISHED,
            "document": "report-2011",
            "place": "page 4",
            **more,
        },
    )


@pytest.fixture
def partnership() -> Partnership:
    partnership = build()
    plan = Plan.objects.create(code="proposals", name="The proposals", adopted=True, position=1)
    libraries = partnership.services["libraries"]
    a_line(plan, "Libraries", "2013-14", "100.00", service=libraries, low="50.00", high="150.00")
    a_line(plan, "Libraries", "2014-15", "200.10", service=libraries)
    a_line(plan, "Undivided", "2014-15", "0.20", provenance=Provenance.ILLUSTRATIVE)
    Plan.objects.create(code="empty", name="A plan without lines", position=0)
    return partnership


@pytest.fixture
def caller(partnership: Partnership) -> Caller:
    return Caller(partnership.people["councillor.wcc"])


def test_plans_come_with_their_years_and_sums(caller: Caller):
    assert caller.get("plans/").json()["results"] == [
        {
            "code": "empty",
            "name": "A plan without lines",
            "description": "",
            "adopted": False,
            "years": [],
        },
        {
            "code": "proposals",
            "name": "The proposals",
            "description": "",
            "adopted": True,
            "years": [
                {"year": "2013-14", "planned": "100.00", "illustrative": False},
                {"year": "2014-15", "planned": "200.30", "illustrative": True},
            ],
        },
    ]


def test_a_plan_comes_with_its_lines_and_their_places(caller: Caller):
    plan = caller.get("plans/proposals/").json()

    assert plan["adopted"] is True
    assert plan["years"][1]["planned"] == "200.30"
    assert [line["label"] for line in plan["lines"]] == ["Libraries", "Libraries", "Undivided"]
    assert plan["lines"][0] == {
        "label": "Libraries",
        "service": "libraries",
        "category": "",
        "year": "2013-14",
        "low": "50.00",
        "middle": "100.00",
        "high": "150.00",
        "basis": "full_year",
        "provenance": "published",
        "illustrative": False,
        "document": "report-2011",
        "place": "page 4",
        "note": "",
    }
    assert plan["lines"][2]["service"] is None
    assert plan["lines"][2]["illustrative"] is True


@pytest.mark.parametrize("code", ["nothing", "Proposals", "x" * 500, "%00", "a%20b"])
def test_an_unknown_plan_is_not_found(caller: Caller, code):
    problem(caller.get(f"plans/{code}/"), 404, "not-found")
