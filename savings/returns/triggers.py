"""The triggers that keep a certified return's rows unchanged, whatever writes to them."""

from __future__ import annotations

import pgtrigger

from audit.triggers import Trigger

_FUNCTION = """
    FOR status IN
        SELECT r.status FROM savings_return r
        WHERE r.id IN ({parents}) ORDER BY r.id FOR SHARE
    LOOP
        IF status = 'certified' THEN
            RAISE EXCEPTION 'a certified return is corrected by an adjusting entry'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN NULL;
"""


def certified_stays() -> list[pgtrigger.Trigger]:
    """Refuse to add, change or remove rows of a certified return; `parent` names it.

    It reads the return itself, so that no way of writing gets around it, and locks its row
    whatever its status, so that it can't be certified while a row is being written. It runs
    once a statement, not once a row: fifty thousand rows may be copied in at a time.
    """
    return [
        _trigger("added_to", pgtrigger.Insert, pgtrigger.Referencing(new="rows_after")),
        _trigger(
            "changed",
            pgtrigger.Update,
            pgtrigger.Referencing(old="rows_before", new="rows_after"),
        ),
        _trigger("lost", pgtrigger.Delete, pgtrigger.Referencing(old="rows_before")),
    ]


def _trigger(
    name: str, operation: pgtrigger.Operation, referencing: pgtrigger.Referencing
) -> Trigger:
    tables = [table for table in (referencing.old, referencing.new) if table]
    # Made only from the names above.
    parents = " UNION ".join(f"SELECT parent_id FROM {table}" for table in tables)  # nosec B608
    return Trigger(
        name=f"certified_not_{name}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        declare=[("status", "text")],
        func=_FUNCTION.format(parents=parents),
    )
