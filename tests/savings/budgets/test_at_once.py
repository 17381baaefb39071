"""Two councils claim what is left at the same moment: one of them gets it."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import Event
from savings.budgets.actions import propose_budget
from savings.budgets.models import claimed_on
from savings.certification.actions import certify, submit
from savings.returns.models import Return
from savings.rollup.actions import roll_up_dirty, roll_up_everything
from savings.rollup.models import Fact
from sovereignty.refusals import WrongState
from tests.at_once import at_once, held_up, kinds
from tests.partnership import NOW, Q1, Partnership, a_claim, a_saving, build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partnership() -> Partnership:
    return build()


def test_only_one_of_two_claims_that_do_not_both_fit_is_submitted(partnership: Partnership) -> None:
    partnership.approval(ceiling="100.00")
    drafts = {code: partnership.draft(code, a_claim("60.00")) for code in ("LBHF", "WCC")}

    def hand_in(code: str) -> Return:
        parent = drafts[code]
        return submit(
            return_id=parent.id, version=parent.version, by=partnership.finance(code), at=NOW
        )

    results = at_once(lambda: hand_in("LBHF"), lambda: hand_in("WCC"))
    assert kinds(results) == ["Return", "WrongState"]
    (refused,) = [result for result in results if isinstance(result, WrongState)]
    assert "other councils have submitted claims that are not certified yet" in str(refused)
    assert claimed_on(["moves"])["moves"] == 60_00


def test_a_submission_waits_for_one_under_way(partnership: Partnership) -> None:
    """The first is paused while it holds the budget; the second finds the money claimed."""
    partnership.approval(ceiling="100.00")
    drafts = {code: partnership.draft(code, a_claim("60.00")) for code in ("LBHF", "WCC")}

    def hand_in(code: str) -> Return:
        parent = drafts[code]
        return submit(
            return_id=parent.id, version=parent.version, by=partnership.finance(code), at=NOW
        )

    late: list[object] = []
    second = threading.Thread(target=lambda: late.extend(at_once(lambda: hand_in("WCC"))))
    with held_up(lambda: hand_in("LBHF"), at=Event) as results:
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join(timeout=60)
    assert (kinds(results), kinds(late)) == (["Return"], ["WrongState"])


def test_a_snapshot_that_would_not_see_the_other_claim_is_refused(
    partnership: Partnership,
) -> None:
    drafts = two_that_claim_too_much(partnership)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT 1 FROM savings_entry")
        assert at_once(lambda: hand_in(partnership, drafts["LBHF"])) == [1]
        with pytest.raises(DatabaseError, match="READ COMMITTED"), transaction.atomic():
            hand_in(partnership, drafts["WCC"])
    assert claimed_on(["moves"])["moves"] == 60_00


def test_a_serializable_transaction_is_refused(partnership: Partnership) -> None:
    drafts = two_that_claim_too_much(partnership)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        cursor.execute("SELECT 1 FROM savings_entry")
        with pytest.raises(DatabaseError, match="READ COMMITTED"), transaction.atomic():
            hand_in(partnership, drafts["WCC"])
    assert claimed_on(["moves"]).get("moves", 0) == 0


def two_that_claim_too_much(partnership: Partnership) -> dict[str, Return]:
    partnership.approval(ceiling="100.00")
    return {code: partnership.draft(code, a_claim("60.00")) for code in ("LBHF", "WCC")}


def hand_in(partnership: Partnership, draft: Return) -> int:
    """Past the action, as the owner of the database."""
    assert draft.council is not None
    return Return.objects.filter(id=draft.id).update(
        status="submitted", submitted_by=partnership.finance(draft.council.code), submitted_at=NOW
    )


def test_two_budgets_proposed_at_once_do_not_get_one_code(partnership: Partnership) -> None:
    def propose(slug: str) -> object:
        return propose_budget(
            code="moves",
            service=partnership.services[slug],
            ceiling=100_00,
            effective_from=Q1,
            description="Moving.",
            by=partnership.people["programme.office"],
            at=NOW,
        )

    results = at_once(lambda: propose("libraries"), lambda: propose("cex"))
    assert kinds(results) == ["TransitionApproval", "WrongState"]


@pytest.mark.parametrize("round_", range(3))
def test_a_claim_is_right_when_certified_at_once_with_what_it_rests_on(
    round_: int, partnership: Partnership
) -> None:
    """Whichever comes first, and with or without a rollup in between, the result is right."""
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    partnership.approval()
    first = partnership.submitted("LBHF", a_saving(scope="own", amount="30.00"))
    second = partnership.submitted("WCC", a_saving(amount="30.00"))
    claim = partnership.submitted("RBKC", a_claim("10.00"))

    def sign(parent: Return, code: str) -> Return:
        return certify(
            return_id=parent.id, version=parent.version, by=partnership.s151(code), at=NOW
        )

    results = at_once(
        lambda: sign(first, "LBHF"),
        lambda: sign(claim, "RBKC"),
        lambda: roll_up_dirty(at=NOW),
        lambda: sign(second, "WCC"),
        lambda: roll_up_dirty(at=NOW),
    )
    assert kinds(results) == ["Return", "Return", "Return", "RollupState", "RollupState"]
    bit_by_bit = roll_up_dirty(at=NOW)
    parts = Fact.objects.filter(parent=claim).order_by("council__code")
    # Reductions of 40.00, 10.00 and 10.00.
    assert list(parts.values_list("council__code", "pence")) == [
        ("LBHF", 667),
        ("RBKC", 167),
        ("WCC", 166),
    ]
    assert roll_up_everything(at=NOW).digest == bit_by_bit.digest
