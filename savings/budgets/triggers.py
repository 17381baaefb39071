"""What holds a return's claims to their transition budgets in the database."""

from __future__ import annotations

import pgtrigger

from audit.triggers import READ_COMMITTED, Trigger


def claims_fit() -> Trigger:
    """Refuse to submit or certify a return whose claims pass a transition budget's ceiling.

    Holds the budget's row, so that of two returns that don't both fit one is refused.
    Counts as `savings.budgets.models.claimed_on` does: certified entries, and what is
    above 0 in submitted returns.
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
