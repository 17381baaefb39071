"""What holds a certified return's rows in the database, whoever writes and however."""

from __future__ import annotations

import pgtrigger

from audit.triggers import READ_COMMITTED, Trigger

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

    Asks the return itself, so that no way of writing gets around it, and holds its row
    whatever its status, so that it can't be certified while a row is being written. Asks
    once a statement, not once a row: fifty thousand rows are copied in at a time.
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
    # Put together from the names above and nothing else.
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


def reopened_openly() -> Trigger:
    """Refuse to reopen a quarter without saying anew who, when and why, or out of order."""
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
            IF EXISTS (
                SELECT 1 FROM savings_period p
                WHERE p.status = 'closed' AND p.quarter > OLD.quarter
            ) THEN
                RAISE EXCEPTION 'only the latest closed quarter can be reopened'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        """,
    )


def claims_fit() -> Trigger:
    """Refuse to submit or certify a return whose claims pass a transition budget's ceiling.

    Holds the budget's row, so that of two returns that don't both fit one is refused.
    Counts as `savings.budgets.models.claimed_on` does: certified entries, and what is
    more than nought in submitted returns.
    """
    return Trigger(
        name="claims_fit",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("status"),
        condition=pgtrigger.Q(new__status__in=["submitted", "certified"]),
        declare=[("claim", "record"), ("budget", "record"), ("claimed", "numeric")],
        func=f"""
            FOR claim IN
                SELECT e.approval AS code, sum(e.amount) AS amount
                FROM savings_entry e
                WHERE e.parent_id = NEW.id AND e.approval <> ''
                GROUP BY e.approval ORDER BY e.approval
            LOOP
                {READ_COMMITTED}
                SELECT a.ceiling INTO budget FROM savings_transitionapproval a
                WHERE a.code = claim.code FOR UPDATE;
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'there is no transition budget “%”', claim.code
                        USING ERRCODE = 'restrict_violation';
                END IF;
                SELECT coalesce(sum(e.amount), 0) INTO claimed
                FROM savings_entry e JOIN savings_return r ON r.id = e.parent_id
                WHERE e.approval = claim.code AND r.id <> NEW.id
                  AND (r.status = 'certified' OR r.status = 'submitted' AND e.amount > 0);
                IF claim.amount > 0 AND claimed + claim.amount > budget.ceiling THEN
                    RAISE EXCEPTION 'claims on “%” would pass its ceiling', claim.code
                        USING ERRCODE = 'restrict_violation';
                END IF;
            END LOOP;
            RETURN NEW;
        """,  # nosec B608
    )
