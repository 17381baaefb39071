"""A service is added or renamed: where it is, what it follows, and what is refused."""

from __future__ import annotations

import pytest
from django.conf import settings

from audit.models import Event
from finance.periods import Quarter
from savings.arranging.actions import (
    Changes,
    NewState,
    Place,
    add_service,
    change_service,
    try_it,
)
from savings.record.imports import read_record
from savings.record.loading import load
from services.models import Service
from sovereignty.models import Appointment, Role, User
from sovereignty.refusals import BadContent, NotAllowed, WrongState
from tests.partnership import NOW, Q1, Partnership, a_saving
from tests.savings.arranging.changing import SOURCE, add, change, differs, retire, states

pytestmark = pytest.mark.django_db

THREE = "Hammersmith & Fulham, Kensington & Chelsea, Westminster"
SHARED = "Shared by two or more councils"


def mistakes(refused: pytest.ExceptionInfo[BadContent]) -> dict[str, str]:
    return {error.field: error.message for error in refused.value.errors}


def services() -> list[tuple[str, str, str | None]]:
    return list(Service.objects.order_by("slug").values_list("slug", "name", "parent__slug"))


# --- Added ---------------------------------------------------------------------------


def test_a_service_is_added_and_follows_the_one_above(partnership: Partnership) -> None:
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    done = add(partnership, description=" Old maps. ")
    made = Service.objects.get(slug="archives")
    assert (made.name, made.parent, made.description, made.position) == (
        "Archives",
        partnership.services["libraries"],
        "Old maps.",
        7,
    )
    assert differs(done) == [
        ("Area", ["archives"], "2013-14-Q1", "", "Libraries"),
        ("State", ["archives"], "2013-14-Q1", "", SHARED),
        ("Who takes part", ["archives"], "2013-14-Q1", "", THREE),
        ("Who hosts", ["archives"], "2013-14-Q1", "", "Kensington & Chelsea"),
        ("Savings are split by", ["archives"], "2013-14-Q1", "", "Libraries: savings, version 1"),
        ("Ongoing costs are split by", ["archives"], "2013-14-Q1", "", "No rule"),
        ("Costs can claim on", ["archives"], "2013-14-Q1", "", "No budget"),
    ]
    event = Event.objects.latest("id")
    assert (event.action, event.subject_id, event.by) == (
        "service added",
        "archives",
        "programme.office",
    )
    assert event.after == {"name": "Archives", "parent": "libraries", "source": SOURCE}
    partnership.draft("WCC", a_saving("archives"))


def test_a_programme_is_added_with_a_state(partnership: Partnership) -> None:
    add(partnership, "parks", place=None, state=NewState("single", None, "The Cabinets"))
    assert Service.objects.get(slug="parks").parent is None
    assert states("parks") == [("single", "2013-14-Q1", None)]
    assert Service.objects.tree().state("parks", Q1) == "single"
    actions = Event.objects.filter(subject_id="parks").order_by("id").values_list("action")
    assert [action for (action,) in actions] == ["service added", "service state recorded"]


def test_everything_that_is_wrong_with_a_new_service_is_said_at_once(
    partnership: Partnership,
) -> None:
    before = services()
    with pytest.raises(BadContent) as refused:
        add(
            partnership,
            "Parks & Gardens",
            name="LIBRARY  service",
            place=Place("zoo"),
            state=NewState("closed"),
        )
    assert mistakes(refused) == {
        "slug": "Use small letters, digits and single hyphens between them, such as "
        "waste-collection.",
        "name": "“library-service” is called Library service already: choose another name.",
        "parent": "There is no service “zoo”: use the short name of one that exists, or leave "
        "this empty for a programme.",
        "state": "Choose one of: single, shared, under_consideration, not_recommended, retired.",
    }
    assert services() == before
    assert not Event.objects.filter(action="service added").exists()


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"slug": ""}, "slug", "Give it a short name, such as waste-collection."),
        ({"slug": "cex"}, "slug", "Cex has this short name already: choose another."),
        ({"slug": "a" * 81}, "slug", "Shorten this to 80 characters."),
        ({"slug": "parks-"}, "slug", "Use small letters, digits and single hyphens"),
        ({"slug": "párks"}, "slug", "Use small letters, digits and single hyphens"),
        ({"name": "  "}, "name", "Give the service a name."),
        ({"name": "a" * 121}, "name", "Shorten this to 120 characters."),
        ({"name": "Par\x00ks"}, "name", "Remove the null character."),
        ({"description": "\x00"}, "description", "Remove the null character."),
        ({"source": "a" * 201}, "source", "Shorten this to 200 characters."),
    ],
)
def test_a_new_service_that_is_wrong_is_refused(
    given: dict[str, str], field: str, message: str, partnership: Partnership
) -> None:
    before = services()
    with pytest.raises(BadContent) as refused:
        add(partnership, **{"slug": "archives", "name": "Archives", **given})
    assert list(mistakes(refused)) == [field]
    assert mistakes(refused)[field].startswith(message)
    assert services() == before


