"""Databases of released versions upgrade to this one, and released migrations stay as they are.

`fixtures/upgrades` has for each version the hashes of its migrations (as `sha256sum` prints
them), a filled database (`pg_dump`, as plain SQL) and what its figures and history were.
`docs/adr/0028-upgrades-from-1-0-0.md` tells how a version is added.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.db import connection

from savings.agreements.subjects import SUBJECTS
from tests.processes import ROOT, manage, scratch_database
from tests.upgrades.describing import describe, differences
from tests.upgrades.restoring import restore

FIXTURES = ROOT / "fixtures" / "upgrades"
#: A budget that nothing certified claims on, so that no figure moves: the demonstration has one.
WITHDRAWN = """
    UPDATE sovereignty_decision
    SET withdrawn_by_id = proposed_by_id, withdrawn_at = now(), withdrawn_reason = 'Not needed.'
    WHERE id IN (
        SELECT a.decision_id FROM savings_transitionapproval a
        WHERE NOT EXISTS (
            SELECT 1 FROM savings_entry e JOIN savings_return r ON r.id = e.parent_id
            WHERE e.approval = a.code AND r.status = 'certified'
        )
    )
"""
TOTALS = """
    SELECT coalesce(c.code, 'no council') || ', ' || t.kind, sum(t.pence)::bigint
    FROM savings_total t LEFT JOIN sovereignty_council c ON c.id = t.council_id
    WHERE t.until IS NULL GROUP BY c.code, t.kind
"""
TRIGGER = "pgtrigger_no_truncate_ad584"
VERSIONS = sorted(path.stem for path in FIXTURES.glob("*.sha256"))
#: Of 1.0.0 the demonstration, whose one certified return is the partnership's, and three councils'
#: returns split by fixed rules, a driver, a budget and TUPE, with one that joined later.
DATABASES = sorted(path.stem for path in FIXTURES.glob("*.json"))


def released() -> list[tuple[str, str, str]]:
    """Version, migration and hash of every migration that was released."""
    return [
        (version, migration, digest)
        for version in VERSIONS
        for line in (FIXTURES / f"{version}.sha256").read_text().splitlines()
        for digest, migration in [line.split()]
    ]


@pytest.mark.parametrize(("version", "migration", "digest"), released())
def test_a_released_migration_is_never_edited(version: str, migration: str, digest: str) -> None:
    path = ROOT / migration
    now = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "removed"
    assert now == digest, (
        f"{migration} was released with {version}, and databases exist that it made. A released "
        "migration is never edited: take the change back, and write a new migration for it "
        "(manage.py makemigrations)."
    )


def test_version_1_0_0_has_a_frozen_migration_of_each_app() -> None:
    assert [migration for version, migration, _ in released() if version == "1.0.0"] == [
        f"{app}/migrations/0001_initial.py"
        for app in ("audit", "savings", "services", "sovereignty")
    ]


@pytest.mark.parametrize("filled", DATABASES)
@pytest.mark.django_db(transaction=True)
def test_a_database_of_a_released_version_upgrades(filled: str, tmp_path: Path) -> None:
    then: dict[str, Any] = json.loads((FIXTURES / f"{filled}.json").read_text())
    noted = tmp_path / "noted"
    noted.write_text("\n".join(then["history"]))
    with connection.cursor() as cursor:
        fresh = describe(cursor)  # the database of the tests is one that all migrations made
    with scratch_database() as database:
        restore(FIXTURES / f"{filled}.sql.gz", database)
        with reading(database) as cursor:
            assert count(cursor, then["rows"]) == then["rows"]
            # A withdrawn proposal never changes again, yet it has to say what it is about.
            cursor.execute(WITHDRAWN)
            assert cursor.rowcount == then["withdrawn"]
            cursor.connection.commit()
        manage(database, "migrate", "--verbosity", "0")
        with reading(database) as cursor:
            assert differences(describe(cursor), fresh) == {}
            assert count(cursor, then["rows"]) == then["rows"]
            assert about_nothing_or_something_else(cursor) == []
        history = manage(database, "check_history", "--returns", "--noted", str(noted))
        assert chains(history) == chains("\n".join(then["history"]))
        assert manage(database, "rollup", "--full").split()[-1] == then["digest"]
        if "totals" in then:
            with reading(database) as cursor:
                cursor.execute(TOTALS)
                assert dict(cursor.fetchall()) == then["totals"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("ALTER TABLE savings_entry ALTER note TYPE varchar(9)", "column savings_entry.note"),
        ("ALTER TABLE savings_entry ALTER note SET DEFAULT ''", "column savings_entry.note"),
        ("ALTER TABLE savings_entry DROP note", "column savings_entry.note"),
        ("ALTER TABLE savings_entry ALTER id DROP IDENTITY", "column savings_entry.id"),
        (
            """
            ALTER TABLE savings_entry
                DROP CONSTRAINT entry_amount_in_bounds,
                ADD CONSTRAINT entry_amount_in_bounds CHECK (amount < 100000000000)
            """,
            "constraint savings_entry.entry_amount_in_bounds",
        ),
        ("DROP INDEX entry_claims", "index savings_entry.entry_claims"),
        (
            f"ALTER TABLE savings_entry DISABLE TRIGGER {TRIGGER}",
            f"trigger savings_entry.{TRIGGER}",
        ),
        (f"ALTER FUNCTION {TRIGGER}() SET search_path = public", f"function {TRIGGER}()"),
        ("CREATE VIEW later AS SELECT 1", "table later"),
        ("CREATE TYPE later AS ENUM ('one')", "type later"),
    ],
)
@pytest.mark.django_db
def test_a_difference_between_two_schemas_is_found(change: str, name: str) -> None:
    with connection.cursor() as cursor:
        before = describe(cursor)
        cursor.execute(change)
        assert name in differences(before, describe(cursor))


@contextmanager
def reading(database: str) -> Iterator[Any]:
    """A cursor in the database at that URL."""
    with closing(psycopg2.connect(database)) as opened, opened.cursor() as cursor:
        yield cursor


def count(cursor: Any, tables: dict[str, int]) -> dict[str, int]:
    """How many rows each of the tables has."""
    counted = {}
    for table in tables:
        cursor.execute(f"SELECT count(*) FROM {table}")
        (counted[table],) = cursor.fetchone()
    return counted


def about_nothing_or_something_else(cursor: Any) -> list[int]:
    """Decisions that don't say what they are about: no page and no call would find it."""
    put_to_councils = " UNION ALL ".join(
        f"SELECT decision_id, '{kind}' AS kind FROM {subject.model._meta.db_table}"
        for kind, subject in SUBJECTS.items()
    )
    cursor.execute(
        f"SELECT d.id FROM sovereignty_decision d LEFT JOIN ({put_to_councils}) found"
        " ON found.decision_id = d.id WHERE d.about IS DISTINCT FROM found.kind ORDER BY d.id"
    )
    return [number for (number,) in cursor.fetchall()]


def chains(printed: str) -> list[str]:
    """The names of the chains that `check_history` printed as whole."""
    return [line.split(":")[0] for line in printed.splitlines() if " events, whole, " in line]
