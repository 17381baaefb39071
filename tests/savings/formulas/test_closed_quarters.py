"""What the figures of closed quarters rest on never changes, however somebody writes.

Each way is tried on a partnership with a closed quarter in which something was shared, and leaves
every certified penny where it was. Changes that concern only later quarters are allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction

from finance.periods import Quarter
from savings.agreements.actions import answer, withdraw_proposal
from savings.calendar.actions import close_period, reopen_period
from savings.drivers.models import Driver, DriverValue
from savings.formulas.models import AttributionRule
from savings.returns.models import Entry, Return
from savings.rollup.actions import roll_up_everything
from services.models import Hosting, Participation, Service, ServiceState
from sovereignty.models import Appointment, Consent, Council, Decision, User
from sovereignty.refusals import WrongState
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_claim, a_cost, a_saving, build

FIRST = Quarter.parse("2011-12-Q1")
BEFORE = Q1.preceding
LIBRARIES = {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"}


@pytest.fixture
@kept
def closed(db: None) -> Partnership:
    """Q1 is closed with a shared saving and a variance of the host's; two rules cover it.

    The second rule, on savings of the chief executive, lacks one council's agreement.
    """
    partnership = build()
    partnership.rule("libraries", LIBRARIES)
    partnership.rule("libraries", LIBRARIES, kind="ongoing_cost", indirect_variance="host")
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"}, agreed_by=["LBHF"])
    partnership.certified(
        "LBHF",
        a_saving(amount="100.01"),
        a_saving("chief-executive-leadership", "7.00"),
        {
            "service": "library-service",
            "kind": "variance",
            "scope": "shared",
            "amount": "5.00",
            "cause": "indirect",
        },
    )
    partnership.certified("RBKC")
    partnership.certified("WCC", a_saving("youth-offending", "3.00", scope="own"))
    Driver.objects.create(code="posts", name="Posts", unit="posts")
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    return partnership


Tables = dict[str, list[dict[str, object]]]


def tables() -> Tables:
    held: list[type[models.Model]] = [
        Participation,
        Hosting,
        ServiceState,
        Service,
        Council,
        User,
        Driver,
        DriverValue,
        AttributionRule,
        Decision,
        Consent,
    ]
    return {table.__name__: list(table._base_manager.order_by("id").values()) for table in held}


def digest() -> str:
    """A digest of every certified penny, as it is split now."""
    with transaction.atomic():
        found = roll_up_everything(at=NOW).digest
        transaction.set_rollback(True)
    return found


def raw(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def spell(p: Partnership, slug: str, code: str) -> Participation:
    return Participation.objects.get(service=p.services[slug], council=p.councils[code])


def spells(p: Partnership, slug: str, *whose: tuple[str, Quarter, Quarter | None]) -> list:
    return [
        Participation(
            service=p.services[slug],
            council=p.councils[code],
            from_quarter=first,
            to_quarter=last,
        )
        for code, first, last in whose
    ]


def states(p: Partnership, *whose: tuple[str, str, Quarter, Quarter | None]) -> list[ServiceState]:
    return [
        ServiceState(
            service=p.services[slug],
            state=state,
            from_quarter=first,
            to_quarter=last,
            settled_by="The Cabinets",
            document="Minutes",
        )
        for slug, state, first, last in whose
    ]


def saved(row: models.Model, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def in_bulk(row: Participation, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    Participation.objects.bulk_update([row], list(values))


def a_rule(p: Partnership, quarter: Quarter, decision: Decision | None = None) -> AttributionRule:
    return AttributionRule(
        service=p.services["cex"],
        kind="saving",
        method="fixed",
        effective_from=quarter,
        shares={"LBHF": "1"},
        version=7,
        basis="Slipped in.",
        provenance="reported",
        decision=decision
        or Decision.objects.create(
            title="Slipped in", proposed_by=p.finance("LBHF"), proposed_at=NOW
        ),
    )


def an_agreed_decision(p: Partnership) -> Decision:
    """A decision agreed to before there is a rule that it is about."""
    decision = Decision.objects.create(
        title="Slipped in", proposed_by=p.finance("LBHF"), proposed_at=NOW
    )
    for code in ("LBHF", "RBKC"):
        consent(p, code, decision).save()
    return decision


def consent(p: Partnership, code: str, decision: Decision | None = None, **more: object) -> Consent:
    if decision is None:
        decision = AttributionRule.objects.get(service__slug="cex", kind="saving").decision
    return Consent(
        decision=decision,
        council=p.councils[code],
        by=p.s151(code),
        at=NOW,
        minute_reference="1",
        **{"agree": True, **more},
    )


def a_value(p: Partnership, quarter: Quarter) -> DriverValue:
    return DriverValue(
        driver=Driver.objects.get(code="posts"),
        council=p.councils["LBHF"],
        effective_from=quarter,
        value=5,
        source="Slipped in",
        provenance="reported",
    )


WAYS: dict[str, Callable[[Partnership], object]] = {
    # Changing who took part,
    "a spell saved as shorter": lambda p: saved(spell(p, "libraries", "WCC"), to_quarter=BEFORE),
    "a spell updated": lambda p: Participation.objects.filter(
        council=p.councils["WCC"], service=p.services["libraries"]
    ).update(from_quarter=Q2),
    "a spell bulk-updated": lambda p: in_bulk(spell(p, "libraries", "WCC"), to_quarter=BEFORE),
    "a spell given to another council": lambda p: saved(
        spell(p, "cex", "RBKC"), council=p.councils["WCC"]
    ),
    "a spell moved to another service": lambda p: saved(
        spell(p, "libraries", "WCC"), service=p.services["cex"]
    ),
    "a spell deleted": lambda p: spell(p, "libraries", "WCC").delete(),
    "spells deleted": lambda p: Participation.objects.all().delete(),
    "spells raw-deleted": lambda p: Participation.objects.all()._raw_delete("default"),
    "a council joins": lambda p: spells(p, "cex", ("WCC", Q1, Q1))[0].save(),
    "a council joined before": lambda p: spells(p, "cex", ("WCC", FIRST, None))[0].save(),
    "a first spell of its own": lambda p: spells(p, "library-service", ("WCC", Q2, None))[0].save(),
    "spells of its own": lambda p: Participation.objects.bulk_create(
        spells(p, "library-service", ("WCC", FIRST, None), ("LBHF", FIRST, None))
    ),
    "UPDATE participation": lambda p: raw("UPDATE services_participation SET to_quarter = 8051"),
    "DELETE participation": lambda p: raw("DELETE FROM services_participation"),
    "TRUNCATE participation": lambda p: raw("TRUNCATE services_participation"),
    "ON CONFLICT participation": lambda p: raw(
        "INSERT INTO services_participation (id, service_id, council_id, from_quarter, source)"
        " SELECT id, service_id, council_id, from_quarter, '' FROM services_participation"
        " ON CONFLICT (id) DO UPDATE SET to_quarter = 8051"
    ),
    "MERGE participation": lambda p: raw(
        "MERGE INTO services_participation s USING sovereignty_council c"
        " ON s.council_id = c.id AND c.code = 'WCC' WHEN MATCHED THEN DELETE"
    ),
    # who hosted,
    "a host updated": lambda p: Hosting.objects.update(council=p.councils["WCC"]),
    "a host's time ended": lambda p: Hosting.objects.update(to_quarter=BEFORE),
    "a host deleted": lambda p: Hosting.objects.all().delete(),
    "a host of its own": lambda p: Hosting.objects.create(
        service=p.services["library-service"], council=p.councils["WCC"], from_quarter=FIRST
    ),
    "TRUNCATE hosting": lambda p: raw("TRUNCATE services_hosting"),
    # what became of it,
    "a state": lambda p: states(p, ("library-service", "single", Q1, Q1))[0].save(),
    "a state from before": lambda p: ServiceState.objects.bulk_create(
        states(p, ("library-service", "not_recommended", FIRST, None))
    ),
    "a state above": lambda p: states(p, ("libraries", "under_consideration", Q1, None))[0].save(),
    "a state above what waits for agreement": lambda p: ServiceState.objects.bulk_create(
        states(p, ("cex", "single", FIRST, Q1), ("libraries", "shared", FIRST, Q1))
    ),
    "INSERT state": lambda p: raw(
        "INSERT INTO services_servicestate (service_id, state, from_quarter, settled_by, document,"
        " place, note) VALUES (%s, 'single', %s, 'Nobody', 'None', '', '')",
        p.services["libraries"].id,
        Q1.ordinal,
    ),
    "TRUNCATE states": lambda p: raw("TRUNCATE services_servicestate"),
    # where a service is in the tree,
    "a service moved": lambda p: saved(
        p.services["library-service"], parent=p.services["childrens"]
    ),
    "a service moved by update": lambda p: Service.objects.filter(slug="youth-offending").update(
        parent=None
    ),
    "a service above moved": lambda p: Service.objects.filter(slug="libraries").update(
        parent=p.services["cex"]
    ),
    "a service deleted": lambda p: p.services["library-service"].delete(),
    "DELETE service": lambda p: raw("DELETE FROM services_service WHERE slug = 'library-service'"),
    "TRUNCATE service": lambda p: raw("TRUNCATE services_service CASCADE"),
    # what it is split by,
    "a rule": lambda p: a_rule(p, Q1, an_agreed_decision(p)).save(),
    "a rule from before": lambda p: AttributionRule.objects.bulk_create([a_rule(p, FIRST)]),
    "an agreement": lambda p: consent(p, "RBKC").save(),
    "an agreement in bulk": lambda p: Consent.objects.bulk_create([consent(p, "RBKC")]),
    "INSERT consent": lambda p: raw(
        "INSERT INTO sovereignty_consent (decision_id, council_id, agree, by_id, at,"
        " minute_reference, reason) SELECT %s, %s, true, %s, now(), '1', ''",
        consent(p, "RBKC").decision_id,
        p.councils["RBKC"].id,
        p.s151("RBKC").id,
    ),
    "a refusal": lambda p: consent(p, "RBKC", agree=False, reason="No.").save(),
    "a rule in force withdrawn": lambda p: Decision.objects.filter(
        rule__service__slug="libraries"
    ).update(withdrawn_at=NOW, withdrawn_by=p.people["auditor"], withdrawn_reason="No."),
    "a driver's value": lambda p: a_value(p, Q1).save(),
    "a driver's value in bulk": lambda p: DriverValue.objects.bulk_create([a_value(p, FIRST)]),
    # and what everything is called.
    "a council's code": lambda p: Council.objects.filter(code="WCC").update(code="WEST"),
    "a council deleted": lambda p: p.councils["WCC"].delete(),
    "DELETE council": lambda p: raw("DELETE FROM sovereignty_council WHERE code = 'WCC'"),
    "a service's slug": lambda p: saved(p.services["library-service"], slug="books"),
    "a driver's code": lambda p: Driver.objects.update(code="people"),
    "a username": lambda p: User.objects.filter(username="s151.wcc").update(username="a"),
    "a user deleted": lambda p: p.s151("WCC").delete(),
    "a user raw-deleted": lambda p: User.objects.filter(username="auditor")._raw_delete("default"),
    "DELETE user": lambda p: raw("DELETE FROM sovereignty_user WHERE username = 'auditor'"),
}


REFUSED = (
    "the quarter is closed and its figures stand|not (withdrawn|refused)|may not be emptied"
    "|Cannot (update|delete) rows"
    # Rows that others rest on can't be deleted, and spells that must not overlap don't.
    "|violates foreign key constraint|referenced through protected foreign keys|conflicting key"
)


@transaction.atomic
def to_the_end(act: Callable[[], object]) -> None:
    """Act, and check what a transaction of its own would check when it ends."""
    act()
    raw("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("way", WAYS)
def test_what_closed_quarters_rest_on_never_changes(way: str, closed: Partnership) -> None:
    before, divided = tables(), digest()
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    raw("SET CONSTRAINTS ALL DEFERRED")
    with pytest.raises(DatabaseError, match=REFUSED):
        to_the_end(lambda: WAYS[way](closed))
    assert tables() == before
    assert digest() == divided


LET_THROUGH: dict[str, Callable[[Partnership], object]] = {
    "a council leaves from the next quarter on": lambda p: saved(
        spell(p, "libraries", "WCC"), to_quarter=Q1
    ),
    "a council joins in the next quarter": lambda p: spells(p, "cex", ("WCC", Q2, None))[0].save(),
    "its source is put right": lambda p: Participation.objects.update(source="The minutes."),
    "spells of its own that say what was inherited": lambda p: Participation.objects.bulk_create(
        spells(
            p,
            "library-service",
            ("LBHF", FIRST, None),
            ("RBKC", FIRST, None),
            ("WCC", FIRST, Q1),
        )
    ),
    "a service that nothing was certified for": lambda p: spells(
        p, "youth-offending", ("WCC", Q1, None)
    )[0].save(),
    "a state from the next quarter on": lambda p: states(p, ("libraries", "single", Q2, None))[
        0
    ].save(),
    "a state up to the quarter before": lambda p: states(p, ("libraries", "single", FIRST, BEFORE))[
        0
    ].save(),
    "a state that says what was": lambda p: states(p, ("libraries", "shared", FIRST, None))[
        0
    ].save(),
    "a state of a service that nothing was shared in": lambda p: states(
        p, ("youth-offending", "single", FIRST, None)
    )[0].save(),
    "another host from the next quarter on": lambda p: Hosting.objects.update(to_quarter=Q1),
    "a service with no figures moves": lambda p: saved(
        Service.objects.create(slug="choirs", name="Choirs", parent=p.services["libraries"]),
        parent=p.services["cex"],
    ),
    "a name": lambda p: Service.objects.filter(slug="libraries").update(name="Books"),
    "a rule from the next quarter on": lambda p: a_rule(p, Q2).save(),
    "a driver's value from the next quarter on": lambda p: a_value(p, Q2).save(),
}


@pytest.mark.parametrize("way", LET_THROUGH)
def test_changes_that_leave_closed_quarters_as_they_were_are_allowed(
    way: str, closed: Partnership
) -> None:
    before, divided = tables(), digest()
    LET_THROUGH[way](closed)
    assert tables() != before
    assert digest() == divided


def test_a_spell_may_be_written_again_as_it_is(closed: Partnership) -> None:
    before, divided = tables(), digest()
    raw("UPDATE services_participation SET from_quarter = from_quarter")
    assert tables() == before
    assert digest() == divided


STATE_CHANGES: dict[str, Callable[[], object]] = {
    "deleted": lambda: ServiceState.objects.all().delete(),
    "DELETE": lambda: raw("DELETE FROM services_servicestate"),
    "shared after all": lambda: ServiceState.objects.update(state="shared"),
    "from the next quarter on": lambda: ServiceState.objects.update(from_quarter=Q2),
    "moved to another service": lambda: ServiceState.objects.update(
        service=Service.objects.get(slug="cex")
    ),
}


@pytest.fixture
@kept
def kept_apart(db: None) -> Partnership:
    """Q1 is closed with a shared saving of a service that its state keeps apart since."""
    partnership = build()
    partnership.rule("libraries", LIBRARIES)
    partnership.certified("LBHF", a_saving(amount="100.01"))
    ServiceState.objects.bulk_create(states(partnership, ("library-service", "single", Q1, None)))
    for code in ("RBKC", "WCC"):
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    return partnership


@pytest.mark.parametrize("way", STATE_CHANGES)
def test_a_state_of_a_closed_quarter_stays(way: str, kept_apart: Partnership) -> None:
    before, divided = tables(), digest()
    with pytest.raises(DatabaseError, match="the quarter is closed and its figures stand"):
        to_the_end(STATE_CHANGES[way])
    assert (tables(), digest()) == (before, divided)


def test_a_state_ends_after_a_closed_quarter_and_gives_way_to_one_alike(
    kept_apart: Partnership,
) -> None:
    divided = digest()
    ServiceState.objects.update(to_quarter=Q1, note="Put right.")
    ServiceState.objects.update(state="not_recommended")
    states(kept_apart, ("library-service", "shared", Q2, None))[0].save()
    assert digest() == divided


def test_entries_of_an_open_quarter_do_not_fix_who_took_part(closed: Partnership) -> None:
    closed.certified("LBHF", a_saving("youth-offending", "3.00"), quarter=Q2)
    Participation.objects.filter(service=closed.services["childrens"]).update(to_quarter=BEFORE)
    assert set(
        Participation.objects.filter(service__slug="childrens").values_list("to_quarter", flat=True)
    ) == {BEFORE}


def test_a_correction_fixes_the_quarter_whose_rule_it_is_split_by(closed: Partnership) -> None:
    """A later entry that corrects an earlier one: it falls as in the closed quarter."""
    corrected = closed.parent("WCC").entries.get()
    closed.certified(
        "WCC", a_saving("youth-offending", "-1.00", corrects=str(corrected.id)), quarter=Q2
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        spell(closed, "childrens", "WCC").delete()
    saved(spell(closed, "childrens", "WCC"), to_quarter=Q1)


def test_who_took_part_may_be_put_right_in_a_quarter_that_no_rule_covers(
    partnership: Partnership,
) -> None:
    partnership.rule("libraries", LIBRARIES, effective_from=Q2)
    partnership.certified("LBHF", a_saving(amount="100.01"))
    for code in ("RBKC", "WCC"):
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    divided = digest()
    saved(spell(partnership, "libraries", "WCC"), from_quarter=Q2)
    assert digest() == divided


def close_q1(p: Partnership) -> None:
    close_period(quarter=Q1, by=p.people["programme.office"], at=NOW)


def test_a_claim_fixes_who_took_part_though_there_is_no_rule(partnership: Partnership) -> None:
    partnership.approval()
    partnership.certified("LBHF", a_saving(amount="300.00", scope="own"))
    partnership.certified("RBKC", a_saving(amount="100.00", scope="own"))
    partnership.certified("WCC", a_claim("80.00"))
    close_q1(partnership)
    divided = digest()
    with pytest.raises(DatabaseError, match="figures stand"), transaction.atomic():
        spell(partnership, "libraries", "RBKC").delete()
    assert digest() == divided


def test_a_budget_can_not_be_agreed_once_its_quarter_is_closed(partnership: Partnership) -> None:
    """Costs that name it without full agreement fell on the reporting council, and stay there."""
    approval = partnership.approval(agreed_by=["LBHF", "RBKC"])
    parent = partnership.draft("WCC", a_cost("transition_cost", amount="80.00"))
    Entry.objects.filter(parent=parent).update(approval="moves")
    Return.objects.filter(id=parent.id).update(
        status="certified",
        submitted_by=partnership.finance("WCC"),
        submitted_at=NOW,
        certified_by=partnership.s151("WCC"),
        certified_at=NOW,
    )
    for code in ("LBHF", "RBKC"):
        partnership.certified(code, a_saving(scope="own"))
    close_q1(partnership)
    divided = digest()
    for more in ({"agree": True}, {"agree": False, "reason": "No."}):
        with pytest.raises(DatabaseError, match="figures stand"), transaction.atomic():
            consent(partnership, "WCC", approval.decision, **more).save()
    assert digest() == divided


def test_a_rule_in_force_before_a_council_joined_can_not_be_withdrawn(closed: Partnership) -> None:
    """The newcomer's silence does not make it a proposal again."""
    decision = AttributionRule.objects.get(service__slug="libraries", kind="saving").decision
    Council.objects.create(code="BRENT", name="Brent", full_name="Brent")
    Participation.objects.create(
        service=closed.services["libraries"],
        council=Council.objects.get(code="BRENT"),
        from_quarter=Q2,
    )
    person = User.objects.create(username="s151.brent")
    Appointment.objects.create(
        user=person, role="section_151_officer", council=Council.objects.get(code="BRENT")
    )
    divided = digest()
    with pytest.raises(DatabaseError, match="figures stand"), transaction.atomic():
        Consent.objects.create(
            decision=decision,
            council=Council.objects.get(code="BRENT"),
            by=person,
            agree=False,
            at=NOW,
            minute_reference="1",
            reason="No.",
        )
    office = closed.people["programme.office"]
    with pytest.raises(WrongState, match="had agreed to this in 2013/14 Q1, so it stands"):
        withdraw_proposal(decision_id=decision.id, reason="Why not.", by=office, at=NOW)
    with pytest.raises(DatabaseError, match="not withdrawn"), transaction.atomic():
        raw(
            "UPDATE sovereignty_decision SET withdrawn_at = now(), withdrawn_by_id = %s,"
            " withdrawn_reason = 'x' WHERE id = %s",
            office.id,
            decision.id,
        )
    assert digest() == divided


