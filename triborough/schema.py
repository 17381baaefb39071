"""Whether the database has what this version of the code needs.

The names of applied migrations only say what should have happened. They don't change if a trigger
is dropped by hand, a backup is restored without its functions, or another program changes a table.
So this compares the schema with the code: every table and column of the models with type and NULL,
unique columns, keys, indexes and constraints, every trigger with its function, and the functions
that migrations make, with the search path that each sets. It reads the catalogue in five queries
and writes nothing.

The text of a constraint or an index isn't compared, because PostgreSQL rewrites it. The test that
upgrades every released version compares it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.migrations import RunSQL, SeparateDatabaseAndState
from django.db.migrations.loader import MigrationLoader
from django.utils.module_loading import import_string
from pgtrigger import registry

REMEDY = (
    "Run `manage.py migrate`. If nothing is left to migrate, the database was partly restored or "
    "changed by hand: restore a whole backup (README, “Keeping it”)."
)

#: How many differences one sentence names.
NAMED = 3

_MADE_OR_DROPPED = re.compile(
    r"\b(?P<what>CREATE(?:\s+OR\s+REPLACE)?|DROP)\s+FUNCTION\s+(?:IF\s+EXISTS\s+)?"
    r"(?P<name>[\w.\"]+)",
    re.IGNORECASE,
)
_SET = re.compile(
    r"\bSET\s+(?P<name>\w+)\s*(?:=|\bTO\b)\s*(?P<value>\w+(?:\s*,\s*\w+)*)", re.IGNORECASE
)
_COMMA = re.compile(r"\s*,\s*")
_BODY = re.compile(r"\bAS\s+(?P<quote>\$\w*\$)(?P<body>.*?)(?P=quote)", re.DOTALL | re.IGNORECASE)

_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
           a.attidentity <> '' OR a.atthasdef
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relname = ANY(%s) AND pg_table_is_visible(c.oid) AND c.relkind IN ('r', 'p')
      AND a.attnum > 0 AND NOT a.attisdropped
"""
_CONSTRAINTS = """
    SELECT c.relname, k.conname, k.contype::text, k.convalidated, k.confrelid::regclass::text,
           ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS key(number, place)
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = key.number
                 ORDER BY key.place)
    FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
    WHERE c.relname = ANY(%s) AND pg_table_is_visible(c.oid) AND k.contype IN ('c', 'x', 'f')
"""
_INDEXES = """
    SELECT c.relname, i.relname, x.indisunique, x.indpred IS NULL,
           ARRAY(SELECT coalesce(a.attname::text, '')
                 FROM unnest(x.indkey::smallint[]) WITH ORDINALITY AS key(number, place)
                 LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = key.number
                 WHERE key.place <= x.indnkeyatts ORDER BY key.place)
    FROM pg_class c JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE c.relname = ANY(%s) AND pg_table_is_visible(c.oid) AND x.indisvalid
"""
_TRIGGERS = """
    SELECT c.relname, t.tgname, t.tgenabled IN ('O', 'A'), obj_description(t.oid, 'pg_trigger'),
           md5(p.prosrc), coalesce(p.proconfig, '{}')
    FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE c.relname = ANY(%s) AND pg_table_is_visible(c.oid) AND NOT t.tgisinternal
"""
_FUNCTIONS = """
    SELECT p.proname, md5(p.prosrc), coalesce(p.proconfig, '{}') FROM pg_proc p
    WHERE p.proname = ANY(%s) AND pg_function_is_visible(p.oid)
"""


def lacking() -> list[str]:
    """What the code needs and the database doesn't have, one phrase each; empty if all is there.

    Example: `["column savings_entry.note is missing"]`
    """
    expected = from_code()
    found = from_database(expected)
    missing_tables = sorted(expected.tables - found.tables)
    return [
        *(f"table {table} is missing" for table in missing_tables),
        *(
            phrase
            for compare in (_columns, _uniques, _keys, _constraints, _indexes, _triggers)
            for table, phrase in compare(expected, found)
            if table in found.tables
        ),
        *_functions(expected, found),
    ]


def refusal() -> str:
    """Why this version must not start on this database, and what to do; empty if it may."""
    phrases = lacking()
    return (
        f"The database is not what this version needs: {in_words(phrases)}.\n{REMEDY}\n"
        if phrases
        else ""
    )


def in_words(phrases: list[str]) -> str:
    """The first few missing things, and how many more there are."""
    more = len(phrases) - NAMED
    return "; ".join(phrases[:NAMED]) + (f"; and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Column:
    """`given` says that the database fills in a value for a row without one."""

    type: str
    null: bool
    given: bool


@dataclass(frozen=True, slots=True)
class Function:
    """The digest of a function's source, empty where it is not known, and what it sets itself."""

    source: str
    settings: tuple[str, ...] = ()


@dataclass(slots=True)
class Expected:
    """What the code needs. The table comes first in each key."""

    tables: set[str] = field(default_factory=set)
    columns: dict[tuple[str, str], Column] = field(default_factory=dict)
    uniques: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    indexed: set[tuple[str, str]] = field(default_factory=set)
    checked: set[tuple[str, str]] = field(default_factory=set)
    keys: set[tuple[str, str, str]] = field(default_factory=set)
    constraints: dict[tuple[str, str], str] = field(default_factory=dict)
    indexes: dict[tuple[str, str], bool] = field(default_factory=dict)
    triggers: dict[tuple[str, str], tuple[str, Function]] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)


