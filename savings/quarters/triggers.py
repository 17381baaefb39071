"""Triggers of quarters: reopening says who, when and why, and closed ones don't change."""

from __future__ import annotations

import pgtrigger

from audit.triggers import Trigger

#: What a trigger does if a change would affect a closed quarter.
CLOSED = """
    RAISE EXCEPTION 'the quarter is closed and its figures stand'
        USING ERRCODE = 'restrict_violation';
"""


def reopened_openly() -> Trigger:
    """Refuse to reopen a quarter without a new person, time and reason, or out of order."""
    return Trigger(
        name="reopened_openly",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__status="closed") & ~pgtrigger.Q(new__status="closed"),
        func="""
            IF NEW.reopened_at IS NULL OR (NEW.reopened_by_id, NEW.reopened_at, NEW.reopened_reason)
                IS NOT DISTINCT FROM (OLD.reopened_by_id, OLD.reopened_at, OLD.reopened_reason)
            THEN
                RAISE EXCEPTION 'a quarter is reopened by somebody, at a time, for a reason'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF savings_quarter_is_closed(OLD.quarter + 1) THEN
                RAISE EXCEPTION 'only the latest closed quarter can be reopened'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        """,
    )


def begins_in_an_open_quarter(*, unless_reaching_back: bool = False) -> pgtrigger.Trigger:
    """Refuse to add anything that takes effect in a closed quarter (`effective_from`).

    A table whose rows may reach back over closed quarters has another trigger for those.
    """
    condition = pgtrigger.Q(new__reaches_back_until__isnull=True) if unless_reaching_back else None
    return Trigger(
        name="begins_in_an_open_quarter",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=condition,
        func=f"""
            IF savings_quarter_is_closed(NEW.effective_from) THEN {CLOSED} END IF;
            RETURN NEW;
        """,  # nosec B608
    )
