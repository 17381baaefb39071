"""A rule that reaches back divides what no rule had divided in closed quarters, and no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client

from finance.periods import Quarter
from savings.agreements.actions import answer, withdraw_proposal
from savings.agreements.reports import proposal
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.returns.models import Entry
from savings.rollup.actions import roll_up_dirty
from savings.rollup.models import Fact
from savings.rollup.reports import attributed
from services.models import Participation, Service
from sovereignty.models import Consent, Decision
from sovereignty.refusals import BadContent, WrongState
from tests.calling import Caller, mistakes
from tests.partnership import NOW, Q1, Q2, Partnership, a_claim, a_cost, a_saving, build
from tests.savings.rollup.books import books, books_from_the_entries

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HALVES = {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"}
THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
BODY = {
    "service": "libraries",
    "kind": "saving",
    "method": "fixed",
    "effective_from": "2013-14-Q1",
    "reaches_back_until": "2013-14-Q1",
    "shares": THIRDS,
    "basis": "In equal parts.",
}


@pytest.fixture
def partnership(db: None) -> Partnership:
    """Q1 is closed. Children's have a rule, libraries none; one saving is Westminster's own."""
    made = build()
    made.rule("childrens", HALVES)
    made.certified(
        "LBHF",
        a_saving(amount="100.01"),
        a_saving("youth-offending", "8.00"),
        a_saving("chief-executive-leadership", "6.00"),
    )
    made.certified("WCC", a_saving(amount="7.00", scope="own"))
    made.close()
    roll_up_dirty(at=NOW)
    return made


def reaching(
    made: Partnership,
    slug: str = "libraries",
    shares: dict[str, str] | None = None,
    *,
    agreed_by: tuple[str, ...] = ("LBHF", "RBKC", "WCC"),
    first: Quarter = Q1,
    last: Quarter = Q1,
    kind: str = "saving",
) -> AttributionRule:
    rule = propose_rule(
        service=made.services[slug],
        kind=kind,
        method="fixed",
        effective_from=first,
        reaches_back_until=last,
        shares=THIRDS if shares is None else shares,
        basis="As published.",
        by=made.people["programme.office"],
        at=NOW,
    )
    for code in agreed_by:
        made.agree(rule.decision_id, code)
    return rule


def fallen(slug: str = "library-service", kind: str = "saving") -> list[tuple[str | None, int]]:
    facts = Fact.objects.filter(entry__service__slug=slug, entry__kind=kind, entry__scope="shared")
    return list(facts.order_by("entry_id", "council__code").values_list("council__code", "pence"))


def test_what_lay_undivided_is_divided_once_every_council_has_agreed(
    partnership: Partnership,
) -> None:
    office = Caller(partnership.people["programme.office"])
    made = office.post("attribution-rules/", BODY)
    assert made.status_code == 201
    rule = made.json()
    assert (rule["effective_from"], rule["reaches_back_until"]) == ("2013-14-Q1", "2013-14-Q1")
    assert (rule["waiting_for"], rule["standing"]) == (["LBHF", "RBKC", "WCC"], "waiting")
    consent = {"agree": True, "minute_reference": "Cabinet 7/13"}
    for code in ("LBHF", "RBKC"):
        path = f"attribution-rules/{rule['id']}/consent/"
        assert Caller(partnership.s151(code)).post(path, consent).status_code == 200
    roll_up_dirty(at=NOW + DAY)
    assert fallen() == [(None, 10001)]

    agreed = Caller(partnership.s151("WCC")).post(
        f"attribution-rules/{rule['id']}/consent/", consent
    )
    assert agreed.json()["standing"] == "agreed"
    roll_up_dirty(at=NOW + 2 * DAY)
    assert fallen() == [("LBHF", 3334), ("RBKC", 3334), ("WCC", 3333)]
    assert books() == books_from_the_entries() | {"state": books()["state"]}
    found = proposal(rule["decision"])
    assert found
    assert found.force.in_words == "in 2013/14 Q1"


def test_it_is_undivided_as_it_stood_before_and_divided_after(partnership: Partnership) -> None:
    reaching(partnership)
    roll_up_dirty(at=NOW + DAY)

    def stood(moment: timedelta) -> tuple[int, dict[str, int]]:
        found = attributed(
            kind="saving",
            group_by=["council"],
            services=Service.objects.tree().below("libraries"),
            as_at=NOW + moment,
        )
        return found.unattributed, {str(row.council): row.amount for row in found.rows}

    assert stood(DAY / 2) == (10001, {"WCC": 700})
    assert stood(DAY) == (0, {"LBHF": 3334, "RBKC": 3334, "WCC": 3333 + 700})
    assert stood(2 * DAY) == stood(DAY)


def test_nothing_that_any_rule_divides_is_touched(partnership: Partnership) -> None:
    before = fallen("youth-offending")
    assert before == [("LBHF", 400), ("RBKC", 200), ("WCC", 200)]
    reaching(partnership, "youth-offending")
    roll_up_dirty(at=NOW + DAY)
    assert fallen("youth-offending") == before

    first = reaching(partnership)
    roll_up_dirty(at=NOW + DAY)
    divided = fallen()
    # Neither one of a nearer service nor a later version takes its place.
    reaching(partnership, "library-service", HALVES)
    reaching(partnership, shares=HALVES)
    roll_up_dirty(at=NOW + 2 * DAY)
    assert fallen() == divided
    facts = Fact.objects.filter(entry__service__slug="library-service")
    assert {fact.rule_id for fact in facts} == {None, first.id}


def test_the_one_that_all_agree_to_first_divides_even_if_it_was_put_later(
    partnership: Partnership,
) -> None:
    slow = reaching(partnership, shares=HALVES, agreed_by=("LBHF", "RBKC"))
    quick = reaching(partnership, "library-service")
    partnership.agree(slow.decision_id, "WCC")
    roll_up_dirty(at=NOW + DAY)
    assert quick.id > slow.id
    assert fallen() == [("LBHF", 3334), ("RBKC", 3334), ("WCC", 3333)]


def test_it_splits_nothing_of_other_quarters(partnership: Partnership) -> None:
    reaching(partnership)
    partnership.certified("RBKC", a_saving(amount="9.00"), quarter=Q2)
    roll_up_dirty(at=NOW + DAY)
    assert fallen()[-1] == (None, 900)


def test_a_correction_falls_as_what_it_corrects(partnership: Partnership) -> None:
    entry = Entry.objects.get(service__slug="library-service", scope="shared")
    partnership.certified("LBHF", a_saving(amount="-100.01", corrects=entry.id), quarter=Q2)
    roll_up_dirty(at=NOW + DAY)
    assert fallen() == [(None, 10001), (None, -10001)]
    reaching(partnership)
    roll_up_dirty(at=NOW + 2 * DAY)
    assert [pence for _, pence in fallen()] == [3334, 3334, 3333, -3334, -3334, -3333]


def test_only_councils_that_took_part_are_asked(partnership: Partnership) -> None:
    Participation.objects.create(
        service=partnership.services["cex"], council=partnership.councils["WCC"], from_quarter=Q2
    )
    rule = reaching(partnership, "cex", {"LBHF": "1/2", "RBKC": "1/2"}, agreed_by=("LBHF",))
    found = proposal(rule.decision_id)
    assert found
    assert [council.code for council in found.waiting_for] == ["RBKC"]
    with pytest.raises(WrongState, match="takes no part in Cex in 2013/14 Q1"):
        partnership.agree(rule.decision_id, "WCC")
    with pytest.raises(DatabaseError, match="takes no part"), transaction.atomic():
        Consent.objects.create(
            decision=rule.decision,
            council=partnership.councils["WCC"],
            agree=False,
            by=partnership.s151("WCC"),
            at=NOW,
            minute_reference="7/13",
            reason="No.",
        )
    partnership.agree(rule.decision_id, "RBKC")
    roll_up_dirty(at=NOW + DAY)
    assert fallen("chief-executive-leadership") == [("LBHF", 300), ("RBKC", 300)]


def test_a_council_may_refuse_it_until_all_have_agreed(partnership: Partnership) -> None:
    rule = reaching(partnership, agreed_by=("LBHF", "RBKC"))
    answer(
        decision_id=rule.decision_id,
        agree=False,
        minute_reference="7/13",
        reason="Too little.",
        by=partnership.s151("WCC"),
        at=NOW,
    )
    roll_up_dirty(at=NOW + DAY)
    assert fallen() == [(None, 10001)]

    other = reaching(partnership)
    office = partnership.people["programme.office"]
    with pytest.raises(WrongState, match="what it has divided stays divided"):
        withdraw_proposal(decision_id=other.decision_id, reason="No.", by=office, at=NOW)
    with pytest.raises(DatabaseError, match="not withdrawn"), transaction.atomic():
        Decision.objects.filter(id=other.decision_id).update(
            withdrawn_by=office, withdrawn_at=NOW, withdrawn_reason="No."
        )


def test_it_reaches_back_only_over_closed_quarters(partnership: Partnership) -> None:
    with pytest.raises(WrongState, match="2013/14 Q2 is not closed"):
        reaching(partnership, last=Q2)
    with pytest.raises(BadContent) as refused:
        reaching(partnership, last=Q1.preceding)
    assert [(each.field, each.message) for each in refused.value.errors] == [
        ("reaches_back_until", "Give 2013/14 Q1 or a later quarter.")
    ]
    with pytest.raises(WrongState, match="2013/14 Q1 is closed"):
        partnership.rule("libraries", THIRDS)
    decision = Decision.objects.create(
        title="Past the action",
        proposed_by=partnership.people["programme.office"],
        proposed_at=NOW,
    )
    said = {
        "service": partnership.services["libraries"],
        "kind": "saving",
        "method": "fixed",
        "shares": THIRDS,
        "version": 9,
        "provenance": "reported",
        "decision": decision,
        "effective_from": Q1,
    }
    for until, sentence in ((Q2, "only over closed quarters"), (Q1.preceding, "over_quarters")):
        with pytest.raises(DatabaseError, match=sentence), transaction.atomic():
            AttributionRule.objects.create(**said, reaches_back_until=until)


@pytest.mark.parametrize(
    ("changed", "status", "fields"),
    [
        ({"reaches_back_until": "2013"}, 422, {"reaches_back_until"}),
        ({"reaches_back_until": "2012-13-Q4"}, 422, {"reaches_back_until"}),
        ({"reaches_back_until": "2013-14-Q2"}, 409, set()),
        ({"reaches_back_until": None}, 409, set()),
        ({"shares": {"LBHF": "1/2"}}, 422, {"shares"}),
    ],
)
def test_what_can_not_be_proposed_names_the_field(
    partnership: Partnership, changed: dict, status: int, fields: set[str]
) -> None:
    refused = Caller(partnership.people["programme.office"]).post(
        "attribution-rules/", {**BODY, **changed}
    )
    assert refused.status_code == status
    assert AttributionRule.objects.filter(reaches_back_until__isnull=False).count() == 0
    if fields:
        assert set(mistakes(refused)) == fields


def test_an_explanation_names_the_rule_and_its_moment(partnership: Partnership) -> None:
    entry = Entry.objects.get(service__slug="library-service", scope="shared")
    auditor = Caller(partnership.people["auditor"])
    before = auditor.get(f"attribution/entries/{entry.id}/").json()
    assert (before["because"], before["divided_at"], before["shares"]) == ("no_rule", None, [])

    rule = reaching(partnership, agreed_by=("LBHF", "RBKC"))
    waiting = auditor.get(f"attribution/entries/{entry.id}/").json()["waiting"]
    assert [(each["rule"], each["waiting_for"]) for each in waiting] == [(rule.id, ["WCC"])]
    answer(
        decision_id=rule.decision_id,
        agree=True,
        minute_reference="7/13",
        by=partnership.s151("WCC"),
        at=NOW + DAY,
    )
    roll_up_dirty(at=NOW + DAY)

    after = auditor.get(f"attribution/entries/{entry.id}/").json()
    assert (after["because"], after["divided_at"]) == ("reached_back", "2013-07-02T10:30:00+01:00")
    assert (after["rule"]["id"], after["rule"]["reaches_back_until"]) == (rule.id, "2013-14-Q1")
    assert [(each["council"], each["amount"]) for each in after["shares"]] == [
        ("LBHF", "33.34"),
        ("RBKC", "33.34"),
        ("WCC", "33.33"),
    ]
    reader = Client()
    reader.force_login(partnership.people["auditor"])
    page = reader.get(f"/entries/{entry.id}/").content.decode()
    assert "The last council agreed on 2 July 2013, 10:30. Until then" in page


def test_a_claim_on_a_budget_stays_as_it_fell(db: None) -> None:
    made = build()
    made.approval()
    made.certified(
        "LBHF", a_saving(amount="90.00"), a_saving(amount="10.00", scope="own"), a_claim("5.00")
    )
    made.close()
    roll_up_dirty(at=NOW)
    claims = fallen(kind="transition_cost")
    assert claims == [("LBHF", 500)]

    reaching(made)
    roll_up_dirty(at=NOW + DAY)
    assert fallen() == [("LBHF", 3000), ("RBKC", 3000), ("WCC", 3000)]
    assert fallen(kind="transition_cost") == claims
    said = Caller(made.people["auditor"]).get(
        f"attribution/entries/{Entry.objects.get(kind='transition_cost').id}/"
    )
    assert (said.json()["counted"], said.json()["because"]) == (True, "net_reduction")


def test_costs_and_the_variances_that_follow_them_are_divided_too(db: None) -> None:
    made = build()
    made.certified("LBHF", a_cost(amount="9.00"), a_cost("variance", amount="3.00", cause="demand"))
    made.close()
    reaching(made, kind="ongoing_cost")
    roll_up_dirty(at=NOW)
    assert [pence for _, pence in fallen(kind="ongoing_cost")] == [300, 300, 300]
    assert [pence for _, pence in fallen(kind="variance")] == [100, 100, 100]


def test_a_what_if_of_it_shows_only_what_it_would_divide(partnership: Partnership) -> None:
    rule = reaching(partnership, agreed_by=())
    partnership.certified("RBKC", a_saving(amount="9.00"), quarter=Q2)
    roll_up_dirty(at=NOW)
    answer = Caller(partnership.people["auditor"]).get("what-if/", decision=rule.decision_id)
    assert [
        (row["council"], row["period"], row["today"], row["then"]) for row in answer.json()["rows"]
    ] == [
        ("LBHF", "2013-14-Q1", "0.00", "33.34"),
        ("RBKC", "2013-14-Q1", "0.00", "33.34"),
        ("WCC", "2013-14-Q1", "7.00", "40.33"),
        (None, "2013-14-Q1", "100.01", "0.00"),
        (None, "2013-14-Q2", "9.00", "9.00"),
    ]
    reader = Client()
    reader.force_login(partnership.people["auditor"])
    page = reader.get(f"/what-if/?decision={rule.decision_id}").content.decode()
    assert "proposed to reach back from 2013/14 Q1 to the end of 2013/14 Q1" in page


def test_the_chains_hold(partnership: Partnership) -> None:
    reaching(partnership)
    roll_up_dirty(at=NOW + DAY)
    call_command("check_history", "--returns")
