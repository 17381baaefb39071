"""A council that takes part in only a part of a service: what it has to agree to, and may."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from savings.agreements.actions import withdraw_proposal
from savings.agreements.reports import SharesAPart, proposal, waiting
from savings.calendar.actions import close_period
from savings.drivers.actions import create_driver, set_driver_value
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.returns.models import Entry
from savings.rollup.actions import roll_up_dirty
from services.models import Participation
from sovereignty.models import Consent
from tests.calling import Caller
from tests.partnership import COUNCILS, NOW, Q1, Partnership, a_saving
from tests.savings.pages import read

pytestmark = pytest.mark.django_db

HALVES = {"LBHF": "1/2", "RBKC": "1/2"}
PART = "chief-executive-leadership"


@pytest.fixture
def partly(partnership: Partnership) -> Partnership:
    """Westminster takes part in the leadership with the two that share the chief executive."""
    Participation.objects.bulk_create(
        Participation(
            service=partnership.services[PART],
            council=partnership.councils[code],
            from_quarter=Q1,
        )
        for code in COUNCILS
    )
    return partnership


def certified(partnership: Partnership) -> Entry:
    """A saving of the part, shared."""
    entry = partnership.certified("LBHF", a_saving(PART, "90.00"), a_saving("cex", "10.00"))
    return entry.entries.get(service__slug=PART)


def said(partnership: Partnership, entry: Entry) -> dict[str, Any]:
    roll_up_dirty(at=NOW)
    return Caller(partnership.people["auditor"]).get(f"attribution/entries/{entry.id}/").json()


def words(partnership: Partnership, address: str, who: str = "auditor") -> str:
    client = Client()
    client.force_login(partnership.people[who], "django.contrib.auth.backends.ModelBackend")
    page = client.get(address).content.decode()
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def split(partnership: Partnership, entry: Entry) -> dict[str, str]:
    return {part["council"]: part["amount"] for part in said(partnership, entry)["shares"]}


def by_posts(partnership: Partnership) -> AttributionRule:
    office = partnership.people["programme.office"]
    posts = create_driver(code="posts", name="Posts", unit="posts", by=office, at=NOW)
    for code, value in (("LBHF", 10), ("RBKC", 20)):
        set_driver_value(
            driver=posts,
            council=partnership.councils[code],
            effective_from=Q1,
            value=Decimal(value),
            source="Payroll",
            provenance=Provenance.REPORTED,
            by=office,
            at=NOW,
        )
    return propose_rule(
        service=partnership.services["cex"],
        kind="saving",
        method="driver",
        driver=posts,
        effective_from=Q1,
        basis="By posts.",
        by=office,
        at=NOW,
    )


def test_a_rule_of_the_whole_splits_nothing_of_the_part_until_it_agrees(
    partly: Partnership,
) -> None:
    rule = partly.rule("cex", HALVES)
    entry = certified(partly)
    found = said(partly, entry)
    assert (found["shares"], found["because"], found["rule"]) == ([], "no_rule", None)
    assert found["waiting"] == [
        {
            "rule": rule.id,
            "decision": rule.decision_id,
            "service": "cex",
            "kind": "saving",
            "version": 1,
            "waiting_for": ["WCC"],
        }
    ]
    # What belongs to the whole is split, for Westminster takes no part in that.
    whole = Entry.objects.get(service__slug="cex")
    assert split(partly, whole) == {"LBHF": "5.00", "RBKC": "5.00"}
    assert said(partly, whole)["waiting"] == []
    page = words(partly, f"/entries/{entry.id}/")
    assert "These rules would split it, but not every council has agreed to them:" in page
    assert "Savings of Cex, version 1 : not agreed by Westminster." in page


def test_no_proposal_waits_for_a_council_that_shares_only_a_part(partly: Partnership) -> None:
    rule = partly.rule("cex", HALVES)
    entry = certified(partly)
    one = proposal(rule.decision_id)
    assert one is not None
    assert one.share_a_part == (
        SharesAPart(partly.councils["WCC"], ("Chief executive leadership",)),
    )
    assert (one.waiting_for, [answer.council.code for answer in one.answers]) == (
        (),
        ["LBHF", "RBKC"],
    )
    assert not waiting(partly.s151("WCC"))
    address = f"/agreements/{rule.decision_id}/"
    sentence = (
        "Westminster takes part only in Chief executive leadership, so its answer is not needed. "
        "Until it agrees too, this rule splits nothing there."
    )
    mine = words(partly, address, "s151.wcc")
    assert sentence in mine
    assert "Your council's answer" in mine
    assert "It does not need to refuse" in mine
    assert "Record that it agrees" in mine
    others = words(partly, address, "s151.lbhf")
    assert sentence in others
    assert "Your council's answer" not in others

    client = Client()
    client.force_login(partly.s151("WCC"), "django.contrib.auth.backends.ModelBackend")
    sent = client.post(f"{address}answer/", {"agree": "yes", "minute_reference": "WCC 12"})
    assert sent.status_code == 302
    assert split(partly, entry) == {"LBHF": "45.00", "RBKC": "45.00"}
    one = proposal(rule.decision_id)
    assert one is not None
    assert [answer.council.code for answer in one.answers] == ["LBHF", "RBKC", "WCC"]
    assert sentence not in words(partly, address, "s151.wcc")


@pytest.mark.parametrize("agreed", [["LBHF"], ["LBHF", "RBKC"]])
def test_it_can_not_refuse_a_rule_of_the_whole(partly: Partnership, agreed: list[str]) -> None:
    rule = partly.rule("cex", HALVES, agreed_by=agreed)
    client = Client()
    client.force_login(partly.s151("WCC"), "django.contrib.auth.backends.ModelBackend")
    sent = client.post(
        f"/agreements/{rule.decision_id}/answer/",
        {"agree": "no", "minute_reference": "WCC 12", "reason": "Not ours."},
    )
    assert sent.status_code == 409
    page = read(sent).words
    assert "takes part only in services below Cex, so it does not need to refuse" in page
    assert Consent.objects.filter(decision=rule.decision_id).count() == len(agreed)


def test_a_what_if_does_not_assume_that_it_agrees(partly: Partnership) -> None:
    rule = partly.rule("cex", HALVES, agreed_by=["LBHF"])
    certified(partly)
    roll_up_dirty(at=NOW)
    address = f"/what-if/?decision={rule.decision_id}"
    sentence = (
        "Westminster takes part in only a part of it, so its answer is not needed. It would split "
        "nothing of that part unless it agrees too."
    )
    caller = Caller(partly.people["auditor"])

    def moved() -> int:
        answer = caller.get("what-if/", decision=rule.decision_id).json()
        return int(answer["entries_moved"])

    assert sentence in words(partly, address)
    assert moved() == 1
    partly.agree(rule.decision_id, "WCC")
    assert sentence not in words(partly, address)
    assert moved() == 2


def test_a_budget_says_too_that_its_answer_is_not_needed(partly: Partnership) -> None:
    budget = partly.approval(slug="cex")
    page = words(partly, f"/agreements/{budget.decision_id}/", "s151.wcc")
    assert (
        "Westminster takes part only in Chief executive leadership, so its answer is not needed. "
        "Until it agrees too, no cost there can be claimed on this budget."
    ) in page
    assert "Record this answer" in page


def test_it_is_not_asked_once_a_proposal_is_withdrawn_or_too_late(partly: Partnership) -> None:
    """The page of a rule that applies without it still says so."""
    office = partly.people["programme.office"]
    withdrawn = partly.rule("cex", HALVES, agreed_by=["LBHF"])
    withdraw_proposal(decision_id=withdrawn.decision_id, reason="No.", by=office, at=NOW)
    late = partly.rule("cex", HALVES)
    for code in COUNCILS:
        partly.certified(code)
    close_period(quarter=Q1, by=office, at=NOW)
    one = proposal(withdrawn.decision_id)
    assert one is not None
    assert one.share_a_part == ()
    page = words(partly, f"/agreements/{late.decision_id}/", "s151.wcc")
    assert (
        "It has not agreed and can no longer do so: this rule splits nothing there. Propose "
        "another from a later quarter."
    ) in page
    assert "Your council's answer" not in page


def test_a_driver_without_its_value_splits_nothing_of_the_part(partly: Partnership) -> None:
    rule = by_posts(partly)
    for code in COUNCILS:
        partly.agree(rule.decision_id, code)
    entry = certified(partly)
    found = said(partly, entry)
    assert (found["shares"], found["because"], found["rule"]["id"]) == ([], "no_value", rule.id)
    assert found["without_value"] == [{"driver": "posts", "councils": ["WCC"]}]
    assert [value["council"] for value in found["driver_values"]] == ["LBHF", "RBKC"]
    page = words(partly, f"/entries/{entry.id}/")
    assert "The driver posts has no value for Westminster in 2013/14 Q1 or earlier." in page
    whole = said(partly, Entry.objects.get(service__slug="cex"))
    assert (whole["because"], whole["without_value"]) == ("rule", [])

    set_driver_value(
        driver=rule.driver,  # type: ignore[arg-type]
        council=partly.councils["WCC"],
        effective_from=Q1,
        value=Decimal(30),
        source="Payroll",
        provenance=Provenance.REPORTED,
        by=partly.finance("WCC"),
        at=NOW,
    )
    assert split(partly, entry) == {"LBHF": "15.00", "RBKC": "30.00", "WCC": "45.00"}