def test_a_council_that_joins_later_can_not_refuse_a_rule_that_the_others_share_by(
    partnership: Partnership,
) -> None:
    rule = partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    spells(partnership, "cex", ("WCC", Q2, None))[0].save()
    partnership.certified("LBHF", a_saving("cex", "10.00"))
    partnership.certified("LBHF", a_saving("cex", "10.00"), quarter=Q2)
    divided = digest()
    with pytest.raises(WrongState, match="can no longer be refused"):
        answer(
            decision_id=rule.decision_id,
            agree=False,
            minute_reference="1",
            reason="No.",
            by=partnership.s151("WCC"),
            at=NOW,
        )
    with pytest.raises(DatabaseError, match="not refused"), transaction.atomic():
        consent(partnership, "WCC", rule.decision, agree=False, reason="No.").save()
    assert digest() == divided
    partnership.agree(rule.decision_id, "WCC")
    assert digest() != divided


def test_a_council_that_takes_no_part_can_not_refuse_a_rule_of_others(
    partnership: Partnership,
) -> None:
    """Nor can one that shares only a part, nor one that joins later once all others have agreed."""
    spells(partnership, "chief-executive-leadership", ("WCC", Q2, None), ("LBHF", Q1, None))
    waiting = partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"}, agreed_by=["LBHF"])
    with pytest.raises(DatabaseError, match="nothing to refuse"), transaction.atomic():
        consent(partnership, "WCC", waiting.decision, agree=False, reason="No.").save()
    later = Q2.following.following
    to_come = partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"}, effective_from=later)
    spells(partnership, "cex", ("WCC", later.following, None))[0].save()
    with pytest.raises(DatabaseError, match="not refused"), transaction.atomic():
        consent(partnership, "WCC", to_come.decision, agree=False, reason="No.").save()


def test_a_proposal_that_waits_for_a_closed_quarter_may_be_withdrawn(closed: Partnership) -> None:
    waiting = AttributionRule.objects.get(service__slug="cex", kind="saving")
    divided = digest()
    office = closed.people["programme.office"]
    withdraw_proposal(decision_id=waiting.decision_id, reason="Late.", by=office, at=NOW)
    assert Decision.objects.get(id=waiting.decision_id).is_withdrawn
    assert digest() == divided


def test_a_reopened_quarter_may_be_put_right(closed: Partnership) -> None:
    reopen_period(quarter=Q1, reason="A slip.", by=closed.people["programme.office"], at=NOW)
    saved(spell(closed, "libraries", "WCC"), to_quarter=BEFORE)
    consent(closed, "RBKC").save()
    assert spell(closed, "libraries", "WCC").to_quarter == BEFORE
