"""The rollup: whole, exact, the same by every way, and only of what is certified."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from finance.money import to_pence
from savings.agreements.actions import answer
from savings.certification.actions import send_back
from savings.drivers.actions import create_driver, set_driver_value
from savings.drivers.models import Driver
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.returns.models import DirtyReturn, Entry, Return
from savings.rollup import actions
from savings.rollup.actions import roll_up_dirty, roll_up_everything
from savings.rollup.models import Fact, RollupState, Total
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.rollup.books import books, books_from_the_entries, parts, waiting
from tests.savings.rollup.conftest import ROWS, THIRDS, a_cost

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def entry_of(code: str, position: int) -> int:
    return Entry.objects.values_list("id", flat=True).get(
        parent__council__code=code, parent__period__quarter=Q1, position=position
    )


# --- What it works out ---------------------------------------------------------


def test_every_entry_falls_where_it_belongs_to_the_penny(certified: Partnership) -> None:
    roll_up_dirty(at=NOW)
    assert {
        (code, position): list(
            Fact.objects.filter(entry=entry_of(code, position))
            .order_by("council__code")
            .values_list("council__code", "pence")
        )
        for code, rows in ROWS.items()
        for position in range(1, len(rows) + 1)
    } == {
        # By thirds, the odd penny to the first by the alphabet; its own; by halves.
        ("LBHF", 1): [("LBHF", 3334), ("RBKC", 3334), ("WCC", 3333)],
        ("LBHF", 2): [("LBHF", 2000)],
        ("LBHF", 3): [("LBHF", 2501), ("RBKC", 2500)],
        # By half and two quarters; restricted to two; the host's; shared like the cost;
        # a transition cost without an approval.
        ("RBKC", 1): [("LBHF", 617), ("RBKC", 309), ("WCC", 308)],
        ("RBKC", 2): [("RBKC", 500), ("WCC", 499)],
        ("RBKC", 3): [("RBKC", -777)],
        ("RBKC", 4): [("LBHF", 51), ("RBKC", 25), ("WCC", 25)],
        ("RBKC", 5): [("RBKC", 6400)],
        # Unattributed; on the council that changed its specification; two pennies less; 0, in
        # three.
        ("WCC", 1): [(None, 700)],
        ("WCC", 2): [("LBHF", 333)],
        ("WCC", 3): [("LBHF", -1), ("RBKC", -1), ("WCC", 0)],
        ("WCC", 4): [("LBHF", 0), ("RBKC", 0), ("WCC", 0)],
    }


def test_facts_add_up_to_each_entry_and_totals_to_the_facts(certified: Partnership) -> None:
    roll_up_dirty(at=NOW)
    by_entry: dict[int, int] = defaultdict(int)
    by_total: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for fact in Fact.objects.select_related("entry__service", "parent__period", "council"):
        assert fact.parent_id == fact.entry.parent_id
        by_entry[fact.entry_id] += fact.pence
        by_total[
            fact.parent_id,
            fact.parent.period.quarter,
            fact.entry.service.slug,
            fact.entry.kind,
            fact.council.code if fact.council else None,
            fact.entry.recurrence,
            fact.entry.nature,
        ].append(fact.pence)
    assert by_entry == {entry.id: to_pence(entry.amount) for entry in Entry.objects.all()}
    assert {row[:7]: row[7:9] for row in books()["totals"]} == {
        key: (sum(pence), len(pence)) for key, pence in by_total.items()
    }


def test_an_unattributed_entry_has_one_fact_without_a_council(certified: Partnership) -> None:
    roll_up_dirty(at=NOW)
    fact = Fact.objects.get(council=None)
    assert (fact.entry_id, fact.pence, fact.rule_id) == (entry_of("WCC", 1), 700, None)
    total = Total.objects.select_related("service").get(council=None)
    assert (total.service.slug, total.kind, total.pence, total.entries) == (
        "youth-offending",
        "saving",
        700,
        1,
    )


def test_a_fact_names_the_rule_it_rests_on(certified: Partnership) -> None:
    roll_up_dirty(at=NOW)
    thirds = AttributionRule.objects.get(service__slug="libraries", kind="saving")
    costs = AttributionRule.objects.get(service__slug="libraries", kind="ongoing_cost")
    assert dict(Fact.objects.values_list("entry_id", "rule_id")) == {
        entry_of("LBHF", 1): thirds.id,
        entry_of("LBHF", 2): None,
        entry_of("LBHF", 3): AttributionRule.objects.get(service__slug="cex").id,
        **{entry_of("RBKC", position): costs.id for position in (1, 2, 3, 4)},
        entry_of("RBKC", 5): None,
        entry_of("WCC", 1): None,
        entry_of("WCC", 2): None,
        entry_of("WCC", 3): thirds.id,
        entry_of("WCC", 4): thirds.id,
    }


def made_up(partnership: Partnership, shares: dict[str, str]) -> None:
    """An illustrative rule for children's services, in force."""
    rule = propose_rule(
        service=partnership.services["childrens"],
        kind="saving",
        method="fixed",
        effective_from=Q1,
        shares=shares,
        basis="Made up.",
        provenance=Provenance.ILLUSTRATIVE,
        by=partnership.people["programme.office"],
        at=NOW,
    )
    for code in partnership.councils:
        agree(partnership, rule, code)


