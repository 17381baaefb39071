"""The page of who shares a service, and the forms by which a council joins, leaves or hosts."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from savings.calendar.actions import close_period
from savings.kit.provenance import Provenance
from savings.rollup.tasks import roll_up
from services.models import Hosting, Participation, Service
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.pages import read, refused
from tests.savings.sharing.changing import falls, join, leave, spells
from tests.savings.tables import table_headed, tables_of

pytestmark = pytest.mark.django_db

HERE = "/services/cex/sharing/"
PART = "/services/chief-executive-leadership/sharing/"
FORMS = ("join/", "leave/", "host/")
TWO = [("LBHF", "2011-12-Q1", None), ("RBKC", "2011-12-Q1", None)]
JOINING = {"council": "WCC", "effective_from": "2013-14-Q2", "source": "Cabinet, 3 July 2013."}


def signed_in(partnership: Partnership, username: str = "programme.office") -> Client:
    client = Client()
    client.force_login(partnership.people[username], "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def office(partnership: Partnership) -> Client:
    return signed_in(partnership)


def closed(partnership: Partnership) -> None:
    for code in partnership.councils:
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)


# --- Who may -----------------------------------------------------------------------


OTHERS = ("finance.wcc", "s151.rbkc", "councillor.lbhf", "auditor")


@pytest.mark.parametrize("username", OTHERS)
def test_everybody_reads_the_same(username: str, partnership: Partnership, office: Client) -> None:
    page = signed_in(partnership, username).get(HERE)
    assert tables_of(page) == tables_of(office.get(HERE)) != []


@pytest.mark.parametrize("username", OTHERS)
def test_only_the_programme_office_can_change_it(username: str, partnership: Partnership) -> None:
    client = signed_in(partnership, username)
    assert not {HERE + form for form in FORMS} & set(read(client.get(HERE)).hrefs)
    for form in FORMS:
        refused(client.get(HERE + form), "Only the programme office")
        refused(client.post(HERE + form, JOINING), "Only the programme office")
    assert spells("cex") == TWO


def test_the_programme_office_is_led_to_the_forms(office: Client) -> None:
    assert {HERE + form for form in FORMS} <= set(read(office.get(HERE)).hrefs)
    assert [office.get(HERE + form).status_code for form in FORMS] == [200, 200, 200]


# --- What it shows -------------------------------------------------------------------


def test_the_page_shows_who_takes_part_since_when_and_who_hosts(
    partnership: Partnership, office: Client
) -> None:
    join(partnership)
    Hosting.objects.filter(service__slug="libraries").update(
        provenance=Provenance.ILLUSTRATIVE, source="Made up"
    )
    page = office.get(HERE)
    assert table_headed(page, "Council") == [
        ["Hammersmith & Fulham", "2011/12 Q1", "further notice", "–"],
        ["Kensington & Chelsea", "2011/12 Q1", "further notice", "–"],
        ["Westminster", "2013/14 Q2", "further notice", "Cabinet, 3 July 2013."],
    ]
    assert table_headed(page, "Host") == [["No council hosts it."]]
    assert table_headed(page, "Change") == [
        [
            "Cex: Westminster joins from 2013/14 Q2 on",
            "Cabinet, 3 July 2013.",
            "programme.office, 1 July 2013",
        ]
    ]
    words = read(page).words
    assert "Hammersmith & Fulham and Kensington & Chelsea share it in 2013/14 Q1." in words
    assert "A change here also changes: Chief executive leadership." in words
    libraries = office.get("/services/libraries/sharing/")
    assert table_headed(libraries, "Host") == [
        ["Kensington & Chelsea", "2011/12 Q1", "further notice", "Illustrative Made up"]
    ]
    assert "share it in 2013/14 Q1, and Kensington & Chelsea hosts it. Illustrative" in (
        read(libraries).words
    )


def test_inherited_participants_say_from_which_service(
    partnership: Partnership, office: Client
) -> None:
    page = office.get("/services/library-service/sharing/")
    words = read(page).words
    assert (
        "It has no participants of its own: the councils that share Libraries take part." in words
    )
    assert "It has no host of its own: the host of Libraries hosts it." in words
    assert [row[0] for row in table_headed(page, "Council")] == [
        "Hammersmith & Fulham",
        "Kensington & Chelsea",
        "Westminster",
    ]
    leave(partnership, "library-service", "WCC")
    words = read(office.get("/services/library-service/sharing/")).words
    assert "no participants of its own" not in words
    above = read(office.get("/services/libraries/sharing/")).words
    assert (
        "Who takes part does not change for Library service , which has participants of its own."
        in above
    )


def standing(page: object) -> dict[str, str]:
    """The state of each agreement, by its title."""
    tables = [rows for rows in tables_of(page) if rows[0][0] == "Agreement"]
    return {title: said for rows in tables for title, said in rows[1:]}


def test_agreements_that_rest_on_it_end_until_the_newcomer_agrees(
    partnership: Partnership, office: Client
) -> None:
    rule = partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    partnership.approval("moves", "cex")
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    saved, moves = "Cex: savings, version 1", "Cex: transition budget moves"
    assert standing(office.get(HERE)) == {
        moves: "Every council concerned has agreed: costs can be claimed on it from 2013/14 Q1 "
        "on, up to £1,000.00.",
        saved: "Every council concerned has agreed: it applies from 2013/14 Q1 on, until another "
        "replaces it.",
    }
    join(partnership)
    assert standing(office.get(HERE)) == {
        moves: "Every council concerned had agreed: costs can be claimed on it in 2013/14 Q1, up "
        "to £1,000.00. From 2013/14 Q2 on Westminster also takes part and has not agreed, so it "
        "is not in force then. Until Westminster agrees to it, nothing can be claimed on it from "
        "2013/14 Q2 on.",
        saved: "Every council concerned had agreed: it applies in 2013/14 Q1. From 2013/14 Q2 on "
        "Westminster also takes part and has not agreed, so it is not in force then. Until "
        "Westminster agrees to it, it splits nothing from 2013/14 Q2 on.",
    }
    # Once its first quarter is closed it can't be answered any more: another is needed.
    closed(partnership)
    page = office.get(HERE)
    assert standing(page)[saved].endswith(
        "It can no longer be answered, because 2013/14 Q1 is closed: propose another from "
        "2013/14 Q2 on."
    )
    assert "/agreements/propose/?service=cex" in read(page).hrefs
    partnership.rule("cex", {"LBHF": "1", "RBKC": "0", "WCC": "0"}, effective_from=Q2)
    page = office.get(HERE)
    assert [title for title in standing(page) if "savings" in title] == ["Cex: savings, version 2"]
    assert f"/agreements/{rule.decision_id}/" not in read(page).hrefs


def test_rules_of_the_services_above_and_below_are_listed_separately(
    partnership: Partnership, office: Client
) -> None:
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    partnership.rule("chief-executive-leadership", {"LBHF": "1", "RBKC": "0"})
    own = "Chief executive leadership: savings, version 1"
    assert list(standing(office.get(HERE))) == ["Cex: savings, version 1", own]
    page = office.get(PART)
    assert list(standing(page)) == [own, "Cex: savings, version 1"]
    assert "From the services above" in read(page).words
    # With participants of its own, the part's rule no longer rests on those above.
    join(partnership, "chief-executive-leadership")
    assert list(standing(office.get(HERE))) == ["Cex: savings, version 1"]


def test_many_agreements_take_as_many_queries_as_one(
    partnership: Partnership, office: Client
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert office.get("/services/libraries/sharing/").status_code == 200
        return len(found)

    leave(partnership, last=Q2)
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    few = queries()
    join(partnership, "libraries", since=Q2.following.following)
    leave(partnership, "library-service", "WCC", last=Q1)
    for slug in ("libraries", "library-service"):
        partnership.rule(slug, {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"}, kind="ongoing_cost")
    Service.objects.create(slug="choirs", name="Choirs", parent=partnership.services["libraries"])
    assert queries() == few


# --- The forms ----------------------------------------------------------------------


def test_a_council_joins(partnership: Partnership, office: Client) -> None:
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    partnership.certified("RBKC", a_saving("cex", "60.00"), quarter=Q2)
    roll_up()
    words = read(office.get(HERE + "join/")).words
    assert (
        "Cex: savings, version 1 : if Westminster joins, it splits nothing until that council "
        "agrees to it." in words
    )
    answer = office.post(HERE + "join/", JOINING, follow=True)
    assert answer.redirect_chain == [(HERE, 302)]
    assert "Westminster takes part in Cex from 2013/14 Q2 on." in read(answer).words
    assert spells("cex") == [*TWO, ("WCC", "2013-14-Q2", None)]
    roll_up()
    assert falls(Q2) == [(None, 6000)]


def test_the_page_says_to_replace_a_rule_that_can_no_longer_be_answered(
    partnership: Partnership, office: Client
) -> None:
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    closed(partnership)
    assert (
        "if Westminster joins, it splits nothing any more. It can no longer be answered, "
        "because 2013/14 Q1 is closed: propose another from the quarter in which the council joins."
        in read(office.get(HERE + "join/")).words
    )


def test_the_form_of_a_part_says_that_it_gets_participants_of_its_own(office: Client) -> None:
    for form in ("join/", "leave/"):
        assert "This change gives it its own record of participants" in (
            read(office.get(PART + form)).words
        )
        assert "participants of its own" not in read(office.get(HERE + form)).words
    host = "/services/library-service/sharing/host/"
    assert "This change gives it its own record of hosts" in read(office.get(host)).words


def test_a_council_leaves(partnership: Partnership, office: Client) -> None:
    here = "/services/libraries/sharing/"
    partnership.rule("libraries", {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"})
    words = read(office.get(here + "leave/")).words
    assert "Its share goes to the councils that stay, by Libraries: savings, version 1" in words
    assert "A host cannot leave" in words
    said = {"council": "WCC", "last_quarter": "2013-14-Q1", "source": "Full council"}
    answer = office.post(here + "leave/", said, follow=True)
    assert answer.redirect_chain == [(here, 302)]
    assert (
        "Westminster takes part in Libraries up to and including 2013/14 Q1." in read(answer).words
    )
    assert table_headed(answer, "Change")[0][:2] == [
        "Libraries: Westminster leaves after 2013/14 Q1",
        "Full council",
    ]
    assert spells("libraries")[2] == ("WCC", "2011-12-Q1", "2013-14-Q1")


def test_a_council_becomes_host(partnership: Partnership, office: Client) -> None:
    partnership.rule(
        "libraries",
        {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"},
        kind="ongoing_cost",
        indirect_variance="host",
    )
    here = "/services/libraries/sharing/"
    assert "A variance in indirect costs falls on the new host from then on" in (
        read(office.get(here + "host/")).words
    )
    assert "so no figure moves" in read(office.get(HERE + "host/")).words
    answer = office.post(here + "host/", JOINING, follow=True)
    assert "Westminster hosts Libraries from 2013/14 Q2 on." in read(answer).words
    assert [row[:3] for row in table_headed(answer, "Host")] == [
        ["Kensington & Chelsea", "2011/12 Q1", "2013/14 Q1"],
        ["Westminster", "2013/14 Q2", "further notice"],
    ]
    assert Hosting.objects.get(council__code="WCC").provenance == "reported"


@pytest.mark.parametrize(
    ("form", "more", "field"),
    [
        ("join/", {"council": "XX"}, "council"),
        ("join/", {"effective_from": "next spring"}, "effective_from"),
        ("join/", {"source": " "}, "source"),
        ("join/", {"council": "LBHF"}, "council"),
        ("leave/", {"council": "RBKC", "last_quarter": "2013-14"}, "last_quarter"),
        ("leave/", {"council": "RBKC", "last_quarter": "2013-14-Q1"}, "council"),
        ("host/", {"council": "RBKC", "effective_from": ""}, "effective_from"),
        ("host/", {"council": "RBKC", "source": "s" * 201}, "source"),
    ],
)
def test_mistakes_are_shown_beside_their_fields_and_nothing_typed_is_lost(
    form: str, more: dict[str, str], field: str, partnership: Partnership, office: Client
) -> None:
    said = {**JOINING, **more}
    answer = office.post(HERE + form, said)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    page = read(answer)
    assert "There is a problem" in page.words
    sent = page.forms[-1].sent
    # A browser can neither send nor show a choice that is not in the list.
    told = {**said, "council": "" if said["council"] == "XX" else said["council"]}
    kept = {name: sent.get(name, "") for name in answer.context["form"].fields}
    assert kept == {name: told.get(name, "") for name in kept}
    assert (spells("cex"), Hosting.objects.filter(service__slug="cex").count()) == (TWO, 0)


def test_a_closed_quarter_is_refused_on_the_page(partnership: Partnership, office: Client) -> None:
    closed(partnership)
    answer = office.post(HERE + "join/", {**JOINING, "effective_from": "2013-14-Q1"})
    assert answer.status_code == 409
    page = read(answer)
    assert "Choose a quarter after 2013/14 Q1." in page.words
    assert page.forms[-1].sent["source"] == "Cabinet, 3 July 2013."
    assert spells("cex") == TWO


# --- Where people look for it ---------------------------------------------------------


def test_other_pages_link_to_it(partnership: Partnership, office: Client) -> None:
    rule = partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"}, agreed_by=["LBHF"])
    entry = partnership.certified("RBKC", a_saving("cex", "60.00")).entries.get()
    for address in (
        f"/agreements/{rule.decision_id}/",
        f"/entries/{entry.id}/",
        "/record/services/",
    ):
        assert HERE in read(office.get(address)).hrefs, address
    assert Participation.objects.filter(service__slug="cex").count() == 2
