"""What holds the lines of plans in the database: one is inside another of its own plan."""

from __future__ import annotations

import pgtrigger

from audit.triggers import READ_COMMITTED, Trigger


def inside_its_own_plan() -> Trigger:
    """Refuse a line inside one of another plan or year, or in a chain that leads back to it.

    Holds the plan's row, so that two people can't close a chain between them.
    """
    return Trigger(
        name="inside_its_own_plan",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("plan_id", "year", "inside_id"),
        func=f"""
            IF EXISTS (
                SELECT 1 FROM savings_planline l
                WHERE l.id = NEW.inside_id AND (l.plan_id, l.year) <> (NEW.plan_id, NEW.year)
                   OR l.inside_id = NEW.id AND (l.plan_id, l.year) <> (NEW.plan_id, NEW.year)
            ) THEN
                RAISE EXCEPTION 'a line is inside another of the same plan and year'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF NEW.inside_id IS NOT NULL THEN
                {READ_COMMITTED}
                PERFORM 1 FROM savings_plan p WHERE p.id = NEW.plan_id FOR NO KEY UPDATE;
                IF EXISTS (
                    WITH RECURSIVE around(id) AS (
                        SELECT NEW.inside_id
                        UNION
                        SELECT l.inside_id FROM savings_planline l JOIN around a ON l.id = a.id
                    )
                    SELECT 1 FROM around a WHERE a.id = NEW.id
                ) THEN
                    RAISE EXCEPTION 'a line is not inside itself, by way of others either'
                        USING ERRCODE = 'restrict_violation';
                END IF;
            END IF;
            RETURN NULL;
        """,  # nosec B608
    )
