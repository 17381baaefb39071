"""No setting of a session switches a trigger off, whatever it protects."""

from __future__ import annotations

import pgtrigger
import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import Event
from audit.triggers import PinnedSql
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
    assert kinds == {PinnedSql}


@pytest.mark.django_db
def test_the_database_has_the_triggers_of_the_models() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname FROM pg_proc p WHERE p.proname = ANY(%s) "
            "AND p.prosrc NOT LIKE '%%should_ignore%%'",
            [names()],
        )
        assert sorted(name for (name,) in cursor.fetchall()) == sorted(names())


@pytest.mark.django_db
def test_no_session_leads_a_triggers_function_astray_by_its_search_path() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, p.proconfig FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = 'public' AND p.prorettype = 'trigger'::regtype"
        )
        found = dict(cursor.fetchall())
    assert sorted(found) == sorted(names())
    assert {tuple(settings or ()) for settings in found.values()} == {
        ("search_path=pg_catalog, public, pg_temp",)
    }


def test_a_table_of_the_sessions_own_is_not_looked_into(partnership: Partnership) -> None:
    partnership.certified("WCC", a_saving())
    partnership.close()
    with connection.cursor() as cursor:
        # A session's temporary tables come first in its search path, unless pg_temp is named.
        cursor.execute("CREATE TEMPORARY TABLE savings_entry (LIKE public.savings_entry)")
        with pytest.raises(DatabaseError, match="the quarter is closed"), transaction.atomic():
            cursor.execute(
                "UPDATE public.services_service SET parent_id = NULL WHERE slug = 'library-service'"
            )


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
