"""The triggers that protect transition budgets and check returns' claims on them."""

from __future__ import annotations

import pgtrigger

from audit.triggers import READ_COMMITTED, Trigger
from savings.quarters.triggers import CLOSED


def claims_fit() -> Trigger:
    """Refuse to submit or certify a return whose claims pass a transition budget's ceiling.

    Locks the budget's row, so that one of two returns that don't both fit is refused.
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
                claimed := coalesce(savings_claimed_on(claim.code, NEW.id), 0);
                IF claim.amount > 0 AND claimed + claim.amount > budget.ceiling THEN
                    RAISE EXCEPTION 'claims on “%” would pass its ceiling', claim.code
                        USING ERRCODE = 'restrict_violation';
                END IF;
            END LOOP;
            RETURN NEW;
        """,  # nosec B608
    )


def answers_in_time() -> Trigger:
    """Refuse a council's answer to a budget that could be claimed on in a closed quarter."""
    return Trigger(
        name="budget_answers_in_time",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            IF EXISTS (
                SELECT 1 FROM savings_transitionapproval a
                WHERE a.decision_id = NEW.decision_id
                  AND savings_quarter_is_closed(a.effective_from)
            ) THEN {CLOSED} END IF;
            RETURN NEW;
        """,  # nosec B608
    )


def claimed_on_stays() -> Trigger:
    """Refuse to withdraw a budget that is claimed on.

    Locks the budget's row, so that nobody claims on it at the same moment.
    """
    return Trigger(
        name="claimed_on_stays",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(new__withdrawn_at__isnull=False),
        declare=[("budget", "text")],
        func=f"""
            {READ_COMMITTED}
            SELECT a.code INTO budget FROM savings_transitionapproval a
            WHERE a.decision_id = NEW.id FOR UPDATE;
            IF savings_claimed_on(budget) IS NOT NULL THEN
                RAISE EXCEPTION 'a budget that is claimed on is not withdrawn'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        """,  # nosec B608
    )
