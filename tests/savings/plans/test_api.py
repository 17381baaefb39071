"""What was promised, through the API."""

from decimal import Decimal

import pytest

from savings.kit.provenance import Provenance
from savings.plans.models import Plan, PlanLine
from sovereignty.models import Council
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
    profile = Plan.objects.create(
        code="profile", name="A profile", kind=Plan.Kind.PROFILE, source="report-2012", position=2
    )
    whole = a_line(
        profile, "Libraries", "2013-14", "8.90", service=libraries, basis=PlanLine.Basis.IN_YEAR
    )
    a_line(profile, "A part", "2013-14", "2.70", service=libraries, inside=whole, cost="0.30")
    a_line(
        profile,
        "Westminster's",
        "2013-14",
        "0.10",
        service=libraries,
        council=Council.objects.get(code="WCC"),
        cost="10.00",
        phasing=PlanLine.Phasing.DERIVED,
        derivation="10% of £1",
    )
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
            "kind": "proposal",
            "source": "",
            "adopted": False,
            "years": [],
        },
        {
            "code": "proposals",
            "name": "The proposals",
            "description": "",
            "kind": "proposal",
            "source": "",
            "adopted": True,
            "years": [
                a_year("2013-14", "100.00", "0.00", "100.00", illustrative=False),
                a_year("2014-15", "200.30", "0.00", "200.30", illustrative=True),
            ],
        },
        {
            "code": "profile",
            "name": "A profile",
            "description": "",
            "kind": "profile",
            "source": "report-2012",
            "adopted": False,
            "years": [a_year("2013-14", "9.00", "10.00", "-1.00", illustrative=False)],
        },
    ]


def a_year(
    year: str, planned: str, cost: str, net: str, *, illustrative: bool
) -> dict[str, object]:
    return {
        "year": year,
        "planned": planned,
        "cost": cost,
        "net": net,
        "illustrative": illustrative,
    }


def test_a_plan_comes_with_its_lines_and_their_places(caller: Caller):
    plan = caller.get("plans/proposals/").json()

    assert plan["adopted"] is True
    assert plan["years"][1]["planned"] == "200.30"
    assert [line["label"] for line in plan["lines"]] == ["Libraries", "Libraries", "Undivided"]
    assert plan["lines"][0] == {
        "label": "Libraries",
        "service": "libraries",
        "council": None,
        "category": "",
        "year": "2013-14",
        "amount": "100.00",
        "low": "50.00",
        "middle": "100.00",
        "high": "150.00",
        "cost": "0.00",
        "net": "100.00",
        "basis": "full_year",
        "phasing": "published",
        "derivation": "",
        "inside": None,
        "provenance": "published",
        "illustrative": False,
        "document": "report-2011",
        "place": "page 4",
        "note": "",
    }
    assert plan["lines"][2]["service"] is None
    assert plan["lines"][2]["illustrative"] is True


def test_a_line_says_whose_it_is_what_it_costs_and_what_it_is_inside(caller: Caller):
    lines = caller.get("plans/profile/").json()["lines"]
    assert [(line["label"], line["council"], line["inside"]) for line in lines] == [
        ("Libraries", None, None),
        ("A part", None, "Libraries"),
        ("Westminster's", "WCC", None),
    ]
    assert [(line["amount"], line["cost"], line["net"]) for line in lines] == [
        ("8.90", "0.00", "8.90"),
        ("2.70", "0.30", "2.40"),
        ("0.10", "10.00", "-9.90"),
    ]
    assert (lines[2]["phasing"], lines[2]["derivation"]) == ("derived", "10% of £1")


@pytest.mark.parametrize("code", ["nothing", "Proposals", "x" * 500, "%00", "a%20b"])
def test_an_unknown_plan_is_not_found(caller: Caller, code):
    problem(caller.get(f"plans/{code}/"), 404, "not-found")
