"""Whether this process is alive, and whether it can serve: for load balancers and containers.

`/health/live/` answers 200 while the process runs. `/health/` answers 200 if the database
answers, every migration is applied, the schema is what the code needs and Redis, if one is
configured, answers; otherwise 503. Both answer in JSON, by name. It says what is missing in the
schema; other details go to the log.

A middleware ahead of all others answers them, because a load balancer calls a network address,
not one of ALLOWED_HOSTS, without TLS and without a session.
"""

import logging
import time
from collections.abc import Callable
from functools import cache, lru_cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from triborough import schema

logger = logging.getLogger(__name__)

#: How long each process waits before it reads a good schema again.
SCHEMA_SECONDS = 60

Answer = Callable[[HttpRequest], HttpResponse]


class NotReady(Exception):
    """Something that is needed to serve requests is not there."""


class OtherSchema(NotReady):
    """The schema is not what the code needs. The message says how, and anybody may read it."""


class HealthMiddleware:
    """Answers the two addresses, and leaves all others to the rest of the site."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/health/live/":
            return answer(200, {"process": "ok"})
        if request.path == "/health/":
            return ready()
        return self.get_response(request)


def ready() -> HttpResponse:
    """200 and `"ok"` for every check, or 503 and `"failed"` or the reason for failed ones."""
    checks = {
        "database": check_database,
        "migrations": check_migrations,
        "schema": check_schema,
    }
    if settings.REDIS_URL:
        checks["redis"] = check_redis
    found = {name: outcome(name, check) for name, check in checks.items()}
    return answer(200 if set(found.values()) == {"ok"} else 503, found)


def answer(status: int, checks: dict[str, str]) -> HttpResponse:
    """The answer, which nothing in between may cache."""
    body = {"status": "ok" if status == 200 else "unavailable", "checks": checks}
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def outcome(name: str, check: Callable[[], None]) -> str:
    """`"ok"` if `check` raises nothing. What it raises goes to the log."""
    try:
        check()
    except (DatabaseError, redis.RedisError, NotReady) as error:
        logger.warning("Not ready, %s: %s", name, error)
        return str(error) if isinstance(error, OtherSchema) else "failed"
    return "ok"


def check_database() -> None:
    """The database answers. Django replaces a connection that broke since its last use."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_migrations() -> None:
    """Every migration of this version is applied."""
    if not migrations_seen_applied():
        migrations_seen_applied.cache_clear()
        raise NotReady("migrations are missing: run `manage.py migrate`")


@cache
def migrations_seen_applied() -> bool:
    """Read from the database until it is true: no version takes a migration back."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def check_schema() -> None:
    """The database has what the code needs, whatever its applied migrations say."""
    if lacking := lacking_in_turn(int(time.monotonic() // SCHEMA_SECONDS)):
        lacking_in_turn.cache_clear()
        raise OtherSchema(lacking)


@lru_cache(maxsize=1)
def lacking_in_turn(turn: int) -> str:
    """What is missing, in words. It is read again whenever `turn` changes."""
    return schema.in_words(schema.lacking())


def check_redis() -> None:
    """Redis answers within two seconds."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2, retry=None
    )
    try:
        client.ping()
    finally:
        client.close()
