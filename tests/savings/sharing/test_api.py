"""Who shares a service through the API: read by everybody, changed by the programme office."""

from __future__ import annotations

import pytest

from savings.calendar.actions import close_period
from savings.rollup.tasks import roll_up
from services.models import Hosting
from sovereignty.models import User
from tests.calling import Caller, mistakes, problem
from tests.partnership import NOW, Q1, Partnership, a_saving
from tests.savings.sharing.changing import spells

pytestmark = pytest.mark.django_db

CALLS = ("participation/", "leaving/", "host/")
JOINING = {"council": "WCC", "effective_from": "2013-14-Q2", "source": "Cabinet, 3 July 2013"}
LEAVING = {"council": "WCC", "last_quarter": "2013-14-Q1", "source": "Full council"}
TWO = [("LBHF", "2011-12-Q1", None), ("RBKC", "2011-12-Q1", None)]


def time(
    council: str, first: str = "2011-12-Q1", last: str | None = None, source: str = ""
) -> dict:
    return {"council": council, "effective_from": first, "last_quarter": last, "source": source}


def test_everybody_reads_how_a_service_is_shared(partnership: Partnership) -> None:
    rule = partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    caller = Caller(partnership.people["councillor.lbhf"])
    answer = caller.get("services/library-service/sharing/")
    assert answer.status_code == 200
    assert answer.json() == {
        "service": "library-service",
        "name": "Library service",
        "participants_from": "libraries",
        "participation": [time("LBHF"), time("RBKC"), time("WCC")],
        "host_from": "libraries",
        "hosting": [{**time("RBKC"), "provenance": "reported", "illustrative": False}],
        "followed_by": [],
        "agreements": [],
        "period": "2013-14-Q1",
        "state": "shared",
        "state_settled": None,
    }
    above = caller.get("services/libraries/sharing/").json()
    assert above["followed_by"] == ["library-service"]
    assert above["agreements"] == [
        {
            "decision": rule.decision_id,
            "kind": "rule",
            "title": "Libraries: savings, version 1",
            "service": "libraries",
            "effective_from": "2013-14-Q1",
            "standing": "agreed",
            "in_force_from": "2013-14-Q1",
            "in_force_to": None,
            "ended_by": [],
            "illustrative": False,
        }
    ]


def test_a_council_joins(partnership: Partnership, office: Caller) -> None:
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    partnership.certified("RBKC", a_saving("cex", "60.00"))
    answer = office.post("services/cex/participation/", {**JOINING, "effective_from": "2013-14-Q1"})
    assert answer.status_code == 201
    said = answer.json()
    assert said["participation"] == [
        time("LBHF"),
        time("RBKC"),
        time("WCC", "2013-14-Q1", source="Cabinet, 3 July 2013"),
    ]
    assert [(each["standing"], each["in_force_from"]) for each in said["agreements"]] == [
        ("waiting", None)
    ]
    roll_up()
    totals = office.get("attribution/", service="cex").json()
    assert (totals["total"], totals["unattributed"]) == ("60.00", "60.00")


def test_the_answer_names_agreements_that_a_joining_ends(
    partnership: Partnership, office: Caller
) -> None:
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    (told,) = office.post("services/cex/participation/", JOINING).json()["agreements"]
    assert (told["standing"], told["in_force_from"], told["in_force_to"], told["ended_by"]) == (
        "agreed",
        "2013-14-Q1",
        "2013-14-Q1",
        ["WCC"],
    )


def test_a_council_leaves_a_part_which_gets_participants_of_its_own(
    partnership: Partnership, office: Caller
) -> None:
    answer = office.post("services/library-service/leaving/", LEAVING)
    assert answer.status_code == 200
    said = answer.json()
    assert said["participants_from"] == "library-service"
    assert said["participation"] == [
        time("LBHF"),
        time("RBKC"),
        time("WCC", last="2013-14-Q1"),
    ]
    assert office.get("services/libraries/sharing/").json()["followed_by"] == []


