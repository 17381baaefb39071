"""Returns read through the API: by whom, and what is found."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finance.periods import Quarter
from savings.kit.provenance import Provenance
from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from tests.calling import Caller, mistakes, problem
from tests.partnership import Partnership, a_saving
from tests.savings.filling.addresses import WCC

pytestmark = pytest.mark.django_db


def published(partnership: Partnership) -> Return:
    """The partnership's own return for 2012/13 Q4, certified and closed."""
    period = Period.objects.create(quarter=Quarter.parse("2012-13-Q4"), status=Period.Status.CLOSED)
    parent = Return.objects.create(period=period, council=None)
    Entry.objects.create(
        parent=parent,
        position=1,
        service=partnership.services["libraries"],
        kind="saving",
        scope="shared",
        amount=Decimal("1000.00"),
        recurrence="recurring",
        nature="cashable",
        provenance=Provenance.PUBLISHED,
    )
    parent.status = Return.Status.CERTIFIED
    parent.certified_at = "2013-06-17T00:00Z"
    parent.published_in = "report-2013"
    parent.save()
    return parent


def test_an_empty_draft_has_no_entries(finance: Caller):
    assert finance.get(WCC).json() == {
        "council": "WCC",
        "period": "2013-14-Q1",
        "status": "draft",
        "version": 0,
        "submitted": None,
        "certified": None,
        "sent_back": None,
        "published_in": "",
        "entry_count": 0,
        "illustrative": False,
        "as_at": None,
        "entries": [],
    }


def test_an_entry_has_every_column_of_a_return_file(partnership: Partnership, finance: Caller):
    partnership.draft("WCC", a_saving("libraries", "£1.2m", evidence="Ledger 7"))

    (entry,) = finance.get(WCC).json()["entries"]

    assert entry == {
        "id": Entry.objects.get().id,
        "service": "libraries",
        "kind": "saving",
        "scope": "shared",
        "amount": "1200000.00",
        "recurrence": "recurring",
        "nature": "cashable",
        "cause": "",
        "caused_by": "",
        "tupe": [],
        "approval": "",
        "corrects": None,
        "evidence": "Ledger 7",
        "note": "",
        "provenance": "reported",
    }


def test_an_illustrative_return_says_so(partnership: Partnership, finance: Caller):
    parent = partnership.draft("WCC", a_saving())
    parent.entries.update(provenance=Provenance.ILLUSTRATIVE)

    answer = finance.get(WCC).json()

    assert answer["illustrative"] is True
    assert answer["entries"][0]["provenance"] == "illustrative"


def test_everybody_can_read_the_partnerships_own_return(partnership: Partnership):
    published(partnership)

    for person in partnership.people.values():
        answer = Caller(person).get("returns/partnership/2012-13-Q4/").json()
        assert answer["council"] == "partnership"
        assert answer["certified"] == {"by": None, "at": "2013-06-17T01:00:00+01:00"}
        assert answer["published_in"] == "report-2013"
        assert answer["entries"][0]["provenance"] == "published"


@pytest.mark.parametrize(
    "path",
    [
        "returns/wcc/2013-14-Q1/",
        "returns/XYZ/2013-14-Q1/",
        "returns/WCC/2013-14-Q3/",
        "returns/WCC/2013-14-Q5/",
        "returns/WCC/2013-15-Q1/",
        "returns/WCC/2013-14-q1/",
        "returns/WCC/2013-14/",
        "returns/WCC/nonsense/",
        "returns/W%00C/2013-14-Q1/",
        "returns/WCC/%00/",
        "returns/WCC/2013-14-Q%D9%A1/",
        "returns/W%D0%A1C/2013-14-Q1/",
        "returns/partnership/2013-14-Q1/",
        "returns/Partnership/2013-14-Q1/",
    ],
)
def test_an_unknown_return_is_not_found(office: Caller, path):
    problem(office.get(path), 404, "not-found")
    problem(office.put(path, {}), 404, "not-found")
    problem(office.post(f"{path}submit/"), 404, "not-found")


@pytest.mark.parametrize("status", ["draft", "submitted", "certified"])
def test_another_councils_return_is_not_found_in_any_state(partnership: Partnership, status):
    {
        "draft": partnership.draft,
        "submitted": partnership.submitted,
        "certified": partnership.certified,
    }[status]("WCC", a_saving())

    for name in ("finance", "s151", "councillor"):
        other = Caller(partnership.people[f"{name}.rbkc"])
        problem(other.get(WCC), 404, "not-found")
        problem(other.put(WCC, {"version": 1, "entries": []}), 404, "not-found")
        for step in ("submit", "send-back", "certify"):
            problem(other.post(f"{WCC}{step}/", {"version": 1}), 404, "not-found")
        rows = other.get("returns/").json()["results"]
        assert {row["council"] for row in rows} <= {"RBKC"}


def test_a_councillor_sees_a_return_once_it_is_certified(partnership: Partnership):
    councillor = Caller(partnership.people["councillor.wcc"])
    problem(councillor.get(WCC), 404, "not-found")

    partnership.certified("WCC", a_saving())

    assert councillor.get(WCC).json()["status"] == "certified"


def test_the_programme_office_and_auditors_see_every_return(partnership: Partnership):
    published(partnership)
    for name in ("programme.office", "auditor"):
        rows = Caller(partnership.people[name]).get("returns/").json()["results"]
        assert [(row["period"], row["council"]) for row in rows] == [
            ("2013-14-Q2", "LBHF"),
            ("2013-14-Q2", "RBKC"),
            ("2013-14-Q2", "WCC"),
            ("2013-14-Q1", "LBHF"),
            ("2013-14-Q1", "RBKC"),
            ("2013-14-Q1", "WCC"),
            ("2012-13-Q4", "partnership"),
        ]


def test_returns_are_found_by_council_period_and_status(partnership: Partnership, office: Caller):
    published(partnership)
    partnership.submitted("WCC", a_saving())

    def found(**asked: str) -> list[str]:
        rows = office.get("returns/", **asked).json()["results"]
        return [f"{row['council']} {row['period']} {row['status']}" for row in rows]

    assert found(council="WCC", status="submitted") == ["WCC 2013-14-Q1 submitted"]
    assert found(council="partnership") == ["partnership 2012-13-Q4 certified"]
    assert found(period="2013-14-Q2") == [
        "LBHF 2013-14-Q2 draft",
        "RBKC 2013-14-Q2 draft",
        "WCC 2013-14-Q2 draft",
    ]
    assert found(council="XYZ") == []
    assert found(council="", period="", status="submitted") == ["WCC 2013-14-Q1 submitted"]


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ({"period": "2013"}, "“2013” is not a quarter: write it as 2012-13-Q4."),
        ({"status": "closed"}, "Use one of: draft, submitted, certified."),
        ({"council": "W\x00C"}, "Null characters are not allowed."),
    ],
)
def test_a_wrong_filter_is_named(office: Caller, asked, remedy):
    assert mistakes(office.get("returns/", **asked)) == {next(iter(asked)): remedy}
