"""What is put back in a test is what the fixture made: rows added, changed and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from django.db import transaction

from services.models import Service
from sovereignty.models import Council
from tests.kept import MOST, kept

pytestmark = pytest.mark.django_db

Made = TypeVar("Made")


def undone(act: Callable[[], Made]) -> tuple[Made, list[Any]]:
    """What an act returned, and the services after it; then all of it is undone."""
    with transaction.atomic():
        made = act()
        services = list(Service.objects.order_by("id").values())
        transaction.set_rollback(True)
    return made, services


@pytest.fixture
def before(db: None) -> list[Service]:
    return [
        Service.objects.create(slug=slug, name=slug, position=1) for slug in ("one", "two", "three")
    ]


def test_rows_added_changed_and_removed_are_put_back(before: list[Service]) -> None:
    times = []

    @kept
    def change() -> Service:
        times.append(1)
        Service.objects.filter(slug="one").update(name="Changed, 100% of “it”; and 'so'")
        Service.objects.filter(slug="two").delete()
        return Service.objects.create(slug="four", name="Four", position=2)

    first, expected = undone(change)
    second, found = undone(change)

    assert [row["slug"] for row in expected] == ["one", "three", "four"]
    assert (second, found) == (first, expected)
    assert len(times) == 1


def test_it_runs_where_the_database_stands_otherwise(before: list[Service]) -> None:
    times = []

    @kept
    def count() -> int:
        times.append(1)
        return Service.objects.count() + Council.objects.count()

    assert [count(), count()] == [3, 3]
    Council.objects.create(code="LBHF", name="Hammersmith & Fulham", full_name="The council")
    assert [count(), count()] == [4, 4]
    assert len(times) == 2


def test_the_argument_that_it_returned_is_given_back(before: list[Service]) -> None:
    @kept
    def added(given: list[Service]) -> list[Service]:
        Service.objects.create(slug="four", name="Four", position=2)
        return given

    for _ in range(2):
        other = list(before)
        assert undone(lambda given=other: added(given=given))[0] is other  # type: ignore[misc]


def test_it_remembers_the_last_states_that_it_started_from(before: list[Service]) -> None:
    times = []

    @kept
    def count() -> int:
        times.append(1)
        return Service.objects.count()

    for number in range(MOST):
        count()
        Service.objects.create(slug=f"more-{number}", name="More", position=3)
    assert len(times) == MOST
    count()
    Service.objects.exclude(slug__in=["one", "two", "three"]).delete()
    count()
    assert len(times) == MOST + 2


def test_what_fails_is_not_kept(before: list[Service]) -> None:
    times = []

    @kept
    def fails_once() -> int:
        times.append(1)
        if len(times) == 1:
            raise ValueError("not yet")
        return len(times)

    with pytest.raises(ValueError, match="not yet"):
        fails_once()
    assert [fails_once(), fails_once()] == [2, 2]
