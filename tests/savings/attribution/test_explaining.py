"""Many entries explained at once, and whether the totals agree with the explanations."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from savings.attribution.explaining import Explanation, explain, explain_all
from savings.formulas.reports import with_facts
from savings.returns.models import Entry
from savings.rollup.actions import roll_up_dirty
from tests.calling import Caller
from tests.partnership import NOW, Q2, Partnership, a_claim, a_cost, a_saving

pytestmark = pytest.mark.django_db

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
NOTICE = "The totals do not include this yet: they are being updated."


def explained() -> dict[str, Explanation]:
    """Every entry by its amount, explained at once."""
    entries = with_facts(Entry.objects.order_by("id"))
    return {str(each.entry.amount): each for each in explain_all(entries)}


def counted(partnership: Partnership) -> dict[str, tuple[bool, bool, bool]]:
    """By amount: counted according to the JSON, pending, and whether the page has the notice."""
    caller = Caller(partnership.people["auditor"])
    client = Client()
    client.force_login(partnership.people["auditor"])
    found = {}
    for amount, explanation in explained().items():
        entry = explanation.entry.id
        said = caller.get(f"attribution/entries/{entry}/").json()
        page = client.get(f"/entries/{entry}/").content.decode()
        text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
        found[amount] = (said["counted"], explanation.pending, NOTICE in text)
        assert said["counted"] == explanation.counted
    return found


COUNTED, PENDING, PROVISIONAL = (
    (True, False, False),
    (False, True, True),
    (False, False, False),
)


def test_a_certified_entry_counts_once_it_is_rolled_up(partnership: Partnership) -> None:
    partnership.rule("libraries", THIRDS)
    partnership.certified("WCC", a_saving(amount="100.00"), a_saving("cex", "7.00"))
    partnership.draft("LBHF", a_saving(amount="5.00"))
    assert counted(partnership) == {"100.00": PENDING, "7.00": PENDING, "5.00": PROVISIONAL}

    roll_up_dirty(at=NOW)
    assert counted(partnership) == {"100.00": COUNTED, "7.00": COUNTED, "5.00": PROVISIONAL}


def test_a_rule_agreed_since_is_not_in_the_totals_yet(partnership: Partnership) -> None:
    partnership.certified("WCC", a_saving(amount="100.00"), a_saving("cex", "7.00"))
    roll_up_dirty(at=NOW)

    partnership.rule("libraries", THIRDS)
    assert [part.council for part in explained()["100.00"].parts] == ["LBHF", "RBKC", "WCC"]
    assert counted(partnership) == {"100.00": PENDING, "7.00": COUNTED}

    roll_up_dirty(at=NOW)
    assert counted(partnership) == {"100.00": COUNTED, "7.00": COUNTED}


def test_another_rule_is_not_in_the_totals_yet_though_it_gives_the_same_pence(
    partnership: Partnership,
) -> None:
    partnership.rule("libraries", THIRDS)
    partnership.certified("WCC", a_saving(amount="100.00"))
    roll_up_dirty(at=NOW)

    partnership.rule("library-service", THIRDS)
    assert counted(partnership) == {"100.00": PENDING}

    roll_up_dirty(at=NOW)
    assert counted(partnership) == {"100.00": COUNTED}


def test_a_claim_is_split_by_the_savings_in_the_totals(partnership: Partnership) -> None:
    partnership.rule("libraries", THIRDS)
    partnership.approval()
    partnership.certified("WCC", a_claim("40.00"), a_saving(amount="300.00"))
    roll_up_dirty(at=NOW)

    # The saving moves at once, the claim once the totals have it.
    partnership.rule("library-service", {"LBHF": "1", "RBKC": "0", "WCC": "0"})
    assert counted(partnership) == {"40.00": COUNTED, "300.00": PENDING}

    roll_up_dirty(at=NOW)
    assert counted(partnership) == {"40.00": COUNTED, "300.00": COUNTED}
    assert [part.council for part in explained()["40.00"].parts] == ["LBHF"]


def test_many_entries_are_explained_as_each_is_by_itself(partnership: Partnership) -> None:
    everything(partnership)
    entries = list(with_facts(Entry.objects.order_by("id")))

    assert list(explain_all(entries)) == [explain(entry) for entry in entries]
    assert len(entries) == 6
    assert explain_all([]) == ()


def test_many_entries_take_as_many_queries_as_few(
    partnership: Partnership, django_assert_num_queries: Callable
) -> None:
    everything(partnership)
    with CaptureQueriesContext(connection) as few:
        explained()

    rows = [a_saving(amount=f"{number}.01") for number in range(10, 40)]
    claims = [a_claim(f"0.{number}") for number in range(10, 40)]
    partnership.certified("LBHF", *rows, *claims, quarter=Q2)
    roll_up_dirty(at=NOW)

    with django_assert_num_queries(len(few)):
        assert len(explained()) == 66


def everything(partnership: Partnership) -> None:
    """Six entries attributed in six ways, and a rule and a budget among what they rest on."""
    partnership.rule("libraries", THIRDS)
    partnership.rule("libraries", THIRDS, kind="ongoing_cost", indirect_variance="host")
    partnership.approval()
    partnership.certified(
        "WCC",
        a_saving(amount="100.00"),
        a_saving("cex", "7.00"),
        a_saving(amount="8.00", scope="own"),
        a_cost(amount="3.00"),
        a_cost("variance", cause="indirect", amount="2.00"),
        a_claim("40.00"),
    )
    roll_up_dirty(at=NOW)