def test_facts_that_rest_on_an_illustrative_rule_are_marked(partnership: Partnership) -> None:
    made_up(partnership, {"LBHF": "1/2", "RBKC": "1/2"})
    partnership.certified(
        "LBHF",
        a_saving("youth-offending", "10.00"),
        a_saving("youth-offending", "1.00", scope="own"),
        a_saving("childrens", "2.00", scope="own"),
        a_saving(amount="3.00"),
    )
    roll_up_dirty(at=NOW)
    assert [(row[2], row[3], row[5]) for row in books()["facts"]] == [
        ("LBHF", 500, True),
        ("RBKC", 500, True),
        ("LBHF", 100, False),
        ("LBHF", 200, False),
        ("LBHF", 100, False),
        ("RBKC", 100, False),
        ("WCC", 100, False),
    ]
    # A total that holds any of it is marked.
    assert [row[2:] for row in books()["totals"]] == [
        ("childrens", "saving", "LBHF", "recurring", "cashable", 200, 1, False),
        ("library-service", "saving", "LBHF", "recurring", "cashable", 100, 1, False),
        ("library-service", "saving", "RBKC", "recurring", "cashable", 100, 1, False),
        ("library-service", "saving", "WCC", "recurring", "cashable", 100, 1, False),
        ("youth-offending", "saving", "LBHF", "recurring", "cashable", 600, 2, True),
        ("youth-offending", "saving", "RBKC", "recurring", "cashable", 500, 1, True),
    ]


def test_another_rule_makes_another_version_though_every_penny_stays(
    partnership: Partnership,
) -> None:
    """The mark and the rule that a fact names are part of what readers see."""
    made_up(partnership, THIRDS)
    partnership.certified("WCC", a_saving("youth-offending", "10.00"))
    first = roll_up_dirty(at=NOW)
    marked = [row[-1] for row in books()["totals"]]
    pence = parts("youth-offending")
    partnership.rule("childrens", THIRDS)
    second = roll_up_dirty(at=NOW)
    assert parts("youth-offending") == pence
    assert (marked, [row[-1] for row in books()["totals"]]) == ([True] * 3, [False] * 3)
    assert (first.version, second.version) == (1, 2)
    assert first.digest != second.digest
    assert books() == books_from_the_entries()


def test_amounts_beyond_what_a_double_holds_are_exact(partnership: Partnership) -> None:
    partnership.certified("WCC", a_saving(amount="99999999999.99"), a_saving(amount="-0.01"))
    roll_up_dirty(at=NOW)
    assert parts() == [
        ("LBHF", 3_333_333_333_333),
        ("RBKC", 3_333_333_333_333),
        ("WCC", 3_333_333_333_333),
        ("LBHF", -1),
        ("RBKC", 0),
        ("WCC", 0),
    ]


