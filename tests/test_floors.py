"""No foreign key points to a higher floor, however it is spelt.

`import-linter` reads only imports, and a foreign key given as text, such as "savings.Return", is
not one.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

#: From the ground up.
FLOORS = ["finance", "audit", "sovereignty", "services", "savings", "triborough"]
OURS = [
    model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in FLOORS
]


def floor_of(model: type[models.Model]) -> int:
    """A model's floor; for another package the ground, on which every floor may stand."""
    label = model._meta.app_label
    return FLOORS.index(label) if label in FLOORS else 0


def arrows_up(models_: Iterable[type[models.Model]]) -> list[str]:
    """Every field that points to a model on a floor above its own."""
    return [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in models_
        for field in model._meta.get_fields(include_hidden=True)
        # A field that is auto-created and not concrete is the other end of an arrow.
        if field.is_relation and field.related_model and (field.concrete or not field.auto_created)
        if floor_of(field.related_model) > floor_of(model)
    ]


def test_no_foreign_key_points_to_a_higher_floor() -> None:
    assert arrows_up(OURS) == []


def test_the_floors_with_models_are_those_we_know() -> None:
    assert {model._meta.app_label for model in OURS} <= set(FLOORS)
    assert {"audit", "sovereignty", "services", "savings"} <= {m._meta.app_label for m in OURS}
    assert [name for name in FLOORS if name != "finance" and not apps.is_installed(name)] == []


def test_no_other_package_points_at_our_upper_floors() -> None:
    theirs = [model for model in apps.get_models() if model not in OURS]
    up = [arrow for arrow in arrows_up(theirs) if not arrow.endswith(" -> sovereignty.User")]
    assert up == []


@pytest.mark.parametrize(
    "field",
    [models.ForeignKey, models.OneToOneField],
)
@isolate_apps("audit", "savings")
def test_a_foreign_key_given_as_text_is_found(field: type[models.ForeignKey]) -> None:
    class Return(models.Model):
        class Meta:
            app_label = "savings"

    class Event(models.Model):
        about = field("savings.Return", on_delete=models.PROTECT)

        class Meta:
            app_label = "audit"

    assert arrows_up([Event, Return]) == ["audit.Event.about -> savings.Return"]


@isolate_apps("audit", "savings")
def test_a_many_to_many_field_is_found() -> None:
    class Return(models.Model):
        class Meta:
            app_label = "savings"

    class Event(models.Model):
        about = models.ManyToManyField("savings.Return")

        class Meta:
            app_label = "audit"

    assert arrows_up([Event]) == ["audit.Event.about -> savings.Return"]
