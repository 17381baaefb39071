"""Rows that a fixture makes are kept, and put back as they are in later tests.

A fixture that certifies two returns takes a few hundred queries, and the next test that asks for it
would make the same again. Decorate the function, below `pytest.fixture`:

    @pytest.fixture
    @kept
    def books(partnership: Partnership) -> Partnership: ...

The first time in a test database it runs. What it added, changed and removed is kept, ids too, and
what it returned. Sequences only go on, so no other row gets these ids. Later it does not run: its
rows are put in one statement into a database that stands as it did before the first time. Where
the database does not, it runs.

It must make nothing but rows, and the same whenever the rows before it are the same.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from django.apps import apps
from django.db import connection, models, transaction
from psycopg2 import sql

Given = ParamSpec("Given")
Made = TypeVar("Made")

#: How many states to start from a function remembers: the last ones that it was asked for in.
MOST = 4

#: By table, each row as JSON.
Rows = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Kept:
    """What brings the rows about again, and what was returned: an argument, or a pickle."""

    written: str
    given: str | None
    made: bytes


def kept(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """The function, run once for each state of the database that it starts from."""
    known: dict[tuple[str, str], Kept] = {}

    @wraps(make)
    def put_back_or_make(*args: Given.args, **given: Given.kwargs) -> Made:
        before = (str(connection.settings_dict["NAME"]), _state())
        if before in known:
            known[before] = known.pop(before)
            return _put_back(known[before], given)
        if len(known) == MOST:
            known.pop(next(iter(known)))
        rows = _rows()
        made = make(*args, **given)
        named = next((name for name, value in given.items() if value is made), None)
        changes = _changes(rows, _rows())
        known[before] = Kept(changes, named, b"" if named else pickle.dumps(made))
        return made

    return put_back_or_make


def _put_back(found: Kept, given: Mapping[str, object]) -> Made:  # type: ignore[type-var]
    if found.written:
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            # Triggers and foreign keys have seen these rows when they were made.
            cursor.execute(
                f"SET LOCAL session_replication_role = replica; {found.written}; "
                "SET LOCAL session_replication_role = origin"
            )
    made: Made = given[found.given] if found.given else pickle.loads(found.made)  # type: ignore[assignment]
    return made


@cache
def _keys() -> dict[str, models.Field]:
    """The key of every table that the models have."""
    found = apps.get_models(include_auto_created=True)
    return {
        model._meta.db_table: model._meta.pk
        for model in found
        if model._meta.managed and not model._meta.proxy and model._meta.pk
    }


def _state() -> str:
    """What tells one state of the database from another.

    Every action writes an event, so the latest number of each table tells it. What has keys of
    its own is told by all that it holds.
    """
    columns = [
        sql.SQL("(SELECT max({})::text FROM {})").format(
            sql.Identifier(key.column), sql.Identifier(table)
        )
        if isinstance(key, models.AutoField)
        else sql.SQL("(SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t)").format(
            sql.Identifier(table)
        )
        for table, key in _keys().items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT ARRAY[{}]::text").format(sql.SQL(", ").join(columns)))
        return str(cursor.fetchone()[0])


def _rows() -> Rows:
    selects = (
        sql.SQL("SELECT {}, row_to_json(t)::text FROM {} t").format(
            sql.Literal(table), sql.Identifier(table)
        )
        for table in _keys()
    )
    rows: dict[str, set[str]] = {table: set() for table in _keys()}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(selects))
        for table, row in cursor.fetchall():
            rows[table].add(row)
    return {table: frozenset(found) for table, found in rows.items()}


def _changes(before: Rows, after: Rows) -> str:
    """The statements that make the one of the other: of changed rows too, out and in again."""
    statements = []
    for table, key in _keys().items():
        for removed in (True, False):
            rows = before[table] - after[table] if removed else after[table] - before[table]
            if not rows:
                continue
            names = {"table": sql.Identifier(table), "key": sql.Identifier(key.column)}
            listed = sql.SQL("json_populate_recordset(NULL::{table}, {rows})").format(
                rows=sql.Literal(f"[{', '.join(sorted(rows))}]"), **names
            )
            statement = (
                "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {listed})"
                if removed
                else "INSERT INTO {table} SELECT * FROM {listed}"
            )
            statements.append(sql.SQL(statement).format(listed=listed, **names))
    with connection.cursor() as cursor:
        return str(sql.SQL("; ").join(statements).as_string(cursor.cursor))
