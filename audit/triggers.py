"""Database triggers that refuse every way to change or lose what must stay.

django-pgtrigger lets any session that may change a row ignore a trigger, by setting
`pgtrigger.ignore`. Triggers that protect certified figures must not allow that, so
every trigger of the project is one of the three below, which do not.
Source: `docs/adr/0003-immutable-in-the-database.md`.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from pgtrigger import compiler


class HeldSql(compiler.UpsertTriggerSql):
    """The SQL of a trigger that no setting of a session can switch off.

    Migrations name this class, so what it writes must not change. Write a new class instead.
    """

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


#: Where our functions look names up, whatever a session has set. Our tables stand in `public`.
SEARCH_PATH = "SET search_path = pg_catalog, public, pg_temp"


class PinnedSql(HeldSql):
    """The SQL of a trigger whose function no session leads astray by its search path either.

    Migrations name it: what it writes must not change but by a new class.
    """

    def get_template(self) -> str:
        return (
            super()
            .get_template()
            .replace("$$ LANGUAGE plpgsql;", f"$$ LANGUAGE plpgsql {SEARCH_PATH};")
        )


class _Held(pgtrigger.Trigger):
    def compile(self, model: Any) -> compiler.Trigger:
        compiled = super().compile(model)
        said = {name: text for name, text in compiled.sql.kwargs.items() if name not in _NOT_OURS}
        return compiler.Trigger(name=compiled.name, sql=PinnedSql(**said))


_NOT_OURS = ("ignore_func_name",)

#: For the start of a trigger that waits for a lock and then reads what others have committed.
#: At a stricter isolation level it would read what was there before it waited.
READ_COMMITTED = """
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'begin the transaction again with ISOLATION LEVEL READ COMMITTED'
            USING ERRCODE = 'restrict_violation';
    END IF;
"""


class Trigger(_Held):
    """A trigger with its own function."""


class Protect(_Held, pgtrigger.Protect):
    """Refuses an operation."""


class ReadOnly(_Held, pgtrigger.ReadOnly):
    """Refuses to change certain columns."""


def no_truncate() -> Trigger:
    """Refuse to truncate the table, which row triggers would not notice."""
    return Trigger(
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
    """Rows may be added, but never updated, deleted or truncated."""
    return [
        Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        no_truncate(),
    ]
