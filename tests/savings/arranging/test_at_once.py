"""Two people arrange services, or one does and another saves a return, at the same moment."""

from __future__ import annotations

import threading

import pytest

from audit.models import Event
from savings.returns.models import Entry
from services.models import Service
from tests.at_once import at_once, held_up, kinds
from tests.partnership import Q2, Partnership, a_saving, build
from tests.savings.arranging.changing import add, move, retire, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partnership() -> Partnership:
    return build()


def test_a_service_is_added_only_once(partnership: Partnership) -> None:
    results = at_once(lambda: add(partnership), lambda: add(partnership))
    assert kinds(results) == ["BadContent", "Done"]


def test_two_services_are_not_put_below_each_other(partnership: Partnership) -> None:
    results = at_once(
        lambda: move(partnership, "cex", "libraries"), lambda: move(partnership, "libraries", "cex")
    )
    assert kinds(results) == ["BadContent", "Done"]
    assert Service.objects.tree().path("cex")


def test_a_save_waits_for_a_retirement_under_way_and_is_refused(partnership: Partnership) -> None:
    late: list[object] = []

    def save() -> object:
        return partnership.draft("WCC", a_saving(scope="own"), quarter=Q2)

    second = threading.Thread(target=lambda: late.extend(at_once(save)))
    with held_up(lambda: retire(partnership, "libraries", Q2), at=Event) as results:
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join(timeout=60)
    assert (kinds(results), kinds(late)) == (["Done"], ["BadContent"])
    assert not Entry.objects.exists()


def test_a_retirement_waits_for_a_save_under_way_and_is_refused(partnership: Partnership) -> None:
    late: list[object] = []

    def save() -> object:
        return partnership.draft("WCC", a_saving(scope="own"), quarter=Q2)

    second = threading.Thread(
        target=lambda: late.extend(at_once(lambda: retire(partnership, "libraries", Q2)))
    )
    with held_up(save, at=Event) as results:
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join(timeout=60)
    assert (kinds(results), kinds(late)) == (["Return"], ["BadContent"])
    assert states("libraries") == []
