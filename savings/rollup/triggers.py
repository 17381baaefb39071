"""What keeps the past of totals: they are added and retired, and nothing else."""

from __future__ import annotations

import pgtrigger

from audit.triggers import Protect, Trigger, no_truncate


def retired_and_no_more() -> list[pgtrigger.Trigger]:
    """Refuse to lose a row, or to change it in any way but to say, once, until when it stood."""
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
