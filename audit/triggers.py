"""Database triggers that refuse to change or lose what must stay, whoever asks and however."""

from __future__ import annotations

import pgtrigger


def no_truncate() -> pgtrigger.Trigger:
    """Refuse to empty the table in one go, which row triggers would not notice."""
    return pgtrigger.Trigger(
        name="no_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="""
            RAISE EXCEPTION 'the table % may not be emptied', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        """,
    )


def append_only() -> list[pgtrigger.Trigger]:
    """Rows may be added, never updated, deleted or emptied out."""
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        no_truncate(),
    ]
