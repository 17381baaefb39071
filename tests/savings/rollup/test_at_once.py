"""The rollup while others work: one at a time, nothing lost, and every reader sees one version."""

from __future__ import annotations

import threading

import pytest
from django.db import transaction

from savings.agreements.actions import answer
from savings.certification.actions import certify
from savings.rollup.actions import roll_up_dirty, roll_up_everything
from savings.rollup.models import RolledReturn, RollupState
from savings.rollup.reports import standing
from tests.at_once import at_once, held_up, kinds
from tests.partnership import NOW, Partnership, a_saving
from tests.savings.rollup.books import books, books_from_the_entries, parts, waiting
from tests.savings.rollup.conftest import ROWS, THIRDS

pytestmark = pytest.mark.django_db(transaction=True)

THREE_POUNDS = [("LBHF", 100), ("RBKC", 100), ("WCC", 100)]


def test_several_rollups_at_once_leave_one_right_state(certified: Partnership) -> None:
    right = books_from_the_entries()
    results = at_once(
        *[lambda: roll_up_dirty(at=NOW)] * 3, *[lambda: roll_up_everything(at=NOW)] * 2
    )
    assert kinds(results) == ["RollupState"] * 5
    assert books() == right
    assert [row[0] for row in right["state"]] == [1]
    assert waiting() == []


def test_a_rollup_waits_for_the_one_that_runs(certified: Partnership) -> None:
    """While the first is paused with every lock, a second waits and then finds nothing to do."""
    with held_up(lambda: roll_up_dirty(at=NOW), at=RolledReturn) as first:
        second = threading.Thread(
            target=lambda: found.extend(at_once(lambda: roll_up_dirty(at=NOW)))
        )
        found: list[object] = []
        second.start()
        second.join(timeout=0.3)
        assert second.is_alive()
    second.join(timeout=20)
    assert [state.version for state in (*first, *found) if isinstance(state, RollupState)] == [1, 1]
    assert books() == books_from_the_entries()


def test_readers_see_the_old_version_until_the_new_one_is_whole(certified: Partnership) -> None:
    roll_up_dirty(at=NOW)
    before = books()
    certified.rule("childrens", THIRDS)
    with held_up(lambda: roll_up_dirty(at=NOW), at=RolledReturn):
        assert standing().state == "running"
        assert books() == before
    assert standing().state == "current"
    assert books() == books_from_the_entries() != before


def test_a_return_certified_while_a_rollup_runs_waits_for_the_next(
    partnership: Partnership,
) -> None:
    partnership.certified("WCC", a_saving(amount="3.00"))
    with held_up(lambda: roll_up_dirty(at=NOW), at=RolledReturn):
        at_once(lambda: partnership.certified("LBHF", a_saving(amount="6.00")))
        assert waiting() == ["WCC", "LBHF"]
    assert waiting() == ["LBHF"]
    assert standing().state == "pending"
    assert parts() == THREE_POUNDS
    roll_up_dirty(at=NOW)
    assert waiting() == []
    assert parts() == [*THREE_POUNDS, ("LBHF", 200), ("RBKC", 200), ("WCC", 200)]


def test_a_return_certified_while_a_full_rollup_runs_waits_for_the_next(
    partnership: Partnership,
) -> None:
    partnership.certified("WCC", a_saving(amount="3.00"))
    with held_up(lambda: roll_up_everything(at=NOW), at=RolledReturn):
        at_once(lambda: partnership.certified("LBHF", a_saving(amount="6.00")))
    assert waiting() == ["LBHF"]
    roll_up_dirty(at=NOW)
    assert books() == books_from_the_entries()


def test_a_return_marked_again_while_it_is_rolled_up_is_rolled_up_again(
    partnership: Partnership,
) -> None:
    """A rule agreed meanwhile counts from the next rollup on."""
    partnership.certified("WCC", a_saving("youth-offending", "3.00"))
    with held_up(lambda: roll_up_dirty(at=NOW), at=RolledReturn):
        at_once(lambda: partnership.rule("childrens", THIRDS))
    assert waiting() == ["WCC"] * 3
    roll_up_dirty(at=NOW)
    assert waiting() == []
    assert parts("youth-offending") == THREE_POUNDS


def test_a_return_certified_while_a_council_agrees_is_split_by_that_rule(
    partnership: Partnership,
) -> None:
    """Neither sees the other's work before it is done, yet neither may miss it."""
    rule = partnership.rule("childrens", THIRDS, agreed_by=("LBHF", "WCC"))
    parent = partnership.submitted("WCC", a_saving("youth-offending", "3.00"))
    answered, counted = threading.Event(), threading.Event()

    def agree() -> bool:
        with transaction.atomic():
            answer(
                decision_id=rule.decision_id,
                agree=True,
                minute_reference="RBKC minute 1",
                by=partnership.s151("RBKC"),
                at=NOW,
            )
            answered.set()
            # Somebody who waits for this transaction can't finish before it.
            return counted.wait(timeout=1)

    def sign() -> None:
        answered.wait(timeout=20)
        certify(return_id=parent.id, version=2, by=partnership.s151("WCC"), at=NOW)
        roll_up_dirty(at=NOW)
        counted.set()

    results = at_once(agree, sign)
    roll_up_dirty(at=NOW)
    assert parts("youth-offending") == THREE_POUNDS
    assert books() == books_from_the_entries()
    assert results == [False, None]


def test_councils_can_certify_and_agree_at_the_same_moment(partnership: Partnership) -> None:
    rule = partnership.rule("childrens", THIRDS, agreed_by=())
    parents = {code: partnership.submitted(code, *ROWS[code]) for code in ROWS}

    def agree(code: str) -> object:
        return answer(
            decision_id=rule.decision_id,
            agree=True,
            minute_reference=f"{code} minute 1",
            by=partnership.s151(code),
            at=NOW,
        )

    def sign(code: str) -> object:
        certified = certify(
            return_id=parents[code].id, version=2, by=partnership.s151(code), at=NOW
        )
        roll_up_dirty(at=NOW)
        return certified

    results = at_once(
        *(lambda code=code, act=act: act(code) for code in ROWS for act in (agree, sign))
    )
    assert kinds(results) == ["Consent"] * 3 + ["Return"] * 3
    roll_up_dirty(at=NOW)
    assert waiting() == []
    assert books() == books_from_the_entries()
    assert parts("youth-offending")[-3:] == [("LBHF", 234), ("RBKC", 233), ("WCC", 233)]
