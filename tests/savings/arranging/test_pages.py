"""The pages that arrange services: ask, show what it does, and do it when that is confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from services.models import Service
from tests.partnership import Q1, Partnership, a_saving
from tests.savings.arranging.changing import add, retire, states
from tests.savings.pages import heading, not_found, read, refused
from tests.savings.tables import table_headed

pytestmark = pytest.mark.django_db

PART = "/services/library-service/"
FORMS = ("/services/add/", PART + "rename/", PART + "move/", PART + "state/")
NEW = {"name": "Archives", "slug": "archives", "parent": "libraries", "source": "Cabinet"}
RETIRING = {"state": "retired", "effective_from": "2013-14-Q2", "settled_by": "", "source": ""}


def signed_in(partnership: Partnership, username: str = "programme.office") -> Client:
    client = Client()
    client.force_login(partnership.people[username], "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def office(partnership: Partnership) -> Client:
    return signed_in(partnership)


def confirm(client: Client, address: str, answers: dict[str, str]) -> Any:
    """Answer, look at what it does, and confirm it with what the page sends."""
    shown = client.post(address, answers)
    assert shown.status_code == 200
    assert heading(shown) == "Check what this does"
    return client.post(address, read(shown).form(address).sent)


def test_a_service_is_added_after_it_was_shown_what_it_does(office: Client) -> None:
    shown = office.post("/services/add/", NEW)
    assert [row[0] for row in table_headed(shown, "What")][:3] == [
        "Area",
        "State",
        "Who takes part",
    ]
    assert "Nothing has changed yet." in read(shown).words
    assert not Service.objects.filter(slug="archives").exists()
    done = confirm(office, "/services/add/", NEW)
    assert (done.status_code, done.url) == (302, "/services/archives/sharing/")
    page = office.get(done.url)
    assert "Archives is added." in read(page).words
    assert table_headed(page, "Change") == [
        [
            "Archives: added below Libraries",
            "Cabinet",
            "programme.office, " + str(Event.objects.latest("id").at.strftime("%-d %B %Y")),
        ]
    ]


def test_a_service_is_renamed_moved_and_retired(office: Client) -> None:
    assert confirm(office, PART + "rename/", {"name": "Reading", "source": ""}).status_code == 302
    assert confirm(office, PART + "move/", {"parent": "cex", "source": ""}).status_code == 302
    assert confirm(office, PART + "state/", RETIRING).status_code == 302
    service = Service.objects.get(slug="library-service")
    assert (service.name, service.parent and service.parent.slug) == ("Reading", "cex")
    assert states("library-service") == [("retired", "2013-14-Q2", None)]
    page = office.get(PART + "sharing/")
    assert [row[0] for row in table_headed(page, "Change")] == [
        "Reading: retired from 2013/14 Q2 on",
        "Reading: moved below Cex",
        "Reading: renamed, Library service before",
    ]
    later = read(office.get(PART + "sharing/", {"period": "2013-14-Q2"})).words
    assert "No council shares it in 2013/14 Q2: Reading is retired." in later
    assert "No new entry can be made here, other than a correction." in later


def test_what_was_typed_stays_with_every_mistake(office: Client) -> None:
    page = office.post("/services/add/", {**NEW, "slug": "Archives!", "name": "Cex"})
    assert page.status_code == 422
    words = read(page).words
    assert "Use small letters, digits and single hyphens between them" in words
    assert "“cex” is called Cex already: choose another name." in words
    assert read(page).form("/services/add/").sent == {
        **NEW,
        "slug": "Archives!",
        "name": "Cex",
        "description": "",
    }


def test_answers_can_be_changed_after_they_were_shown(office: Client) -> None:
    shown = office.post("/services/add/", NEW)
    sent = read(shown).form("/services/add/").sent
    again = office.post("/services/add/", {**sent, "back": "yes"})
    assert heading(again) == "Add a service"
    assert read(again).form("/services/add/").sent["slug"] == "archives"
    assert not Service.objects.filter(slug="archives").exists()


def test_it_is_shown_again_if_it_does_something_else_by_then(
    partnership: Partnership, office: Client
) -> None:
    address = PART + "move/"
    sent = read(office.post(address, {"parent": "cex"})).form(address).sent
    partnership.draft("WCC", a_saving(scope="own"))
    again = office.post(address, sent)
    assert again.status_code == 200
    words = read(again).words
    assert "What this does has changed since you looked." in words
    assert "Westminster 2013/14 Q1 (draft): 1." in words
    service = Service.objects.get(slug="library-service")
    assert service.parent == partnership.services["libraries"]
    assert office.post(address, read(again).form(address).sent).status_code == 302


def test_what_changes_nothing_is_said(office: Client) -> None:
    for form, answers, sentence in (
        ("rename/", {"name": "Library service"}, "It is called that already: give another name."),
        ("move/", {"parent": "libraries"}, "It is there already: choose another service."),
        ("state/", {}, "Choose what becomes of it."),
        ("state/", {"state": "single", "effective_from": "soon"}, "“soon” is not a quarter"),
    ):
        page = office.post(PART + form, answers)
        assert page.status_code == 422
        assert sentence in read(page).words, form


def test_a_closed_quarter_is_refused_with_the_reason(
    partnership: Partnership, office: Client
) -> None:
    partnership.certified("LBHF", a_saving())
    partnership.close()
    told = read(office.get(PART + "move/"))
    assert "has certified figures in 2013/14 Q1, which is closed." in told.words
    assert {"/services/add/", PART + "state/"} <= set(told.hrefs)
    page = office.post(PART + "move/", {"parent": "cex"})
    assert page.status_code == 409
    assert "Add a new service below Cex for what comes from 2013/14 Q2 on" in read(page).words
    page = office.post(PART + "state/", {**RETIRING, "effective_from": "2013-14-Q1"})
    assert page.status_code == 409
    assert "2013/14 Q1 is closed and its figures stand." in read(page).words


@pytest.mark.parametrize("username", ["finance.wcc", "s151.rbkc", "councillor.lbhf", "auditor"])
def test_only_the_programme_office_is_led_there_and_let_in(
    username: str, partnership: Partnership
) -> None:
    client = signed_in(partnership, username)
    links = {
        *read(client.get(PART + "sharing/")).hrefs,
        *read(client.get("/record/services/")).hrefs,
    }
    assert not links & set(FORMS)
    for form in FORMS:
        refused(client.get(form), "Only the programme office")
        refused(client.post(form, NEW | RETIRING), "Only the programme office")
    assert not states("library-service")


def test_the_programme_office_is_led_there(office: Client) -> None:
    links = {
        *read(office.get(PART + "sharing/")).hrefs,
        *read(office.get("/record/services/")).hrefs,
    }
    assert set(FORMS) <= links
    assert [office.get(form).status_code for form in FORMS] == [200, 200, 200, 200]
    for form in ("rename/", "move/", "state/"):
        not_found(office.get(f"/services/zoo/{form}"))


def test_a_service_can_t_be_put_below_itself(office: Client) -> None:
    page = office.get("/services/childrens/move/").content.decode()
    assert 'value="libraries"' in page
    assert 'value="youth-offending"' not in page


def test_it_takes_as_many_queries_for_one_service_as_for_ten(
    partnership: Partnership, office: Client
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert office.post("/services/libraries/move/", {"parent": "cex"}).status_code == 200
        return len(found)

    queries()
    one = queries()
    for number in range(9):
        add(partnership, f"branch-{number}", name=f"Branch {number}")
    retire(partnership, "library-service", Q1)
    assert queries() == one
