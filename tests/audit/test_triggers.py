"""No setting of a session switches a trigger off, whatever it protects."""

from __future__ import annotations

import pgtrigger
import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import Event
from audit.triggers import HeldSql
from savings.returns.models import Entry, Return
from tests.partnership import Partnership, a_saving

OURS = {"audit", "sovereignty", "services", "savings"}


def names() -> list[str]:
    return [
        trigger.get_pgid(model)
        for model, trigger in pgtrigger.registered()
        if model._meta.app_label in OURS
    ]


def test_no_trigger_can_be_switched_off() -> None:
    kinds = {
        type(trigger.compile(model).sql)
        for model, trigger in pgtrigger.registered()
        if model._meta.app_label in OURS
    }
    assert kinds == {HeldSql}


@pytest.mark.django_db
def test_the_database_has_the_triggers_of_the_models() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname FROM pg_proc p WHERE p.proname = ANY(%s) "
            "AND p.prosrc NOT LIKE '%%should_ignore%%'",
            [names()],
        )
        assert sorted(name for (name,) in cursor.fetchall()) == sorted(names())


def test_asking_to_ignore_triggers_changes_nothing(partnership: Partnership) -> None:
    entry = partnership.certified("WCC", a_saving()).entries.get()
    with connection.cursor() as cursor:
        setting = "{" + ",".join(names()) + "}"
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [setting])
        for statement in (
            "UPDATE savings_entry SET amount = 999",
            "DELETE FROM savings_entry",
            "UPDATE savings_return SET status = 'draft' WHERE status = 'certified'",
            "DELETE FROM audit_event",
            "TRUNCATE audit_event",
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(statement)
    assert Entry.objects.get().amount == entry.amount == 100
    assert Return.objects.filter(status="certified").count() == 1
    assert Event.objects.about("return", "WCC/2013-14-Q1").count() == 3
