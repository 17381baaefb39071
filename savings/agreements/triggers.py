"""The trigger that protects what councils agree to."""

from __future__ import annotations

import pgtrigger

from audit.triggers import READ_COMMITTED, Trigger


def comes_before_its_answers(kind: str) -> pgtrigger.Trigger:
    """Refuse a row for a decision that was answered, withdrawn or about something already.

    Otherwise councils would have agreed to what they never saw. Locks the decision, so that nobody
    answers it at the same moment, and records what it is about: each is about one thing.
    """
    # Put together from the text above and nothing else.
    return Trigger(
        name="comes_before_its_answers",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            {READ_COMMITTED}
            PERFORM 1 FROM sovereignty_decision WHERE id = NEW.decision_id FOR UPDATE;
            IF EXISTS (
                SELECT 1 FROM sovereignty_consent WHERE decision_id = NEW.decision_id
                UNION ALL
                SELECT 1 FROM sovereignty_decision
                WHERE id = NEW.decision_id AND (withdrawn_at IS NOT NULL OR about <> '')
            ) THEN
                RAISE EXCEPTION 'what is proposed needs a new decision, not answered yet'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            UPDATE sovereignty_decision SET about = '{kind}' WHERE id = NEW.decision_id;
            RETURN NEW;
        """,  # nosec B608
    )