def test_a_council_becomes_host(partnership: Partnership, office: Caller) -> None:
    answer = office.post("services/library-service/host/", JOINING)
    assert answer.status_code == 201
    said = answer.json()
    assert (said["host_from"], said["participants_from"]) == ("library-service", "libraries")
    assert said["hosting"] == [
        {**time("RBKC", last="2013-14-Q1"), "provenance": "reported", "illustrative": False},
        {
            **time("WCC", "2013-14-Q2", source="Cabinet, 3 July 2013"),
            "provenance": "reported",
            "illustrative": False,
        },
    ]
    listed = office.get("services/", period="2013-14-Q2").json()["results"]
    assert {row["slug"]: row["host"] for row in listed if "librar" in row["slug"]} == {
        "libraries": "RBKC",
        "library-service": "WCC",
    }


# --- What is refused ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "body", "fields"),
    [
        ("participation/", {}, ["council", "source", "effective_from"]),
        ("participation/", {**JOINING, "council": "XX"}, ["council"]),
        ("participation/", {**JOINING, "council": "LBHF"}, ["council"]),
        ("participation/", {**JOINING, "effective_from": "2013"}, ["effective_from"]),
        ("participation/", {**JOINING, "source": " "}, ["source"]),
        ("participation/", {**JOINING, "source": "s" * 201}, ["source"]),
        ("participation/", {**JOINING, "last_quarter": "2014-15-Q1"}, ["last_quarter"]),
        ("leaving/", JOINING, ["effective_from"]),
        ("leaving/", LEAVING, ["council"]),
        ("leaving/", {**LEAVING, "council": "RBKC"}, ["council"]),
        ("host/", JOINING, ["council"]),
        ("host/", {**JOINING, "council": "LBHF", "source": None}, ["source"]),
    ],
)
def test_mistakes_are_named_by_field(
    call: str, body: dict[str, object], fields: list[str], office: Caller
) -> None:
    assert list(mistakes(office.post(f"services/cex/{call}", body))) == fields
    assert spells("cex") == TWO
    assert not Hosting.objects.filter(service__slug="cex").exists()


def test_a_change_in_a_closed_quarter_is_a_conflict(
    partnership: Partnership, office: Caller
) -> None:
    for code in partnership.councils:
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    early = {**JOINING, "effective_from": "2013-14-Q1"}
    for path, body in (
        ("cex/participation/", early),
        ("libraries/leaving/", {**LEAVING, "last_quarter": "2012-13-Q4"}),
        ("libraries/host/", early),
    ):
        said = problem(office.post(f"services/{path}", body), 409, "wrong-state")
        assert "2013/14 Q1 is closed and its figures stand." in said["detail"]


def test_everybody_may_read_and_only_the_programme_office_may_change(
    partnership: Partnership,
) -> None:
    problem(Caller().get("services/cex/sharing/"), 401, "unknown-caller")
    nobody = Caller(User.objects.create_user("nobody"))
    problem(nobody.get("services/cex/sharing/"), 403, "not-allowed")
    for call in CALLS:
        problem(Caller().post(f"services/cex/{call}", JOINING), 401, "unknown-caller")
        problem(nobody.post(f"services/cex/{call}", JOINING), 403, "not-allowed")
    for person in partnership.people.values():
        read = Caller(person).get("services/cex/sharing/").json()
        assert read["participation"] == [time("LBHF"), time("RBKC")]
    for name in (name for name in partnership.people if name != "programme.office"):
        caller = Caller(partnership.people[name])
        for call in CALLS:
            problem(caller.post(f"services/cex/{call}", JOINING), 403, "not-allowed")
    assert spells("cex") == TWO


def test_an_unknown_service_is_not_found(office: Caller) -> None:
    problem(office.get("services/zoo/sharing/"), 404, "not-found")
    for call in CALLS:
        problem(office.post(f"services/zoo/{call}", JOINING), 404, "not-found")


def test_an_unknown_parameter_is_refused(office: Caller) -> None:
    assert list(mistakes(office.get("services/cex/sharing/", quarter="2013-14-Q1"))) == ["quarter"]
