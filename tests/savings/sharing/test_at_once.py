"""Two people change who shares a service at the same moment: one after the other."""

from __future__ import annotations

import threading

import pytest

from audit.models import Event
from savings.certification.actions import certify
from savings.kit.provenance import Provenance
from savings.returns.models import DirtyReturn
from savings.rollup.tasks import roll_up
from savings.sharing.actions import Left, set_host
from services.models import Participation, Service
from sovereignty.refusals import BadContent
from tests.at_once import at_once, held_up, kinds
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving, build
from tests.savings.sharing.changing import falls, join, leave, spells

pytestmark = pytest.mark.django_db(transaction=True)

PART = "library-service"


@pytest.fixture
def partnership() -> Partnership:
    return build()


def test_a_council_that_joins_twice_at_once_joins_only_once(partnership: Partnership) -> None:
    results = at_once(lambda: join(partnership), lambda: join(partnership))
    assert kinds(results) == ["BadContent", "Participation"]
    assert [code for code, _, _ in spells("cex")] == ["LBHF", "RBKC", "WCC"]


def test_two_of_three_councils_can_not_leave_at_once(partnership: Partnership) -> None:
    results = at_once(
        lambda: leave(partnership, code="LBHF"), lambda: leave(partnership, code="WCC")
    )
    (refused,) = [result for result in results if isinstance(result, BadContent)]
    assert "fewer than two councils" in refused.errors[0].message
    assert len(Service.objects.tree().participants("libraries", Q2)) == 2


def test_a_part_gets_participants_of_its_own_only_once(partnership: Partnership) -> None:
    """The first is paused after writing them; the second continues from what it wrote."""
    late: list[object] = []
    second = threading.Thread(
        target=lambda: late.extend(at_once(lambda: leave(partnership, PART, "WCC", last=Q2)))
    )
    with held_up(lambda: leave(partnership, PART, "LBHF", last=Q2), at=Event) as results:
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join(timeout=60)
    assert (results, kinds(late)) == ([Left(called_off=False, again=None)], ["BadContent"])
    assert [(code, last) for code, _, last in spells(PART)] == [
        ("LBHF", Q2.code),
        ("RBKC", None),
        ("WCC", None),
    ]


def test_a_part_inherits_what_is_recorded_when_its_turn_comes(partnership: Partnership) -> None:
    """A change above under way is finished first, and the part's own spells begin with it."""
    late: list[object] = []
    second = threading.Thread(
        target=lambda: late.extend(
            at_once(lambda: join(partnership, "chief-executive-leadership", since=Q2.following))
        )
    )
    with held_up(lambda: join(partnership, "cex", since=Q1), at=Event) as results:
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join(timeout=60)
    assert (kinds(results), kinds(late)) == (["Participation"], ["BadContent"])
    assert not Participation.objects.filter(service__slug="chief-executive-leadership").exists()


def test_a_council_can_not_leave_while_it_becomes_host(partnership: Partnership) -> None:
    def host() -> object:
        return set_host(
            service=partnership.services["libraries"],
            council=partnership.councils["WCC"],
            effective_from=Q2,
            source="Cabinet",
            provenance=Provenance.REPORTED,
            by=partnership.people["programme.office"],
            at=NOW,
        )

    results = at_once(host, lambda: leave(partnership))
    assert [isinstance(result, BadContent) for result in results].count(True) == 1
    tree = Service.objects.tree()
    assert tree.host("libraries", Q2) in tree.participants("libraries", Q2)


def test_a_return_certified_at_the_same_moment_is_rolled_up_again(
    partnership: Partnership,
) -> None:
    """A certifier waits for a joining under way; either way the return is marked."""
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    partnership.submitted("RBKC", a_saving("cex", "60.00"), quarter=Q2)
    sent = partnership.parent("RBKC", Q2)

    def sign() -> object:
        return certify(return_id=sent.id, version=sent.version, by=partnership.s151("RBKC"), at=NOW)

    results = at_once(lambda: join(partnership), sign)
    assert kinds(results) == ["Participation", "Return"]
    assert DirtyReturn.objects.filter(parent=sent).exists()
    roll_up()
    assert falls(Q2) == [(None, 6000)]