@pytest.mark.parametrize("roll_up", [roll_up_dirty, roll_up_everything])
def test_only_certified_entries_count(
    roll_up: Callable[..., RollupState], partnership: Partnership
) -> None:
    """Marked or not, a draft, a submitted return and one sent back are in no total."""
    certified = partnership.certified("WCC", a_saving(amount="3.00"))
    partnership.draft("LBHF", a_saving(amount="50.00"))
    partnership.submitted("RBKC", a_saving(amount="70.00"))
    submitted = partnership.submitted("LBHF", a_saving(amount="90.00"), quarter=Q2)
    send_back(
        return_id=submitted.id,
        version=submitted.version,
        reason="Look again.",
        by=partnership.s151("LBHF"),
        at=NOW,
    )
    own = Return.objects.create(period=certified.period)
    Entry.objects.create(
        parent=own,
        position=1,
        service=partnership.services["cex"],
        kind="ongoing_cost",
        scope="own",
        amount=5,
    )
    DirtyReturn.objects.all().delete()
    for parent in Return.objects.all():
        DirtyReturn.objects.create(parent=parent, marked_at=NOW)
    roll_up(at=NOW)
    assert books()["facts"] == [
        (certified.entries.get().id, certified.id, code, 100, rule_id(), False)
        for code in ("LBHF", "RBKC", "WCC")
    ]
    assert [row[7] for row in books()["totals"]] == [100, 100, 100]
    assert [row[0] for row in books()["digests"]] == [certified.id]
    assert waiting() == []


def rule_id() -> int:
    return AttributionRule.objects.get(service__slug="libraries", kind="saving").id


# --- By every way the same -----------------------------------------------------


def test_two_full_rollups_give_the_same_as_one(certified: Partnership) -> None:
    first = roll_up_everything(at=NOW)
    once = books()
    second = roll_up_everything(at=LATER)
    assert (first.version, second.version) == (1, 1)
    assert first.digest == second.digest
    assert books() == {**once, "state": [(1, first.digest, LATER)]}


def test_a_rollup_with_nothing_waiting_changes_nothing(certified: Partnership) -> None:
    roll_up_dirty(at=NOW)
    before = books()
    ids = list(Fact.objects.order_by("id").values_list("id", flat=True))
    state = roll_up_dirty(at=LATER)
    assert (state.version, state.digest, state.finished_at) == before["state"][0]
    assert books() == before
    assert list(Fact.objects.order_by("id").values_list("id", flat=True)) == ids


def test_a_first_rollup_with_nothing_waiting_writes_nothing(partnership: Partnership) -> None:
    state = roll_up_dirty(at=NOW)
    assert (state.version, state.finished_at) == (0, None)
    assert books() == {"facts": [], "totals": [], "digests": [], "state": []}


def test_an_empty_return_is_rolled_up_to_nothing(partnership: Partnership) -> None:
    partnership.certified("WCC")
    state = roll_up_dirty(at=NOW)
    assert waiting() == []
    assert books() == {
        "facts": [],
        "totals": [],
        "digests": [],
        "state": [(1, state.digest, NOW)],
    }


def agree(partnership: Partnership, rule: AttributionRule, code: str) -> None:
    answer(
        decision_id=rule.decision_id,
        agree=True,
        minute_reference=f"{code} minute 2",
        by=partnership.s151(code),
        at=NOW,
    )


def value(partnership: Partnership, code: str, amount: str, quarter=Q1) -> None:
    set_driver_value(
        driver=Driver.objects.get(code="children"),
        council=partnership.councils[code],
        effective_from=quarter,
        value=Decimal(amount),
        source="Counted for the tests.",
        provenance=Provenance.REPORTED,
        by=partnership.people["programme.office"],
        at=NOW,
    )


