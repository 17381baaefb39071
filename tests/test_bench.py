"""The made-up world of the measurements is a valid one, and the rollup of it adds up."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from bench.generate import NOW, World, generate
from finance.money import to_pence
from savings.returns.actions import certify
from savings.returns.models import Entry, Return
from savings.rollup.actions import roll_up_dirty, roll_up_everything
from savings.rollup.models import Fact, Total

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return generate(200, years=2, waiting=3, entries_waiting=10)


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All that the rollup holds, apart from row ids."""
    return {
        "facts": list(
            Fact.objects.order_by("entry_id", "council_id").values_list(
                "entry_id", "parent_id", "council_id", "pence", "rule_id", "illustrative"
            )
        ),
        "totals": list(
            Total.objects.current()
            .order_by("parent_id", "service_id", "council_id", "kind")
            .values_list(
                "parent_id", "quarter", "service_id", "council_id", "kind", "pence", "entries"
            )
        ),
    }


def test_the_same_seed_makes_the_same_world(world: World) -> None:
    certified = Entry.objects.filter(parent__status=Return.Status.CERTIFIED)

    assert certified.count() == world.entries == 200
    assert certified.aggregate(sum=Sum("amount"))["sum"] == Decimal("36440155.01")
    assert set(certified.values_list("kind", flat=True)) == set(Entry.Kind.values)
    assert certified.filter(corrects__isnull=False).exists()
    assert [len(Entry.objects.filter(parent=parent)) for parent, _ in world.waiting] == [10] * 3


def test_a_full_rollup_twice_adds_no_rows(world: World) -> None:
    roll_up_everything(at=NOW)
    before = list(Total.objects.order_by("id").values())

    roll_up_everything(at=NOW + timedelta(days=1))

    assert list(Total.objects.order_by("id").values()) == before


def test_incremental_and_full_agree_on_it(world: World) -> None:
    roll_up_everything(at=NOW)
    for parent_id, certifier in world.waiting:
        certify(return_id=parent_id, version=2, by=certifier, at=NOW)
        incremental = roll_up_dirty(at=NOW)
    found = everything()

    full = roll_up_everything(at=NOW)

    assert incremental.digest == full.digest
    assert found == everything()


def test_facts_and_totals_add_up_to_the_entries(world: World) -> None:
    roll_up_everything(at=NOW)

    certified = Entry.objects.filter(parent__status=Return.Status.CERTIFIED)
    amounts = dict(certified.order_by("kind").values_list("kind").annotate(sum=Sum("amount")))
    for kind, amount in amounts.items():
        facts = Fact.objects.filter(entry__kind=kind).aggregate(sum=Sum("pence"))["sum"]
        totals = Total.objects.current().filter(kind=kind).aggregate(sum=Sum("pence"))["sum"]
        assert facts == totals == to_pence(amount)
    assert Total.objects.current().filter(council__isnull=True).exists()
    assert Total.objects.current().filter(council__isnull=False).exists()
