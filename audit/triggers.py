"""Database triggers that refuse to change or lose what must stay, however somebody asks.

django-pgtrigger writes into each trigger a way to be ignored: any session that may
change a row may set `pgtrigger.ignore` and walk past. Triggers that hold what is
certified can't have that, so every trigger of the project is one of the three below:
the same, without that way. Source: `docs/adr/0003-immutable-in-the-database.md`.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from pgtrigger import compiler


class HeldSql(compiler.UpsertTriggerSql):
    """The SQL of a trigger that no setting of a session switches off.

    Migrations name it: what it writes must not change but by a new class.
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

#: For the head of a trigger that waits for a lock and then looks at what others committed
#: meanwhile: at a stricter isolation it would look at what was there before it waited.
READ_COMMITTED = """
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'begin the transaction again with ISOLATION LEVEL READ COMMITTED'
            USING ERRCODE = 'restrict_violation';
    END IF;
"""


class Trigger(_Held):
    """A trigger with a function of its own."""


class Protect(_Held, pgtrigger.Protect):
    """Refuses an operation."""


class ReadOnly(_Held, pgtrigger.ReadOnly):
    """Refuses to change some columns."""


def no_truncate() -> Trigger:
    """Refuse to empty the table in one go, which row triggers would not notice."""
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
    """Rows may be added, never updated, deleted or emptied out."""
    return [
        Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        no_truncate(),
    ]
