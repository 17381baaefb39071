"""Services through the API: added, renamed, moved and retired by the programme office."""

from __future__ import annotations

import pytest

from services.models import Service
from tests.calling import Caller, mistakes, problem
from tests.partnership import Partnership, a_saving
from tests.savings.arranging.changing import states

pytestmark = pytest.mark.django_db

NEW = {"slug": "archives", "name": "Archives", "parent": "libraries"}
ALL = ["LBHF", "RBKC", "WCC"]


def row(slug: str) -> tuple[str, str | None]:
    service = Service.objects.select_related("parent").get(slug=slug)
    return service.name, service.parent.slug if service.parent else None


def test_a_service_is_added(office: Caller) -> None:
    answer = office.post("services/", NEW)
    assert answer.status_code == 201
    said = answer.json()
    (event,) = said.pop("history")
    assert {key: event[key] for key in ("by", "action", "before", "after")} == {
        "by": "programme.office",
        "action": "service added",
        "before": None,
        "after": {"name": "Archives", "parent": "libraries", "source": ""},
    }
    effects = said.pop("effects")
    assert effects[2] == {
        "what": "Who takes part",
        "services": [{"slug": "archives", "name": "Archives"}],
        "effective_from": "2013-14-Q1",
        "before": "",
        "after": "Hammersmith & Fulham, Kensington & Chelsea, Westminster",
    }
    assert len(said.pop("notes")) == 4
    assert said == {
        "slug": "archives",
        "name": "Archives",
        "parent": "libraries",
        "programme": "libraries",
        "depth": 1,
        "participants": ALL,
        "host": "RBKC",
        "host_provenance": "reported",
        "illustrative": False,
        "period": "2013-14-Q2",
        "state": "shared",
        "state_settled": None,
        "dry_run": False,
    }
    listed = {each["slug"] for each in office.get("services/").json()["results"]}
    assert "archives" in listed


def test_a_service_is_added_with_a_state(office: Caller) -> None:
    said = office.post("services/", {**NEW, "parent": None, "state": "single"}).json()
    assert (said["parent"], said["state"], said["participants"]) == (None, "single", [])
    assert said["state_settled"] == {
        "service": "archives",
        "settled_by": "The programme office",
        "document": "Recorded by the programme office",
        "place": "",
        "effective_from": "2013-14-Q1",
        "last_quarter": None,
    }


def test_a_service_is_renamed_moved_and_retired_in_one_call(office: Caller) -> None:
    change = {"name": "Reading", "parent": "cex", "state": "retired", "source": "Cabinet"}
    answer = office.send("PATCH", "services/library-service/", change)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["slug"], said["name"], said["parent"], said["state"]) == (
        "library-service",
        "Reading",
        "cex",
        "retired",
    )
    assert [event["action"] for event in said["history"]] == [
        "service retired",
        "service moved",
        "service renamed",
    ]
    assert row("library-service") == ("Reading", "cex")
    assert office.get("services/library-service/").json()["history"] == said["history"]


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(office: Caller) -> None:
    answer = office.send("PATCH", "services/library-service/?dry_run=true", {"parent": "cex"})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["dry_run"], said["parent"], said["history"]) == (True, "cex", [])
    assert "Who takes part" in [each["what"] for each in said["effects"]]
    assert row("library-service") == ("Library service", "libraries")
    added = office.post("services/?dry_run=true", NEW)
    assert (added.status_code, added.json()["dry_run"]) == (200, True)
    assert not Service.objects.filter(slug="archives").exists()


def test_what_is_left_out_stays(office: Caller) -> None:
    said = office.send("PATCH", "services/library-service/", {}).json()
    assert (said["name"], said["effects"], said["notes"]) == ("Library service", [], [])
    office.send("PATCH", "services/library-service/", {"parent": None})
    assert row("library-service") == ("Library service", None)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["name", "slug"]),
        ({**NEW, "slug": "Cex!", "name": ""}, ["name"]),
        ({**NEW, "slug": "cex", "parent": "zoo"}, ["slug", "parent"]),
        ({**NEW, "state": "closed"}, ["state"]),
        ({**NEW, "effective_from": "2013-14-Q1"}, ["effective_from"]),
        ({**NEW, "state": "single", "effective_from": "soon"}, ["effective_from"]),
        ({**NEW, "colour": "red"}, ["colour"]),
        ({**NEW, "parent": 7}, ["parent"]),
        ([], ["body"]),
    ],
)
def test_a_body_that_is_wrong_is_refused(body: object, fields: list[str], office: Caller) -> None:
    before = Service.objects.count()
    assert sorted(mistakes(office.post("services/", body))) == sorted(fields)
    assert Service.objects.count() == before


def test_a_slug_is_never_changed(office: Caller) -> None:
    answer = office.send("PATCH", "services/cex/", {"slug": "chief"})
    assert list(mistakes(answer)) == ["slug"]


def test_entries_in_the_way_are_named(partnership: Partnership, office: Caller) -> None:
    partnership.draft("WCC", a_saving(scope="own"))
    body = {"state": "retired", "effective_from": "2013-14-Q1"}
    told = mistakes(office.send("PATCH", "services/libraries/", body))
    assert told["state"].startswith("Westminster’s return for 2013/14 Q1 has an entry here")
    assert states("libraries") == []


def test_a_closed_quarter_stays(partnership: Partnership, office: Caller) -> None:
    partnership.certified("WCC", a_saving())
    partnership.close()
    moved = office.send("PATCH", "services/library-service/", {"parent": "cex", "name": "Reading"})
    assert "certified figures in 2013/14 Q1" in problem(moved, 409, "wrong-state")["detail"]
    body = {"state": "retired", "effective_from": "2013-14-Q1"}
    problem(office.send("PATCH", "services/library-service/", body), 409, "wrong-state")
    assert row("library-service") == ("Library service", "libraries")


@pytest.mark.parametrize("username", ["finance.wcc", "s151.rbkc", "councillor.lbhf", "auditor"])
def test_only_the_programme_office_changes_services(
    username: str, partnership: Partnership
) -> None:
    caller = Caller(partnership.people[username])
    problem(caller.post("services/", NEW), 403, "not-allowed")
    problem(caller.send("PATCH", "services/cex/", {"name": "Chief"}), 403, "not-allowed")
    assert caller.get("services/cex/").json()["name"] == "Cex"
    assert row("cex") == ("Cex", None)


def test_an_unknown_service_is_not_found(office: Caller) -> None:
    problem(office.get("services/zoo/"), 404, "not-found")
    problem(office.send("PATCH", "services/zoo/", {"name": "Zoo"}), 404, "not-found")