@dataclass(slots=True)
class Found:
    """What the database has, for the tables and functions that the code needs."""

    columns: dict[tuple[str, str], Column]
    constraints: dict[tuple[str, str], tuple[str, bool]]
    keys: set[tuple[str, str, str]]
    indexes: dict[tuple[str, str], bool]
    indexed: set[tuple[str, tuple[str, ...]]]
    uniques: set[tuple[str, tuple[str, ...]]]
    checked: set[tuple[str, str]]
    triggers: dict[tuple[str, str], tuple[bool, str | None, Function]]
    functions: set[tuple[str, Function]]

    @property
    def tables(self) -> set[str]:
        return {table for table, _ in self.columns}


# --- What the code says ------------------------------------------------------------


@cache
def from_code() -> Expected:
    """Read from the models, their triggers and the migrations, which don't change in a process."""
    expected = Expected()
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            _add_model(expected, model)
    expected.functions.update(_functions_of_migrations())
    for owner, trigger in registry.registered():
        sql = trigger.compile(owner).sql
        made = functions_made(str(sql))[sql.pgid]
        expected.triggers[owner._meta.db_table, sql.pgid] = sql.hash, made
    return expected


def _add_model(expected: Expected, model: type[models.Model]) -> None:
    about = model._meta
    expected.tables.add(about.db_table)
    for column in about.local_concrete_fields:
        _add_field(expected, about.db_table, column)
    columns = {column.name: str(column.column) for column in about.local_concrete_fields}
    for names in about.unique_together:
        expected.uniques.add((about.db_table, tuple(columns[name] for name in names)))
    for constraint in about.constraints:
        place = about.db_table, constraint.name
        if isinstance(constraint, models.UniqueConstraint):
            expected.indexes[place] = True
        else:
            expected.constraints[place] = (
                "c" if isinstance(constraint, models.CheckConstraint) else "x"
            )
    for index in about.indexes:
        expected.indexes[about.db_table, index.name] = False


def _add_field(expected: Expected, table: str, column: Any) -> None:
    expected.columns[table, column.column] = Column(
        type=_type(column),
        null=column.null,
        given=column.has_db_default() or isinstance(column, models.AutoField),
    )
    if column.unique:
        expected.uniques.add((table, (column.column,)))
    elif column.db_index:
        expected.indexed.add((table, column.column))
    if column.db_parameters(connection)["check"]:
        expected.checked.add((table, column.column))
    if column.remote_field and column.db_constraint:
        expected.keys.add((table, column.column, column.remote_field.model._meta.db_table))


def _type(column: Any) -> str:
    """A column's type as PostgreSQL spells it.

    The table that Django makes for a many-to-many field has the id type of the settings,
    whatever the field's app says.
    """
    if column.model._meta.auto_created and column.primary_key:
        column = import_string(settings.DEFAULT_AUTO_FIELD)()
    spelt = column.db_parameters(connection)["type"]
    return re.sub(r"\bvarchar\b", "character varying", spelt).replace(", ", ",")


def _functions_of_migrations() -> dict[str, Function]:
    """The functions that migrations make by SQL, as the last one leaves them: `functions_made`."""
    graph = MigrationLoader(None).graph
    plan = dict.fromkeys(key for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf))
    statements = (sql for key in plan for sql in _statements(graph.nodes[key].operations))
    return functions_made("\n".join(statements))


def functions_made(sql: str) -> dict[str, Function]:
    """The functions that SQL makes and doesn't drop again, by name.

    The digest is empty if the source isn't dollar-quoted.
    """
    made: dict[str, Function] = {}
    found = list(_MADE_OR_DROPPED.finditer(sql))
    ends = [*(match.start() for match in found), len(sql)]
    for match, end in zip(found, ends[1:], strict=True):
        name = match["name"].rsplit(".", 1)[-1].strip('"')
        if match["what"].upper() == "DROP":
            made.pop(name, None)
        else:
            body = _BODY.search(sql, match.end(), end)
            made[name] = _function(sql, match.end(), body, end) if body else Function("")
    return made


def _function(sql: str, start: int, body: re.Match[str], end: int) -> Function:
    """A function whose source was found, with what is set before and after that."""
    after, _, _ = sql[body.end() : end].partition(";")
    said = f"{sql[start : body.start()]} {after}"
    settings = [
        f"{each['name'].lower()}={_COMMA.sub(', ', each['value'])}" for each in _SET.finditer(said)
    ]
    return Function(_digest(body["body"]), tuple(sorted(settings)))