def a_rule_by_children(partnership: Partnership) -> AttributionRule:
    office = partnership.people["programme.office"]
    create_driver(code="children", name="Children", unit="children", by=office, at=NOW)
    for code, amount in (("LBHF", "1500"), ("RBKC", "1219"), ("WCC", "2289")):
        value(partnership, code, amount)
    return propose_rule(
        service=partnership.services["childrens"],
        kind="saving",
        method="driver",
        driver=Driver.objects.get(code="children"),
        effective_from=Q1,
        basis="By children.",
        by=office,
        at=NOW,
    )


def test_step_by_step_gives_the_same_as_from_the_entries(partnership: Partnership) -> None:
    """Certifications, a rule agreed, a changed rule, a driver's value and a correction."""

    def in_q2(code: str, *rows: dict[str, object]) -> Callable[[], object]:
        return lambda: partnership.certified(code, *rows, quarter=Q2)

    def a_correction() -> object:
        row = a_saving("youth-offending", "-2.01", corrects=str(entry_of("WCC", 1)))
        return partnership.certified("WCC", row, quarter=Q2)

    rule = a_rule_by_children(partnership)
    for code in ("LBHF", "RBKC"):
        agree(partnership, rule, code)
    steps: dict[str, Callable[[], object]] = {
        "LBHF certified": lambda: partnership.certified("LBHF", *ROWS["LBHF"]),
        "WCC certified": lambda: partnership.certified("WCC", *ROWS["WCC"]),
        "LBHF certified in Q2": in_q2("LBHF", a_saving("youth-offending", "30.00")),
        "the last council agrees": lambda: agree(partnership, rule, "WCC"),
        "RBKC certified": lambda: partnership.certified("RBKC", *ROWS["RBKC"]),
        "more children in Q2": lambda: value(partnership, "WCC", "3000", Q2),
        "a correction in Q2": a_correction,
        "a later rule": lambda: partnership.rule(
            "library-service",
            {"LBHF": "1/2", "RBKC": "1/2"},
            effective_from=Q2,
            agreed_by=list(THIRDS),
        ),
        "RBKC certified in Q2": in_q2("RBKC", a_saving(amount="0.01"), a_cost("-9.99")),
    }
    version = 0
    for step, act in steps.items():
        act()
        version += step != "a later rule"  # in force for nothing certified yet
        assert roll_up_dirty(at=NOW).version == version, step
        assert waiting() == [], step
        assert books() == books_from_the_entries(), step
    assert parts("youth-offending") == [
        ("LBHF", 2000),
        # 1500, 1219 and 2289 of 5008,
        ("LBHF", 210),
        ("RBKC", 170),
        ("WCC", 320),
        # with WCC's 3000 of 5719 from Q2 on,
        ("LBHF", 787),
        ("RBKC", 639),
        ("WCC", 1574),
        # but not for what corrects Q1.
        ("LBHF", -60),
        ("RBKC", -49),
        ("WCC", -92),
    ]


@pytest.mark.parametrize(
    ("batch", "sizes"),
    [(1, [6, 9, 8, 0, 1, 0]), (2, [6, 9, 8, 0, 1]), (5, [6, 9, 8, 0, 1]), (7, [15, 8, 0, 1])],
)
def test_many_batches_give_the_same_as_one(
    batch: int, sizes: list[int], certified: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = books_from_the_entries()
    copied: list[int] = []
    copy_in = actions._copy_in

    def count(rows: actions._Batch) -> None:
        copied.append(rows.size)
        copy_in(rows)

    monkeypatch.setattr(actions, "BATCH", batch)
    monkeypatch.setattr(actions, "_copy_in", count)
    roll_up_dirty(at=NOW)
    assert books() == whole
    # The three returns have 6, 9 and 8 facts, and a return is never split between batches; the one
    # transition cost comes after everything that it could rest on.
    assert copied == sizes
