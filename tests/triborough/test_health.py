"""Whether the process lives and whether it can serve, asked as a load balancer asks."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from triborough import health


@pytest.fixture(autouse=True)
def nothing_remembered(settings: Settings) -> Iterator[None]:
    settings.REDIS_URL = ""
    health.migrations_seen_applied.cache_clear()
    health.lacking_in_turn.cache_clear()
    yield
    health.migrations_seen_applied.cache_clear()
    health.lacking_in_turn.cache_clear()


def test_the_process_lives_without_asking_the_database(client: Client) -> None:
    response = client.get("/health/live/")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"process": "ok"}}


@pytest.mark.django_db
def test_the_site_is_ready_with_a_database_and_its_migrations(client: Client) -> None:
    response = client.get("/health/")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "schema": "ok"},
    }
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_any_caller_gets_an_answer_without_tls(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["tri-borough.example"]
    response = client.get("/health/", HTTP_HOST="10.0.0.7")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"


@pytest.mark.django_db
def test_the_site_is_not_ready_before_a_migration_is_applied(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="sessions").delete()
    response = client.get("/health/")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "checks": {"database": "ok", "migrations": "failed", "schema": "ok"},
    }


@pytest.mark.django_db
def test_the_site_is_ready_as_soon_as_the_migration_is_applied(client: Client) -> None:
    rows = MigrationRecorder.Migration.objects.filter(app="sessions")
    kept = list(rows)
    rows.delete()
    assert client.get("/health/").json()["checks"] == {
        "database": "ok",
        "migrations": "failed",
        "schema": "ok",
    }
    MigrationRecorder.Migration.objects.bulk_create(kept)
    assert client.get("/health/").status_code == 200


@pytest.mark.django_db
def test_the_answer_names_what_the_schema_lacks(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE savings_entry DROP COLUMN note")
    response = client.get("/health/")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "schema": "column savings_entry.note is missing",
        },
    }


@pytest.mark.django_db
def test_the_site_is_ready_as_soon_as_the_schema_is_mended(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('entry_claims'::regclass)")
        (definition,) = cursor.fetchone()
        cursor.execute("DROP INDEX entry_claims")
        assert client.get("/health/").json()["checks"] == {
            "database": "ok",
            "migrations": "ok",
            "schema": "index entry_claims of savings_entry is missing",
        }
        cursor.execute(definition)
    assert client.get("/health/").status_code == 200


@pytest.mark.django_db
def test_a_good_schema_is_checked_again_after_a_minute(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(monotonic=lambda: 120.0)
    monkeypatch.setattr(health, "time", clock)
    assert client.get("/health/").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE savings_entry DROP COLUMN note")
    clock.monotonic = lambda: 179.9
    assert client.get("/health/").status_code == 200
    clock.monotonic = lambda: 180.0
    assert client.get("/health/").status_code == 503


@pytest.mark.django_db(transaction=True)
def test_the_site_is_not_ready_without_the_database(client: Client) -> None:
    working = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        response = client.get("/health/")
    finally:
        connection.settings_dict["HOST"] = working
    assert response.status_code == 503
    assert response.json()["checks"] == {
        "database": "failed",
        "migrations": "failed",
        "schema": "failed",
    }
    assert client.get("/health/").status_code == 200


@pytest.mark.django_db
def test_the_site_is_not_ready_without_the_redis_that_is_configured(
    client: Client, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/health/")
    assert response.status_code == 503
    assert response.json()["checks"] == {
        "database": "ok",
        "migrations": "ok",
        "schema": "ok",
        "redis": "failed",
    }


@pytest.mark.requires_redis
@pytest.mark.django_db
def test_the_site_is_ready_with_the_redis_that_is_configured(
    client: Client, settings: Settings, redis_url: str
) -> None:
    settings.REDIS_URL = redis_url
    assert client.get("/health/").json()["checks"]["redis"] == "ok"
