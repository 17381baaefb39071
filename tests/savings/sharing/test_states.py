"""A service that its state keeps apart: what its page and the API say, and who can't join it."""

from __future__ import annotations

import pytest
from django.test import Client

from finance.periods import Quarter
from savings.sharing.actions import set_host
from savings.sharing.reports import sharing_of
from services.models import Participation, ServiceState
from services.provenance import Provenance
from sovereignty.refusals import BadContent
from tests.calling import Caller
from tests.partnership import NOW, Q1, Q2, Partnership
from tests.savings.pages import read
from tests.savings.sharing.changing import join, leave, spells
from tests.savings.tables import table_headed

pytestmark = pytest.mark.django_db

LEADERSHIP = "chief-executive-leadership"
HERE = f"/services/{LEADERSHIP}/sharing/"
SETTLED = {
    "service": LEADERSHIP,
    "settled_by": "The Cabinets",
    "document": "Minutes of June",
    "place": "Item 7",
    "effective_from": "2013-14-Q1",
    "last_quarter": "2013-14-Q1",
}


@pytest.fixture
def kept_apart(partnership: Partnership) -> Partnership:
    """Leadership isn't recommended in Q1; CEX above it is shared by two throughout."""
    ServiceState.objects.create(
        service=partnership.services[LEADERSHIP],
        state="not_recommended",
        from_quarter=Q1,
        to_quarter=Q1,
        settled_by="The Cabinets",
        document="Minutes of June",
        place="Item 7",
        note="To be looked at again.",
    )
    return partnership


@pytest.fixture
def reader(kept_apart: Partnership, client: Client) -> Client:
    client.force_login(kept_apart.people["auditor"])
    return client


@pytest.fixture
def auditor(kept_apart: Partnership) -> Caller:
    return Caller(kept_apart.people["auditor"])


def test_the_page_says_that_nobody_shares_it_and_who_settled_that(reader: Client) -> None:
    page = reader.get(HERE)
    words = read(page).words
    assert (
        "No council shares it in 2013/14 Q1: Chief executive leadership is not recommended for "
        "sharing." in words
    )
    assert "In 2013/14 Q1: Not recommended for sharing. An entry here falls on the council" in words
    assert table_headed(page, "State") == [
        [
            "Chief executive leadership: Not recommended for sharing",
            "2013/14 Q1",
            "2013/14 Q1",
            "The Cabinets",
            "Minutes of June: Item 7 To be looked at again.",
        ]
    ]
    assert "A change here also changes" not in words
    above = read(reader.get("/services/cex/sharing/")).words
    assert "Hammersmith & Fulham and Kensington & Chelsea share it in 2013/14 Q1." in above
    assert "Nobody shares Chief executive leadership , even if councils share Cex." in above


def test_the_page_is_as_at_the_quarter_asked_for(reader: Client) -> None:
    words = read(reader.get(f"{HERE}?period=2013-14-Q2")).words
    assert "Hammersmith & Fulham and Kensington & Chelsea share it in 2013/14 Q2." in words
    assert "In 2013/14 Q2: Shared by two or more councils." in words
    assert reader.get(f"{HERE}?period=2013").status_code == 404


def test_a_state_from_above_is_named_as_such(kept_apart: Partnership, reader: Client) -> None:
    ServiceState.objects.create(
        service=kept_apart.services["childrens-services"],
        state="single",
        from_quarter=Q1,
        settled_by="The Cabinets",
        document="Minutes of June",
    )
    words = read(reader.get("/services/youth-offending/sharing/")).words
    assert "No council shares it in 2013/14 Q1: Childrens services is run by each council" in words
    assert "That is the state of Childrens services , which it is part of." in words


def test_the_calls_say_the_same(auditor: Caller) -> None:
    def of(period: str) -> tuple[object, ...]:
        [row] = [
            row
            for row in auditor.get(f"services/?period={period}").json()["results"]
            if row["slug"] == LEADERSHIP
        ]
        one = auditor.get(f"services/{LEADERSHIP}/sharing/?period={period}").json()
        assert (one["state"], one["state_settled"]) == (row["state"], row["state_settled"])
        assert one["period"] == period
        return row["state"], row["state_settled"], row["participants"], row["host"]

    assert of("2013-14-Q1") == ("not_recommended", SETTLED, [], None)
    assert of("2013-14-Q2") == ("shared", None, ["LBHF", "RBKC"], None)
    assert of("2010-11-Q4") == (None, None, [], None)


def test_nobody_joins_or_leaves_what_is_kept_apart(kept_apart: Partnership) -> None:
    with pytest.raises(BadContent) as refusal:
        join(kept_apart, LEADERSHIP, since=Q1)
    assert [error.message for error in refusal.value.errors] == [
        (
            "Chief executive leadership is not recommended for sharing in 2013/14 Q1, so no "
            "council takes part in it: The Cabinets settled that (Minutes of June: Item 7)."
        )
    ]
    with pytest.raises(BadContent) as refusal:
        leave(kept_apart, LEADERSHIP, "LBHF", last=Q1.preceding)
    assert "takes no part in Chief executive leadership in 2013/14 Q1" in (
        refusal.value.errors[0].message
    )
    assert spells(LEADERSHIP) == []
    join(kept_apart, LEADERSHIP, since=Q2)
    assert len(spells(LEADERSHIP)) == 3


def test_what_is_kept_apart_below_hinders_no_host(kept_apart: Partnership) -> None:
    set_host(
        service=kept_apart.services["cex"],
        council=kept_apart.councils["LBHF"],
        effective_from=Q1,
        source="Cabinet.",
        provenance=Provenance.REPORTED,
        by=kept_apart.people["programme.office"],
        at=NOW,
    )
    assert sharing_of(kept_apart.services[LEADERSHIP]).present_host is None
    later = sharing_of(kept_apart.services[LEADERSHIP], Quarter.parse("2013-14-Q2"))
    assert later.present_host is not None


def test_who_takes_part_in_a_later_quarter_takes_part(kept_apart: Partnership) -> None:
    """A council can be let go of what it takes part in from the next quarter on."""
    found = sharing_of(kept_apart.services[LEADERSHIP])
    assert found.present == ()
    assert [council.code for council in found.taking_part] == ["LBHF", "RBKC"]
    ServiceState.objects.update(to_quarter=None)
    assert sharing_of(kept_apart.services[LEADERSHIP]).taking_part == ()
    assert Participation.objects.exists()
