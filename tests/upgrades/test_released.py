"""Databases of released versions upgrade to this one, and released migrations stay as they are.

`fixtures/upgrades` has for each version the hashes of its migrations (as `sha256sum` prints
them), a filled database (`pg_dump`, as plain SQL) and what its figures and history were.
`docs/adr` tells how a version is added.
"""

import hashlib
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.db import connection

from tests.processes import ROOT, manage, scratch_database, url_of
from tests.upgrades.describing import describe, differences
from tests.upgrades.restoring import restore

FIXTURES = ROOT / "fixtures" / "upgrades"
VERSIONS = sorted(path.stem for path in FIXTURES.glob("*.sha256"))


def released() -> list[tuple[str, str, str]]:
    """Version, migration and hash of every migration that was released."""
    return [
        (version, *reversed(line.split()))
        for version in VERSIONS
        for line in (FIXTURES / f"{version}.sha256").read_text().splitlines()
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


def test_version_1_0_0_froze_a_migration_of_each_app() -> None:
    assert [migration for version, migration, _ in released() if version == "1.0.0"] == [
        f"{app}/migrations/0001_initial.py"
        for app in ("audit", "savings", "services", "sovereignty")
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.django_db(transaction=True)
def test_a_database_of_a_released_version_upgrades(version: str, tmp_path: Path) -> None:
    then: dict[str, Any] = json.loads((FIXTURES / f"{version}.json").read_text())
    noted = tmp_path / "noted"
    noted.write_text("\n".join(then["history"]))
    # A fresh one: that of the tests, which migrations made.
    fresh = describe(url_of(connection.settings_dict["NAME"]))
    with scratch_database() as database:
        restore(FIXTURES / f"{version}.sql.gz", database)
        assert count(database, then["rows"]) == then["rows"]
        manage(database, "migrate", "--verbosity", "0")
        assert differences(describe(database), fresh) == {}
        assert count(database, then["rows"]) == then["rows"]
        history = manage(database, "check_history", "--returns", "--noted", str(noted))
        assert [line.split(":")[0] for line in history.splitlines()[:-1]] == [
            line.split(":")[0] for line in then["history"]
        ]
        assert manage(database, "rollup", "--full").split()[-1] == then["digest"]
        assert "has all that this version needs" in manage(database, "check_schema")


def count(database: str, tables: dict[str, int]) -> dict[str, int]:
    """How many rows each of the tables has."""
    counted = {}
    with closing(psycopg2.connect(database)) as opened, opened.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counted[table] = cursor.fetchone()[0]
    return counted
