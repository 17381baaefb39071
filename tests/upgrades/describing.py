"""A database's schema in PostgreSQL's own words, to be compared with another's."""

import re
from typing import Any

_OURS = "c.relnamespace = 'public'::regnamespace"
#: A name for each object, and all there is to say of it.
QUERIES = {
    "table": f"""
        SELECT c.relname, concat_ws(' ', c.relkind, c.relrowsecurity, c.relpersistence)
        FROM pg_class c WHERE {_OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    """,
    "view": f"""
        SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c
        WHERE {_OURS} AND c.relkind IN ('v', 'm')
    """,
    "column": f"""
        SELECT c.relname || '.' || a.attname,
               concat_ws(' ', format_type(a.atttypid, a.atttypmod),
                         CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                         'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
                         'IDENTITY ' || nullif(a.attidentity::text, ''),
                         'GENERATED ' || nullif(a.attgenerated::text, ''),
                         'COLLATE ' || o.collname)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation o ON o.oid = a.attcollation
        WHERE {_OURS} AND c.relkind IN ('r', 'p', 'v', 'm')
          AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "constraint": f"""
        SELECT c.relname || '.' || k.conname,
               concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE {_OURS}
    """,
    "index": f"""
        SELECT c.relname || '.' || i.relname, concat_ws(' ', pg_get_indexdef(i.oid), x.indisvalid)
        FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
        JOIN pg_class i ON i.oid = x.indexrelid
        WHERE {_OURS}
    """,
    "trigger": f"""
        SELECT c.relname || '.' || t.tgname,
               concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled,
                         obj_description(t.oid, 'pg_trigger'))
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE {_OURS} AND NOT t.tgisinternal
    """,
    # Whether a foreign key works depends on triggers of PostgreSQL's own, named by number.
    "key": f"""
        SELECT c.relname || '.' || k.conname, string_agg(t.tgenabled::text, '' ORDER BY t.tgname)
        FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint
        JOIN pg_class c ON c.oid = k.conrelid WHERE {_OURS} AND t.tgisinternal
        GROUP BY c.relname, k.conname
    """,
    "function": """
        SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
               CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END
        FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    """,
    "type": """
        SELECT t.typname, concat_ws(' ', t.typtype, (
            SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
            FROM pg_enum e WHERE e.enumtypid = t.oid))
        FROM pg_type t
        WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd', 'r')
    """,
    "extension": "SELECT extname, '' FROM pg_extension",
}
#: A list of texts as PostgreSQL spells it until it reads its own spelling back from a dump.
_LIST = re.compile(
    r"\(ARRAY\[(?P<items>'(?:[^']|'')*'::character varying"
    r"(?:, '(?:[^']|'')*'::character varying)*)\]\)::text\[\]"
)
_ITEM = re.compile(r"'(?:[^']|'')*'::character varying")


def describe(cursor: Any) -> dict[str, str]:
    """Every object of the cursor's database, with its definition.

    Example: `{"column savings_entry.note": "text NOT NULL", …}`
    """
    described: dict[str, str] = {}
    for kind, query in QUERIES.items():
        cursor.execute(query)
        described |= {f"{kind} {name}": settled(text) for name, text in cursor.fetchall()}
    return described


def settled(definition: str) -> str:
    """The definition as it is spelt after a dump: `ARRAY[('a'::character varying)::text, …]`."""
    return _LIST.sub(
        lambda found: "ARRAY[" + _ITEM.sub(r"(\g<0>)::text", found["items"]) + "]", definition
    )


def differences(one: dict[str, str], other: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The objects whose definitions are not the same; an absent one has an empty definition."""
    return {
        name: (one.get(name, ""), other.get(name, ""))
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    }
