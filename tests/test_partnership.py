"""The partnership that tests restore is the same as the one that actions make."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import models, transaction

from audit.models import Event
from sovereignty.models import User
from tests import partnership as module
from tests.partnership import Q1, Partnership, a_saving, build, make

pytestmark = pytest.mark.django_db

#: What differs each time: the time of day, and what is drawn.
DRAWN: dict[type[models.Model], tuple[str, ...]] = {User: ("date_joined", "password")}
Rows = dict[str, list[dict[str, object]]]


def undone(act: Callable[[], Partnership]) -> tuple[Rows, list[str]]:
    """The rows after an act, and the councils, people and services it gave; all is undone."""
    with transaction.atomic():
        given = act()
        found, names = rows(), []
        for kind, things in vars(given).items():
            for name, thing in things.items():
                assert type(thing)._base_manager.get(pk=thing.pk) == thing
                known = sorted(vars(thing).keys() - {"_django_version"})  # which pickling adds
                names.append(f"{kind}: {name} is {thing}, with {known}")
        transaction.set_rollback(True)
    return found, names


def rows() -> Rows:
    """Every row of every table, with ids counted from the table's first."""
    tables = apps.get_models(include_auto_created=True)
    numbers = {
        table: {
            key: number
            for number, key in enumerate(
                table._base_manager.order_by("pk").values_list("pk", flat=True)
            )
        }
        for table in tables
    }
    return {
        table._meta.label: [
            {
                field.attname: numbered(numbers, table, field, row[field.attname])
                for field in table._meta.concrete_fields
                if field.attname not in DRAWN.get(table, ())
            }
            for row in table._base_manager.order_by("pk").values()
        ]
        for table in tables
    }


def numbered(
    numbers: dict[type[models.Model], dict[object, int]],
    table: type[models.Model],
    field: models.Field,
    value: object,
) -> object:
    about = field.related_model if field.is_relation else table if field.primary_key else None
    return value if about is None or value is None else numbers[about][value]


def test_the_restored_partnership_is_what_actions_make(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = undone(make)
    undone(build)  # keeps it, unless an earlier test did
    monkeypatch.delattr(module, "make")

    assert undone(build) == expected
    assert len(expected[0]["savings.Return"]) == 6


def test_actions_make_it_where_a_table_already_has_rows() -> None:
    undone(build)
    User.objects.create_user("somebody.else")

    assert set(build().people) < set(User.objects.values_list("username", flat=True))


def test_its_history_is_whole_and_continues() -> None:
    undone(build)
    partnership = build()

    partnership.certified("WCC", a_saving())

    assert partnership.parent("WCC", Q1).status == "certified"
    for chain in ("partnership", "WCC"):
        assert Event.objects.first_break(chain) is None