def test_nothing_is_added_below_a_retired_service(partnership: Partnership) -> None:
    retire(partnership, "libraries", Q1)
    with pytest.raises(BadContent) as refused:
        add(partnership)
    assert mistakes(refused) == {
        "parent": "Libraries is retired since 2013/14 Q1: choose another service."
    }


def test_a_state_begins_in_no_closed_quarter(partnership: Partnership) -> None:
    partnership.close()
    with pytest.raises(WrongState, match="2013/14 Q1 is closed and its figures stand"):
        add(partnership, state=NewState("single", Q1))
    assert not Service.objects.filter(slug="archives").exists()


def test_a_state_begins_in_a_quarter_within_reach(partnership: Partnership) -> None:
    first = Quarter.parse("1900-01-Q1")
    with pytest.raises(BadContent) as refused:
        add(partnership, state=NewState("single", first))
    assert mistakes(refused) == {"effective_from": "Choose a quarter nearer to today."}


def test_the_first_service_is_added_before_there_is_any_quarter(db: None) -> None:
    office = User.objects.create_user("office")
    Appointment.objects.create(user=office, role=Role.PROGRAMME_OFFICE)
    done = add_service(slug="parks", changes=Changes(name="Parks"), by=office, at=NOW)
    assert (done.service.position, done.effects.concerned) == (0, ())
    zoo = Changes(name="Zoo", state=NewState("single"))
    with pytest.raises(BadContent) as refused:
        add_service(slug="zoo", changes=zoo, by=office, at=NOW)
    assert mistakes(refused) == {"effective_from": "Give the quarter from which it has this state."}


@pytest.mark.parametrize("username", ["finance.wcc", "s151.rbkc", "councillor.lbhf", "auditor"])
def test_only_the_programme_office_arranges_services(
    username: str, partnership: Partnership
) -> None:
    before = services()
    with pytest.raises(NotAllowed, match="Only the programme office"):
        add(partnership, by=username)
    with pytest.raises(NotAllowed, match="Only the programme office"):
        change(partnership, name="Reading", by=username)
    assert services() == before


def test_trying_changes_nothing(partnership: Partnership) -> None:
    before, events = services(), Event.objects.count()
    done = try_it(
        lambda: change_service(
            service=partnership.services["cex"],
            changes=Changes(name="Chief executive", place=Place("libraries")),
            by=partnership.people["programme.office"],
            at=NOW,
        )
    )
    assert done.changed
    assert (services(), Event.objects.count()) == (before, events)


# --- Renamed -------------------------------------------------------------------------


def test_a_service_is_renamed_everywhere_and_its_figures_stay(partnership: Partnership) -> None:
    partnership.certified("LBHF", a_saving())
    partnership.close()
    done = change(partnership, name=" Reading\n rooms ")
    assert differs(done) == []
    (note,) = done.effects.notes
    assert note.startswith("Pages, files and the API call it Reading rooms, for closed quarters")
    assert Service.objects.get(slug="library-service").name == "Reading rooms"
    event = Event.objects.latest("id")
    assert (event.action, event.before, event.after) == (
        "service renamed",
        {"name": "Library service"},
        {"name": "Reading rooms", "source": SOURCE},
    )


def test_the_same_name_and_place_change_nothing(partnership: Partnership) -> None:
    events = Event.objects.count()
    done = change(partnership, name="Library service", place=Place("libraries"))
    assert not done.changed
    assert Event.objects.count() == events


def test_a_name_that_another_service_has_is_refused(partnership: Partnership) -> None:
    with pytest.raises(BadContent) as refused:
        change(partnership, name="cex")
    assert mistakes(refused) == {"name": "“cex” is called Cex already: choose another name."}


# --- Beside the record ---------------------------------------------------------------


def test_loading_the_record_again_keeps_what_people_settled(partnership: Partnership) -> None:
    record = read_record(settings.RECORD_DIR)
    add(partnership, "hr", name="People", place=Place("cex"))
    load(record, at=NOW)
    partnership.services.update({each.slug: each for each in Service.objects.all()})
    change(partnership, "insurance", name="Insurances", place=Place("libraries"))
    change(partnership, "libraries", name="Reading")
    load(record, at=NOW)
    for slug, name, parent in (
        ("hr", "People", "cex"),
        ("insurance", "Insurances", "libraries"),
        ("libraries", "Reading", None),
        ("library-service", "Library Service", "libraries"),
    ):
        found = Service.objects.values_list("name", "parent__slug").get(slug=slug)
        assert (found[0].casefold(), found[1]) == (name.casefold(), parent)
