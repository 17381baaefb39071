"""The page about one entry: why it is attributed as it is, to the penny and in words."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from savings.kit.provenance import Provenance
from savings.returns.models import Entry
from savings.rollup.tasks import roll_up
from savings.sharing.actions import set_host
from tests.partnership import NOW, Q1, Q2, Partnership, a_claim, a_cost, a_saving

pytestmark = pytest.mark.django_db

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}


def words(partnership: Partnership, entry: Entry, username: str = "auditor") -> str:
    """The page as it is read: without its tags, white space as one space."""
    client = Client()
    client.force_login(partnership.people[username], "django.contrib.auth.backends.ModelBackend")
    answer = client.get(f"/entries/{entry.id}/")
    assert answer.status_code == 200
    text = html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))
    return " ".join(text.split())


def test_the_page_says_who_got_the_odd_penny_and_why(partnership: Partnership) -> None:
    partnership.rule("libraries", THIRDS)
    parent = partnership.certified("WCC", a_saving(amount="100.01"))
    roll_up()
    page = words(partnership, parent.entries.get())
    assert (
        "The odd penny. Two pennies are left over. They go to Hammersmith & Fulham and "
        "Kensington & Chelsea. Westminster has a remainder as large, 2/3 of a penny. Ties go in "
        "alphabetical order of code, in which LBHF and RBKC come first."
    ) in page
    assert "Hammersmith & Fulham £33.34 1/3 33.33% 3,333 2/3 3,333 +1" in page
    assert "Councils taking part Hammersmith & Fulham, Kensington & Chelsea, Westminster" in page
    assert "Hammersmith & Fulham: s151.lbhf, 1 July 2013 , LBHF minute 1" in page
    assert "Made up" not in page


def test_a_claim_shows_how_much_each_councils_spending_has_fallen(partnership: Partnership) -> None:
    partnership.rule("libraries", THIRDS)
    partnership.approval(ceiling="1000.00")
    first = partnership.certified("WCC", a_claim("40.00"))
    partnership.certified(
        "LBHF", a_saving(amount="300.00"), a_cost(amount="150.00", scope="own"), quarter=Q2
    )
    second = partnership.certified("WCC", a_claim("60.00"), quarter=Q2)
    roll_up()

    page = words(partnership, second.entries.get(), "councillor.rbkc")
    assert "The cost of a change falls on the councils that gain from it" in page
    assert "savings less the ongoing costs of Library service, from the start to the end of" in page
    assert "Hammersmith & Fulham £100.00 £150.00 −£50.00 No: nothing gained" in page
    assert "Westminster £100.00 £0.00 £100.00 Yes" in page
    assert "Ceiling £1,000.00" in page
    assert "£100.00 certified, or submitted where you may see it; £900.00 left" in page
    assert "Kensington & Chelsea: s151.rbkc, 1 July 2013 , RBKC minute 1" in page
    assert "The rule" not in page.split("The transition budget")[1]

    page = words(partnership, first.entries.get())
    assert "No council has a net reduction in spending on Library service by the end of" in page
    assert "Westminster £0.00 £0.00 £0.00 As savings are split" in page
    assert "Savings of Libraries, version 1" in page


def test_a_host_that_was_made_up_is_named_and_marked(partnership: Partnership) -> None:
    partnership.rule("libraries", THIRDS, kind="ongoing_cost", indirect_variance="host")
    set_host(
        service=partnership.services["libraries"],
        council=partnership.councils["WCC"],
        effective_from=Q1,
        source="Made up to try with.",
        provenance=Provenance.ILLUSTRATIVE,
        by=partnership.people["programme.office"],
        at=NOW,
    )
    parent = partnership.certified("LBHF", a_cost("variance", cause="indirect"))
    roll_up()
    page = words(partnership, parent.entries.get())
    host = "They fall on the host: Westminster, host from 2013/14 Q1."
    assert f"{host} Illustrative Made up to try with." in page
    assert "Illustrative Made up for the demonstration: the host." in page
    # One council bears it all: no penny is left over, so the page says nothing about one.
    assert "The odd penny" not in page


def test_an_entry_that_is_unattributed_says_so(partnership: Partnership) -> None:
    partnership.approval()
    parent = partnership.certified("WCC", a_claim("1.00"), a_saving(amount="5.00"))
    roll_up()
    assert parent.entries.count() == 2
    for entry in parent.entries.all():
        assert "Not attributed. All" in words(partnership, entry)
    claim = parent.entries.get(approval="moves")
    assert "How much each council’s spending has fallen" in words(partnership, claim)