def _statements(operations: Iterable[Any]) -> Iterator[str]:
    """The SQL that migrations run forwards."""
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _statements(operation.database_operations)
        elif isinstance(operation, RunSQL):
            said = operation.sql if isinstance(operation.sql, list | tuple) else [operation.sql]
            for statement in said:
                yield statement if isinstance(statement, str) else statement[0]


def _digest(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


# --- What the database has -----------------------------------------------------------


def from_database(expected: Expected) -> Found:
    """What the database has of the expected things, and what else the expected tables have."""
    tables, functions = list(expected.tables), list(expected.functions)
    with connection.cursor() as cursor:

        def rows(query: str, names: list[str]) -> list[tuple[Any, ...]]:
            cursor.execute(query, [names])
            return cursor.fetchall()

        columns = rows(_COLUMNS, tables)
        constraints = rows(_CONSTRAINTS, tables)
        indexes = rows(_INDEXES, tables)
        triggers = rows(_TRIGGERS, tables)
        return Found(
            columns={(row[0], row[1]): Column(*row[2:]) for row in columns},
            constraints={(row[0], row[1]): (row[2], row[3]) for row in constraints},
            keys={
                (table, names[0], target)
                for table, _, kind, valid, target, names in constraints
                if kind == "f" and valid and len(names) == 1
            },
            checked={
                (table, names[0])
                for table, name, kind, valid, _, names in constraints
                if kind == "c" and valid and len(names) == 1 and name.endswith("_check")
            },
            indexes={(row[0], row[1]): row[2] for row in indexes},
            indexed={(row[0], tuple(row[4])) for row in indexes if row[3]},
            uniques={(row[0], tuple(row[4])) for row in indexes if row[2] and row[3]},
            triggers={
                (row[0], row[1]): (row[2], row[3], Function(row[4], tuple(sorted(row[5]))))
                for row in triggers
            },
            functions={
                (name, Function(source, tuple(sorted(settings))))
                for name, source, settings in rows(_FUNCTIONS, functions)
            },
        )


# --- Comparing the two ---------------------------------------------------------------

Phrases = Iterator[tuple[str, str]]


def _columns(expected: Expected, found: Found) -> Phrases:
    for (table, name), column in sorted(expected.columns.items()):
        what = f"column {table}.{name}"
        there = found.columns.get((table, name))
        if there is None:
            yield table, f"{what} is missing"
        elif there.type != column.type:
            yield table, f"{what} is {there.type}, not {column.type}"
        elif there.null != column.null:
            yield table, f"{what} {'allows' if there.null else 'does not allow'} NULL"
        elif column.given and not there.given:
            yield table, f"{what} has no default"
    for (table, name), there in sorted(found.columns.items()):
        if (table, name) not in expected.columns and not there.null and not there.given:
            yield table, f"column {table}.{name} is needed and unknown to this version"


def _uniques(expected: Expected, found: Found) -> Phrases:
    for table, names in sorted(expected.uniques - found.uniques):
        yield table, f"{table} may hold the same {' and '.join(names)} twice"


def _keys(expected: Expected, found: Found) -> Phrases:
    for table, name, target in sorted(expected.keys - found.keys):
        yield table, f"foreign key {table}.{name} to {target} is missing"


def _constraints(expected: Expected, found: Found) -> Phrases:
    for (table, name), kind in sorted(expected.constraints.items()):
        there = found.constraints.get((table, name))
        if there is None or there[0] != kind:
            yield table, f"constraint {name} of {table} is missing"
        elif not there[1]:
            yield table, f"constraint {name} of {table} was never checked on all rows"
    for table, name in sorted(expected.checked - found.checked):
        yield table, f"the check of the range of {table}.{name} is missing"


def _indexes(expected: Expected, found: Found) -> Phrases:
    for (table, name), unique in sorted(expected.indexes.items()):
        there = found.indexes.get((table, name))
        if there is None or (unique and not there):
            what = "constraint" if unique else "index"
            yield table, f"{what} {name} of {table} is missing"
    for table, name in sorted(expected.indexed):
        if (table, (name,)) not in found.indexed:
            yield table, f"index on {table}.{name} is missing"


def _triggers(expected: Expected, found: Found) -> Phrases:
    for (table, name), digests in sorted(expected.triggers.items()):
        there = found.triggers.get((table, name))
        what = f"trigger {name} of {table}"
        if there is None:
            yield table, f"{what} is missing"
        elif not there[0]:
            yield table, f"{what} is switched off"
        elif there[1:] != digests:
            yield table, f"{what} is not as this version has it"


def _functions(expected: Expected, found: Found) -> Iterator[str]:
    names = {name for name, _ in found.functions}
    for name, function in sorted(expected.functions.items()):
        if name not in names:
            yield f"function {name} is missing"
        elif function.source and (name, function) not in found.functions:
            yield f"function {name} is not as this version has it"
