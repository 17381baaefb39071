"""Triggers that keep past totals: a total is only added and retired."""

from __future__ import annotations

import pgtrigger

from audit.triggers import Protect, Trigger, no_truncate


def retired_and_no_more() -> list[pgtrigger.Trigger]:
    """Refuse to delete a row, or to change anything but `until`, once."""
    return [
        Trigger(
            name="only_retired",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            func="""
                IF OLD.until IS NULL AND NEW.until IS NOT NULL THEN
                    OLD.until := NEW.until;
                    IF OLD IS NOT DISTINCT FROM NEW THEN
                        RETURN NEW;
                    END IF;
                END IF;
                RAISE EXCEPTION 'a total is retired once and never changed otherwise'
                    USING ERRCODE = 'restrict_violation';
            """,
        ),
        Protect(name="never_lost", operation=pgtrigger.Delete),
        no_truncate(),
    ]
