"""The service tree, through the API."""

import pytest

from finance.periods import Quarter
from savings.quarters.models import Period
from savings.returns.models import Return
from services.models import Hosting, Participation
from tests.calling import Caller, mistakes
from tests.partnership import Partnership, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def partnership() -> Partnership:
    return build()


@pytest.fixture
def caller(partnership: Partnership) -> Caller:
    return Caller(partnership.people["auditor"])


def by_slug(caller: Caller, **asked: str) -> dict[str, dict]:
    return {row["slug"]: row for row in caller.get("services/", **asked).json()["results"]}


def test_each_programme_comes_before_the_services_below_it(caller: Caller):
    rows = caller.get("services/").json()["results"]

    assert [(row["slug"], row["parent"], row["depth"]) for row in rows] == [
        ("childrens", None, 0),
        ("childrens-services", "childrens", 1),
        ("youth-offending", "childrens-services", 2),
        ("libraries", None, 0),
        ("library-service", "libraries", 1),
        ("cex", None, 0),
        ("chief-executive-leadership", "cex", 1),
    ]
    assert {row["programme"] for row in rows} == {"childrens", "libraries", "cex"}


def test_participants_and_host_are_inherited(caller: Caller):
    rows = by_slug(caller)

    assert rows["library-service"] == {
        "slug": "library-service",
        "name": "Library service",
        "parent": "libraries",
        "programme": "libraries",
        "depth": 1,
        "participants": ["LBHF", "RBKC", "WCC"],
        "host": "RBKC",
        "host_provenance": "reported",
        "illustrative": False,
        "period": "2013-14-Q2",
        "state": "shared",
        "state_settled": None,
    }
    assert rows["chief-executive-leadership"]["participants"] == ["LBHF", "RBKC"]
    assert rows["chief-executive-leadership"]["host"] is None


def test_a_host_that_was_made_up_is_marked(partnership: Partnership, caller: Caller):
    Hosting.objects.create(
        service=partnership.services["cex"],
        council=partnership.councils["LBHF"],
        from_quarter=Quarter.parse("2011-12-Q1"),
        provenance="illustrative",
    )

    rows = by_slug(caller)

    assert {slug: row["host_provenance"] for slug, row in rows.items() if row["illustrative"]} == {
        "cex": "illustrative",
        "chief-executive-leadership": "illustrative",
    }
    assert rows["childrens"]["host_provenance"] is None


def test_a_service_is_shown_as_at_the_quarter_asked_for(partnership: Partnership, caller: Caller):
    service, first = partnership.services["youth-offending"], Quarter.parse("2013-14-Q2")
    for code in ("LBHF", "WCC"):
        Participation.objects.create(
            service=service, council=partnership.councils[code], from_quarter=first
        )
    Hosting.objects.create(service=service, council=partnership.councils["WCC"], from_quarter=first)

    now = by_slug(caller)["youth-offending"]
    before = by_slug(caller, period="2013-14-Q1")["youth-offending"]

    assert (now["participants"], now["host"], now["period"]) == (
        ["LBHF", "WCC"],
        "WCC",
        "2013-14-Q2",
    )
    assert (before["participants"], before["host"], before["period"]) == ([], None, "2013-14-Q1")


def test_without_an_open_quarter_services_are_shown_as_at_the_latest(caller: Caller):
    Period.objects.update(status=Period.Status.CLOSED)

    assert by_slug(caller)["libraries"]["period"] == "2013-14-Q2"


def test_before_the_first_quarter_no_council_takes_part_in_any_service(caller: Caller):
    Return.objects.all().delete()
    Period.objects.all().delete()

    row = by_slug(caller)["libraries"]

    assert (row["participants"], row["host"], row["period"]) == ([], None, None)


@pytest.mark.parametrize("period", ["2013-14", "2013-14-Q9", "today", "x" * 300, "\x00"])
def test_an_unknown_period_is_refused(caller: Caller, period):
    assert set(mistakes(caller.get("services/", period=period))) == {"period"}
